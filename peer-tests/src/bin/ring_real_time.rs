// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ring_real_time HOW-IT-SENDS HOW-IT-RECEIVES`, each `spins` or `sleeps`: a ring between two
//! threads. Each that spins is looked at: its system calls end the process, its page faults and
//! its allocations are counted and printed.
#![deny(unsafe_code)]
#![allow(unsafe_code, reason = "an allocator that counts is an allocator")]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::Ordering;
use std::alloc::System;

use peer_tests::rings::real_time::{ALLOCATIONS, is_looked_at, run};

struct Counting;

// SAFETY: it is the system's allocator; a count beside it allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(u64::from(is_looked_at()), Ordering::Relaxed);
        // SAFETY: what the caller promises, handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: what the caller promises, handed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [sends, receives] = args.as_slice() else {
        panic!("two words: how it sends, how it receives");
    };
    println!("{}", run(sends, receives));
    // The sides wait for this.
    std::process::exit(0);
}
