// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our side of a row, in a process of its own.
//!
//! ```text
//!   vmo check ──► vmo villain defender ──► vmo villain hostile
//!       │           │ maps it, and looks       │ has the descriptor, and attacks
//!       ▼           ▼                          ▼
//!   says how     dies or hangs, where the    dies with the defender
//!   that ended   library does not hold
//! ```
//!
//! An attack that succeeds where it should not is a SIGBUS, or a wait without end. It is to
//! be a bad row, and not the end of the drill.

use core::time::Duration;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

use rustix::process::Signal;

use super::targets::{Bytes, Kind, Target};
use crate::Failure;
use crate::link::{Gone, Link, Peer, errno_name, signal_name};
use crate::villain::Role;

/// How long an attack may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a row may take: longer, so that the defender can say that the peer hangs.
const ROW_PATIENCE: Duration = Duration::from_secs(10);

/// The attack that ends the peer, which the peer knows by this name.
pub(super) const SCRIBBLE: &str = "scribble";

/// What was seen of an attack.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// In short.
    pub(super) text: String,
    /// All of it.
    pub(super) happened: String,
}

impl Seen {
    fn new(text: &str, happened: impl Into<String>) -> Self {
        let (text, happened) = (text.to_owned(), happened.into());
        Self { text, happened }
    }
}

/// Tries a deed on a fresh target of this kind. Whatever goes wrong is something seen.
pub(super) fn defend(kind: Kind, deed: &str) -> Seen {
    ask(kind, deed).unwrap_or_else(|error| Seen::new("failed", one_line(&*error)))
}

fn ask(kind: Kind, deed: &str) -> Result<Seen, Failure> {
    let nothing = File::open("/dev/null")?;
    let mut peer = Peer::start_on(Role::Defender, nothing.into())?.patient_for(ROW_PATIENCE)?;
    let answer = match peer.ask(&format!("{} {deed}", kind.name())) {
        Ok(answer) => answer,
        Err(error) if error.is::<Gone>() => {
            // It may still be about to end, which SIGKILL does not change any more.
            let end = how_it_ended(peer.kill()?);
            return Ok(Seen::new(&end, format!("our own process ends: {end}")));
        }
        Err(error) => {
            peer.kill()?;
            return Ok(Seen::new("hangs", format!("our own process: {error}")));
        }
    };
    let ended = peer.finish()?;
    let (text, happened) = answer.split_once('\t').unwrap_or(("failed", &answer));
    Ok(match ended.success() {
        true => Seen::new(text, happened),
        false => {
            let end = how_it_ended(ended);
            Seen::new(&end, format!("{happened}; our own process ends: {end}"))
        }
    })
}

/// Runs our side, until the line is closed.
pub(crate) fn defender() -> Result<(), Failure> {
    die_with_the_one_who_asked()?;
    let mut link = Link::inherited()?;
    while let Some(request) = link.receive()? {
        let (kind, deed) = request.split_once(' ').ok_or("no kind and deed")?;
        let kind = Kind::ALL.into_iter().find(|one| one.name() == kind);
        let kind = kind.ok_or("no such kind")?;
        let seen = match deed {
            SCRIBBLE => killed(kind),
            deed => attacked(kind, deed),
        };
        let Seen { text, happened } =
            seen.unwrap_or_else(|error| Seen::new("failed", one_line(&*error)));
        link.send(&format!("{text}\t{happened}"))?;
    }
    Ok(())
}

/// SIGKILL when the parent is gone: some deeds go on for ever.
pub(super) fn die_with_the_one_who_asked() -> Result<(), Failure> {
    Ok(rustix::process::set_parent_process_death_signal(Some(
        Signal::KILL,
    ))?)
}

fn hostile(target: &Target) -> Result<Peer, Failure> {
    Peer::start_on(Role::Hostile, target.descriptor()?)?.patient_for(PATIENCE)
}

/// One attack, and what is there afterwards.
fn attacked(kind: Kind, deed: &str) -> Result<Seen, Failure> {
    let target = Target::new(kind)?;
    let mut peer = hostile(&target)?;
    let answer = errno_name(peer.ask_errno(deed)?);
    let ended = peer.finish()?;
    let bytes = target.look();
    let mut happened = format!("{answer}; {bytes}");
    if let Some(written) = target.write() {
        happened.push_str("; ");
        happened.push_str(&after(written.err().map(|status| status.to_string())));
    }
    if !ended.success() {
        happened = format!("{happened}; the peer ended with {ended}");
    }
    Ok(Seen::new(&in_short(&answer, bytes), happened))
}

/// SIGKILL in the middle of a write.
fn killed(kind: Kind) -> Result<Seen, Failure> {
    let target = Target::new(kind)?;
    let mut peer = hostile(&target)?;
    peer.ask(SCRIBBLE)?;
    let start = Instant::now();
    while target.look() == Bytes::Same && start.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    let end = how_it_ended(peer.kill()?);
    let bytes = match target.look() {
        // Which of its bytes we saw depends on the moment.
        Bytes::Zeros => Bytes::Changed,
        other => other,
    };
    let wrote = target.write().and_then(Result::err);
    let wrote = after(wrote.map(|status| status.to_string()));
    Ok(Seen::new(
        "half written",
        format!("{end}; {bytes}; {wrote}"),
    ))
}

fn how_it_ended(status: ExitStatus) -> String {
    status
        .signal()
        .map_or_else(|| status.to_string(), signal_name)
}

/// An error as a part of a line.
fn one_line(error: &dyn core::error::Error) -> String {
    error.to_string().replace(['\n', '\t'], " ")
}

/// A cell of the table.
fn in_short(answer: &str, bytes: Bytes) -> String {
    match (answer, bytes) {
        ("success", Bytes::Same) => "no effect".to_owned(),
        ("success", Bytes::Zeros) => "zeros".to_owned(),
        ("success", Bytes::Changed) => "changed".to_owned(),
        ("success", Bytes::Lost(offset)) => format!("Lost at {offset}"),
        ("success", Bytes::Unreadable) => "unreadable".to_owned(),
        (errno, _) => errno.to_owned(),
    }
}

/// What our writing came to.
fn after(refused: Option<String>) -> String {
    refused.map_or_else(
        || "we write on".to_owned(),
        |status| format!("our write is refused: {status}"),
    )
}
