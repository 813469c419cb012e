// SPDX-License-Identifier: MIT OR Apache-2.0
//! The villain who changes the size: truncates, extends, punches, seals, scribbles, all day.
//!
//! `shrinker DEED MILLISECONDS`, with an unsealed memfd or file as stdin. It says `ready`, and
//! at the end how often it changed something and how often the size was then another one than
//! it had set: somebody else changed it. With 0 milliseconds it goes on for ever.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::time::Duration;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use rustix::fs::{FallocateFlags, OFlags, SealFlags};

/// The sizes that it sets: no other one is ever right.
const SIZES: [u64; 8] = [0, 4096, 8192, 65536, 262_144, 4097, 100, 131_072];

fn main() {
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let stdin = std::io::stdin();
    let fd = stdin.as_fd().try_clone_to_owned().expect("stdin");
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [deed, time] = &args[..] else {
        panic!("shrinker DEED MILLISECONDS");
    };
    let time = Duration::from_millis(time.parse().expect("a number"));
    say("ready");
    let start = Instant::now();
    let mut villain = Villain {
        fd,
        dice: peer_tests::noise(u64::from(std::process::id())),
        bytes: peer_tests::pattern(0, 4096),
        deeds: 0,
        surprises: 0,
    };
    while time.is_zero() || start.elapsed() < time {
        match deed.as_str() {
            "resize" => villain.resize(),
            "everything" => villain.everything(),
            "flip" => villain.flip(),
            other => panic!("no deed is called {other:?}"),
        }
    }
    say(&format!("{} {}", villain.deeds, villain.surprises));
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test listens");
}

struct Villain<D> {
    fd: OwnedFd,
    dice: D,
    bytes: Vec<u8>,
    deeds: u64,
    surprises: u64,
}

impl<D: Iterator<Item = u8>> Villain<D> {
    fn roll(&mut self) -> usize {
        self.dice.next().map_or(0, usize::from)
    }

    /// Sets a size and watches whether it stays.
    fn resize(&mut self) {
        let size = SIZES[self.roll() % SIZES.len()];
        rustix::fs::ftruncate(&self.fd, size).expect("it is not sealed");
        self.deeds += 1;
        for _ in 0..self.roll() % 16 {
            let stat = rustix::fs::fstat(&self.fd).expect("a file");
            self.surprises += u64::from(u64::try_from(stat.st_size) != Ok(size));
        }
    }

    /// Shorter and longer again, so fast that a copy that was cut off finds more room.
    fn flip(&mut self) {
        for size in [65_537, 300_000] {
            rustix::fs::ftruncate(&self.fd, size).expect("it is not sealed");
            let stat = rustix::fs::fstat(&self.fd).expect("a file");
            self.surprises += u64::from(u64::try_from(stat.st_size) != Ok(size));
            self.deeds += 1;
        }
        // Time to see what the other side made of it.
        std::thread::sleep(Duration::from_micros(100));
    }

    /// A size, a hole, bytes, the flag that redirects writes, a seal.
    fn everything(&mut self) {
        self.resize();
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let hole = (self.roll() * 1024) as u64;
        let _ = rustix::fs::fallocate(&self.fd, punch, hole, 9000);
        let stat = rustix::fs::fstat(&self.fd).expect("a file");
        if stat.st_size >= 4096 {
            let _ = rustix::fs::fcntl_setfl(&self.fd, OFlags::empty());
            let _ = rustix::io::pwrite(&self.fd, &self.bytes, 0);
        }
        let flags = [OFlags::empty(), OFlags::APPEND][self.roll() % 2];
        let _ = rustix::fs::fcntl_setfl(&self.fd, flags);
        // Refused while somebody may write through a mapping.
        let _ = rustix::fs::fcntl_add_seals(&self.fd, SealFlags::WRITE);
    }
}
