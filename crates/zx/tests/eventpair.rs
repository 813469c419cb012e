// SPDX-License-Identifier: MIT OR Apache-2.0
//! Event pairs: a signal is never lost, never counted, and nobody is kept waiting by a peer.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::io::IoSlice;
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use zx::{
    Channel, EventPair, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant, ObjectType,
    Rights, Signals, Status, Vmo, WaitResult,
};

const PAST: MonotonicInstant = MonotonicInstant::INFINITE_PAST;

fn pair() -> (EventPair, EventPair) {
    EventPair::create().unwrap()
}

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(10))
}

#[test]
fn signals_that_nobody_waited_for_are_one() {
    let (ours, theirs) = pair();
    assert_eq!(theirs.take(), Ok(false));
    for _ in 0..100_000 {
        assert_eq!(ours.signal(), Ok(()));
    }
    assert_eq!(theirs.take(), Ok(true));
    assert_eq!(theirs.take(), Ok(false));
    assert_eq!(theirs.wait(PAST), Err(Status::TIMED_OUT));
    ours.signal().unwrap();
    assert_eq!(theirs.wait(PAST), Ok(()), "what is there needs no waiting");
    // Both directions are apart.
    theirs.signal().unwrap();
    assert_eq!((theirs.take(), ours.take()), (Ok(false), Ok(true)));
}

#[test]
fn a_pending_signal_outlives_who_sent_it() {
    let (ours, theirs) = pair();
    theirs.signal().unwrap();
    ours.signal().unwrap();
    drop(ours);
    assert_eq!(theirs.wait(soon()), Ok(()));
    assert_eq!(theirs.wait(soon()), Err(Status::PEER_CLOSED));
    assert_eq!(theirs.take(), Err(Status::PEER_CLOSED));
    assert_eq!(theirs.signal(), Err(Status::PEER_CLOSED));
    assert_eq!(theirs.is_closed(), Ok(true));
}

#[test]
fn waiting_looks_and_takes_nothing() {
    let (ours, theirs) = pair();
    let (signalled, closed) = (Signals::EVENTPAIR_SIGNALED, Signals::EVENTPAIR_PEER_CLOSED);
    let both = signalled | closed;
    assert_eq!(
        theirs.wait_one(both, PAST),
        WaitResult::TimedOut(Signals::NONE)
    );
    ours.signal_peer(Signals::NONE, signalled).unwrap();
    for _ in 0..3 {
        assert_eq!(theirs.wait_one(both, PAST), WaitResult::Ok(signalled));
    }
    drop(ours);
    assert_eq!(theirs.wait_one(both, PAST), WaitResult::Ok(both));
    assert_eq!(theirs.take(), Ok(true));
    let never = theirs.wait_one(signalled, soon());
    assert_eq!(never, WaitResult::Err(Status::PEER_CLOSED));
    let nonsense = theirs.wait_one(Signals::CHANNEL_READABLE, PAST);
    assert_eq!(nonsense, WaitResult::Err(Status::INVALID_ARGS));
}

#[test]
fn what_only_the_other_end_can_do_is_not_supported() {
    let (ours, theirs) = pair();
    let signalled = Signals::EVENTPAIR_SIGNALED;
    let clears = ours.signal_peer(signalled, Signals::NONE);
    assert_eq!(clears, Err(Status::NOT_SUPPORTED));
    let other = ours.signal_peer(Signals::NONE, Signals::OBJECT_READABLE);
    assert_eq!(other, Err(Status::NOT_SUPPORTED));
    assert_eq!(ours.signal_peer(Signals::NONE, Signals::NONE), Ok(()));
    assert_eq!(theirs.take(), Ok(false));
    let mute = ours.replace_handle(Rights::WAIT).unwrap();
    assert_eq!(mute.signal(), Err(Status::ACCESS_DENIED));
}

