// SPDX-License-Identifier: MIT OR Apache-2.0
//! One word at a time: a load or a store of 1, 2, 4, 8 or 16 bytes.
//!
//! **Story of each block here.** One volatile access of the word's bytes, outside all Rust
//! allocations, and nothing else: no private memory, no stack, no flags. A load may not be
//! made up, dropped or repeated by the compiler, because the block is not `pure`; it is
//! `readonly`, so private values stay in their registers across it. An aligned word of up to
//! 8 bytes is transferred whole, never in pieces, as the processor promises for such a `mov`.

use core::arch::x86_64::__m128i;

use crate::arch::small::Word;

/// Implements [`Word`] for an integer: `$load` and `$store` are its two instructions, and
/// `$register` is the integer that is as wide as the register they use.
macro_rules! integer_word {
    ($word:ty, $class:ident, $register:ty, $load:literal, $store:literal) => {
        impl Word for $word {
            #[inline(always)]
            unsafe fn load_shared(ptr: *const u8) -> Self {
                let word: $register;
                // SAFETY: one load of the bytes that the caller says are readable.
                unsafe {
                    border_asm!(
                        [$load],
                        word = out(reg) word,
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
                        word = in($class) word,
                        ptr = in(reg) ptr,
                        options(nostack, preserves_flags)
                    );
                }
            }
        }
    };
}

integer_word!(
    u8,
    reg_byte,
    u32,
    "movzx {word:e}, byte ptr [{ptr}]",
    "mov byte ptr [{ptr}], {word}"
);
integer_word!(
    u16,
    reg,
    u32,
    "movzx {word:e}, word ptr [{ptr}]",
    "mov word ptr [{ptr}], {word:x}"
);
integer_word!(
    u32,
    reg,
    u32,
    "mov {word:e}, dword ptr [{ptr}]",
    "mov dword ptr [{ptr}], {word:e}"
);
integer_word!(
    u64,
    reg,
    u64,
    "mov {word}, qword ptr [{ptr}]",
    "mov qword ptr [{ptr}], {word}"
);

impl Word for __m128i {
    #[inline(always)]
    unsafe fn load_shared(ptr: *const u8) -> Self {
        let word: Self;
        // SAFETY: one load of the bytes that the caller says are readable.
        unsafe {
            border_asm!(
                ["movups {word}, xmmword ptr [{ptr}]"],
                word = out(xmm_reg) word,
                ptr = in(reg) ptr,
                options(nostack, preserves_flags, readonly)
            );
        }
        word
    }

    #[inline(always)]
    unsafe fn store_shared(ptr: *mut u8, word: Self) {
        // SAFETY: one store to the bytes that the caller says are writable.
        unsafe {
            border_asm!(
                ["movups xmmword ptr [{ptr}], {word}"],
                word = in(xmm_reg) word,
                ptr = in(reg) ptr,
                options(nostack, preserves_flags)
            );
        }
    }
}
