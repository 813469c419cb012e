// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics in shared bytes between threads: nothing is lost, and what they order is ordered.

mod common;

use core::cell::UnsafeCell;
use core::hint::spin_loop;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;

use common::aligned;
use shared_buffer::{AtomicInt, SharedAtomic, SharedAtomicU32, SharedBuffer};

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

const THREADS: usize = 4;
/// Enough that the threads are not done before the others start: some 100 ms.
const MANY: usize = match (cfg!(miri), cfg!(debug_assertions)) {
    (true, _) => 20,
    (_, true) => 50_000,
    _ => 3_000_000,
};
const ROUNDS: usize = if cfg!(miri) { 20 } else { 20_000 };

fn word<T: AtomicInt>(buffer: &SharedBuffer, offset: usize) -> SharedAtomic<'_, T> {
    buffer.atomic(offset).expect("aligned and inside")
}

/// Runs `work` in several threads, each with its number, that start together.
fn together(work: impl Fn(usize) + Sync) {
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (work, start) = (&work, &start);
            scope.spawn(move || {
                start.wait();
                work(number);
            });
        }
    });
}

/// Waits as long as `busy` says, and lets others run meanwhile.
fn wait(busy: impl Fn() -> bool) {
    while busy() {
        spin_loop();
        thread::yield_now();
    }
}

#[test]
fn no_addition_is_lost_in_any_size() {
    let buffer = aligned(16);
    together(|_| {
        for _ in 0..MANY {
            word::<u8>(&buffer, 0).fetch_add(3, Relaxed);
            word::<i16>(&buffer, 2).fetch_sub(5, Release);
            word::<u32>(&buffer, 4).fetch_add(7, AcqRel);
            word::<i64>(&buffer, 8).fetch_sub(9, SeqCst);
        }
    });
    let n = (THREADS * MANY) as i64;
    assert_eq!(word::<u8>(&buffer, 0).load(Relaxed), (3 * n) as u8);
    assert_eq!(word::<i16>(&buffer, 2).load(Relaxed), (-5 * n) as i16);
    assert_eq!(word::<u32>(&buffer, 4).load(Relaxed), (7 * n) as u32);
    assert_eq!(word::<i64>(&buffer, 8).load(Relaxed), -9 * n);
}

#[test]
fn no_bit_is_lost_and_none_is_made_up() {
    let buffer = aligned(24);
    let all = !0_u64;
    word::<u64>(&buffer, 8).store(all, Relaxed);
    together(|number| {
        let mine = 1_u64 << number << 8;
        for _ in 0..MANY {
            assert_eq!(word::<u64>(&buffer, 0).fetch_or(mine, Relaxed) & mine, 0);
            assert_eq!(
                word::<u64>(&buffer, 0).fetch_and(!mine, Relaxed) & mine,
                mine
            );
            word::<u64>(&buffer, 8).fetch_xor(mine, Relaxed);
            word::<i32>(&buffer, 16).fetch_max(number as i32, Relaxed);
            word::<i32>(&buffer, 20).fetch_min(-(number as i32), Relaxed);
        }
    });
    assert_eq!(word::<u64>(&buffer, 0).load(Relaxed), 0);
    assert_eq!(
        word::<u64>(&buffer, 8).load(Relaxed),
        all,
        "an even number of flips"
    );
    assert_eq!(word::<i32>(&buffer, 16).load(Relaxed), THREADS as i32 - 1);
    assert_eq!(word::<i32>(&buffer, 20).load(Relaxed), 1 - THREADS as i32);
}

#[test]
fn what_is_swapped_in_comes_out_once() {
    let buffer = aligned(16);
    together(|number| {
        let mut held = number as u32 + 1;
        for _ in 0..MANY {
            held = word::<u32>(&buffer, 4).swap(held, AcqRel);
        }
        word::<u32>(&buffer, 8).fetch_add(held, Relaxed);
    });
    let left = word::<u32>(&buffer, 4).load(Relaxed);
    let sum = word::<u32>(&buffer, 8).load(Relaxed) + left;
    assert_eq!(sum as usize, THREADS * (THREADS + 1) / 2);
}

#[test]
fn an_update_is_done_whole_or_not_at_all() {
    let buffer = aligned(8);
    let limit = (ROUNDS / 2) as u16;
    let counter = word::<u16>(&buffer, 2);
    let below = |n| (n < limit).then(|| n + 1);
    together(|_| while counter.fetch_update(AcqRel, Acquire, below).is_ok() {});
    assert_eq!(counter.fetch_update(AcqRel, Acquire, below), Err(limit));
}

/// Private memory of this process that one thread at a time accesses, plainly.
struct Private(UnsafeCell<usize>);

// SAFETY: the tests below order every access to it.
unsafe impl Sync for Private {}

