// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copy, check, use, while another process flips the byte that is checked.
//!
//! `flip_race [--engine ours|memcpy] [--seconds N]` counts messages whose check passed and
//! whose bytes then did not. Ends with 0 if there were none, with 1 if there were (it stops
//! at the first), and with 2 if the race did not happen. `flip_race flip` is the other
//! process.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::hint::black_box;
use core::time::Duration;
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use mapped_vmo::Mapping;
use peer_tests::victim::{Counting, Engine, Exact, Memcpy, Trying, VALID, verify};

/// What the flipping process writes in turns with [`VALID`].
const INVALID: u8 = 0xee;

/// The checked byte of each size is here, so that one byte serves all sizes.
const CHECKED: usize = 512;

/// How many messages are read between two looks at the clock.
const BATCH: u64 = 500;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "flip") {
        return flip();
    }
    let option = |name: &str| {
        let value = args.iter().skip_while(|arg| *arg != name).nth(1);
        value.map(String::as_str)
    };
    let seconds = option("--seconds").and_then(|text| text.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(2));
    let (mut mapping, vmo) = Mapping::allocate(4096).expect("one page");
    let stdin = vmo.as_fd().try_clone_to_owned().expect("a descriptor");
    let child = Command::new(std::env::current_exe().expect("this program's path"))
        .arg("flip")
        .stdin(Stdio::from(stdin))
        .spawn();
    let flipper = Flipper(child.expect("this program, again"));
    let tally = match option("--engine") {
        None | Some("ours") => ours(&mapping, time),
        Some("memcpy") => race(&Memcpy::over(&mut mapping), time),
        Some(other) => {
            println!("no engine is called {other}: ours or memcpy");
            return ExitCode::from(2);
        }
    };
    drop(flipper);
    tally.verdict()
}

/// The other process; ends with this one.
struct Flipper(Child);

impl Drop for Flipper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn flip() -> ExitCode {
    let vmo = peer_tests::vmo_from_stdin();
    let flags = mapped_vmo::zx::VmarFlags::PERM_READ | mapped_vmo::zx::VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(&vmo, 4096, flags).expect("the page");
    loop {
        mapping.write_at(CHECKED, &[VALID]);
        mapping.write_at(CHECKED, &[INVALID]);
    }
}

/// Counts of messages.
#[derive(Default)]
struct Tally {
    refused: u64,
    accepted: u64,
    invalid: u64,
}

impl Tally {
    /// One message of `N` bytes.
    fn message<E: Engine, const N: usize>(&mut self, engine: &E) {
        let mut out = [0; N];
        if !verify(
            engine,
            black_box(CHECKED - N / 2),
            black_box(N / 2),
            &mut out,
        ) {
            self.refused += 1;
            return;
        }
        self.accepted += 1;
        if black_box(&out)[N / 2] != VALID {
            self.invalid += 1;
        }
    }

    fn verdict(&self) -> ExitCode {
        let Self {
            refused,
            accepted,
            invalid,
        } = self;
        println!("{refused} refused, {accepted} accepted, {invalid} of them invalid");
        if *invalid > 0 {
            return ExitCode::from(1);
        }
        if *refused == 0 || *accepted == 0 {
            println!("the other process never flipped the byte: nothing was tried");
            return ExitCode::from(2);
        }
        ExitCode::SUCCESS
    }
}

/// Races each way of reading for its share of the time.
fn ours(mapping: &Mapping, time: Duration) -> Tally {
    let share = time / 3;
    let tallies = [
        race(&Counting(mapping), share),
        race(&Trying(mapping), share),
        race(&Exact(mapping), share),
    ];
    tallies
        .into_iter()
        .fold(Tally::default(), |sum, each| Tally {
            refused: sum.refused + each.refused,
            accepted: sum.accepted + each.accepted,
            invalid: sum.invalid + each.invalid,
        })
}

/// Reads messages of all sizes until the time is over or one was accepted and invalid.
fn race<E: Engine>(engine: &E, time: Duration) -> Tally {
    let mut tally = Tally::default();
    let start = Instant::now();
    while start.elapsed() < time && tally.invalid == 0 {
        for _ in 0..BATCH {
            tally.message::<E, 16>(engine);
            tally.message::<E, 64>(engine);
            tally.message::<E, 256>(engine);
            tally.message::<E, 1024>(engine);
        }
    }
    tally
}
