// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many handles a channel sends to a peer that does not read them.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::thread::sleep;

use rustix::time::{ClockId, clock_gettime};
use zx::{
    Channel, Handle, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant, Rights, Signals,
    Status, Vmo, WaitResult,
};

const WRITABLE: Signals = Signals::CHANNEL_WRITABLE;
const PAST: MonotonicInstant = MonotonicInstant::INFINITE_PAST;

fn vmos(number: usize) -> Vec<Handle> {
    let vmo = Vmo::create(4096).unwrap().into_handle();
    let again = |_| vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    (0..number).map(again).collect()
}

fn after(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

/// A channel with 256 handles on their way, which its other end has not read.
fn full() -> (Channel, Channel) {
    let (ours, theirs) = Channel::create().unwrap();
    for _ in 0..4 {
        assert_eq!(ours.write(b"some", &mut vmos(64)), Ok(()));
    }
    (ours, theirs)
}

fn read(channel: &Channel) {
    channel.read(&mut MessageBuf::new()).unwrap();
}

#[test]
fn two_hundred_and_fifty_six_handles_may_be_unread_and_no_more() {
    let (ours, theirs) = full();
    let mut one = vmos(1);
    assert_eq!(ours.write(b"", &mut one), Err(Status::SHOULD_WAIT));
    assert_eq!(one.len(), 1, "lost by a refusal");
    assert_eq!(ours.write(b"none", &mut Vec::new()), Ok(()));
    read(&theirs);
    read(&theirs);
    assert_eq!(ours.write(b"", &mut one), Ok(()));
    assert_eq!(ours.write(b"", &mut vmos(64)), Ok(()));
    let full = ours.write(b"", &mut vmos(1));
    assert_eq!(full, Err(Status::SHOULD_WAIT), "there might be 64");
}

#[test]
fn single_handles_are_counted_too() {
    let (ours, _theirs) = Channel::create().unwrap();
    let mut sent = 0;
    while ours.write(b"", &mut vmos(1)).is_ok() {
        sent += 1;
    }
    assert!((193..=256).contains(&sent), "{sent}");
}

#[test]
fn a_peer_that_is_a_few_messages_behind_keeps_nobody_waiting() {
    let (ours, theirs) = Channel::create().unwrap();
    for number in 0..3000_u32 {
        let handles = if number % 3 == 0 { 0 } else { 20 };
        let sent = ours.write(&[7; 300], &mut vmos(handles));
        assert_eq!(sent, Ok(()), "message {number}");
        if number >= 4 {
            read(&theirs);
        }
    }
}

#[test]
fn being_a_handle_for_a_while_forgets_nothing() {
    let (ours, _theirs) = full();
    let ours = Channel::try_from(ours.into_handle()).unwrap();
    let again = ours.write(b"", &mut vmos(1));
    assert_eq!(again, Err(Status::SHOULD_WAIT));
}

#[test]
fn a_full_channel_is_not_writable_until_its_peer_has_read() {
    let (ours, theirs) = full();
    let all = WRITABLE | Signals::CHANNEL_READABLE;
    assert_eq!(
        ours.wait_one(all, PAST),
        WaitResult::TimedOut(Signals::NONE)
    );
    let shortly = ours.wait_one(all, after(20));
    assert_eq!(shortly, WaitResult::TimedOut(Signals::NONE));
    theirs.write(b"hello", &mut Vec::new()).unwrap();
    let readable = WaitResult::Ok(Signals::CHANNEL_READABLE);
    assert_eq!(ours.wait_one(all, after(20)), readable);
    read(&theirs);
    read(&theirs);
    assert!(ours.wait_one(WRITABLE, PAST).is_ok());
}

/// What this thread has computed for, so far.
fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

#[test]
fn waiting_for_a_peer_that_reads_nothing_takes_no_time_of_a_processor() {
    let (ours, theirs) = full();
    let mut one = vmos(1);
    let before = busy();
    let late = ours.write_until(b"", &mut one, after(400));
    assert_eq!((late, one.len()), (Err(Status::TIMED_OUT), 1));
    let computed = busy() - before;
    assert!(computed < Duration::from_millis(40), "{computed:?}");
    drop(theirs);
}

#[test]
fn a_write_that_waits_goes_on_when_the_peer_reads_and_ends_when_it_is_gone() {
    for reads in [1, 0] {
        let (ours, theirs) = full();
        let peer = std::thread::spawn(move || {
            sleep(Duration::from_millis(30));
            (0..reads).for_each(|_| read(&theirs));
            // Some of them must be unread for the other end to wait for.
            (reads == 1).then_some(theirs)
        });
        let written = ours.write_until(b"", &mut vmos(64), after(20_000));
        let expected = [Err(Status::PEER_CLOSED), Ok(())];
        assert_eq!(written, expected[reads]);
        let _theirs = peer.join().unwrap();
    }
}

#[test]
fn hundreds_of_handles_pass_a_queue_that_is_full_of_bytes() {
    let (ours, theirs) = Channel::create().unwrap();
    // So many packets that the kernel wakes nobody before a part of them is read.
    let mut none = Vec::new();
    while ours.write(&[0; 4000], &mut none).is_ok() {}
    let mut handles = vmos(1);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let all = (0..400).map(|_| {
                handles.append(&mut vmos(1));
                ours.write_until(b"", &mut handles, after(20_000))
            });
            all.collect::<Result<Vec<()>, Status>>()
        });
        let mut message = MessageBuf::new();
        while !writer.is_finished() {
            let _ = theirs.read_until(&mut message, after(10));
        }
        assert!(writer.join().unwrap().is_ok());
    });
}

#[test]
fn what_was_not_sent_is_not_on_its_way() {
    let (ours, theirs) = Channel::create().unwrap();
    let mut none = Vec::new();
    while ours.write(&[0; 4000], &mut none).is_ok() {}
    let mut handles = vmos(64);
    for _ in 0..10 {
        let refused = ours.write(&[0; 4000], &mut handles);
        assert_eq!(refused, Err(Status::SHOULD_WAIT));
    }
    while theirs.read(&mut MessageBuf::new()).is_ok() {}
    assert_eq!(ours.write(&[0; 4000], &mut handles), Ok(()));
}
