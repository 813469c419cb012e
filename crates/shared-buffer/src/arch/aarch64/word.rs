// SPDX-License-Identifier: MIT OR Apache-2.0
//! One word at a time: a load or a store of 1, 2, 4, 8 or 16 bytes.
//!
//! **Story of each block here.** One volatile access of the word's bytes, outside all Rust
//! allocations, and nothing else: no private memory, no stack, no flags. A load may not be
//! made up, dropped or repeated by the compiler, because the block is not `pure`; it is
//! `readonly`, so private values stay in their registers across it. An aligned word of up to
//! 8 bytes is transferred whole, never in pieces, as the architecture promises for `ldr` and
//! `str`; unaligned words are allowed in the memory that a kernel maps for a process.

use core::arch::aarch64::uint8x16_t;

use crate::arch::small::Word;

/// Implements [`Word`]: `$class` is the register class, `$register` the type held in it, and
/// `$load` and `$store` are its two instructions.
macro_rules! word {
    ($word:ty, $class:ident, $register:ty, $load:literal, $store:literal) => {
        impl Word for $word {
            #[inline(always)]
            unsafe fn load_shared(ptr: *const u8) -> Self {
                let word: $register;
                // SAFETY: one load of the bytes that the caller says are readable.
                unsafe {
                    border_asm!(
                        [$load],
                        word = out($class) word,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags, readonly)
                    );
                }
                word as $word
            }

            #[inline(always)]
            unsafe fn store_shared(ptr: *mut u8, word: Self) {
                // SAFETY: one store to the bytes that the caller says are writable.
                unsafe {
                    border_asm!(
                        [$store],
                        word = in($class) word as $register,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
            }
        }
    };
}

word!(
    u8,
    reg,
    u32,
    "ldrb {word:w}, [{ptr}]",
    "strb {word:w}, [{ptr}]"
);
word!(
    u16,
    reg,
    u32,
    "ldrh {word:w}, [{ptr}]",
    "strh {word:w}, [{ptr}]"
);
word!(
    u32,
    reg,
    u32,
    "ldr {word:w}, [{ptr}]",
    "str {word:w}, [{ptr}]"
);
word!(
    u64,
    reg,
    u64,
    "ldr {word:x}, [{ptr}]",
    "str {word:x}, [{ptr}]"
);
word!(
    uint8x16_t,
    vreg,
    uint8x16_t,
    "ldr {word:q}, [{ptr}]",
    "str {word:q}, [{ptr}]"
);
