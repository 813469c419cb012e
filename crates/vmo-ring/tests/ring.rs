// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes into a ring comes out of it: against a queue as the model, and at the edges.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod pair;

use std::collections::VecDeque;

use pair::{NEVER, bytes, pair, soon};
use proptest::prelude::*;
use vmo_ring::zx::Channel;
use vmo_ring::{Receiver, RingError, RingOptions, Sender, Waiting};

/// One call, by who uses a ring.
#[derive(Clone, Debug)]
enum Call {
    TrySend(usize),
    SendLate(usize),
    Stage(usize),
    Publish,
    /// Room for so much, and so much of it committed; or none.
    Reserve(usize, Option<usize>),
    TryRecv,
    RecvLate,
    RecvToVec,
    RecvTooSmall,
    Peek,
    Keep,
    Arm,
}

fn calls(max: usize) -> impl Strategy<Value = Vec<Call>> {
    let len =
        || prop_oneof![6 => 0..64_usize, 3 => 0..=max, 1 => (max.saturating_sub(9))..=max + 1];
    let call = prop_oneof![
        4 => len().prop_map(Call::TrySend),
        1 => len().prop_map(Call::SendLate),
        4 => len().prop_map(Call::Stage),
        2 => Just(Call::Publish),
        2 => (len(), proptest::option::of(len())).prop_map(|(len, used)| Call::Reserve(len, used)),
        4 => Just(Call::TryRecv),
        1 => Just(Call::RecvLate),
        2 => Just(Call::RecvToVec),
        1 => Just(Call::RecvTooSmall),
        2 => Just(Call::Peek),
        1 => Just(Call::Keep),
        1 => Just(Call::Arm),
    ];
    proptest::collection::vec(call, 1..200)
}

/// A ring, and what should be in it.
struct Model {
    sender: Sender,
    receiver: Receiver,
    shown: VecDeque<Vec<u8>>,
    staged: Vec<Vec<u8>>,
    next: u64,
}

impl Model {
    fn new(capacity: usize, waiting: Waiting) -> Self {
        let options = RingOptions::new().capacity(capacity).waiting(waiting);
        let (sender, receiver) = pair(options, options);
        Self {
            sender,
            receiver,
            shown: VecDeque::new(),
            staged: Vec::new(),
            next: 0,
        }
    }

    fn fresh(&mut self, len: usize) -> Vec<u8> {
        self.next += 1;
        bytes(self.next, len)
    }

    /// Whether there is room for sure: before each message some may be left over, less than it
    /// takes itself; and an eighth may be given back later.
    fn must_fit(&self, len: usize) -> bool {
        let record = |len: usize| len.next_multiple_of(64).max(64);
        let all = self.shown.iter().chain(&self.staged);
        let used: usize = all.map(|message| record(message.len())).sum();
        let capacity = self.sender.capacity();
        2 * used + 2 * record(len) + 64 + capacity / 8 <= capacity
    }

    /// Whether it went in. If not, there was a reason.
    fn went(&self, sent: Result<(), RingError>, len: usize, full: RingError) -> bool {
        let max = self.sender.max_message();
        match sent {
            Ok(()) => assert!(len <= max),
            Err(RingError::TooLong { len: l, max: m }) => assert!(l == len && m == max && l > m),
            Err(error) => {
                assert_eq!(error, full);
                assert!(!self.must_fit(len), "{len} bytes, and there is room");
            }
        }
        sent.is_ok()
    }

    fn show(&mut self) {
        self.shown.extend(self.staged.drain(..));
    }

    fn send(&mut self, call: &Call) {
        match *call {
            Call::TrySend(len) => {
                let message = self.fresh(len);
                let sent = self.sender.try_send(&message);
                if self.went(sent, len, RingError::WouldBlock) {
                    self.staged.push(message);
                    self.show();
                }
            }
            Call::SendLate(len) => {
                let message = self.fresh(len);
                let sent = self.sender.send(&message, NEVER);
                if self.went(sent, len, RingError::TimedOut) {
                    self.staged.push(message);
                }
                // Who waits for room shows what is staged.
                if !matches!(sent, Err(RingError::TooLong { .. })) {
                    self.show();
                }
            }
            Call::Stage(len) => {
                let message = self.fresh(len);
                let staged = self.sender.try_stage(&message);
                if self.went(staged, len, RingError::WouldBlock) {
                    self.staged.push(message);
                }
            }
            Call::Reserve(len, used) => self.reserve(len, used),
            _ => {
                self.sender.publish().unwrap();
                self.show();
            }
        }
    }

