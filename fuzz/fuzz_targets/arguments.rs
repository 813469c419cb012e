// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line of `vmo`: arguments between zeros.
#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let arguments = data.split(|byte| *byte == 0).map(OsStr::from_bytes);
    let line = [OsStr::new("vmo")].into_iter().chain(arguments);
    if let Err(error) = vmo_command::command().try_get_matches_from(line) {
        assert!(!error.to_string().is_empty());
    }
});
