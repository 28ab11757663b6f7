//! Whatever the token endpoint answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tokengauge_fuzz::answer(input));
