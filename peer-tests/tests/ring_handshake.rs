// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer that sends what is no handshake, or not one that fits. One test, because it counts
//! what the process holds.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::time::Instant;

use mapped_vmo::WriterMapping;
use peer_tests::Held;
use peer_tests::rings::after;
use peer_tests::rings::raw::{area, flags, hello};
use vmo_ring::zx::{Channel, EventPair, Handle, HandleBased, Status, Vmo, VmoOptions};
use vmo_ring::{Receiver, Refusal, RingError, RingOptions, Sender, connect_both};

const OPTIONS: RingOptions = RingOptions::new().capacity(4096).max_capacity(1 << 14);
const GOOD: u32 = flags::SLEEPS | flags::RINGS;
const SENDS: u32 = flags::SENDS | GOOD;
const RECEIVES: u32 = flags::RECEIVES | GOOD;

/// What the liar sends along.
#[derive(Clone, Copy, Debug)]
enum Gift {
    /// Published memory of so many bytes.
    Published(usize),
    /// Memory that the liar and everybody can write.
    Writable(usize),
    /// Memory that can shrink.
    Unsealed(usize),
    Bell,
    Channel,
}

fn handle(gift: Gift) -> Handle {
    match gift {
        Gift::Published(size) => WriterMapping::allocate(size).unwrap().1.into_handle(),
        Gift::Writable(size) => Vmo::create(size as u64).unwrap().into_handle(),
        Gift::Unsealed(size) => {
            let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, size as u64);
            resizable.unwrap().into_handle()
        }
        Gift::Bell => EventPair::create().unwrap().0.into_handle(),
        Gift::Channel => Channel::create().unwrap().0.into_handle(),
    }
}

/// What the victim does.
#[derive(Clone, Copy, Debug)]
enum Role {
    Sends,
    Receives,
    Both,
}

/// What the victim says to a message and handles.
fn meets(role: Role, message: &[u8], gifts: &[Gift]) -> RingError {
    let (ours, theirs) = Channel::create().unwrap();
    let mut handles = gifts.iter().map(|gift| handle(*gift)).collect();
    theirs.write(message, &mut handles).unwrap();
    let start = Instant::now();
    let error = match role {
        Role::Sends => Sender::connect(&ours, OPTIONS, after(5000)).map(drop),
        Role::Receives => Receiver::connect(&ours, OPTIONS, after(5000)).map(drop),
        Role::Both => connect_both(&ours, OPTIONS, after(5000)).map(drop),
    };
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{role:?} {gifts:?}"
    );
    error.expect_err(&format!("{role:?} {message:?} {gifts:?} was taken"))
}

const DATA: usize = 4096 + 1024 + 4096;
const RECEIVERS: [Gift; 2] = [Gift::Published(DATA), Gift::Bell];
const SENDERS: [Gift; 1] = [Gift::Published(4096)];

fn messages_that_are_none() {
    let good = hello(SENDS, 4096);
    let mut bad = vec![Vec::new(), good[..23].to_vec(), [&good[..], &[0]].concat()];
    bad.push(vec![0xff; 60_000]);
    for bit in 0..8 * 16 {
        // The magic, the bytes that are 0, and the flags that nobody knows.
        let known = (64..64 + 4).contains(&bit);
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if !known {
            bad.push(flipped);
        }
    }
    for message in bad {
        let error = meets(Role::Receives, &message, &RECEIVERS);
        assert_eq!(error, RingError::Refused(Refusal::NotAHandshake));
    }
}

fn roles_that_do_not_fit() {
    let roles = RingError::Refused(Refusal::Roles);
    assert_eq!(meets(Role::Receives, &hello(RECEIVES, 0), &SENDERS), roles);
    assert_eq!(meets(Role::Sends, &hello(SENDS, 4096), &RECEIVERS), roles);
    assert_eq!(meets(Role::Sends, &hello(GOOD, 4096), &[]), roles);
    let both = [RECEIVERS[0], RECEIVERS[1], SENDERS[0]];
    assert_eq!(
        meets(Role::Sends, &hello(SENDS | RECEIVES, 4096), &both),
        roles
    );
    assert_eq!(meets(Role::Both, &hello(SENDS, 4096), &RECEIVERS), roles);
    assert_eq!(meets(Role::Both, &hello(RECEIVES, 0), &SENDERS), roles);
}

