//! The machine.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pombo_fuzz::machine::live(input));
