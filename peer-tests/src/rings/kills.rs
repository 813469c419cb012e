// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ring whose other side is honest, and is killed wherever it is just then.

use core::time::Duration;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use vmo_ring::zx::{Channel, HandleBased, StartupHandles, take_startup_handle};
use vmo_ring::{Receiver, RingError, RingOptions, Sender, Waiting};

use super::{Busy, Random, after};
use crate::hostile::Tally;
use crate::{Held, noise};

const OPTIONS: RingOptions = RingOptions::new().capacity(1 << 14);

/// Message number `n`.
fn message(n: u64, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend(n.to_le_bytes());
    bytes.extend(noise(n).take((n * 37 % 600) as usize));
}

/// Sends until it can't any more.
fn send(sender: &mut Sender, slice: i64) -> (u64, RingError) {
    let mut bytes = Vec::new();
    let mut n = 0;
    loop {
        message(n, &mut bytes);
        let sent = match n % 7 {
            0..3 => sender.send(&bytes, after(slice)),
            3 => sender
                .reserve(bytes.len() + 9, after(slice))
                .and_then(|mut room| {
                    room.slice_mut().write(&bytes);
                    room.commit(bytes.len())
                }),
            _ => match sender.try_stage(&bytes) {
                Err(RingError::WouldBlock) => sender.send(&bytes, after(slice)),
                other => other,
            },
        };
        match sent {
            Ok(()) => n += 1,
            Err(RingError::TimedOut) if sender.is_closed() == Ok(false) => {}
            Err(RingError::TimedOut) => return (n, RingError::PeerClosed),
            Err(error) => return (n, error),
        }
    }
}

/// Receives until it can't any more. What was received is what was sent, in order and whole.
fn receive(receiver: &mut Receiver, slice: i64) -> Result<(u64, RingError), String> {
    let (mut got, mut expected) = (Vec::new(), Vec::new());
    let mut n = 0;
    loop {
        match receiver.recv_to_vec(&mut got, after(slice)) {
            Ok(()) => {}
            Err(RingError::TimedOut) if receiver.is_closed() == Ok(false) => continue,
            Err(RingError::TimedOut) => return Ok((n, RingError::PeerClosed)),
            Err(error) => return Ok((n, error)),
        }
        message(n, &mut expected);
        if got != expected {
            return Err(format!(
                "message {n} has {} bytes that were not sent",
                got.len()
            ));
        }
        n += 1;
    }
}

/// The peer: an honest one, with the channel in slot 0. It ends by being killed.
///
/// # Panics
///
/// If what it receives was not sent.
pub fn peer(role: &str) {
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let channel = take_startup_handle(0).expect("a handle");
    let channel = Channel::try_from(channel).expect("a channel");
    let end = match role {
        "sends" => {
            let mut sender = Sender::connect(&channel, OPTIONS, after(20_000)).expect("a ring");
            send(&mut sender, 20_000).1
        }
        _ => {
            let receiver = Receiver::connect(&channel, OPTIONS, after(20_000));
            let got = receive(&mut receiver.expect("a ring"), 20_000);
            got.expect("what was sent").1
        }
    };
    panic!("it was not killed: {end:?}");
}

/// Kills so many peers, half of them senders. `progress` is told after each.
#[must_use]
pub fn run(program: &str, kills: u64, mut progress: impl FnMut(&Tally)) -> Tally {
    let before = Held::now();
    let mut tally = Tally::default();
    let mut random = Random::new(kills);
    let busy = Busy::watch();
    while tally.get("kills") < kills {
        let round = tally.get("kills");
        let delay = Duration::from_micros(random.below(4000) as u64);
        one(program, round, delay, &mut tally);
        tally.add("kills", 1);
        tally.at_most("late_by_itself_us", busy.latest());
        progress(&tally);
    }
    drop(busy);
    let leaks = u64::from(!before.is_back());
    tally.add("leaks", leaks);
    tally
}

fn one(program: &str, round: u64, delay: Duration, tally: &mut Tally) {
    let (ours, theirs) = Channel::create().expect("a channel");
    let role = if round % 2 == 0 { "sends" } else { "receives" };
    let mut command = Command::new(program);
    command.args(["peer", role]).stdout(Stdio::null());
    command
        .startup_handle(0, theirs.into_handle())
        .expect("a slot");
    let mut child = command.spawn().expect("the peer");
    drop(command);
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            std::thread::sleep(delay);
            let killed = Instant::now();
            child.kill().expect("our own child");
            let status = child.wait().expect("our own child");
            (killed, Instant::now(), status)
        });
        let outcome = live(&ours, role, round, tally);
        let noticed = Instant::now();
        let (killed, ended, status) = killer.join().expect("the killer");
        // A process that is killed has to be run once more to end, which takes as long as the
        // machine is busy. From its end on it is the library that takes time.
        let name = match waiting(round) {
            Waiting::Spin => "slowest_us_of_who_spins",
            Waiting::Sleep { .. } => "slowest_us_of_who_sleeps",
        };
        let all = [
            ("slowest_us", ended),
            (name, ended),
            ("slowest_after_the_signal_us", killed),
        ];
        for (name, since) in all {
            let took = noticed.saturating_duration_since(since).as_micros();
            tally.at_most(name, u64::try_from(took).unwrap_or(u64::MAX));
        }
        judge(outcome, status, tally);
    });
}

/// How the victim waits.
fn waiting(round: u64) -> Waiting {
    match round / 2 % 3 {
        0 => Waiting::Sleep { spins: 0 },
        1 => Waiting::Sleep { spins: 2000 },
        _ => Waiting::Spin,
    }
}

/// What came of one ring.
fn live(channel: &Channel, role: &str, round: u64, tally: &mut Tally) -> Result<RingError, String> {
    let waiting = waiting(round);
    // Who only spins is not told by the kernel: it asks now and then.
    let slice = if waiting == Waiting::Spin { 5 } else { 10_000 };
    let options = OPTIONS.waiting(waiting);
    if role == "sends" {
        let mut receiver = match Receiver::connect(channel, options, after(10_000)) {
            Ok(receiver) => receiver,
            Err(error) => return early(error, tally),
        };
        let (count, end) = receive(&mut receiver, slice)?;
        tally.add("received", count);
        tally.add("killed_senders", 1);
        return Ok(end);
    }
    let mut sender = match Sender::connect(channel, options, after(10_000)) {
        Ok(sender) => sender,
        Err(error) => return early(error, tally),
    };
    let (count, end) = send(&mut sender, slice);
    tally.add("sent", count);
    tally.add("killed_receivers", 1);
    Ok(end)
}

/// It was killed before there was a ring.
fn early(error: RingError, tally: &mut Tally) -> Result<RingError, String> {
    tally.add("killed_in_the_handshake", 1);
    Ok(error)
}

fn judge(outcome: Result<RingError, String>, status: ExitStatus, tally: &mut Tally) {
    let wrong = match outcome {
        Ok(RingError::PeerClosed) if status.signal() == Some(9) => return,
        Ok(end) => format!("{end:?}, and the peer: {status}"),
        Err(what) => what,
    };
    eprintln!("{wrong}");
    tally.add("wrong", 1);
}
