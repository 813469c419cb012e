// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Vmo::freeze_within`: waits for who lets go, and not for ever for who does not.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(unsafe_code, reason = "a mapping is taken away again")]

use core::time::Duration;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use zx::{Extent, Name, Rights, SealPlan, Status, VmarFlags, Vmo, vmar_root_self};

fn freezable() -> Vmo {
    let plan = SealPlan::Freezable;
    Vmo::create_planned(&Name::default(), plan, Extent::Pages, 4096).unwrap()
}

fn map(vmo: &Vmo) -> usize {
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    vmar_root_self().map(0, vmo, 0, 4096, flags).unwrap()
}

fn unmap(addr: usize) {
    // SAFETY: from `map`; nothing uses the page.
    unsafe { vmar_root_self().unmap(addr, 4096) }.unwrap();
}

/// What came of it, and after which time: never longer than a test may take.
fn freeze_timed(vmo: &Vmo, patience: Duration) -> (Result<(), Status>, Duration) {
    let vmo = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let (done, waiter) = mpsc::channel();
    thread::spawn(move || {
        let start = Instant::now();
        done.send((vmo.freeze_within(patience), start.elapsed()))
    });
    let answer = waiter.recv_timeout(Duration::from_secs(10));
    answer.expect("it waits for ever")
}

#[test]
fn a_holder_that_lets_go_after_50_ms_is_waited_for() {
    let vmo = freezable();
    let addr = map(&vmo);
    let start = Instant::now();
    let holder = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        unmap(addr);
    });
    assert_eq!(vmo.freeze_within(Duration::from_secs(20)), Ok(()));
    let took = start.elapsed();
    assert!(vmo.is_immutable());
    assert!(
        took >= Duration::from_millis(50),
        "frozen while it was held: {took:?}"
    );
    // A pause is 5 ms; the rest is for a machine that does other things too.
    assert!(took < Duration::from_secs(5), "noticed late: {took:?}");
    holder.join().unwrap();
}

#[test]
fn a_holder_that_never_lets_go_costs_the_patience_and_no_more() {
    let vmo = freezable();
    let addr = map(&vmo);
    let (result, took) = freeze_timed(&vmo, Duration::from_millis(60));
    assert_eq!(result, Err(Status::BAD_STATE));
    assert!(took >= Duration::from_millis(60), "gave up early: {took:?}");
    assert!(took < Duration::from_secs(5), "gave up late: {took:?}");
    unmap(addr);
    // What failed for its holder only can be tried again.
    assert_eq!(vmo.freeze_within(Duration::ZERO), Ok(()));
}

#[test]
fn without_patience_there_is_one_try() {
    let vmo = freezable();
    let addr = map(&vmo);
    let (result, _) = freeze_timed(&vmo, Duration::ZERO);
    assert_eq!(result, Err(Status::BAD_STATE));
    unmap(addr);
    assert_eq!(vmo.freeze_within(Duration::ZERO), Ok(()));
    assert_eq!(
        vmo.freeze_within(Duration::MAX),
        Ok(()),
        "it is frozen already"
    );
}

#[test]
fn what_no_waiting_cures_is_said_at_once() {
    let start = Instant::now();
    let fixed = Vmo::create(4096).unwrap();
    let addr = map(&fixed);
    assert_eq!(
        fixed.freeze_within(Duration::from_secs(8)),
        Err(Status::NOT_SUPPORTED)
    );
    unmap(addr);
    let vmo = freezable();
    let reader = vmo.duplicate_handle(Rights::READ).unwrap();
    assert_eq!(
        reader.freeze_within(Duration::from_secs(8)),
        Err(Status::ACCESS_DENIED)
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}