#[test]
fn a_deadline_is_kept() {
    let (_ours, theirs) = pair();
    let start = Instant::now();
    let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(30));
    assert_eq!(theirs.wait(deadline), Err(Status::TIMED_OUT));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_peer_that_floods_or_sends_what_is_no_signal_keeps_nobody() {
    let (ours, theirs) = pair();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let fds = [writer.as_fd(); 200];
    for bytes in [&[][..], &[0; 100_000], &[1; 2]] {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
        let flags = SendFlags::DONTWAIT;
        rustix::net::sendmsg(&ours, &[IoSlice::new(bytes)], &mut control, flags).unwrap();
    }
    drop(writer);
    assert_eq!(theirs.take(), Ok(true));
    assert_eq!(theirs.take(), Ok(false));
    assert_eq!(
        rustix::io::read(&reader, &mut [0; 1]),
        Ok(0),
        "a descriptor is held"
    );
    let flood = std::thread::spawn(move || {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(300) {
            let _ = rustix::net::send(&ours, &[1; 3], SendFlags::DONTWAIT);
        }
    });
    while !flood.is_finished() {
        let start = Instant::now();
        let _ = theirs.take();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    flood.join().unwrap();
}

#[test]
fn clearing_the_shared_flag_makes_nobody_wait() {
    let (ours, theirs) = pair();
    // What a peer can do with its own duplicate of the description.
    for end in [&ours, &theirs] {
        rustix::fs::fcntl_setfl(end, rustix::fs::OFlags::empty()).unwrap();
    }
    for _ in 0..10_000 {
        ours.signal().unwrap();
    }
    assert_eq!(theirs.take(), Ok(true));
    assert_eq!(theirs.take(), Ok(false));
}

#[test]
fn no_signal_is_lost_between_two_threads_that_take_turns() {
    const TURNS: u32 = 20_000;
    let (ours, theirs) = pair();
    let turn = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for (me, end) in [(0, ours), (1, theirs)] {
            let turn = &turn;
            scope.spawn(move || {
                for number in (me..TURNS).step_by(2) {
                    while turn.load(Ordering::Relaxed) != number {
                        end.wait(soon()).unwrap();
                    }
                    turn.store(number + 1, Ordering::Relaxed);
                    end.signal().unwrap();
                }
                // The last one waits for nobody, and the other one may be waiting for it.
                while turn.load(Ordering::Relaxed) < TURNS {
                    end.wait(soon()).unwrap();
                }
            });
        }
    });
    assert_eq!(turn.into_inner(), TURNS);
}

#[test]
fn a_wake_that_another_thread_used_up_ends_no_wait() {
    let (ours, theirs) = pair();
    for round in 0..200 {
        std::thread::scope(|scope| {
            let waits = [(); 3].map(|()| scope.spawn(|| theirs.wait(soon())));
            while waits.iter().any(|wait| !wait.is_finished()) {
                ours.signal().unwrap();
                std::thread::sleep(Duration::from_micros(200));
            }
            let results = waits.map(|wait| wait.join().unwrap());
            assert_eq!(results, [Ok(()); 3], "{round}");
        });
    }
}

#[test]
fn it_travels_over_a_channel_and_is_what_it_is() {
    let (ours, theirs) = Channel::create().unwrap();
    let (bell, far) = pair();
    ours.write(b"", &mut vec![bell.into_handle()]).unwrap();
    let mut message = MessageBuf::new();
    theirs.read(&mut message).unwrap();
    let handle = message.take_handle(0).unwrap();
    assert_eq!(handle.object_type(), ObjectType::EVENTPAIR);
    let bell = EventPair::try_from(handle).unwrap();
    assert_eq!(bell.rights(), Rights::EVENTPAIR_DEFAULT);
    bell.signal().unwrap();
    assert_eq!(far.wait(soon()), Ok(()));
    let copy = far.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    bell.signal().unwrap();
    assert_eq!(copy.take(), Ok(true));
    assert_eq!(far.take(), Ok(false), "whoever takes it has it");
    assert_eq!(
        Vmo::try_from(far.into_handle()).unwrap_err(),
        Status::WRONG_TYPE
    );
    assert_eq!(
        Channel::try_from(bell.into_handle()).unwrap_err(),
        Status::WRONG_TYPE
    );
}
