// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which side of a `fork` this is, without a system call: a page that children find empty.
#![allow(unsafe_code, reason = "a page of its own, with one word on it")]

use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

use crate::sys::page_size;

/// The word on that page. Where it can't be had, there is none.
static WORD: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();

/// The number that was given last, by this process or by one that it comes from.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A number that this address space has, and none that was forked from it.
///
/// The kernel clears the page in a child, which then takes a number that no process before it
/// in its line has had: `LAST` is inherited. Where there is no such page, it is the process id.
pub(crate) fn address_space() -> u64 {
    let Some(word) = address_space_word() else {
        return std::process::id().into();
    };
    match word.load(Ordering::Relaxed) {
        0 => {
            let fresh = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            // Another thread may have been faster. Then it is that number.
            let swap = word.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed);
            swap.map_or_else(|taken| taken, |_| fresh)
        }
        number => number,
    }
}

/// The word that has this number; in a child it is 0 until it gets a number.
pub(crate) fn address_space_word() -> Option<&'static AtomicU64> {
    *WORD.get_or_init(empty_in_children)
}

/// A page that is zero, here and again in each child.
fn empty_in_children() -> Option<&'static AtomicU64> {
    let (len, prot) = (page_size(), ProtFlags::READ | ProtFlags::WRITE);
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let page = unsafe { mmap_anonymous(ptr::null_mut(), len, prot, MapFlags::PRIVATE) }.ok()?;
    // SAFETY: the page from the line above, which nobody else knows; it is empty already.
    if unsafe { madvise(page, len, Advice::LinuxWipeOnFork) }.is_err() {
        // SAFETY: as above, and it is used no more.
        let _ = unsafe { munmap(page, len) };
        return None;
    }
    // SAFETY: the start of a page is aligned; the page is never unmapped, and only ever used
    // through this reference. What the kernel clears, it clears before a child runs.
    Some(unsafe { AtomicU64::from_ptr(page.cast()) })
}
