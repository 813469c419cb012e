// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics for x86-64: one instruction each.
//!
//! | access | relaxed | acquire or release | sequentially consistent |
//! |---|---|---|---|
//! | load | `mov` | `mov` | `mov` |
//! | store | `mov` | `mov` | `xchg` |
//! | read-modify-write | `xchg`, `lock xadd`, `lock cmpxchg` | the same | the same |
//!
//! The processor gives every load acquire order and every store release order; the one thing
//! that it reorders is a store with a later load, and a locked instruction forbids that. So
//! what remains is the compiler. A block without `nomem` or `readonly` is to it a call that
//! may read and write all memory that others can reach: private reads and writes stay on
//! their side of it, which is more than acquire and release ask for. The acquiring load must
//! not be `readonly`: rustc then takes a private value that it read before the load for one
//! that it needn't read again after it.
//!
//! **Story of each block here.** One atomic access of the aligned word, with the ordering that
//! its function is named for or asked for, and nothing else: no private memory, no stack.
//! A relaxed load or store is the word access of [`word`](super::word), with its story.
//! There is no settled Rust story for such an access to memory outside all Rust allocations
//! that synchronises with another process: see SOUNDNESS.md.

use core::sync::atomic::Ordering;

use crate::arch::atomic::{AtomicWord, LoadOrder, StoreOrder};
use crate::arch::small::Word;

/// The engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asm;

/// Implements [`AtomicWord`]. `$class` is the register class of the word, `$wide` the integer
/// that a load fills and `$acc` the register that `cmpxchg` compares with; then the load, the
/// store, and how an operand of that size is written: `$size [{ptr}], {word$part}`.
macro_rules! atomic_word {
    ($word:ty, $class:ident, $wide:ty, $acc:tt, $load:literal, $place:literal, $part:literal) => {
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
                        [$load],
                        word = out(reg) word,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
                word as $word
            }

            #[inline(always)]
            unsafe fn load_read_only(ptr: *const Self, order: LoadOrder) -> Self {
                // SAFETY: the caller's contract; `mov` from memory asks for no more.
                unsafe { <Self as AtomicWord<Asm>>::load(ptr, order) }
            }

            #[inline(always)]
            unsafe fn store(ptr: *mut Self, value: Self, order: StoreOrder) {
                match order {
                    // SAFETY: the caller says that the word is writable.
                    StoreOrder::Relaxed => unsafe { Word::store_shared(ptr.cast(), value) },
                    StoreOrder::Release => {
                        // SAFETY: one store to the word that the caller says is writable.
                        unsafe {
                            border_asm!(
                                [concat!("mov ", $place, ", ", $part)],
                                word = in($class) value,
                                ptr = in(reg) ptr,
                                options(nostack, preserves_flags)
                            );
                        }
                    }
                    StoreOrder::SeqCst => {
                        // SAFETY: the caller's contract.
                        unsafe { <Self as AtomicWord<Asm>>::swap(ptr, value, Ordering::SeqCst) };
                    }
                }
            }

            #[inline(always)]
            unsafe fn swap(ptr: *mut Self, value: Self, _order: Ordering) -> Self {
                let old: Self;
                // SAFETY: one exchange with the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [concat!("xchg ", $place, ", ", $part)],
                        word = inout($class) value => old,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
                old
            }

            #[inline(always)]
            unsafe fn fetch_add(ptr: *mut Self, value: Self, _order: Ordering) -> Self {
                let old: Self;
                // SAFETY: one addition to the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [concat!("lock xadd ", $place, ", ", $part)],
                        word = inout($class) value => old,
                        ptr = in(reg) ptr,
                        options(nostack)
                    );
                }
                old
            }

            #[inline(always)]
            unsafe fn compare_exchange(
                ptr: *mut Self,
                [current, new]: [Self; 2],
                _orders: (Ordering, LoadOrder),
            ) -> Result<Self, Self> {
                let old: Self;
                // SAFETY: one access to the word that the caller says is ours to access.
                unsafe {
                    border_asm!(
                        [concat!("lock cmpxchg ", $place, ", ", $part)],
                        word = in($class) new,
                        ptr = in(reg) ptr,
                        inout($acc) current => old,
                        options(nostack)
                    );
                }
                if old == current { Ok(old) } else { Err(old) }
            }

            /// As the strong one: the instruction never fails without a reason.
            #[inline(always)]
            unsafe fn compare_exchange_weak(
                ptr: *mut Self,
                words: [Self; 2],
                orders: (Ordering, LoadOrder),
            ) -> Result<Self, Self> {
                // SAFETY: the caller's contract.
                unsafe { <Self as AtomicWord<Asm>>::compare_exchange(ptr, words, orders) }
            }
        }
    };
}

atomic_word!(
    u8,
    reg_byte,
    u32,
    "al",
    "movzx {word:e}, byte ptr [{ptr}]",
    "byte ptr [{ptr}]",
    "{word}"
);
atomic_word!(
    u16,
    reg,
    u32,
    "ax",
    "movzx {word:e}, word ptr [{ptr}]",
    "word ptr [{ptr}]",
    "{word:x}"
);
atomic_word!(
    u32,
    reg,
    u32,
    "eax",
    "mov {word:e}, dword ptr [{ptr}]",
    "dword ptr [{ptr}]",
    "{word:e}"
);
atomic_word!(
    u64,
    reg,
    u64,
    "rax",
    "mov {word}, qword ptr [{ptr}]",
    "qword ptr [{ptr}]",
    "{word}"
);
