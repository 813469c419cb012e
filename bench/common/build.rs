// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hands the facts of the build to the program: compiler, flags, profile.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_default();
    let version = Command::new(rustc).arg("-V").output();
    let version = version.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    println!(
        "cargo::rustc-env=BENCH_RUSTC={}",
        version.unwrap_or_default()
    );
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    println!(
        "cargo::rustc-env=BENCH_FLAGS={}",
        flags.replace('\x1f', " ")
    );
    println!("cargo::rustc-env=BENCH_PROFILE={}", profile());
}

/// The name of the profile, which is that of the directory: PROFILE has the inherited one.
fn profile() -> String {
    let out = env::var("OUT_DIR").unwrap_or_default();
    let directory = Path::new(&out).ancestors().nth(3).and_then(Path::file_name);
    directory.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
