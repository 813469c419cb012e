// SPDX-License-Identifier: MIT OR Apache-2.0
//! What other crates do when the other process is hostile: each row is seen, not said.
//!
//! ```text
//!   peers ──┬─► peers flip        flips a byte of a message, for ever
//!           ├─► peers take NAME   copy–check–use through that crate; counts
//!           └─► peers touch NAME  maps through that crate, and reads after a truncation
//! ```
//!
//! A message that was checked and then used with the byte flipped is "accepted but invalid".
//! All victims run the same loop, in processes that may die.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, Stdio};

use mapped_vmo::zx::{Rights, Vmo};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

mod victims;

/// The error of anything here.
type Failure = Box<dyn std::error::Error>;

/// How long the memory is: one message.
const SIZE: usize = 4096;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [] => table(),
        ["flip"] => victims::flip(),
        ["take", name] => victims::take(name),
        ["touch", name] => victims::touch(name),
        _ => Err("usage: peers".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All rows.
fn table() -> Result<(), Failure> {
    println!(
        "| crate | a peer truncates what it sent | a peer flips a byte during copy, check, use |"
    );
    println!("|---|---|---|");
    for name in victims::NAMES {
        println!("| {name} | {} | {} |", truncated(name)?, flipped(name)?);
    }
    Ok(())
}

/// This program again, in a role, on a memfd.
fn start(role: &[&str], memory: OwnedFd) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(role).stdin(Stdio::from(memory));
    Ok(command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?)
}

/// What becomes of a process that maps an unsealed memfd which is truncated then.
fn truncated(name: &str) -> Result<String, Failure> {
    let memory = memfd_create("unsealed", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memory, SIZE as u64)?;
    let victim = start(&["touch", name], memory.try_clone()?)?;
    // The victim truncates it itself once it is mapped: as a peer would, through another
    // descriptor, and at the worst moment.
    let output = victim.wait_with_output()?;
    Ok(match output.status.signal() {
        Some(7) => "dies of SIGBUS".to_owned(),
        Some(signal) => format!("dies of signal {signal}"),
        None => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    })
}

/// How often a flipped byte came through.
fn flipped(name: &str) -> Result<String, Failure> {
    let vmo = Vmo::create(SIZE as u64)?;
    let memory = || vmo.duplicate_handle(Rights::SAME_RIGHTS).map(OwnedFd::from);
    let mut flipper = start(&["flip"], memory()?)?;
    let output = start(&["take", name], memory()?)?.wait_with_output();
    flipper.kill()?;
    flipper.wait()?;
    let output = output?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The memory that this process was started on.
fn memory() -> Result<OwnedFd, Failure> {
    Ok(std::io::stdin().as_fd().try_clone_to_owned()?)
}
