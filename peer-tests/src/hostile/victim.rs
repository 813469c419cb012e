// SPDX-License-Identifier: MIT OR Apache-2.0
//! The victim: a program that uses the library with a peer that it should not have trusted.
//!
//! One thread works, one kills and restarts the peer, one looks at the clock.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::io::Errno;

use super::tiers::World;
use super::{Dice, Tally, keeper};
use crate::{Held, message};

/// An operation that takes longer hangs.
const HANG: Duration = Duration::from_secs(1);

/// What the threads tell each other.
struct Shared {
    start: Instant,
    stop: AtomicBool,
    /// When the operation that runs just now began: microseconds since `start`, 0 for none.
    began: AtomicU64,
    hangs: AtomicU64,
    /// The socket to the present villain, until the worker has taken it.
    inbox: Mutex<Option<OwnedFd>>,
    /// What the next villain is handed.
    objects: Mutex<Vec<OwnedFd>>,
}

/// Works for `time` and gives the counts, with what is left over at the end.
///
/// # Panics
///
/// If the library gives something that is not there, or something that changed.
#[must_use]
pub fn run(program: &str, time: Duration) -> Tally {
    let shared = Shared {
        start: Instant::now(),
        stop: AtomicBool::new(false),
        began: AtomicU64::new(0),
        hangs: AtomicU64::new(0),
        inbox: Mutex::new(None),
        objects: Mutex::new(Vec::new()),
    };
    drop(World::new());
    let before = Held::now();
    let mut world = World::new();
    let mut tally = std::thread::scope(|scope| {
        *lock(&shared.objects) = world.objects();
        let killer = scope.spawn(|| kill_and_restart(program, &shared));
        let clock = scope.spawn(|| watch(&shared));
        let worked = work(&mut world, &shared, time);
        shared.stop.store(true, Ordering::Relaxed);
        let mut tally = killer.join().expect("the killer");
        clock.join().expect("the clock");
        tally.merge(&worked);
        tally
    });
    drop(world);
    drop((
        lock(&shared.inbox).take(),
        lock(&shared.objects).split_off(0),
    ));
    tally.add("hangs", shared.hangs.load(Ordering::Relaxed));
    // Some descriptors are closed by a thread of their own, a little later.
    let _ = before.is_back();
    let after = Held::now();
    tally.add("leaked_fds", after.fds.abs_diff(before.fds) as u64);
    tally.add(
        "leaked_mappings",
        after.mappings.abs_diff(before.mappings) as u64,
    );
    tally.add("leaked_children", keeper::children());
    tally
}

/// Every operation in turn until the time is over; each once at least.
fn work(world: &mut World, shared: &Shared, time: Duration) -> Tally {
    let mut tally = Tally::default();
    let operations = World::OPERATIONS;
    for (name, operation) in operations.iter().cycle() {
        if shared.start.elapsed() > time && tally.get("rounds") > 0 {
            break;
        }
        let socket = lock(&shared.inbox).take();
        if let Some(socket) = socket {
            world.meet(socket);
        }
        let began = Instant::now();
        let since = began.duration_since(shared.start).as_micros().max(1);
        shared.began.store(since as u64, Ordering::Relaxed);
        operation(world, &mut tally);
        shared.began.store(0, Ordering::Relaxed);
        let took = began.elapsed().as_micros() as u64;
        tally.at_most("longest_us", took);
        tally.add("operations", 1);
        tally.add(name, 1);
        if *name == operations[operations.len() - 1].0 {
            tally.add("rounds", 1);
            if world.renew() {
                *lock(&shared.objects) = world.objects();
            }
        }
    }
    tally
}

/// What one thread leaves for another.
fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts an operation that takes too long once, while it still does.
fn watch(shared: &Shared) {
    let mut counted = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
        let began = shared.began.load(Ordering::Relaxed);
        let now = shared.start.elapsed().as_micros() as u64;
        let late = now.saturating_sub(began) > HANG.as_micros() as u64;
        if began != 0 && late && began != counted {
            counted = began;
            shared.hangs.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Starts a villain, gives it some milliseconds, kills it, and again.
fn kill_and_restart(program: &str, shared: &Shared) -> Tally {
    let mut tally = Tally::default();
    let mut dice = Dice::new(1);
    while !shared.stop.load(Ordering::Relaxed) {
        let (here, there) = message::pair();
        let objects = lock(&shared.objects);
        let borrowed: Vec<BorrowedFd<'_>> = objects.iter().map(AsFd::as_fd).collect();
        let sent = message::send(&here, b"objects", &borrowed);
        drop(objects);
        if sent.is_err() {
            // Of one user only so many descriptors may be under way, and the flood that lies
            // unread takes all of them; it goes with its socket.
            assert_eq!(sent, Err(Errno::TOOMANYREFS), "an empty socket");
            tally.add("flooded_off", 1);
            *lock(&shared.inbox) = Some(here);
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        let mut villain = Villain::start(program, there, tally.get("villains"));
        tally.add("villains", 1);
        *lock(&shared.inbox) = Some(here);
        let life = 5_000 + dice.below(25_000) as u64;
        std::thread::sleep(Duration::from_micros(life));
        match villain.kill() {
            Some(9) => tally.add("kills", 1),
            _ => tally.add("villains_that_gave_up", 1),
        }
    }
    tally
}

/// A villain, killed by its process id when this is dropped.
struct Villain(Child);

impl Villain {
    fn start(program: &str, socket: OwnedFd, seed: u64) -> Self {
        let mut command = Command::new(program);
        command.args(["villain", &seed.to_string()]);
        command.stdin(Stdio::from(socket)).stdout(Stdio::null());
        Self(command.spawn().expect("this program, again"))
    }

    /// The signal that it ended by.
    fn kill(&mut self) -> Option<i32> {
        self.0.kill().expect("our own child");
        self.0.wait().expect("our own child").signal()
    }
}

impl Drop for Villain {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
