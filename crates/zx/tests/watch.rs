// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ends that watch a process: its end is the end of the peer, whoever else holds a duplicate.
//!
//! Each test keeps the other end open in a process that is not the peer: this one, or a
//! grandchild. So nothing but the watch can tell that the peer is gone.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use zx::{
    Channel, EventPair, Handle, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant,
    Process, Rights, Signals, StartupHandles, Status, WaitResult, take_startup_handle,
};

const PAST: MonotonicInstant = MonotonicInstant::INFINITE_PAST;
const CLOSED: Signals = Signals::OBJECT_PEER_CLOSED;
const BELLS_AND_MESSAGES: u32 = 200;

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(20))
}

fn in_a_moment() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(50))
}

/// A child that stays until it is killed, or until its stdin ends, so that none is left behind.
fn sleeper() -> Child {
    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::null());
    cat.spawn().unwrap()
}

fn watching(child: &Child) -> Process {
    Process::of_child(child).unwrap()
}

/// This program again, to run one of the tests below as a child.
fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).stdout(Stdio::null());
    command.env("VMO_TEST_CHILD", "1");
    command
}

fn is_child() -> bool {
    std::env::var_os("VMO_TEST_CHILD").is_some()
}

#[test]
fn a_grandchild_that_holds_a_duplicate_hides_nothing() {
    let (mut ours, theirs) = EventPair::create().unwrap();
    let mut program = Command::new("sh");
    program.args(["-c", "sleep 60 & echo $!; exec sleep 60"]);
    program.stdout(Stdio::piped());
    program.startup_handle(0, theirs.into_handle()).unwrap();
    let mut child = program.spawn().unwrap();
    drop(program);
    let mut number = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut number).unwrap();
    let grandchild = rustix::process::Pid::from_raw(number.trim().parse().unwrap()).unwrap();
    let process = watching(&child);
    child.kill().unwrap();
    assert!(
        process
            .wait_one(Signals::PROCESS_TERMINATED, soon())
            .is_ok()
    );
    assert_eq!(ours.wait(in_a_moment()), Err(Status::TIMED_OUT));
    ours.watch(process).unwrap();
    assert_eq!(ours.wait(soon()), Err(Status::PEER_CLOSED));
    let kill = rustix::process::Signal::KILL;
    rustix::process::kill_process(grandchild, kill).unwrap();
    child.wait().unwrap();
}

#[test]
fn an_event_pair_says_so_in_every_way() {
    let (mut ours, theirs) = EventPair::create().unwrap();
    let mut child = sleeper();
    ours.watch(watching(&child)).unwrap();
    let signalled = Signals::EVENTPAIR_SIGNALED;
    assert_eq!(ours.take(), Ok(false));
    assert_eq!(ours.is_closed(), Ok(false));
    assert_eq!(ours.wait(PAST), Err(Status::TIMED_OUT));
    assert_eq!(
        ours.wait_one(CLOSED, in_a_moment()),
        WaitResult::TimedOut(Signals::NONE)
    );
    theirs.signal().unwrap();
    child.kill().unwrap();
    assert_eq!(
        ours.wait_one(CLOSED, soon()),
        WaitResult::Ok(CLOSED | signalled)
    );
    assert_eq!(ours.wait(soon()), Ok(()), "what is pending comes first");
    assert_eq!(ours.wait(soon()), Err(Status::PEER_CLOSED));
    assert_eq!(ours.take(), Err(Status::PEER_CLOSED));
    assert_eq!(ours.is_closed(), Ok(true));
    assert_eq!(ours.wait_one(CLOSED, PAST), WaitResult::Ok(CLOSED));
    let never = ours.wait_one(signalled, soon());
    assert_eq!(never, WaitResult::Err(Status::PEER_CLOSED));
    // The other end does not watch.
    assert_eq!(theirs.take(), Ok(false));
    child.wait().unwrap();
}

#[test]
fn a_channel_says_so_in_every_way() {
    let (mut ours, theirs) = Channel::create().unwrap();
    let mut child = sleeper();
    ours.watch(watching(&child)).unwrap();
    let mut message = MessageBuf::new();
    assert_eq!(ours.read(&mut message), Err(Status::SHOULD_WAIT));
    assert_eq!(
        ours.read_until(&mut message, in_a_moment()),
        Err(Status::TIMED_OUT)
    );
    theirs.write(b"last", &mut Vec::new()).unwrap();
    child.kill().unwrap();
    let readable = Signals::CHANNEL_READABLE;
    assert_eq!(
        ours.wait_one(CLOSED, soon()),
        WaitResult::Ok(CLOSED | readable)
    );
    assert_eq!(
        ours.read(&mut message),
        Ok(()),
        "what is queued comes first"
    );
    assert_eq!(message.bytes(), b"last");
    assert_eq!(ours.read(&mut message), Err(Status::PEER_CLOSED));
    assert_eq!(
        ours.read_until(&mut message, soon()),
        Err(Status::PEER_CLOSED)
    );
    assert_eq!(ours.is_closed(), Ok(true));
    let writable = ours.wait_one(Signals::CHANNEL_WRITABLE, soon());
    assert_eq!(writable, WaitResult::Err(Status::PEER_CLOSED));
    child.wait().unwrap();
}

#[test]
fn a_wait_that_has_begun_ends_with_the_process() {
    let (mut ours, _theirs) = EventPair::create().unwrap();
    let (mut channel, _far) = Channel::create().unwrap();
    let mut child = sleeper();
    ours.watch(watching(&child)).unwrap();
    channel.watch(watching(&child)).unwrap();
    std::thread::scope(|scope| {
        let bell = scope.spawn(|| ours.wait(soon()));
        let read = scope.spawn(|| channel.read_until(&mut MessageBuf::new(), soon()));
        std::thread::sleep(Duration::from_millis(50));
        let killed = Instant::now();
        child.kill().unwrap();
        assert_eq!(bell.join().unwrap(), Err(Status::PEER_CLOSED));
        assert_eq!(read.join().unwrap(), Err(Status::PEER_CLOSED));
        let took = killed.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
    });
    child.wait().unwrap();
}

