// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process that forks while it has both sides of a ring.

use mapped_vmo::Mapping;
use vmo_ring::zx::{Channel, MonotonicInstant};
use vmo_ring::{Receiver, RingError, RingOptions, Sender};

use super::fork::forked;
use crate::rings::after;

const NOW: MonotonicInstant = MonotonicInstant::INFINITE_PAST;

/// What every call of a sender says.
fn sender_says(sender: &mut Sender) -> [Option<RingError>; 8] {
    [
        sender.try_send(b"child").err(),
        sender.send(b"child", NOW).err(),
        sender.try_stage(b"child").err(),
        sender.publish().err(),
        sender.try_reserve(5).err(),
        sender.reserve(5, NOW).err(),
        sender.arm(5).err(),
        sender.is_closed().err(),
    ]
}

/// What every call of a receiver says.
fn receiver_says(receiver: &mut Receiver) -> [Option<RingError>; 8] {
    let (mut bytes, mut vec) = ([0; 8], Vec::new());
    [
        receiver.try_recv(&mut bytes).err(),
        receiver.recv(&mut bytes, NOW).err(),
        receiver.try_recv_to_vec(&mut vec).err(),
        receiver.recv_to_vec(&mut vec, NOW).err(),
        receiver.try_peek().err(),
        receiver.peek(NOW).err(),
        receiver.arm().err(),
        receiver.is_closed().err(),
    ]
}

/// Calls both sides, drops them and looks whether that took anything that is the child's.
fn child(mut sender: Sender, mut receiver: Receiver) -> bool {
    let wrong = [Some(RingError::WrongProcess); 8];
    let refused = sender_says(&mut sender) == wrong && receiver_says(&mut receiver) == wrong;
    // The places where the parent has the ring are free here, and may be used.
    let fresh: Vec<Mapping> = (0..64)
        .map(|_| Mapping::allocate(4096).expect("a VMO").0)
        .collect();
    drop((sender, receiver));
    let whole = fresh.iter().all(|mapping| {
        mapping.write(b"mine") == 4 && mapping.eq_at(0, b"mine").is_ok_and(|equal| equal)
    });
    refused && whole
}

/// The ring stays with the parent: in the child each call is refused, and what it drops harms
/// nobody.
///
/// # Panics
///
/// If it is otherwise.
#[must_use]
pub fn stays_with_the_parent() -> String {
    let (ours, theirs) = Channel::create().expect("a channel");
    let options = RingOptions::new().capacity(4096);
    let other = std::thread::spawn(move || Receiver::connect(&theirs, options, after(10_000)));
    let sender = Sender::connect(&ours, options, after(10_000)).expect("a ring");
    let receiver = other.join().expect("a thread").expect("a ring");
    let mut held = Some((sender, receiver));
    let (sender, _) = held.as_mut().expect("the ring");
    sender.try_send(b"before").expect("room");
    sender.try_stage(b"staged").expect("room");
    let status = forked(|| {
        let (sender, receiver) = held.take().expect("the ring");
        child(sender, receiver)
    });
    assert_eq!(status, 0, "the child's wait status");
    let (mut sender, mut receiver) = held.expect("only the child's was taken");
    assert_eq!(receiver.is_closed(), Ok(false));
    sender.try_send(b"after").expect("room");
    let mut got = Vec::new();
    for sent in [&b"before"[..], b"staged", b"after"] {
        receiver
            .recv_to_vec(&mut got, after(1000))
            .expect("a message");
        assert_eq!(got, sent);
    }
    assert!(receiver.arm().expect("no message"));
    sender.try_send(b"and rings").expect("room");
    assert_eq!(sender.stats().wakes, 1);
    drop(sender);
    receiver
        .recv_to_vec(&mut got, after(1000))
        .expect("a message");
    assert_eq!(
        receiver.recv_to_vec(&mut got, after(1000)),
        Err(RingError::PeerClosed)
    );
    "the child had nothing, the parent all".to_owned()
}
