// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program `vmo`: all of it is in the library beside it.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    vmo_command::main()
}
