//! Bodies of callbacks.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pombo_fuzz::webhooks::read(input));
