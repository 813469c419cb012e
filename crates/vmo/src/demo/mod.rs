// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo demo`: this process and a hostile one share a VMO.
//!
//! ```text
//!   vmo demo                                  vmo villain peer
//!   Mapping::allocate ──► Vmo ──(as stdin)──► Vmo::from_fd ──► Mapping
//!        ▲  copies out, checks, uses            │  draws, then attacks
//!        └───────────── one line each way ──────┘  over a socket pair
//! ```
//!
//! Nothing on the scoreboard is a constant: the rows are made of errnos that the peer got,
//! of wait statuses, and of bytes.

use core::time::Duration;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use mapped_vmo::zx::{AdoptPolicy, Status, Vmo};
use mapped_vmo::{Mapping, SharedBuffer};

use crate::cli::Output;
use crate::style::{Format, Style};
use crate::villain::Role;
use crate::{Failure, size};

mod contrast;
mod file;
mod frames;

mod race;
mod scoreboard;
mod speed;
mod unsafe_ways;
mod villain;

pub(crate) use contrast::{victim as unsealed_victim, what_happens_to_who_does_not_ask};
pub(crate) use file::receive;
pub(crate) use race::{flipped, memcpy_victim};
pub(crate) use villain::peer;

use crate::link::{self, Peer, errno_name};
use crate::look::Look;
use frames::Frame;
use scoreboard::{Held, Row, Scoreboard};

/// How many frames the peer draws.
const FRAMES: u32 = 3;

/// How large the VMO is: more than a frame.
const SIZE: usize = 1 << 20;

/// Arguments of `vmo demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Stream this file through two processes and compare SHA-256 at both ends
    #[arg(long, value_name = "PATH", conflicts_with = "png")]
    pub(crate) file: Option<PathBuf>,
    /// Where the picture goes
    #[arg(long, value_name = "PATH", default_value = "vmo-demo.png")]
    pub(crate) png: PathBuf,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Runs the demo. Whether everything was as it should be.
pub(crate) fn demo(args: &DemoArgs) -> Result<bool, Failure> {
    if let Some(path) = &args.file {
        return file::stream(path, args.output.format());
    }
    let style = Style::of_stdout();
    let start = Instant::now();
    let before = Held::now()?;
    let mut board = Scoreboard::new(Look::of_stdout(args.output.format()));
    board.title(&format!(
        "Two processes share {} of memory. One of them is hostile.",
        size::human(SIZE as u64)
    ))?;
    let picture = attacks(&mut board, &before)?;
    picture.save(&args.png)?;
    board.picture(&args.png)?;
    if style.colours() && args.output.format() == Format::Text {
        picture.preview(&mut stdout().lock())?;
    }
    board.finish(start.elapsed())
}

/// The frames, the attacks and the speed; then counts what is left over.
fn attacks(board: &mut Scoreboard, before: &Held) -> Result<Frame, Failure> {
    let (mut mapping, vmo) = allocate(SIZE, "vmo-demo")?;
    let mut peer = Peer::start(Role::Peer, &vmo)?;
    let picture = draw(board, &mut peer, &mapping)?;
    sizes_and_seals(board, &mut peer, &mapping)?;
    punch(board, &mut peer, &mapping)?;
    race::race(board, &mut peer, (&mapping, &vmo))?;
    kill(board, peer, &mapping)?;
    revive(board, &mapping, &vmo)?;
    contrast::unsealed(board)?;
    speed::measure(board, &mut mapping)?;
    drop((mapping, vmo));
    let after = Held::now()?;
    board.row(Row {
        what: "nothing is left over",
        outcome: &format!("{before} before; {after} after"),
        ok: after == *before,
    })?;
    Ok(picture)
}

/// The peer draws, we copy out and check. The last frame is the picture.
fn draw(board: &mut Scoreboard, peer: &mut Peer, mapping: &SharedBuffer) -> Result<Frame, Failure> {
    let mut last = None;
    for number in 0..FRAMES {
        peer.ask(&format!("draw {number}"))?;
        mapping.acquire_writes();
        let frame = Frame::take(mapping, number);
        let outcome = match &frame {
            Ok(frame) => frame.to_string(),
            Err(problem) => problem.clone(),
        };
        board.row(Row {
            what: &format!("the peer draws frame {}", number + 1),
            outcome: &outcome,
            ok: frame.is_ok(),
        })?;
        last = Some(frame?);
    }
    last.ok_or_else(|| "no frame was drawn".into())
}

