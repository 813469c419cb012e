// SPDX-License-Identifier: MIT OR Apache-2.0
//! What atomics in shared bytes order between two processes: the litmus tests.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(
    clippy::print_stdout,
    reason = "the control has findings and no verdict"
)]

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapped_vmo::zx::VmarFlags;
use mapped_vmo::{AccessError, Mapping};
use peer_tests::Peer;
use peer_tests::litmus::{self, Buffered, Strength};

const LITMUS: &str = env!("CARGO_BIN_EXE_litmus");
const TIME: Duration = Duration::from_millis(1500);

/// Two processes at a time are enough: more would wait for a processor, not for each other.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn store_buffering(strength: Strength) -> Buffered {
    let _turn = turn();
    let (mapping, vmo) = Mapping::allocate(litmus::SIZE).unwrap();
    let deed = format!("store-buffering {}", strength.name());
    let mut peer = Peer::start(LITMUS, &deed, vmo.as_fd());
    assert_eq!(peer.line(), "ready");
    let result = litmus::store_buffering(&mapping, strength, TIME);
    assert!(peer.ended().success());
    println!("store buffering, {}: {result:?}", strength.name());
    // Else the two were never close enough to find out anything.
    assert!(result.pairs > 1000, "{result:?}");
    result
}

#[test]
fn sequentially_consistent_stores_are_not_passed_by_loads() {
    assert_eq!(store_buffering(Strength::SeqCst).both_old, 0);
}

#[test]
fn relaxed_stores_with_a_fence_are_not_passed_by_loads() {
    assert_eq!(store_buffering(Strength::Fenced).both_old, 0);
}

/// The control: what the two tests above look for, where it is allowed. A processor need not
/// show it, so it is printed and not demanded.
#[test]
fn relaxed_stores_may_be_passed_by_loads() {
    let result = store_buffering(Strength::Relaxed);
    println!("both sides old in {} of {}", result.both_old, result.pairs);
}

#[test]
fn a_message_is_never_older_than_the_flag_that_was_released_after_it() {
    let _turn = turn();
    let (mapping, vmo) = Mapping::allocate(litmus::SIZE).unwrap();
    let mut peer = Peer::start(LITMUS, "receive", vmo.as_fd());
    assert_eq!(peer.line(), "ready");
    let sent = litmus::send_messages(&mapping, TIME);
    let line = peer.line();
    assert!(peer.ended().success());
    println!("message passing: {sent} sent; new and stale: {line}");
    let (new, stale) = line.split_once(' ').unwrap();
    assert!(new.parse::<u64>().unwrap() > 5, "they hardly met: {line}");
    assert_eq!(stale, "0");
}

#[test]
fn read_only_pages_give_loads_of_every_ordering_and_nothing_else() {
    let (mapping, vmo) = Mapping::allocate(litmus::SIZE).unwrap();
    let ours = mapping.atomic::<u32>(4).unwrap();
    let read = Mapping::create_from_vmo(&vmo, litmus::SIZE, VmarFlags::PERM_READ).unwrap();
    let theirs = read.read_only_atomic::<u32>(4).unwrap();
    let orders = [Ordering::Relaxed, Ordering::Acquire, Ordering::SeqCst];
    for (value, order) in (1..).zip(orders) {
        ours.store(value, Ordering::SeqCst);
        assert_eq!(theirs.load(order), value);
    }
    let denied = read.atomic::<u32>(4).unwrap_err();
    assert!(matches!(denied, AccessError::Denied { .. }));
}
