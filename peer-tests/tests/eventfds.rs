// SPDX-License-Identifier: MIT OR Apache-2.0
//! Eventfds that a hostile process shares, with and without Linux AIO. Each row runs in a
//! process of its own, which an alarm ends where it hangs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that can't be tried says so"
)]

use std::os::unix::process::ExitStatusExt;

use peer_tests::Peer;

/// What `notifier` says to `deed`; none where it can't be tried.
fn said(deed: &str) -> Option<String> {
    let mut process = Peer::start_alone(env!("CARGO_BIN_EXE_notifier"), deed);
    match process.ended() {
        status if status.success() => Some(process.line()),
        status if status.code() == Some(77) => {
            println!("{deed}: not run: no seccomp filters here");
            None
        }
        status => panic!("{deed}: it ended with {status}"),
    }
}

fn assert_said(deed: &str, expected: &str) {
    if let Some(said) = said(deed) {
        assert_eq!(said, expected, "{deed}");
    }
}

#[test]
fn a_plain_write_to_an_eventfd_hangs_when_another_process_wants_it_to() {
    let mut process = Peer::start_alone(env!("CARGO_BIN_EXE_notifier"), "write");
    assert_eq!(process.ended().signal(), Some(libc::SIGALRM));
}

#[test]
fn notify_comes_back_though_another_process_filled_the_counter() {
    assert_said("notify", "kernel");
}

#[test]
fn where_aio_can_not_be_had_a_thread_notifies_and_the_caller_does_not_wait() {
    // ENOSYS: a kernel without it. EPERM: a sandbox. EAGAIN: fs.aio-max-nr is used up.
    for errno in [libc::ENOSYS, libc::EPERM, libc::EAGAIN, libc::ENOMEM] {
        assert_said(&format!("notify io_setup {errno}"), "thread");
    }
}

#[test]
fn where_aio_is_refused_later_a_thread_takes_over() {
    for errno in [libc::ENOSYS, libc::EPERM, libc::EAGAIN] {
        assert_said(&format!("late io_submit {errno}"), "thread");
    }
}

#[test]
fn where_neither_can_be_had_it_is_an_error_and_nothing_is_left_over() {
    assert_said("neither", "Err(Status(NO_RESOURCES))");
}

#[test]
fn a_counter_that_stays_full_keeps_no_thread_when_the_eventfd_is_dropped() {
    assert_said("leave", "ended: true");
}

#[test]
fn children_notify_with_a_context_of_their_own() {
    assert_said("fork", "Ok(4)");
}

#[test]
fn a_child_is_told_that_it_has_no_thread() {
    assert_said("fork-thread", "Ok(1)");
}

#[test]
fn a_peer_can_not_have_more_threads_wait_than_there_may_be() {
    assert_said("threads", "64 threads, then Some(Status(NO_RESOURCES))");
}