fn capacities_that_no_ring_has() {
    let too_large = 1 << 15;
    for capacity in [
        0,
        1,
        3,
        64,
        2048,
        4095,
        4097,
        12288,
        too_large,
        1 << 31,
        1 << 63,
        u64::MAX,
    ] {
        for gifts in [&RECEIVERS[..], &[]] {
            let error = meets(Role::Receives, &hello(SENDS, capacity), gifts);
            assert_eq!(error, RingError::Refused(Refusal::Capacity { capacity }));
        }
    }
}

fn handles_that_are_others() {
    let handles = RingError::Refused(Refusal::Handles);
    let memory = Gift::Published(DATA);
    let wrong: [&[Gift]; 8] = [
        &[],
        &[memory],
        &[memory, Gift::Bell, Gift::Bell],
        &[memory, Gift::Bell, Gift::Channel, Gift::Bell],
        &[Gift::Bell, memory],
        &[Gift::Channel, Gift::Bell],
        &[memory, Gift::Channel],
        &[memory, memory],
    ];
    for gifts in wrong {
        let error = meets(Role::Receives, &hello(SENDS, 4096), gifts);
        assert_eq!(error, handles, "{gifts:?}");
    }
    let many = [Gift::Bell; 64];
    assert_eq!(meets(Role::Receives, &hello(SENDS, 4096), &many), handles);
    let three = [SENDERS[0], Gift::Bell, Gift::Bell];
    for gifts in [&[][..], &[Gift::Bell], &three[..2], &three, &many] {
        assert_eq!(meets(Role::Sends, &hello(RECEIVES, 0), gifts), handles);
    }
}

fn memory_that_is_not_what_a_ring_needs() {
    let wrong = [
        Gift::Writable(DATA),
        Gift::Unsealed(DATA),
        Gift::Published(4096),
        Gift::Published(8192),
        // More than any ring that is allowed here.
        Gift::Published(1 << 20),
    ];
    for gift in wrong {
        let error = meets(Role::Receives, &hello(SENDS, 4096), &[gift, Gift::Bell]);
        let refused = matches!(error, RingError::Refused(Refusal::Memory(_)));
        assert!(refused, "{gift:?}: {error:?}");
    }
    for gift in [Gift::Writable(4096), Gift::Unsealed(4096)] {
        let error = meets(Role::Sends, &hello(RECEIVES, 0), &[gift]);
        let refused = matches!(error, RingError::Refused(Refusal::Memory(_)));
        assert!(refused, "{gift:?}: {error:?}");
    }
}

fn nobody_there() {
    let (ours, theirs) = Channel::create().unwrap();
    let late = Receiver::connect(&ours, OPTIONS, after(20));
    assert_eq!(late.unwrap_err(), RingError::TimedOut);
    drop(theirs);
    let gone = Sender::connect(&ours, OPTIONS, after(5000));
    assert_eq!(gone.unwrap_err(), RingError::PeerClosed);
    for capacity in [0, 1, 4095, 1 << 31] {
        let refused = Sender::connect(&ours, OPTIONS.capacity(capacity), after(5000));
        assert_eq!(
            refused.unwrap_err(),
            RingError::Failed(Status::INVALID_ARGS)
        );
    }
}

/// What is refused leaves the channel as it was: the next handshake on it is a good one.
fn the_next_one_may_be_good() {
    let (ours, theirs) = Channel::create().unwrap();
    theirs.write(b"nonsense", &mut Vec::new()).unwrap();
    assert!(Receiver::connect(&ours, OPTIONS, after(5000)).is_err());
    let mut first = vmo_ring::zx::MessageBuf::new();
    theirs.read(&mut first).unwrap();
    let other = std::thread::spawn(move || Sender::connect(&theirs, OPTIONS, after(5000)));
    let mut receiver = Receiver::connect(&ours, OPTIONS, after(5000)).unwrap();
    let mut sender = other.join().unwrap().unwrap();
    sender.try_send(b"hello").unwrap();
    assert_eq!(receiver.try_recv(&mut [0; 8]), Ok(5));
}

#[test]
fn a_handshake_that_lies_is_refused_by_name_and_leaves_nothing_behind() {
    assert_eq!(DATA, area(4096));
    let before = Held::now();
    messages_that_are_none();
    roles_that_do_not_fit();
    capacities_that_no_ring_has();
    handles_that_are_others();
    memory_that_is_not_what_a_ring_needs();
    nobody_there();
    the_next_one_may_be_good();
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}
