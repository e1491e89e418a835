//! Ids of challenges and deliveries.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| pombo_fuzz::ids::read(input));
