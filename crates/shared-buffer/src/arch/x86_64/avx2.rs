// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies of more than 64 bytes in words of 32, for CPUs that have AVX2. The pseudo-code and
//! the story of each block are in `bulk`.

/// 65 to 128 bytes: two words from the start, two to the end, in either direction, since all
/// are loaded before the first is stored.
///
/// # Safety
///
/// As for `bulk::forward` or `bulk::backward`, with such a `len`, and the CPU has AVX2.
#[inline(always)]
pub(super) unsafe fn two_and_two(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story in `bulk`; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "vmovdqu ymm0, [{src}]",
                "vmovdqu ymm1, [{src} + 32]",
                "vmovdqu ymm2, [{src} + {len} - 64]",
                "vmovdqu ymm3, [{src} + {len} - 32]",
                "vmovdqu [{dst}], ymm0",
                "vmovdqu [{dst} + 32], ymm1",
                "vmovdqu [{dst} + {len} - 64], ymm2",
                "vmovdqu [{dst} + {len} - 32], ymm3",
                "vzeroupper",
            ],
            src = in(reg) src,
            dst = in(reg) dst,
            len = in(reg) len,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack, preserves_flags)
        );
    }
}

/// 129 to 256 bytes: four words from the start, four to the end.
///
/// # Safety
///
/// As for [`two_and_two`], with such a `len`.
#[inline(always)]
pub(super) unsafe fn four_and_four(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story in `bulk`; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "vmovdqu ymm0, [{src}]",
                "vmovdqu ymm1, [{src} + 32]",
                "vmovdqu ymm2, [{src} + 64]",
                "vmovdqu ymm3, [{src} + 96]",
                "vmovdqu ymm4, [{src} + {len} - 128]",
                "vmovdqu ymm5, [{src} + {len} - 96]",
                "vmovdqu ymm6, [{src} + {len} - 64]",
                "vmovdqu ymm7, [{src} + {len} - 32]",
                "vmovdqu [{dst}], ymm0",
                "vmovdqu [{dst} + 32], ymm1",
                "vmovdqu [{dst} + 64], ymm2",
                "vmovdqu [{dst} + 96], ymm3",
                "vmovdqu [{dst} + {len} - 128], ymm4",
                "vmovdqu [{dst} + {len} - 96], ymm5",
                "vmovdqu [{dst} + {len} - 64], ymm6",
                "vmovdqu [{dst} + {len} - 32], ymm7",
                "vzeroupper",
            ],
            src = in(reg) src,
            dst = in(reg) dst,
            len = in(reg) len,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack, preserves_flags)
        );
    }
}

/// More than 256 bytes, from the start to the end.
///
/// # Safety
///
/// As for `bulk::forward`, with such a `len`, and the CPU has AVX2.
#[allow(clippy::too_many_lines, reason = "one asm block, in one piece")]
#[inline(always)]
pub(super) unsafe fn forward(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story in `bulk`; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "vmovdqu ymm4, [{src} + {len} - 128]",
                "vmovdqu ymm5, [{src} + {len} - 96]",
                "vmovdqu ymm6, [{src} + {len} - 64]",
                "vmovdqu ymm7, [{src} + {len} - 32]",
                "lea {end}, [{dst} + {len} - 128]",
                // The head, then on to the first aligned word of dst after its start.
                "vmovdqu ymm8, [{src}]",
                "mov {head}, {dst}",
                "sub {src}, {dst}",
                "or {dst}, 31",
                "inc {dst}",
                ".p2align 5",
                "4:",
                // src holds the distance to dst, so one register is stepped.
                "vmovdqu ymm0, [{src} + {dst}]",
                "vmovdqu ymm1, [{src} + {dst} + 32]",
                "vmovdqu ymm2, [{src} + {dst} + 64]",
                "vmovdqu ymm3, [{src} + {dst} + 96]",
                "vmovdqa [{dst}], ymm0",
                "vmovdqa [{dst} + 32], ymm1",
                "vmovdqa [{dst} + 64], ymm2",
                "vmovdqa [{dst} + 96], ymm3",
                "sub {dst}, -128",
                "cmp {dst}, {end}",
                "jb 4b",
                "vmovdqu [{head}], ymm8",
                "vmovdqu [{end}], ymm4",
                "vmovdqu [{end} + 32], ymm5",
                "vmovdqu [{end} + 64], ymm6",
                "vmovdqu [{end} + 96], ymm7",
                "vzeroupper",
            ],
            src = inout(reg) src => _,
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            head = out(reg) _,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack)
        );
    }
}

/// More than 256 bytes, from the end to the start.
///
/// # Safety
///
/// As for `bulk::backward`, with such a `len`, and the CPU has AVX2.
#[allow(clippy::too_many_lines, reason = "one asm block, in one piece")]
#[inline(always)]
pub(super) unsafe fn backward(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story in `bulk`; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                // The first four words, before any store.
                "vmovdqu ymm4, [{src}]",
                "vmovdqu ymm5, [{src} + 32]",
                "vmovdqu ymm6, [{src} + 64]",
                "vmovdqu ymm7, [{src} + 96]",
                // The last word, then down to the last aligned word of dst before its end.
                "vmovdqu ymm8, [{src} + {len} - 32]",
                "lea {tail}, [{dst} + {len} - 32]",
                "lea {at}, [{dst} + {len} - 1]",
                "and {at}, -32",
                "sub {src}, {dst}",
                "lea {stop}, [{dst} + 128]",
                "cmp {at}, {stop}",
                "jbe 5f",
                ".p2align 5",
                "4:",
                "vmovdqu ymm0, [{src} + {at} - 32]",
                "vmovdqu ymm1, [{src} + {at} - 64]",
                "vmovdqu ymm2, [{src} + {at} - 96]",
                "vmovdqu ymm3, [{src} + {at} - 128]",
                "vmovdqa [{at} - 32], ymm0",
                "vmovdqa [{at} - 64], ymm1",
                "vmovdqa [{at} - 96], ymm2",
                "vmovdqa [{at} - 128], ymm3",
                "add {at}, -128",
                "cmp {at}, {stop}",
                "ja 4b",
                "5:",
                "vmovdqu [{tail}], ymm8",
                "vmovdqu [{dst}], ymm4",
                "vmovdqu [{dst} + 32], ymm5",
                "vmovdqu [{dst} + 64], ymm6",
                "vmovdqu [{dst} + 96], ymm7",
                "vzeroupper",
            ],
            src = inout(reg) src => _,
            dst = in(reg) dst,
            len = in(reg) len,
            at = out(reg) _,
            stop = out(reg) _,
            tail = out(reg) _,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack)
        );
    }
}
