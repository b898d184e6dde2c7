#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| chatproof_fuzz::bodies::bodies(data));