/// What seals stop: the peer reports the errno that it got.
fn sizes_and_seals(
    board: &mut Scoreboard,
    peer: &mut Peer,
    mapping: &SharedBuffer,
) -> Result<(), Failure> {
    let attacks = [
        ("truncates the memory to 0", "truncate 0"),
        ("grows it to 1 GiB", "truncate 1073741824"),
        ("seals it against our writing", "seal"),
    ];
    for (what, request) in attacks {
        let errno = peer.ask_errno(request)?;
        let mine = mapping.write_all_at(0, b"still ours");
        let alive = mine.is_ok() && Frame::byte_at_end(mapping).is_some();
        let outcome = format!(
            "the kernel says {}; we read and write on",
            errno_name(errno)
        );
        let refused = errno == rustix::io::Errno::PERM.raw_os_error();
        board.row(Row {
            what: &format!("the peer {what}"),
            outcome: &outcome,
            ok: refused && alive,
        })?;
    }
    Ok(())
}

/// What no seal stops: the pages are taken away and read as zeros.
fn punch(board: &mut Scoreboard, peer: &mut Peer, mapping: &SharedBuffer) -> Result<(), Failure> {
    let errno = peer.ask_errno("punch")?;
    let mut bytes = vec![1; mapping.len()];
    mapping.read_exact_at(0, &mut bytes)?;
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    let outcome = format!(
        "{}: {zeros} of {} bytes read as zeros",
        errno_name(errno),
        bytes.len()
    );
    board.row(Row {
        what: "the peer punches out every page",
        outcome: &outcome,
        ok: errno == 0 && zeros == bytes.len(),
    })?;
    Ok(())
}

/// SIGKILL in the middle of a write.
fn kill(board: &mut Scoreboard, mut peer: Peer, mapping: &SharedBuffer) -> Result<(), Failure> {
    peer.ask("scribble")?;
    let changes = changes_within(mapping, Duration::from_secs(2))?;
    let status = peer.kill()?;
    let still = !changes_within(mapping, Duration::from_millis(20))?;
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    let outcome = format!(
        "{}; the bytes {} before and {} after",
        signal.map_or_else(|| status.to_string(), link::signal_name),
        if changes { "changed" } else { "held still" },
        if still { "hold still" } else { "change" },
    );
    let ok = signal == Some(9) && changes && still;
    board.row(Row {
        what: "the peer is killed while it writes",
        outcome: &outcome,
        ok,
    })
}

/// Whether the bytes change while we look, for so long at most.
fn changes_within(mapping: &SharedBuffer, time: Duration) -> Result<bool, Failure> {
    let start = Instant::now();
    let first = checksum(mapping)?;
    while start.elapsed() < time {
        if checksum(mapping)? != first {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The next peer finds the memory as good as new.
fn revive(board: &mut Scoreboard, mapping: &SharedBuffer, vmo: &Vmo) -> Result<(), Failure> {
    let mut peer = Peer::start(Role::Peer, vmo)?;
    peer.ask("draw 0")?;
    mapping.acquire_writes();
    let frame = Frame::take(mapping, 0);
    let status = peer.finish()?;
    let outcome = match &frame {
        Ok(_) => format!("it draws a good frame, and ends with {status}"),
        Err(problem) => problem.clone(),
    };
    board.row(Row {
        what: "another peer takes over",
        outcome: &outcome,
        ok: frame.is_ok() && status.success(),
    })
}

fn checksum(mapping: &SharedBuffer) -> Result<u32, Failure> {
    let mut bytes = vec![0; mapping.len()];
    mapping.read_exact_at(0, &mut bytes)?;
    Ok(crc32fast::hash(&bytes))
}

/// Memory to share, or why there is none.
fn allocate(size: usize, name: &str) -> Result<(Mapping, Vmo), Failure> {
    Mapping::allocate_with_name(size, name).map_err(|status| {
        let size = size::human(size as u64);
        format!("no VMO of {size}: {status} (see ulimit -a)").into()
    })
}

/// The memory that a process of the demo was started on: its standard input.
fn inherited_vmo() -> Result<Vmo, Failure> {
    use std::os::fd::AsFd;
    let fd = std::io::stdin().as_fd().try_clone_to_owned()?;
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Strict)?;
    match vmo.get_size()? {
        0 => Err(Status::BUFFER_TOO_SMALL.into()),
        _ => Ok(vmo),
    }
}

/// Writes a line to standard output.
fn say(line: &str) -> Result<(), Failure> {
    writeln!(stdout().lock(), "{line}")?;
    Ok(())
}
