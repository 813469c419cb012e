// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handles that a program is started with: this one again, as a child.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::AsRawFd;
use std::process::{Command, Output};

use zx::{
    Channel, EventPair, Handle, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant,
    Rights, Signals, StartupHandles, Status, Vmo, VmoOptions, take_startup_handle,
};

/// This program again, to run one of the tests below as a child.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.env("VMO_TEST_CHILD", "1");
    command
}

fn is_child() -> bool {
    std::env::var_os("VMO_TEST_CHILD").is_some()
}

fn assert_good(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}");
}

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(20))
}

#[test]
fn a_child_takes_a_vmo_a_channel_and_an_event_pair() {
    if is_child() {
        let vmo = Vmo::try_from(take_startup_handle(0).unwrap()).unwrap();
        let channel = Channel::try_from(take_startup_handle(1).unwrap()).unwrap();
        let bell = EventPair::try_from(take_startup_handle(2).unwrap()).unwrap();
        assert_eq!(vmo.get_content_size(), Ok(5000));
        assert_eq!(
            vmo.rights(),
            Rights::READ | Rights::MAP | Rights::TRANSFER | Rights::GET_PROPERTY
        );
        assert_eq!(
            take_startup_handle(0).unwrap_err(),
            Status::NOT_FOUND,
            "twice"
        );
        let hello = vmo.read_to_array::<u8, 5>(0).unwrap();
        channel.write(&hello, &mut Vec::new()).unwrap();
        bell.signal().unwrap();
        return;
    }
    let vmo = Vmo::create(5000).unwrap();
    vmo.write(b"hello", 0).unwrap();
    let (ours, theirs) = Channel::create().unwrap();
    let (bell, far) = EventPair::create().unwrap();
    let rights = Rights::READ | Rights::MAP | Rights::TRANSFER | Rights::GET_PROPERTY;
    let mut command = child("a_child_takes_a_vmo_a_channel_and_an_event_pair");
    command
        .startup_handle(0, vmo.replace_handle(rights).unwrap().into_handle())
        .unwrap();
    command.startup_handle(1, theirs.into_handle()).unwrap();
    command.startup_handle(2, far.into_handle()).unwrap();
    assert_good(&command.output().unwrap());
    let mut message = MessageBuf::new();
    ours.read_until(&mut message, soon()).unwrap();
    assert_eq!(message.bytes(), b"hello");
    assert_eq!(bell.wait(soon()), Ok(()));
    assert_eq!(
        ours.is_closed(),
        Ok(false),
        "the command keeps the other end"
    );
    drop(command);
    // Not at once: a child that another thread is just starting has everything of this process
    // until it becomes another program.
    let closed = Signals::CHANNEL_PEER_CLOSED;
    assert!(ours.wait_one(closed, soon()).is_ok(), "still open");
}

#[test]
fn no_other_child_gets_it() {
    if is_child() {
        let number = std::env::var("VMO_TEST_NUMBER").unwrap();
        let link = std::fs::read_link(format!("/proc/self/fd/{number}"));
        let name = link
            .map(|link| link.display().to_string())
            .unwrap_or_default();
        assert!(!name.contains("only-for-one"), "inherited: {name}");
        return;
    }
    let name = zx::Name::new("only-for-one").unwrap();
    let vmo = Vmo::create_named(&name, VmoOptions::empty(), 4096).unwrap();
    let number = vmo.as_raw_fd().to_string();
    let mut given = child("never run");
    given.startup_handle(0, vmo.into_handle()).unwrap();
    let mut other = child("no_other_child_gets_it");
    assert_good(&other.env("VMO_TEST_NUMBER", number).output().unwrap());
}

#[test]
fn what_is_not_what_it_is_said_to_be_is_refused() {
    if is_child() {
        let refused: Vec<Status> = (0..6)
            .map(|slot| take_startup_handle(slot).unwrap_err())
            .collect();
        let expected = [
            Status::NOT_SUPPORTED,
            Status::INVALID_ARGS,
            Status::INVALID_ARGS,
            Status::NOT_FOUND,
            Status::INVALID_ARGS,
            Status::NOT_FOUND,
        ];
        assert_eq!(refused, expected);
        return;
    }
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let mut command = child("what_is_not_what_it_is_said_to_be_is_refused");
    command.startup_handle(0, resizable.into_handle()).unwrap();
    let lies = ["", "x 3 0 0", "1000 3 0 0", "1 3 0 0"];
    for (slot, lie) in lies.iter().enumerate() {
        command.env(format!("VMO_STARTUP_HANDLE_{}", slot + 1), lie);
    }
    assert_good(&command.output().unwrap());
}

#[test]
fn a_handle_that_may_not_be_given_away_is_not() {
    let vmo = Vmo::create(1)
        .unwrap()
        .replace_handle(Rights::READ)
        .unwrap();
    let handle: Handle = vmo.into_handle();
    let given = Command::new("true").startup_handle(0, handle).map(|_| ());
    assert_eq!(given, Err(Status::ACCESS_DENIED));
}
