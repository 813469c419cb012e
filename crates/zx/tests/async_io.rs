// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting in tokio's tasks: woken for all that comes, nothing lost with a future that is
//! dropped, and no peer keeps the other tasks from running.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{OFlags, fcntl_setfl};
use tokio::runtime::{Builder, Runtime};
use zx::async_io::{AsyncChannel, AsyncEventFd, AsyncEventPair};
use zx::{
    Channel, EventFd, EventPair, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant,
    Process, Rights, Status, Vmo,
};

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_io().build().unwrap()
}

/// Polls a future once, and drops it if it is not done.
async fn once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn later(what: impl FnOnce() + Send + 'static) {
    thread::spawn(|| {
        thread::sleep(Duration::from_millis(30));
        what();
    });
}

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(10))
}

#[test]
fn a_read_waits_for_a_message_and_a_dropped_one_takes_none() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::create().unwrap();
        let ours = AsyncChannel::new(ours).unwrap();
        let mut message = MessageBuf::new();
        for round in 0_u8..20 {
            assert_eq!(once(ours.read(&mut message)).await, None, "{round}");
            theirs.write(&[round], &mut Vec::new()).unwrap();
            theirs.write(&[round, round], &mut Vec::new()).unwrap();
            ours.read(&mut message).await.unwrap();
            assert_eq!(message.bytes(), [round]);
            ours.read(&mut message).await.unwrap();
            assert_eq!(message.bytes(), [round, round]);
        }
        later(move || drop(theirs));
        let closed = ours.read(&mut message).await;
        assert_eq!(closed, Err(Status::PEER_CLOSED));
    });
}

#[test]
fn a_write_waits_for_room_and_a_dropped_one_keeps_its_handles() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::create().unwrap();
        let ours = AsyncChannel::new(ours).unwrap();
        let mut none = Vec::new();
        let mut sent = 0;
        while ours.get_ref().write(&[7; 4096], &mut none) != Err(Status::SHOULD_WAIT) {
            sent += 1;
        }
        let mut handles = vec![Vmo::create(4096).unwrap().into_handle()];
        assert_eq!(once(ours.write(b"late", &mut handles)).await, None);
        assert_eq!(handles.len(), 1);
        let reader = thread::spawn(move || {
            let mut message = MessageBuf::new();
            for _ in 0..sent {
                theirs.read_until(&mut message, soon()).unwrap();
            }
            theirs.read_until(&mut message, soon()).unwrap();
            (message.bytes().to_vec(), message.n_handles())
        });
        ours.write(b"late", &mut handles).await.unwrap();
        assert!(handles.is_empty());
        assert_eq!(reader.join().unwrap(), (b"late".to_vec(), 1));
    });
}

#[test]
fn a_write_with_nobody_to_read_ends_when_the_other_end_closes() {
    runtime().block_on(async {
        let (ours, theirs) = Channel::create().unwrap();
        let ours = AsyncChannel::new(ours).unwrap();
        while ours.get_ref().write(&[7; 4096], &mut Vec::new()).is_ok() {}
        later(move || drop(theirs));
        let written = ours.write(b"", &mut Vec::new()).await;
        assert_eq!(written, Err(Status::PEER_CLOSED));
    });
}

#[test]
fn many_signals_are_one_and_each_later_one_wakes() {
    runtime().block_on(async {
        let (ours, theirs) = EventPair::create().unwrap();
        let ours = AsyncEventPair::new(ours).unwrap();
        let theirs = Arc::new(theirs);
        for round in 0..20 {
            for _ in 0..5 {
                theirs.signal().unwrap();
            }
            ours.wait().await.unwrap();
            assert_eq!(once(ours.wait()).await, None, "{round}");
            let signals = Arc::clone(&theirs);
            let signaller = thread::spawn(move || signals.signal());
            ours.wait().await.unwrap();
            signaller.join().unwrap().unwrap();
        }
        later(move || drop(theirs));
        assert_eq!(ours.wait().await, Err(Status::PEER_CLOSED));
        assert_eq!(ours.wait().await, Err(Status::PEER_CLOSED));
    });
}

