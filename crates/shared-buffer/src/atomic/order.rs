// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which orderings there are for what, with core's words for those that there are not.

use core::sync::atomic::Ordering;

use crate::arch::atomic::{LoadOrder, StoreOrder};

/// # Panics
///
/// If no load can have that ordering.
#[inline]
#[track_caller]
pub(super) fn load_order(order: Ordering) -> LoadOrder {
    match order {
        Ordering::Relaxed => LoadOrder::Relaxed,
        Ordering::Acquire => LoadOrder::Acquire,
        Ordering::Release => panic!("there is no such thing as a release load"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release load"),
        // And for what core may add one day: nothing is stronger.
        _ => LoadOrder::SeqCst,
    }
}

/// # Panics
///
/// If no store can have that ordering.
#[inline]
#[track_caller]
pub(super) fn store_order(order: Ordering) -> StoreOrder {
    match order {
        Ordering::Relaxed => StoreOrder::Relaxed,
        Ordering::Release => StoreOrder::Release,
        Ordering::Acquire => panic!("there is no such thing as an acquire store"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release store"),
        _ => StoreOrder::SeqCst,
    }
}

/// # Panics
///
/// If no compare-and-exchange that failed can have that ordering: it is a load.
#[inline]
#[track_caller]
pub(super) fn failure_order(order: Ordering) -> LoadOrder {
    match order {
        Ordering::Release => panic!("there is no such thing as a release failure ordering"),
        Ordering::AcqRel => {
            panic!("there is no such thing as an acquire-release failure ordering")
        }
        order => load_order(order),
    }
}
