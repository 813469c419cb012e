// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings in tokio's tasks.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod pair;

use core::time::Duration;

use pair::pair;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use vmo_ring::async_io::{AsyncReceiver, AsyncSender};
use vmo_ring::zx::Status;
use vmo_ring::{RingError, RingOptions, Waiting};

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_io().enable_time().build().unwrap()
}

fn small() -> RingOptions {
    RingOptions::new().capacity(4096)
}

const SOON: Duration = Duration::from_secs(20);

#[test]
fn both_sides_sleep_and_wake_in_one_thread() {
    runtime().block_on(async {
        let (sender, receiver) = pair(small(), small());
        let mut sender = AsyncSender::new(sender).unwrap();
        let mut receiver = AsyncReceiver::new(receiver).unwrap();
        let sends = async {
            for number in 0_u64..20_000 {
                let len = 8 + (number % 900) as usize;
                let mut bytes = vec![number as u8; len];
                bytes[..8].copy_from_slice(&number.to_le_bytes());
                sender.send(&bytes).await.unwrap();
            }
            drop(sender);
        };
        let receives = async {
            let mut message = Vec::new();
            for number in 0_u64..20_000 {
                receiver.recv_to_vec(&mut message).await.unwrap();
                assert_eq!(message[..8], number.to_le_bytes());
                assert_eq!(message.len(), 8 + (number % 900) as usize);
            }
            let end = receiver.recv_to_vec(&mut message).await;
            assert_eq!(end, Err(RingError::PeerClosed));
        };
        timeout(SOON, async { tokio::join!(sends, receives) })
            .await
            .unwrap();
    });
}

#[test]
fn a_future_that_is_dropped_loses_no_message() {
    runtime().block_on(async {
        let (mut sender, receiver) = pair(small(), small());
        let mut receiver = AsyncReceiver::new(receiver).unwrap();
        let mut word = [0; 8];
        for number in 0_u64..200 {
            let early = timeout(Duration::from_micros(50), receiver.recv(&mut word)).await;
            assert!(early.is_err(), "nothing was sent");
            sender.try_send(&number.to_le_bytes()).unwrap();
            let late = timeout(SOON, receiver.recv(&mut word)).await.unwrap();
            assert_eq!((late, word), (Ok(8), number.to_le_bytes()));
        }
    });
}

#[test]
fn a_sender_that_ends_wakes_the_task() {
    runtime().block_on(async {
        let (sender, receiver) = pair(small(), small());
        let mut receiver = AsyncReceiver::new(receiver).unwrap();
        let ends = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(sender);
        };
        let mut word = [0; 8];
        let (end, ()) = timeout(SOON, async { tokio::join!(receiver.recv(&mut word), ends) })
            .await
            .unwrap();
        assert_eq!(end, Err(RingError::PeerClosed));
    });
}

#[test]
fn a_receiver_that_ends_wakes_the_task() {
    runtime().block_on(async {
        let (sender, receiver) = pair(small(), small());
        let mut sender = AsyncSender::new(sender).unwrap();
        while sender.get_mut().try_send(&[0; 100]).is_ok() {}
        let ends = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(receiver);
        };
        let (end, ()) = timeout(SOON, async { tokio::join!(sender.send(&[0; 100]), ends) })
            .await
            .unwrap();
        assert_eq!(end, Err(RingError::PeerClosed));
    });
}

#[test]
fn one_that_sends_without_end_lets_other_tasks_run() {
    runtime().block_on(async {
        let (mut sender, receiver) = pair(small(), small());
        let mut receiver = AsyncReceiver::new(receiver).unwrap();
        let busy = tokio::spawn(async move {
            for _ in 0..2_000_000 {
                sender.try_send(b"more").unwrap();
                receiver.recv(&mut [0; 8]).await.unwrap();
            }
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(!busy.is_finished(), "it had its turn at the end only");
        busy.abort();
    });
}

#[test]
fn a_side_that_never_rings_is_refused() {
    runtime().block_on(async {
        let spins = small().waiting(Waiting::Spin);
        let (_sender, receiver) = pair(spins, small());
        let refused = AsyncReceiver::new(receiver).unwrap_err();
        assert_eq!(refused, RingError::Failed(Status::NOT_SUPPORTED));
        let (sender, _receiver) = pair(small(), spins);
        let refused = AsyncSender::new(sender).unwrap_err();
        assert_eq!(refused, RingError::Failed(Status::NOT_SUPPORTED));
    });
}