#[test]
fn more_signals_than_one_take_drops_wake_again() {
    runtime().block_on(async {
        let (ours, theirs) = EventPair::create().unwrap();
        let ours = AsyncEventPair::new(ours).unwrap();
        let flood = thread::spawn(move || {
            for _ in 0..50_000 {
                theirs.signal().unwrap();
            }
        });
        let mut waits = 0;
        while ours.wait().await.is_ok() {
            waits += 1;
        }
        flood.join().unwrap();
        assert!(waits > 0);
    });
}

#[test]
fn a_handle_without_the_right_to_wait_does_not() {
    runtime().block_on(async {
        let (ours, theirs) = EventPair::create().unwrap();
        theirs.signal().unwrap();
        let ours = ours.into_handle().replace_handle(Rights::SIGNAL_PEER);
        let ours = EventPair::try_from(ours.unwrap()).unwrap();
        let ours = AsyncEventPair::new(ours).unwrap();
        assert_eq!(ours.wait().await, Err(Status::ACCESS_DENIED));
    });
}

#[test]
fn an_eventfd_whose_peer_cleared_nonblock_makes_a_task_wait_and_no_thread() {
    runtime().block_on(async {
        let eventfd = EventFd::create().unwrap();
        fcntl_setfl(&eventfd, OFlags::empty()).unwrap();
        let eventfd = Arc::new(AsyncEventFd::new(eventfd).unwrap());
        assert_eq!(once(eventfd.wait()).await, None);
        for round in 1..20 {
            let notifies = Arc::clone(&eventfd);
            let notifier = thread::spawn(move || notifies.get_ref().notify());
            assert_eq!(eventfd.wait().await, Ok(1), "{round}");
            notifier.join().unwrap().unwrap();
            assert_eq!(once(eventfd.wait()).await, None);
        }
    });
}

#[test]
fn a_peer_that_signals_without_end_lets_other_tasks_run() {
    let runtime = runtime();
    runtime.block_on(async {
        // As many signals as nobody can take one by one.
        let fd = eventfd(u32::MAX, EventfdFlags::SEMAPHORE).unwrap();
        let busy = AsyncEventFd::new(EventFd::from_fd(fd).unwrap()).unwrap();
        let (ours, theirs) = Channel::create().unwrap();
        let ours = AsyncChannel::new(ours).unwrap();
        let busy = tokio::spawn(async move { while busy.wait().await.is_ok() {} });
        let quiet = tokio::spawn(async move {
            let mut message = MessageBuf::new();
            ours.read(&mut message)
                .await
                .map(|()| message.bytes().len())
        });
        later(move || theirs.write(b"hello", &mut Vec::new()).unwrap());
        assert_eq!(quiet.await.unwrap(), Ok(5));
        busy.abort();
    });
}

#[test]
fn a_watched_process_that_ends_wakes_though_another_holds_the_other_end() {
    runtime().block_on(async {
        let mut program = Command::new("sleep");
        let mut child = program.arg("0.2").spawn().unwrap();
        let (mut channel, _held) = Channel::create().unwrap();
        channel.watch(Process::of_child(&child).unwrap()).unwrap();
        let (mut bell, _held_too) = EventPair::create().unwrap();
        bell.watch(Process::of_child(&child).unwrap()).unwrap();
        let channel = AsyncChannel::new(channel).unwrap();
        let bell = AsyncEventPair::new(bell).unwrap();
        let mut none = Vec::new();
        while channel.get_ref().write(&[7; 4096], &mut none).is_ok() {}
        let closed = Err(Status::PEER_CLOSED);
        assert_eq!(bell.wait().await, closed);
        assert_eq!(channel.read(&mut MessageBuf::new()).await, closed);
        assert_eq!(channel.write(&[7; 4096], &mut none).await, closed);
        child.wait().unwrap();
    });
}
