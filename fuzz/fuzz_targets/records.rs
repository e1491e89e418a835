//! What stands in the store.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pombo_fuzz::records::read(input));
