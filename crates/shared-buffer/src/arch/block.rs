// SPDX-License-Identifier: MIT OR Apache-2.0
//! `border_asm!`: an `asm!` block that can be found again in the machine code.
//!
//! With `--cfg vmo_border_map`, each block writes down where it starts and where it ends, so
//! that a test which traps every access to a shared page can tell the engine's instructions
//! from all others. Without it, the macro is `asm!` and nothing else.

/// An `asm!` block of the engine: a list of template strings, then operands and options.
#[cfg(not(vmo_border_map))]
macro_rules! border_asm {
    ([$($template:expr),+ $(,)?], $($operands:tt)*) => {
        core::arch::asm!($($template),+, $($operands)*)
    };
}

/// The same, and its addresses in the section `vmo_border`: pairs of signed 64-bit distances
/// from the field that holds them to the first byte of the block and to the byte past it.
#[cfg(vmo_border_map)]
macro_rules! border_asm {
    ([$($template:expr),+ $(,)?], $($operands:tt)*) => {
        core::arch::asm!(
            "771:",
            $($template),+,
            "772:",
            ".pushsection vmo_border,\"aR\",@progbits",
            ".quad 771b - .",
            ".quad 772b - .",
            ".popsection",
            $($operands)*
        )
    };
}
