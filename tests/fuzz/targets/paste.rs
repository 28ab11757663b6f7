//! Whatever is pasted after a sign-in.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tokengauge_fuzz::paste(input));
