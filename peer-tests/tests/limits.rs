// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process that lacks something gets an error that says what, and nothing is left over.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use peer_tests::Peer;

const LIMITED: &str = env!("CARGO_BIN_EXE_limited");

/// What a process with this limit gets, or nothing where the limit can't be set here.
fn statuses(limit: &str) -> Option<Vec<String>> {
    let mut process = Peer::start_alone(LIMITED, limit);
    let status = process.ended();
    if status.code() == Some(77) {
        println!("skipped: {limit} can't be set here");
        return None;
    }
    let line = process.line();
    assert!(
        status.success(),
        "{limit}: {status}: {line}, and something was left over"
    );
    Some(line.split(' ').map(str::to_owned).collect())
}

#[test]
fn a_process_out_of_descriptors_gets_no_resources() {
    let got = statuses("files").unwrap();
    assert_eq!(got, ["NO_RESOURCES", "NO_RESOURCES", "WRONG_TYPE", "OK"]);
}

#[test]
fn a_process_out_of_address_space_gets_no_memory() {
    assert_eq!(statuses("address-space").unwrap(), ["NO_MEMORY", "OK"]);
}

#[test]
fn a_process_that_may_not_make_large_files_gets_no_resources_and_no_signal() {
    let no = "NO_RESOURCES";
    assert_eq!(statuses("file-size").unwrap(), [no, no, no, no, "OK"]);
}

#[test]
fn whichever_system_call_fails_allocating_is_an_error_and_leaves_nothing() {
    let (eperm, eintr, eio, enomem, eacces, ebusy) = (1, 4, 5, 12, 13, 16);
    let (einval, enfile, emfile, enospc, enosys) = (22, 23, 24, 28, 38);
    let rows = [
        (
            "memfd_create",
            vec![enosys, eperm, enomem, emfile, enfile, einval, eacces],
        ),
        ("fchmod", vec![eperm, eio]),
        ("ftruncate", vec![enospc, eperm, eio, einval, enomem, eintr]),
        ("add_seals", vec![eperm, ebusy, einval]),
        ("mmap_shared", vec![enomem, eacces, eperm, einval, enfile]),
    ];
    for (call, errnos) in rows {
        for errno in errnos {
            let Some(got) = statuses(&format!("call {call} {errno}")) else {
                return;
            };
            assert_eq!(got.len(), 1, "{got:?}");
            assert_ne!(got, ["OK"], "{call} fails with {errno}, and nobody noticed");
            println!("{call:13} errno {errno:2}: {}", got[0]);
        }
    }
}

#[test]
fn without_memfd_create_the_status_says_not_supported_and_without_memory_no_memory() {
    let status = |limit: &str| statuses(limit).map(|got| got[0].clone());
    let Some(missing) = status("call memfd_create 38") else {
        return;
    };
    assert_eq!(missing, "NOT_SUPPORTED");
    assert_eq!(status("call memfd_create 12").unwrap(), "NO_MEMORY");
    assert_eq!(status("call memfd_create 24").unwrap(), "NO_RESOURCES");
    assert_eq!(status("call mmap_shared 12").unwrap(), "NO_MEMORY");
}