    fn reserve(&mut self, len: usize, used: Option<usize>) {
        let mut message = self.fresh(len);
        match self.sender.try_reserve(len).map(|mut room| {
            assert_eq!(room.len(), len);
            assert_eq!(room.slice_mut().write(&message), len);
            used.map(|used| (used, room.commit(used)))
        }) {
            Ok(Some((used, Ok(())))) => {
                assert!(used <= len);
                message.truncate(used);
                self.staged.push(message);
            }
            Ok(Some((used, Err(error)))) => {
                assert_eq!(
                    error,
                    RingError::TooLong {
                        len: used,
                        max: len
                    }
                );
            }
            Ok(None) => {}
            Err(error) => {
                self.went(Err(error), len, RingError::WouldBlock);
            }
        }
    }

    fn receive(&mut self, call: &Call) {
        let mut buffer = vec![0xaa; self.receiver.max_message()];
        let mut vec = vec![1; 3];
        let empty = match call {
            Call::RecvLate => RingError::TimedOut,
            _ => RingError::WouldBlock,
        };
        let got = match call {
            Call::TryRecv => self.receiver.try_recv(&mut buffer),
            Call::RecvLate => self.receiver.recv(&mut buffer, NEVER),
            Call::RecvToVec => self.receiver.try_recv_to_vec(&mut vec).map(|()| {
                buffer[..vec.len()].copy_from_slice(&vec);
                vec.len()
            }),
            _ => self.receiver.try_peek().map(|message| {
                assert_eq!(message.is_empty(), matches!(message.len(), 0));
                message
                    .slice()
                    .read_exact_at(0, &mut buffer[..message.slice().len()])
                    .unwrap();
                message.len()
            }),
        };
        match (got, self.shown.pop_front()) {
            (Ok(len), Some(sent)) => assert!(buffer[..len] == sent, "{len} bytes: not as sent"),
            (Err(error), None) => assert_eq!(error, empty),
            (got, sent) => panic!("{got:?} where {:?} was sent", sent.map(|sent| sent.len())),
        }
    }

    /// What must leave the next message where it is.
    fn look(&mut self, call: &Call) {
        let first = self.shown.front().map(Vec::len);
        match call {
            Call::RecvTooSmall => {
                let mut small = vec![7; first.unwrap_or(1).saturating_sub(1)];
                let expected = match first {
                    None => Err(RingError::WouldBlock),
                    Some(0) => return,
                    Some(len) => Err(RingError::BufferTooSmall { len }),
                };
                assert_eq!(self.receiver.try_recv(&mut small), expected);
                assert!(
                    small.iter().all(|byte| *byte == 7),
                    "the buffer was touched"
                );
            }
            Call::Keep => match self.receiver.try_peek() {
                Ok(message) => {
                    assert_eq!(Some(message.len()), first);
                    message.keep();
                }
                Err(error) => assert_eq!((error, first), (RingError::WouldBlock, None)),
            },
            _ => assert_eq!(self.receiver.arm().unwrap(), first.is_none()),
        }
    }

    fn make(&mut self, call: &Call) {
        match call {
            Call::TrySend(_) | Call::SendLate(_) | Call::Stage(_) => self.send(call),
            Call::Reserve(..) | Call::Publish => self.send(call),
            Call::RecvTooSmall | Call::Keep | Call::Arm => self.look(call),
            _ => self.receive(call),
        }
    }

    /// The receiver ends: that is said for ever.
    fn end_of_receiver(mut self) {
        drop(self.receiver);
        let end = self.sender.try_send(b"");
        assert_eq!(end, Err(RingError::PeerClosed));
        assert_eq!(self.sender.try_send(b""), Err(RingError::PeerClosed));
    }

    /// The sender ends: all that was sent comes, then the end does.
    fn end_of_sender(mut self) {
        self.show();
        drop(self.sender);
        let mut vec = Vec::new();
        for sent in self.shown {
            self.receiver.recv_to_vec(&mut vec, soon()).unwrap();
            assert!(vec == sent, "not as sent");
        }
        for _ in 0..2 {
            let end = self.receiver.recv_to_vec(&mut vec, soon());
            assert_eq!(end, Err(RingError::PeerClosed));
        }
        assert_eq!(self.receiver.try_peek().unwrap_err(), RingError::PeerClosed);
        assert_eq!(self.receiver.arm(), Err(RingError::PeerClosed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 300 }))]

    #[test]
    fn what_is_sent_in_any_way_is_received_in_order_and_whole(
        (capacity, calls) in (0..4_u32).prop_flat_map(|log| {
            let capacity = 4096 << log;
            (Just(capacity), calls(capacity / 2 - 64))
        }),
        spins in any::<bool>(),
        sender_first in any::<bool>(),
    ) {
        let waiting = if spins { Waiting::Spin } else { Waiting::Sleep { spins: 3 } };
        let mut model = Model::new(capacity, waiting);
        calls.iter().for_each(|call| model.make(call));
        if sender_first {
            model.end_of_sender();
        } else {
            model.end_of_receiver();
        }
    }
}

