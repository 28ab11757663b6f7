//! Whatever text comes from outside.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tokengauge_fuzz::sanitizer(input));
