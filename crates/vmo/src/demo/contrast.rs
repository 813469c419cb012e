// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the seals are for: the same attack on memory without them, and what the gate says.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;

use mapped_vmo::zx::{AdoptPolicy, Vmo};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::scoreboard::{Row, Scoreboard};
use super::unsafe_ways::Naive;
use crate::Failure;
use crate::link::{Link, Peer, signal_name};
use crate::villain::Role;

/// An unsealed memfd: refused by us, and fatal to who maps it without asking.
pub(super) fn unsealed(board: &mut Scoreboard) -> Result<(), Failure> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memfd = memfd_create("unsealed", flags)?;
    ftruncate(&memfd, 4096)?;

    let refused = Vmo::from_fd(memfd.try_clone()?, AdoptPolicy::Shrink);
    let (outcome, ok) = match &refused {
        Ok(_) => ("it was accepted".to_owned(), false),
        Err(error) => (format!("{}: {error}", error.status()), true),
    };
    board.row(Row {
        what: "the peer sends memory without seals",
        outcome: &outcome,
        ok,
    })?;

    let end = death(&memfd)?;
    board.note(
        "who maps that one without asking",
        &format!("{end} when it is truncated"),
    )
}

/// What becomes of a process that maps an unsealed memfd which is then truncated.
pub(crate) fn what_happens_to_who_does_not_ask() -> Result<String, Failure> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memfd = memfd_create("unsealed", flags)?;
    ftruncate(&memfd, 4096)?;
    Ok(format!("{} when it is truncated", death(&memfd)?))
}

/// How that process ends.
fn death(memfd: &OwnedFd) -> Result<String, Failure> {
    let mut victim = Peer::start_on(Role::Unsealed, memfd.try_clone()?)?;
    victim.ask("map")?;
    ftruncate(memfd, 0)?;
    victim.send("read")?;
    let status = victim.wait()?;
    Ok(status
        .signal()
        .map_or_else(|| status.to_string(), signal_name))
}

/// The process that does not ask.
pub(crate) fn victim() -> Result<(), Failure> {
    use std::os::fd::AsFd;
    let fd = std::io::stdin().as_fd().try_clone_to_owned()?;
    // It is meant to die: nobody wants its memory on disk.
    let none = Some(0);
    setrlimit(
        Resource::Core,
        Rlimit {
            current: none,
            maximum: none,
        },
    )?;
    let naive = Naive::map(&fd)?;
    let mut link = Link::inherited()?;
    link.receive()?;
    link.send("mapped")?;
    link.receive()?;
    link.send(&naive.first_byte().to_string())
}
