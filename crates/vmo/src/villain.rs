// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other processes that the verbs start: this program again, in one of these roles.

use clap::ValueEnum;

use crate::link::Gone;
use crate::{Failure, bench, check, demo, keeper};

/// What a process is there for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Role {
    /// Draws and attacks.
    Peer,
    /// Copies with plain memcpy while the peer flips bytes. Disposable.
    Memcpy,
    /// Maps what can be truncated. Disposable.
    Unsealed,
    /// Receives a file.
    Receiver,
    /// Our side of an attack, which may fail. Disposable.
    Defender,
    /// Does what it is told to the descriptor that it was given.
    Hostile,
    /// Receives and answers what is measured.
    Partner,
    /// Holds an object in the background.
    Keeper,
    /// Receives bytes, and looks at them.
    Sink,
}

impl Role {
    /// What this process was started as by another one like it: `vmo villain ROLE`.
    pub(crate) fn of_this_process() -> Option<Self> {
        let mut arguments = std::env::args_os().skip(1);
        if arguments.next()? != "villain" {
            return None;
        }
        Self::from_str(arguments.next()?.to_str()?, false).ok()
    }

    /// As on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Memcpy => "memcpy",
            Self::Unsealed => "unsealed",
            Self::Receiver => "receiver",
            Self::Defender => "defender",
            Self::Hostile => "hostile",
            Self::Partner => "partner",
            Self::Keeper => "keeper",
            Self::Sink => "sink",
        }
    }
}

/// Runs the other process.
pub(crate) fn villain(role: Role) -> Result<(), Failure> {
    let done = match role {
        Role::Peer => demo::peer(),
        Role::Memcpy => demo::memcpy_victim(),
        Role::Unsealed => demo::unsealed_victim(),
        Role::Receiver => demo::receive(),
        Role::Defender => check::defender(),
        Role::Hostile => check::hostile(),
        Role::Partner => bench::partner(),
        Role::Keeper => keeper::keeper(),
        Role::Sink => bench::sink(),
    };
    match done {
        // Whoever started this is gone: there is nothing left to do, and nobody to tell.
        Err(error) if error.is::<Gone>() => Ok(()),
        other => other,
    }
}