impl Private {
    /// # Safety
    ///
    /// No other thread writes meanwhile.
    #[inline(always)]
    unsafe fn get(&self) -> usize {
        // SAFETY: the caller's contract.
        unsafe { *self.0.get() }
    }

    /// # Safety
    ///
    /// No other thread reads or writes meanwhile.
    #[inline(always)]
    unsafe fn set(&self, value: usize) {
        // SAFETY: the caller's contract.
        unsafe { *self.0.get() = value };
    }
}

#[test]
fn a_lock_guards_private_memory() {
    let buffer = aligned(8);
    let lock = word::<u8>(&buffer, 7);
    let counter = Private(UnsafeCell::new(0));
    together(|number| {
        for round in 0..ROUNDS {
            // In turns, by each access that can take a lock.
            wait(|| match (round + number) % 3 {
                0 => lock.swap(1, Acquire) == 1,
                1 => lock.compare_exchange(0, 1, Acquire, Relaxed).is_err(),
                _ => lock.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err(),
            });
            // SAFETY: the lock is held.
            let value = unsafe { counter.get() };
            // SAFETY: as above.
            unsafe { counter.set(value + 1) };
            lock.store(0, Release);
        }
    });
    // SAFETY: the threads are gone.
    assert_eq!(unsafe { counter.get() }, THREADS * ROUNDS);
}

/// What another thread writes once. A static, since the compiler knows that it is always
/// there, and so may read it earlier than the program says, if it thinks it may.
static WRITTEN: Private = Private(UnsafeCell::new(0));

/// Looks until the word says that the memory was written, and gives what is read after that:
/// 0 if that was 0 a thousand times. Nothing else in the loop keeps the compiler from reading
/// once, before the loop: a hint or a yield would.
#[inline(never)]
fn look(ready: impl Fn() -> bool) -> usize {
    let mut misses = 0;
    loop {
        if ready() {
            // SAFETY: it was written before `ready`, and is not written again.
            let value = unsafe { WRITTEN.get() };
            misses += 1;
            if value != 0 || misses > 1000 {
                return value;
            }
        }
    }
}

/// [`look`] beside a thread that writes a little later and then stores 1 in the word.
fn reads_after(name: &str, ready: impl Fn(SharedAtomicU32<'_>) -> bool) {
    let buffer = aligned(8);
    let done = word::<u32>(&buffer, 4);
    for round in 1..=10 {
        // SAFETY: there is no other thread now.
        unsafe { WRITTEN.set(0) };
        done.store(0, Relaxed);
        let looks = AtomicBool::new(false);
        let found = thread::scope(|scope| {
            scope.spawn(|| {
                wait(|| !looks.load(Acquire));
                (0..if cfg!(miri) { 10 } else { 10_000 }).for_each(|_| spin_loop());
                // SAFETY: the other thread reads after `done` is 1.
                unsafe { WRITTEN.set(round) };
                done.store(1, Release);
            });
            looks.store(true, Release);
            look(|| ready(done))
        });
        assert_eq!(found, round, "{name}: read before it was written");
    }
}

#[test]
fn private_memory_is_read_after_an_acquiring_access() {
    reads_after("load", |done| done.load(Acquire) == 1);
    reads_after("load, SeqCst", |done| done.load(SeqCst) == 1);
    reads_after("read-only load", |done| done.read_only().load(Acquire) == 1);
    reads_after("fetch_add", |done| done.fetch_add(0, Acquire) == 1);
    reads_after("fetch_or", |done| done.fetch_or(0, Acquire) == 1);
    reads_after("fetch_max", |done| done.fetch_max(0, AcqRel) == 1);
    reads_after("compare_exchange", |done| {
        done.compare_exchange(1, 1, Acquire, Relaxed).is_ok()
    });
    reads_after("a compare_exchange that fails", |done| {
        done.compare_exchange(0, 0, Relaxed, Acquire).is_err()
    });
}

#[test]
fn private_memory_is_written_before_a_releasing_store() {
    let buffer = aligned(8);
    let turn = word::<u32>(&buffer, 0);
    let data = Private(UnsafeCell::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                wait(|| turn.load(Acquire) != 2 * round as u32);
                // SAFETY: it is this thread's turn.
                unsafe { data.set(round) };
                match round % 3 {
                    0 => turn.store(2 * round as u32 + 1, Release),
                    1 => turn.store(2 * round as u32 + 1, SeqCst),
                    _ => drop(turn.swap(2 * round as u32 + 1, Release)),
                }
            }
        });
        for round in 0..ROUNDS {
            wait(|| turn.load(Acquire) != 2 * round as u32 + 1);
            // SAFETY: it is this thread's turn.
            assert_eq!(unsafe { data.get() }, round);
            turn.fetch_add(1, Release);
        }
    });
}
