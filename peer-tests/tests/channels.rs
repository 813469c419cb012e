// SPDX-License-Identifier: MIT OR Apache-2.0
//! A channel whose other end lies, floods and is killed. One test, because it counts what the
//! process holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{
    Channel, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant, ObjectType,
    StartupHandles, Status, VmarFlags, Vmo,
};
use peer_tests::Held;

/// The liar, with one end; ours is the other.
fn start() -> (Child, Channel) {
    let (ours, theirs) = Channel::create().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_liar"));
    command.startup_handle(0, theirs.into_handle()).unwrap();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    (child, ours)
}

/// Uses all that came with a message, as if it were good: the gate said that it is.
fn use_handles(message: &mut MessageBuf) -> usize {
    let mut used = 0;
    for index in 0..message.n_handles() {
        let handle = message.take_handle(index).unwrap();
        if handle.object_type() == ObjectType::VMO {
            let vmo = Vmo::try_from(handle).unwrap();
            let mapping = Mapping::create_from_vmo(&vmo, 4096, VmarFlags::PERM_READ).unwrap();
            mapping.read(&mut [0; 8]);
            used += 1;
        }
    }
    used
}

#[test]
fn a_peer_that_lies_and_floods_costs_its_messages_and_nothing_else() {
    let before = Held::now();
    let (mut counts, mut mapped, mut slowest) = (BTreeMap::new(), 0, Duration::ZERO);
    let mut message = MessageBuf::new();
    for _ in 0..8 {
        let (mut child, channel) = start();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(250) {
            let call = Instant::now();
            let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(100));
            let read = channel.read_until(&mut message, deadline);
            mapped += use_handles(&mut message);
            slowest = slowest.max(call.elapsed());
            let _ = channel.write(b"never read", &mut Vec::new());
            *counts.entry(format!("{read:?}")).or_insert(0_u32) += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had sent is still there, and then its end is seen.
        loop {
            match channel.read(&mut message) {
                Err(Status::PEER_CLOSED) => break,
                Err(Status::SHOULD_WAIT) => panic!("its end was not seen"),
                _ => {}
            }
        }
    }
    println!("{counts:?}, {mapped} VMOs mapped, the slowest call {slowest:?}");
    assert!(counts.contains_key("Ok(())") && mapped > 0, "{counts:?}");
    assert!(
        counts.contains_key("Err(Status(IO_DATA_INTEGRITY))"),
        "{counts:?}"
    );
    assert!(counts.contains_key("Err(Status(WRONG_TYPE))"), "{counts:?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    drop(message);
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}
