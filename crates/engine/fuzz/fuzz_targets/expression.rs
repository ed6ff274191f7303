#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| usher_engine_fuzz::check(source));
