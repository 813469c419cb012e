// SPDX-License-Identifier: MIT OR Apache-2.0
//! The library on one side of a ring whose other side means no good.

use core::time::Duration;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use vmo_ring::zx::{Channel, HandleBased, MessageBuf, StartupHandles};
use vmo_ring::{Receiver, RingError, RingOptions, Sender, Waiting};

use super::villain::Attack;
use super::{Busy, Random, after};
use crate::Held;
use crate::hostile::Tally;

/// How long one ring is used, if it lasts.
const ROUND: Duration = Duration::from_millis(50);
/// How long a call may wait.
const WAIT: i64 = 2;

/// Uses one ring after another until the villain has stored so often. `progress` is told a few
/// times a second.
///
/// # Panics
///
/// If a call does what none may do.
#[must_use]
pub fn run(program: &str, stores: u64, mut progress: impl FnMut(&Tally)) -> Tally {
    let before = Held::now();
    let (rings, far) = Channel::create().expect("a channel");
    let (orders, far_orders) = Channel::create().expect("a channel");
    let mut command = Command::new(program);
    command
        .arg("villain")
        .stdout(Stdio::null())
        .startup_handle(0, far.into_handle())
        .and_then(|command| command.startup_handle(1, far_orders.into_handle()))
        .expect("slots");
    let mut villain = Leash(command.spawn().expect("the villain"));
    drop(command);
    let mut victim = Victim {
        attack: Attack::Noise,
        tally: Tally::default(),
        random: Random::new(1),
        buffer: vec![0; 1 << 16],
    };
    let busy = Busy::watch();
    let mut round = 0_u64;
    while victim.tally.get("stores") < stores || round < LEAST_ROUNDS {
        victim.round(&rings, &orders, round);
        round += 1;
        victim.tally.at_most("late_by_itself_us", busy.latest());
        progress(&victim.tally);
    }
    let ended = villain.0.try_wait().expect("our own child");
    assert!(ended.is_none(), "the villain ended: {ended:?}");
    drop((villain, rings, orders, busy));
    let leaks = u64::from(!before.is_back());
    victim.tally.add("leaks", leaks);
    victim.tally
}

/// Each attack, on each side, with each way to wait: twice. Few stores are many in a fast build.
const LEAST_ROUNDS: u64 = 2 * 4 * 2 * 3;

/// Kills the villain when it is dropped.
struct Leash(Child);

impl Drop for Leash {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Victim {
    attack: Attack,
    tally: Tally,
    random: Random,
    buffer: Vec<u8>,
}

impl Victim {
    fn round(&mut self, rings: &Channel, orders: &Channel, round: u64) {
        let attack = Attack::ALL[(round % 4) as usize];
        self.attack = attack;
        let receives = round / 4 % 2 == 0;
        let waiting = match round / 8 % 3 {
            0 => Waiting::Sleep { spins: 0 },
            1 => Waiting::Sleep { spins: 200 },
            _ => Waiting::Spin,
        };
        let log = 12 + (round / 24 % 5) as u8;
        let order = [(round % 4) as u8, u8::from(receives), log];
        orders.write(&order, &mut Vec::new()).expect("the villain");
        let mut answer = MessageBuf::new();
        orders
            .read_until(&mut answer, after(10_000))
            .expect("the villain");
        let names = ["stores", "stores_that_are_right"];
        for (name, count) in names.iter().zip(answer.bytes().chunks_exact(8)) {
            let count = u64::from_le_bytes(count.try_into().expect("a number"));
            self.tally.at_most(name, count);
        }
        let options = RingOptions::new().capacity(1 << log).waiting(waiting);
        let ended = match receives {
            true => {
                let receiver = Receiver::connect(rings, options, after(10_000));
                self.receive(receiver.expect("a handshake"))
            }
            false => {
                let sender = Sender::connect(rings, options, after(10_000));
                self.send(sender.expect("a handshake"))
            }
        };
        let role = if receives { "receiving" } else { "sending" };
        let end = ended.map_or("lasted".to_owned(), |error| format!("{error:?}"));
        self.tally.add(&format!("{role}_{attack:?}_{end}"), 1);
        self.tally.add("rings", 1);
    }

