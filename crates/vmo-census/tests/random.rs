// SPDX-License-Identifier: MIT OR Apache-2.0
//! The body of the fuzz target over random bytes.

use proptest::prelude::*;

#[path = "../../../fuzz/src/proc.rs"]
mod proc;

proptest! {
    #[test]
    fn any_bytes_in_a_file_of_proc_are_harmless(data: Vec<u8>) {
        proc::body(&data);
    }
}