#[test]
fn nobody_waits_for_room_that_a_dead_peer_would_make() {
    let (mut ours, _theirs) = Channel::create().unwrap();
    let mut child = sleeper();
    ours.watch(watching(&child)).unwrap();
    while ours.write(&[0; 1 << 16], &mut Vec::new()).is_ok() {}
    let full = ours.write_until(&[0; 1 << 16], &mut Vec::new(), in_a_moment());
    assert_eq!(full, Err(Status::TIMED_OUT));
    child.kill().unwrap();
    let full = ours.write_until(&[0; 1 << 16], &mut Vec::new(), soon());
    assert_eq!(full, Err(Status::PEER_CLOSED));
    child.wait().unwrap();
}

/// The child sends, and ends right after.
fn send_and_end() {
    let channel = Channel::try_from(take_startup_handle(0).unwrap()).unwrap();
    let bell = EventPair::try_from(take_startup_handle(1).unwrap()).unwrap();
    for number in 0..BELLS_AND_MESSAGES {
        let bytes = number.to_le_bytes();
        channel
            .write_until(&bytes, &mut Vec::new(), soon())
            .unwrap();
    }
    bell.signal().unwrap();
    std::process::exit(0);
}

#[test]
fn all_that_was_sent_before_the_end_arrives() {
    const NAME: &str = "all_that_was_sent_before_the_end_arrives";
    if is_child() {
        send_and_end();
    }
    for _ in 0..20 {
        let (mut ours, theirs) = Channel::create().unwrap();
        let (mut bell, far) = EventPair::create().unwrap();
        let mut program = again(NAME);
        program.startup_handle(0, theirs.into_handle()).unwrap();
        program.startup_handle(1, far.into_handle()).unwrap();
        let mut child = program.spawn().unwrap();
        ours.watch(watching(&child)).unwrap();
        bell.watch(watching(&child)).unwrap();
        let mut message = MessageBuf::new();
        for number in 0..BELLS_AND_MESSAGES {
            assert_eq!(ours.read_until(&mut message, soon()), Ok(()), "{number}");
            assert_eq!(message.bytes(), number.to_le_bytes());
        }
        assert_eq!(bell.wait(soon()), Ok(()));
        assert_eq!(
            ours.read_until(&mut message, soon()),
            Err(Status::PEER_CLOSED)
        );
        assert_eq!(bell.wait(soon()), Err(Status::PEER_CLOSED));
        // `program` has held both other ends until here.
        drop(program);
        child.wait().unwrap();
    }
}

#[test]
fn the_watch_stays_with_the_handle_and_its_duplicates() {
    let (mut ours, theirs) = EventPair::create().unwrap();
    let mut child = sleeper();
    let before = ours.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    ours.watch(watching(&child)).unwrap();
    let after = ours.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let handle: Handle = ours.replace_handle(Rights::WAIT).unwrap().into_handle();
    let ours = EventPair::try_from(handle).unwrap();
    child.kill().unwrap();
    assert_eq!(ours.wait(soon()), Err(Status::PEER_CLOSED));
    assert_eq!(after.wait(soon()), Err(Status::PEER_CLOSED));
    assert_eq!(before.wait(PAST), Err(Status::TIMED_OUT));
    drop(theirs);
    assert_eq!(before.wait(soon()), Err(Status::PEER_CLOSED));
    child.wait().unwrap();
}

#[test]
fn another_process_can_take_the_place_of_the_first() {
    let (mut ours, _theirs) = EventPair::create().unwrap();
    let (mut first, mut second) = (sleeper(), sleeper());
    ours.watch(watching(&first)).unwrap();
    ours.watch(watching(&second)).unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(ours.wait(in_a_moment()), Err(Status::TIMED_OUT));
    second.kill().unwrap();
    assert_eq!(ours.wait(soon()), Err(Status::PEER_CLOSED));
    second.wait().unwrap();
}

#[test]
fn a_process_that_may_not_be_waited_for_is_not_watched() {
    let (mut ours, _theirs) = EventPair::create().unwrap();
    let this = Process::current().unwrap();
    let mute = this.replace_handle(Rights::INSPECT).unwrap();
    assert_eq!(ours.watch(mute), Err(Status::ACCESS_DENIED));
    assert_eq!(ours.take(), Ok(false));
}

#[test]
fn the_end_of_the_other_end_is_noticed_as_before() {
    let (mut ours, theirs) = EventPair::create().unwrap();
    ours.watch(Process::current().unwrap()).unwrap();
    theirs.signal().unwrap();
    drop(theirs);
    assert_eq!(ours.wait(soon()), Ok(()));
    assert_eq!(ours.wait(soon()), Err(Status::PEER_CLOSED));
}

#[test]
fn a_peer_that_stops_sending_makes_no_writer_busy() {
    let (ours, theirs) = Channel::create().unwrap();
    while ours.write(&[0; 1 << 16], &mut Vec::new()).is_ok() {}
    rustix::net::shutdown(&theirs, rustix::net::Shutdown::Write).unwrap();
    let start = Instant::now();
    let written = ours.write_until(&[0; 1 << 16], &mut Vec::new(), soon());
    assert_eq!(written, Err(Status::PEER_CLOSED));
    assert!(start.elapsed() < Duration::from_secs(10));
}