    /// Runs one call, and sees that it ends in time. Whether the ring has ended.
    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> Result<T, RingError>,
    ) -> Option<RingError> {
        let start = Instant::now();
        let result = call(self);
        let took = start.elapsed().as_micros();
        self.tally
            .at_most("slowest_us", u64::try_from(took).unwrap_or(u64::MAX));
        let (name, end) = match result {
            Ok(_) => ("calls_ok", None),
            Err(RingError::WouldBlock) => ("calls_would_block", None),
            Err(RingError::TimedOut) => ("calls_timed_out", None),
            Err(error @ (RingError::Corrupt | RingError::PeerClosed)) => {
                ("calls_ended", Some(error))
            }
            Err(error) => panic!("{error:?}"),
        };
        self.tally.add(name, 1);
        end
    }

    fn receive(&mut self, mut receiver: Receiver) -> Option<RingError> {
        let (start, max) = (Instant::now(), receiver.max_message());
        let mut vec = Vec::new();
        while start.elapsed() < ROUND {
            for _ in 0..64 {
                let dice = self.random.below(8);
                let receiver = &mut receiver;
                let vec = &mut vec;
                let end = self.call(|this| {
                    match dice {
                        0..2 => receiver.recv(&mut this.buffer, after(WAIT)),
                        2 => receiver.try_recv_to_vec(vec).map(|()| vec.len()),
                        3 => receiver.peek(after(WAIT)).map(|message| {
                            let len = message.len();
                            message
                                .slice()
                                .read_exact_at(0, &mut this.buffer[..len])
                                .expect("its bytes");
                            len
                        }),
                        4 if receiver.arm()? => Err(RingError::WouldBlock),
                        _ => receiver.try_recv(&mut this.buffer),
                    }
                    .inspect(|len| assert!(*len <= max, "{len} bytes"))
                });
                if let Some(end) = end {
                    for _ in 0..3 {
                        assert_eq!(receiver.try_recv(&mut self.buffer), Err(end));
                        assert_eq!(receiver.recv(&mut self.buffer, after(WAIT)), Err(end));
                    }
                    self.count(receiver.stats(), "received");
                    return Some(end);
                }
            }
        }
        self.count(receiver.stats(), "received");
        None
    }

    fn send(&mut self, mut sender: Sender) -> Option<RingError> {
        let (start, max) = (Instant::now(), sender.max_message());
        while start.elapsed() < ROUND {
            for _ in 0..64 {
                let dice = self.random.below(8);
                let len = match self.random.below(16) {
                    0 => self.random.below(max + 1),
                    _ => self.random.below(100),
                };
                let sender = &mut sender;
                let end = self.call(|this| match dice {
                    0..2 => sender.send(&this.buffer[..len], after(WAIT)),
                    2 => sender.try_stage(&this.buffer[..len]),
                    3 => sender.reserve(len, after(WAIT)).and_then(|mut room| {
                        room.slice_mut().write(&this.buffer[..len]);
                        room.commit(len / 2)
                    }),
                    4 => sender.publish(),
                    5 if sender.arm(len)? => Err(RingError::WouldBlock),
                    _ => sender.try_send(&this.buffer[..len]),
                });
                assert!(sender.used() < sender.capacity(), "a head was believed");
                if let Some(end) = end {
                    for _ in 0..3 {
                        assert_eq!(sender.try_send(b""), Err(end));
                        assert_eq!(sender.send(b"", after(WAIT)), Err(end));
                    }
                    self.count(sender.stats(), "sent");
                    return Some(end);
                }
            }
        }
        self.count(sender.stats(), "sent");
        None
    }

    fn count(&mut self, stats: vmo_ring::RingStats, name: &str) {
        let by_attack = format!("{name}_{:?}", self.attack);
        self.tally.add(&by_attack, stats.messages);
        self.tally.add("sleeps", stats.sleeps);
        self.tally.add("wakes", stats.wakes);
    }
}
