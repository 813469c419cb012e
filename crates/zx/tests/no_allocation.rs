// SPDX-License-Identifier: MIT OR Apache-2.0
//! What takes no memory: sending, and receiving bytes into a buffer that was used before.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "the allocator counts, and a test that fails may panic"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use zx::{
    Channel, EventPair, Handle, HandleBased, MessageBuf, MonotonicInstant, Process, Signals,
    Status, Vmo,
};

/// The system's allocator, which counts how often a thread asks it for memory.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // Not there while a thread ends, which is when nobody counts.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: the system's allocator keeps the contract; counting touches no memory of its.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above; `ptr` is of the system's allocator, as all are.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often memory is asked for.
fn allocations<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = COUNT.get();
    let result = work();
    (COUNT.get() - before, result)
}

#[test]
fn the_count_counts() {
    let (count, _) = allocations(|| vec![1_u8; 100]);
    assert_eq!(count, 1);
}

#[test]
fn a_message_without_handles_takes_no_memory_on_either_side() {
    let (ours, theirs) = Channel::create().unwrap();
    let mut none: Vec<Handle> = Vec::new();
    let mut message = MessageBuf::new();
    ours.write(b"warm", &mut none).unwrap();
    theirs.read(&mut message).unwrap();
    for size in [0, 5, 4096, 65_536] {
        let bytes = vec![7; size];
        let (count, sent) = allocations(|| ours.write(&bytes, &mut none));
        assert_eq!((count, sent), (0, Ok(())), "write of {size} bytes");
        let (count, read) = allocations(|| theirs.read(&mut message));
        assert_eq!((count, read), (0, Ok(())), "read of {size} bytes");
        assert_eq!(message.bytes(), bytes);
    }
    let past = MonotonicInstant::INFINITE_PAST;
    let (count, read) = allocations(|| theirs.read_until(&mut message, past));
    assert_eq!((count, read), (0, Err(Status::TIMED_OUT)), "nothing there");
}

#[test]
fn sending_handles_takes_no_memory() {
    let (ours, theirs) = Channel::create().unwrap();
    let mut message = MessageBuf::new();
    for number in [1, 64] {
        let vmo = |_| Vmo::create(4096).unwrap().into_handle();
        let mut handles: Vec<Handle> = (0..number).map(vmo).collect();
        let (count, sent) = allocations(|| ours.write(b"some", &mut handles));
        assert_eq!((count, sent), (0, Ok(())), "{number} handles");
        theirs.read(&mut message).unwrap();
        assert_eq!(message.n_handles(), number);
    }
}

#[test]
fn a_bell_takes_no_memory() {
    let (ours, theirs) = EventPair::create().unwrap();
    let soon = MonotonicInstant::INFINITE;
    let (count, signalled) = allocations(|| ours.signal());
    assert_eq!((count, signalled), (0, Ok(())));
    let (count, waited) = allocations(|| theirs.wait(soon));
    assert_eq!((count, waited), (0, Ok(())));
    let mut watching = theirs;
    watching.watch(Process::current().unwrap()).unwrap();
    ours.signal().unwrap();
    let (count, waited) = allocations(|| watching.wait(soon));
    assert_eq!((count, waited), (0, Ok(())), "with a process to watch");
    let signalled = Signals::EVENTPAIR_SIGNALED;
    let past = MonotonicInstant::INFINITE_PAST;
    let (count, _) = allocations(|| watching.wait_one(signalled, past));
    assert_eq!(count, 0);
}