#[test]
fn every_length_goes_through_a_ring_that_wraps_around() {
    let options = RingOptions::new().capacity(4096);
    let (mut sender, mut receiver) = pair(options, options);
    let mut got = Vec::new();
    for len in (0..=sender.max_message()).chain((0..=sender.max_message()).rev()) {
        let message = bytes(len as u64, len);
        sender.send(&message, soon()).unwrap();
        receiver.recv_to_vec(&mut got, soon()).unwrap();
        assert!(got == message, "{len} bytes: not as sent");
    }
}

#[test]
fn the_longest_message_fits_into_an_empty_ring_wherever_it_begins() {
    let options = RingOptions::new().capacity(4096);
    let (mut sender, mut receiver) = pair(options, options);
    let longest = bytes(1, sender.max_message());
    let mut got = Vec::new();
    // Each round begins two lines after half of the ring, so all beginnings are met.
    for round in 0..128 {
        for _ in 0..2 {
            sender.try_send(&[]).unwrap();
            receiver.try_recv_to_vec(&mut got).unwrap();
        }
        let none = receiver.try_recv_to_vec(&mut got);
        assert_eq!(none, Err(RingError::WouldBlock));
        sender
            .try_send(&longest)
            .unwrap_or_else(|error| panic!("round {round}: {error}"));
        receiver.try_recv_to_vec(&mut got).unwrap();
        assert!(got == longest, "round {round}: not as sent");
        assert_eq!(
            receiver.try_recv_to_vec(&mut got),
            Err(RingError::WouldBlock)
        );
    }
}

#[test]
fn a_message_that_looks_like_a_header_is_no_header() {
    let options = RingOptions::new().capacity(4096);
    let (mut sender, mut receiver) = pair(options, options);
    // Words that are right in the slots that come, this round and the next ones.
    let header = |number: u64| (1 << 63 | number << 34 | 1 << 32 | 8).to_le_bytes();
    let mut got = Vec::new();
    for number in 0..300_u64 {
        for ahead in [0, 1, 63, 64, 65] {
            let forged = header(number * 5 + ahead);
            sender.try_send(&forged).unwrap();
            receiver.try_recv_to_vec(&mut got).unwrap();
            assert_eq!(got, forged);
            let none = receiver.try_recv_to_vec(&mut got);
            assert_eq!(none, Err(RingError::WouldBlock));
        }
    }
}

#[test]
fn staged_messages_are_shown_all_at_once_and_in_order() {
    let options = RingOptions::new().capacity(4096);
    let (mut sender, mut receiver) = pair(options, options);
    let mut got = Vec::new();
    for round in 0..200_u64 {
        let many: Vec<Vec<u8>> = (0..7).map(|n| bytes(round * 7 + n, 90)).collect();
        many.iter()
            .for_each(|message| sender.try_stage(message).unwrap());
        assert_eq!(
            receiver.try_recv_to_vec(&mut got),
            Err(RingError::WouldBlock)
        );
        sender.publish().unwrap();
        for message in many {
            receiver.try_recv_to_vec(&mut got).unwrap();
            assert!(got == message);
        }
        assert_eq!(
            receiver.try_recv_to_vec(&mut got),
            Err(RingError::WouldBlock)
        );
    }
    // The last ones too, though nobody published them.
    sender.try_stage(b"last").unwrap();
    sender.try_stage(b"words").unwrap();
    drop(sender);
    receiver.recv_to_vec(&mut got, soon()).unwrap();
    assert_eq!(got, b"last");
    receiver.recv_to_vec(&mut got, soon()).unwrap();
    assert_eq!(got, b"words");
    assert_eq!(
        receiver.recv_to_vec(&mut got, soon()),
        Err(RingError::PeerClosed)
    );
}

#[test]
fn a_ring_as_large_as_the_other_side_allows_is_taken_and_a_larger_one_is_not() {
    for capacity in [4096, 1 << 20, 8 << 20] {
        let allows = |bytes| RingOptions::new().max_capacity(bytes);
        let sends = RingOptions::new().capacity(capacity);
        let (sender, receiver) = pair(sends, allows(capacity));
        assert_eq!(
            (sender.capacity(), receiver.capacity()),
            (capacity, capacity)
        );

        let (ours, theirs) = Channel::create().unwrap();
        let other = std::thread::spawn(move || Sender::connect(&ours, sends, soon()).err());
        let refused = Receiver::connect(&theirs, allows(capacity / 2), soon()).unwrap_err();
        assert!(matches!(refused, RingError::Refused(_)), "{refused:?}");
        drop(theirs);
        other.join().unwrap();
    }
}
