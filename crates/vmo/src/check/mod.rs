// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo check`: every attack on every kind of shared memory, on this machine, now.
//!
//! ```text
//!   for each tier, for each attack:
//!     vmo villain defender: a fresh VMO ──(as stdin)──► vmo villain hostile
//!         │                                                │ tries it, and says what
//!         ▼                                                ▼ the kernel answered
//!     what is there now?  ═══════ compared with what was expected ═══════► one row
//! ```
//!
//! Nothing in a row is a constant but what was expected: what happened is made of errnos that
//! the other process got, of wait statuses and of bytes.

use std::time::Instant;

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Failure;
use crate::cli::Output;
use crate::look::Look;

mod attacks;
mod board;
mod defender;
mod gate;
mod hostile;
mod machine;
mod raw;
mod select;
mod targets;

pub(crate) use defender::defender;
pub(crate) use hostile::hostile;

use board::Board;
use select::Selection;

/// What the tiers are, for `vmo check --help`.
pub(crate) const TIERS: &str = "\
Tiers, by what a peer that holds the memory can do:
  immutable  nobody can write it any more (ImmutableMapping)
  published  only its owner writes (WriterMapping; ReadOnlyMapping for everybody else)
  shared     everybody writes; nobody can take it away (Mapping)
  guarded    everybody can take it away; each access says what is gone (Guarded)
  refused    what is none of these never gets in (Vmo::from_fd)

Groups: machine (what is found here), attacks (the first four tiers), gate (refused).

Each row is an attack by a second process: what was expected, and what happened. \
Rows that can't run here say why, and count for nothing.

Examples:
  vmo check                            all of it
  vmo check --tier shared,guarded      what can be done to these two
  vmo check --group machine            what this machine has, and nothing else
  vmo check --json | jq '.rows[] | select(.verdict == \"bad\")'

Exit code: 0 if everything that ran was as expected, 1 if not.";

/// Arguments of `vmo check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Runs what is asked for. Whether everything was as it should be.
pub(crate) fn check(args: &CheckArgs) -> Result<bool, Failure> {
    let start = Instant::now();
    can_run()?;
    let wanted = &args.selection;
    let mut board = Board::new(Look::of_stdout(args.output.format()));
    board.leave_out(wanted.left_out());
    board.headline()?;
    board.expect(attacks::count_of(&wanted.kinds()));
    if wanted.machine() {
        machine::look(&mut board)?;
    }
    attacks::run(&mut board, wanted)?;
    if wanted.gate() {
        gate::run(&mut board)?;
    }
    board.finish(start.elapsed())
}

/// How large the largest file is that the drill makes. No byte of it is ever touched.
const LARGEST: u64 = 1 << 41;

/// Whether there is what every row needs: where it is not, no row says anything.
fn can_run() -> Result<(), Failure> {
    let program = std::env::current_exe();
    program.map_err(|error| format!("/proc, through which the drill starts itself: {error}"))?;
    let Rlimit { maximum, .. } = getrlimit(Resource::Fsize);
    if maximum.is_some_and(|most| most < LARGEST) {
        // Past the limit the kernel sends SIGXFSZ, to whoever tries.
        return Err("no file may be large here: see RLIMIT_FSIZE, ulimit -f".into());
    }
    let current = maximum;
    setrlimit(Resource::Fsize, Rlimit { current, maximum })?;
    // Where the library does not hold a process dies: nobody wants its memory on disk.
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    let current = Some(0);
    Ok(setrlimit(Resource::Core, Rlimit { current, maximum })?)
}
