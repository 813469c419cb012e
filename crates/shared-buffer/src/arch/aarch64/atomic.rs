// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics for 64-bit Arm: load-acquire, store-release, and pairs of exclusive accesses.
//!
//! | access | relaxed | all other orderings |
//! |---|---|---|
//! | load | `ldr` | `ldar` |
//! | store | `str` | `stlr` |
//! | read-modify-write | `ldaxr` … `stlxr`, in a loop | the same |
//!
//! `ldar` is not reordered with an earlier `stlr`, so the two are sequentially consistent
//! without a barrier; so are `ldaxr` and `stlxr`. A read-modify-write does not make use of a
//! weaker ordering. The atomic instructions of Armv8.1 are not used: whether a processor has
//! them can't be asked without an operating system.
//!
//! In pseudo-code:
//!
//! ```text
//! swap, fetch_add:            compare_exchange:                compare_exchange_weak:
//!   again:                      again:                           old = load exclusive
//!     old = load exclusive        old = load exclusive           if old != current: failed = 1
//!     new = value or old+value    if old != current: give up     else: failed = store exclusive
//!     store exclusive, or again   store exclusive, or again
//! ```
//!
//! No block has `nomem` or `readonly`: to the compiler it is a call that may read and write
//! all memory that others can reach, so private reads and writes stay on their side of it.
//! An acquiring load must not be `readonly`: rustc then takes a private value that it read
//! before the load for one that it needn't read again after it.
//!
//! **Story of each block here.** One atomic access of the aligned word, with the ordering that
//! its function is named for or asked for, and nothing else: no private memory, no stack; an
//! exclusive store that fails has stored nothing. A relaxed load or store is the word access
//! of [`word`](super::word), with its story. There is no settled Rust story for such an
//! access to memory outside all Rust allocations that synchronises with another process: see
//! SOUNDNESS.md.

use core::sync::atomic::Ordering;

use crate::arch::atomic::{AtomicWord, LoadOrder, StoreOrder};
use crate::arch::small::Word;

/// The engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asm;

/// Implements [`AtomicWord`]. `$wide` is the integer that fills the register; `$suffix` and
/// `$part` are what the instructions and the registers of that size are called.
macro_rules! atomic_word {
    ($word:ty, $wide:ty, $suffix:literal, $part:literal) => {
        impl AtomicWord<Asm> for $word {
            #[inline(always)]
            unsafe fn load(ptr: *const Self, order: LoadOrder) -> Self {
                if order == LoadOrder::Relaxed {
                    // SAFETY: the caller says that the word is readable.
                    return unsafe { <Self as Word>::load_shared(ptr.cast()) };
                }
                let word: $wide;
                // SAFETY: one load of the word that the caller says is readable. Not
                // `readonly`: it is to acquire.
                unsafe {
                    border_asm!(
                        [concat!("ldar", $suffix, " {word:", $part, "}, [{ptr}]")],
                        word = out(reg) word,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
                word as $word
            }

            #[inline(always)]
            unsafe fn load_read_only(ptr: *const Self, order: LoadOrder) -> Self {
                // SAFETY: the caller's contract; `ldar` is a load and asks for no more.
                unsafe { <Self as AtomicWord<Asm>>::load(ptr, order) }
            }

            #[inline(always)]
            unsafe fn store(ptr: *mut Self, value: Self, order: StoreOrder) {
                if order == StoreOrder::Relaxed {
                    // SAFETY: the caller says that the word is writable.
                    return unsafe { Word::store_shared(ptr.cast(), value) };
                }
                // SAFETY: one store to the word that the caller says is writable.
                unsafe {
                    border_asm!(
                        [concat!("stlr", $suffix, " {word:", $part, "}, [{ptr}]")],
                        word = in(reg) value as $wide,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
            }

            #[inline(always)]
            unsafe fn swap(ptr: *mut Self, value: Self, _order: Ordering) -> Self {
                let old: $wide;
                // SAFETY: one exchange with the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [
                            "2:",
                            concat!("ldaxr", $suffix, " {old:", $part, "}, [{ptr}]"),
                            concat!("stlxr", $suffix, " {failed:w}, {new:", $part, "}, [{ptr}]"),
                            "cbnz {failed:w}, 2b",
                        ],
                        old = out(reg) old,
                        failed = out(reg) _,
                        new = in(reg) value as $wide,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
                old as $word
            }

            #[inline(always)]
            unsafe fn fetch_add(ptr: *mut Self, value: Self, _order: Ordering) -> Self {
                let old: $wide;
                // SAFETY: one addition to the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [
                            "2:",
                            concat!("ldaxr", $suffix, " {old:", $part, "}, [{ptr}]"),
                            "add {new:x}, {old:x}, {value:x}",
                            concat!("stlxr", $suffix, " {failed:w}, {new:", $part, "}, [{ptr}]"),
                            "cbnz {failed:w}, 2b",
                        ],
                        old = out(reg) old,
                        new = out(reg) _,
                        failed = out(reg) _,
                        value = in(reg) value as $wide,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
                old as $word
            }

            #[inline(always)]
            unsafe fn compare_exchange(
                ptr: *mut Self,
                [current, new]: [Self; 2],
                _orders: (Ordering, LoadOrder),
            ) -> Result<Self, Self> {
                let old: $wide;
                // SAFETY: one access to the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [
                            "2:",
                            concat!("ldaxr", $suffix, " {old:", $part, "}, [{ptr}]"),
                            concat!("cmp {old:", $part, "}, {current:", $part, "}"),
                            "b.ne 3f",
                            concat!("stlxr", $suffix, " {failed:w}, {new:", $part, "}, [{ptr}]"),
                            "cbnz {failed:w}, 2b",
                            "b 4f",
                            "3:",
                            "clrex",
                            "4:",
                        ],
                        old = out(reg) old,
                        failed = out(reg) _,
                        current = in(reg) current as $wide,
                        new = in(reg) new as $wide,
                        ptr = in(reg) ptr,
                        options(nostack)
                    );
                }
                let old = old as $word;
                if old == current { Ok(old) } else { Err(old) }
            }

            #[inline(always)]
            unsafe fn compare_exchange_weak(
                ptr: *mut Self,
                [current, new]: [Self; 2],
                _orders: (Ordering, LoadOrder),
            ) -> Result<Self, Self> {
                let old: $wide;
                let failed: u32;
                // SAFETY: one access to the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [
                            concat!("ldaxr", $suffix, " {old:", $part, "}, [{ptr}]"),
                            concat!("cmp {old:", $part, "}, {current:", $part, "}"),
                            "b.ne 3f",
                            concat!("stlxr", $suffix, " {failed:w}, {new:", $part, "}, [{ptr}]"),
                            "b 4f",
                            "3:",
                            "clrex",
                            "mov {failed:w}, #1",
                            "4:",
                        ],
                        old = out(reg) old,
                        failed = out(reg) failed,
                        current = in(reg) current as $wide,
                        new = in(reg) new as $wide,
                        ptr = in(reg) ptr,
                        options(nostack)
                    );
                }
                let old = old as $word;
                if failed == 0 { Ok(old) } else { Err(old) }
            }
        }
    };
}

atomic_word!(u8, u32, "b", "w");
atomic_word!(u16, u32, "h", "w");
atomic_word!(u32, u32, "", "w");
atomic_word!(u64, u64, "", "x");
