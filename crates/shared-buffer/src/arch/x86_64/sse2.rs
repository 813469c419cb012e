// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies of more than 64 bytes in words of 16, for every x86-64. The pseudo-code and the
//! story of each block are in `bulk`.

/// More than 64 bytes, from the start to the end.
///
/// # Safety
///
/// As for `bulk::forward`.
#[allow(clippy::too_many_lines, reason = "one asm block, in one piece")]
#[inline(always)]
pub(super) unsafe fn forward(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story in `bulk`; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "movups xmm4, [{src} + {len} - 64]",
                "movups xmm5, [{src} + {len} - 48]",
                "movups xmm6, [{src} + {len} - 32]",
                "movups xmm7, [{src} + {len} - 16]",
                "lea {end}, [{dst} + {len} - 64]",
                "cmp {len}, 128",
                "ja 3f",
                // 65 to 128: four words from the start, four to the end.
                "movups xmm0, [{src}]",
                "movups xmm1, [{src} + 16]",
                "movups xmm2, [{src} + 32]",
                "movups xmm3, [{src} + 48]",
                "movups [{dst}], xmm0",
                "movups [{dst} + 16], xmm1",
                "movups [{dst} + 32], xmm2",
                "movups [{dst} + 48], xmm3",
                "jmp 5f",
                "3:",
                "movups xmm8, [{src}]",
                "mov {head}, {dst}",
                "sub {src}, {dst}",
                "or {dst}, 15",
                "inc {dst}",
                ".p2align 5",
                "4:",
                "movups xmm0, [{src} + {dst}]",
                "movups xmm1, [{src} + {dst} + 16]",
                "movups xmm2, [{src} + {dst} + 32]",
                "movups xmm3, [{src} + {dst} + 48]",
                "movaps [{dst}], xmm0",
                "movaps [{dst} + 16], xmm1",
                "movaps [{dst} + 32], xmm2",
                "movaps [{dst} + 48], xmm3",
                "add {dst}, 64",
                "cmp {dst}, {end}",
                "jb 4b",
                "movups [{head}], xmm8",
                "5:",
                "movups [{end}], xmm4",
                "movups [{end} + 16], xmm5",
                "movups [{end} + 32], xmm6",
                "movups [{end} + 48], xmm7",
            ],
            src = inout(reg) src => _,
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            head = out(reg) _,
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _,
            options(nostack)
        );
    }
}

/// More than 64 bytes, from the end to the start.
///
/// # Safety
///
/// As for `bulk::backward`.
#[inline(always)]
pub(super) unsafe fn backward(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story in `bulk`; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "movups xmm4, [{src}]",
                "movups xmm5, [{src} + 16]",
                "movups xmm6, [{src} + 32]",
                "movups xmm7, [{src} + 48]",
                "movups xmm8, [{src} + {len} - 16]",
                "lea {tail}, [{dst} + {len} - 16]",
                "lea {at}, [{dst} + {len} - 1]",
                "and {at}, -16",
                "sub {src}, {dst}",
                "lea {stop}, [{dst} + 64]",
                "cmp {at}, {stop}",
                "jbe 5f",
                ".p2align 5",
                "4:",
                "movups xmm0, [{src} + {at} - 16]",
                "movups xmm1, [{src} + {at} - 32]",
                "movups xmm2, [{src} + {at} - 48]",
                "movups xmm3, [{src} + {at} - 64]",
                "movaps [{at} - 16], xmm0",
                "movaps [{at} - 32], xmm1",
                "movaps [{at} - 48], xmm2",
                "movaps [{at} - 64], xmm3",
                "sub {at}, 64",
                "cmp {at}, {stop}",
                "ja 4b",
                "5:",
                "movups [{tail}], xmm8",
                "movups [{dst}], xmm4",
                "movups [{dst} + 16], xmm5",
                "movups [{dst} + 32], xmm6",
                "movups [{dst} + 48], xmm7",
            ],
            src = inout(reg) src => _,
            dst = in(reg) dst,
            len = in(reg) len,
            at = out(reg) _,
            stop = out(reg) _,
            tail = out(reg) _,
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _,
            options(nostack)
        );
    }
}
