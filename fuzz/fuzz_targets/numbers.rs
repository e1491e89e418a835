//! Phone numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| pombo_fuzz::numbers::read(input));
