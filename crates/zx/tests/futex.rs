// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleeping until a word changes, by its address.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::time::Instant;

use zx::{MonotonicDuration, MonotonicInstant, Status, VmarFlags, Vmo, futex_wait, futex_wake};

/// A page that can only be read here, whose bytes are written by system call.
fn page() -> (Vmo, usize) {
    let vmo = Vmo::create(4096).unwrap();
    let flags = VmarFlags::PERM_READ;
    let addr = zx::vmar_root_self().map(0, &vmo, 0, 4096, flags).unwrap();
    (vmo, addr)
}

fn after(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

#[test]
fn a_word_that_stays_is_waited_for_until_the_deadline() {
    let (_vmo, addr) = page();
    let start = Instant::now();
    assert_eq!(futex_wait(addr, 0, after(50)), Err(Status::TIMED_OUT));
    assert!(start.elapsed() >= Duration::from_millis(49));
    for over in [
        MonotonicInstant::INFINITE_PAST,
        MonotonicInstant::ZERO,
        MonotonicInstant::from_nanos(-1),
    ] {
        assert_eq!(futex_wait(addr, 0, over), Err(Status::TIMED_OUT));
    }
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_word_that_has_changed_is_not_waited_for() {
    let (vmo, addr) = page();
    vmo.write(&7_u32.to_ne_bytes(), 4).unwrap();
    let forever = MonotonicInstant::INFINITE;
    assert_eq!(futex_wait(addr + 4, 0, forever), Err(Status::BAD_STATE));
    assert_eq!(futex_wait(addr + 4, 7, after(1)), Err(Status::TIMED_OUT));
    assert_eq!(
        futex_wait(addr + 4, u32::MAX, forever),
        Err(Status::BAD_STATE)
    );
}

#[test]
fn an_address_where_nothing_is_is_an_error_and_no_fault() {
    let (_vmo, addr) = page();
    let forever = MonotonicInstant::INFINITE;
    for bad in [
        0,
        4,
        addr + 1,
        addr + 2,
        addr + 3,
        usize::MAX,
        usize::MAX - 3,
    ] {
        assert_eq!(
            futex_wait(bad, 0, forever),
            Err(Status::INVALID_ARGS),
            "{bad:#x}"
        );
        assert_eq!(futex_wake(bad, 1), Err(Status::INVALID_ARGS), "{bad:#x}");
    }
}

#[test]
fn as_many_are_woken_as_was_said_and_through_any_mapping_of_the_page() {
    let (vmo, addr) = page();
    let flags = VmarFlags::PERM_READ;
    let other = zx::vmar_root_self().map(0, &vmo, 0, 4096, flags).unwrap();
    assert_ne!(addr, other);
    let sleepers: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(move || futex_wait(addr, 0, after(20_000))))
        .collect();
    let mut woken = 0;
    let start = Instant::now();
    while woken < 3 {
        assert_eq!(futex_wake(other, 0), Ok(0));
        let now = futex_wake(other, 1).unwrap();
        assert!(now <= 1, "{now}");
        woken += now;
        assert!(start.elapsed() < Duration::from_secs(10), "{woken}");
        std::thread::sleep(Duration::from_millis(1));
    }
    for sleeper in sleepers {
        assert_eq!(sleeper.join().unwrap(), Ok(()));
    }
    assert_eq!(futex_wake(other, u32::MAX), Ok(0));
}
