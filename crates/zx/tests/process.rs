// SPDX-License-Identifier: MIT OR Apache-2.0
//! Processes: what is one, that one has ended, and that a handle of one can be sent.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::mem::MaybeUninit;
use core::time::Duration;
use std::fs::File;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use zx::{
    AsHandleRef, Channel, EventPair, FdKind, HandleBased, MessageBuf, MonotonicDuration,
    MonotonicInstant, ObjectType, Process, Rights, Signals, Status, Vmo, WaitResult,
};

const PAST: MonotonicInstant = MonotonicInstant::INFINITE_PAST;
const ENDED: Signals = Signals::PROCESS_TERMINATED;

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(10))
}

/// A child that stays until it is killed, or until its stdin ends, so that none is left behind.
fn sleeper() -> Child {
    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::null());
    cat.spawn().unwrap()
}

/// Something of each kind that is no process.
fn strangers() -> Vec<(OwnedFd, FdKind)> {
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    let eventfd = rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).unwrap();
    let file = |path: &str| OwnedFd::from(File::open(path).unwrap());
    let this_process = format!("/proc/{}", std::process::id());
    vec![
        (Vmo::create(1).unwrap().into(), FdKind::Memfd),
        (Channel::create().unwrap().0.into(), FdKind::Socket),
        (reader, FdKind::Pipe),
        (eventfd, FdKind::Eventfd),
        (file("/dev/null"), FdKind::CharDevice),
        (file("/proc/self/exe"), FdKind::RegularFile),
        // What took the place of a pidfd before there were any.
        (file(&this_process), FdKind::Directory),
    ]
}

/// A pidfd of a single thread, if the kernel makes such (Linux 6.9).
fn of_a_thread() -> Option<OwnedFd> {
    let flags = rustix::process::PidfdFlags::from_bits_retain(0o200);
    rustix::process::pidfd_open(rustix::process::getpid(), flags).ok()
}

/// One descriptor that is said to be a process, as a hostile peer would send it.
fn send_as_process(channel: &Channel, fd: BorrowedFd<'_>) {
    let mut packet = b"vmo\x01\x01\0\0\0".to_vec();
    packet.extend(ObjectType::PROCESS.into_raw().to_le_bytes());
    packet.extend([0xff; 4]);
    packet.extend([0; 8]);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd];
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    let parts = [IoSlice::new(&packet)];
    rustix::net::sendmsg(channel, &parts, &mut control, SendFlags::DONTWAIT).unwrap();
}

#[test]
fn a_process_is_there_until_it_ends() {
    let mut child = sleeper();
    let process = Process::of_child(&child).unwrap();
    assert_eq!(process.pid(), Ok(child.id()));
    assert_eq!(process.is_terminated(), Ok(false));
    let waits = process.wait_one(ENDED, PAST);
    assert_eq!(waits, WaitResult::TimedOut(Signals::NONE));
    child.kill().unwrap();
    assert_eq!(process.wait_one(ENDED, soon()), WaitResult::Ok(ENDED));
    assert_eq!(process.is_terminated(), Ok(true));
    // Nobody has taken that from the parent.
    assert_eq!(process.pid(), Ok(child.id()));
    assert!(Process::of_child(&child).unwrap().is_terminated().unwrap());
    assert!(!child.wait().unwrap().success());
    assert_eq!(process.pid(), Err(Status::NOT_FOUND));
    assert_eq!(process.wait_one(ENDED, PAST), WaitResult::Ok(ENDED));
    assert_eq!(Process::of_child(&child).unwrap_err(), Status::NOT_FOUND);
}

#[test]
fn waiting_for_a_process_ends_at_the_deadline() {
    let this = Process::current().unwrap();
    let start = Instant::now();
    let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(30));
    let result = this.wait_one(ENDED, deadline);
    assert_eq!(result, WaitResult::TimedOut(Signals::NONE));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn what_is_no_process_is_refused_and_named() {
    for (fd, kind) in strangers() {
        let refused = Process::from_fd(fd).unwrap_err();
        assert_eq!(
            (refused.status(), refused.kind()),
            (Status::WRONG_TYPE, kind)
        );
        let text = refused.to_string();
        assert!(text.contains("not a process: send a pidfd"), "{text}");
    }
    let ours = OwnedFd::from(Process::current().unwrap());
    rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::empty()).unwrap();
    let process = Process::from_fd(ours).unwrap();
    assert_eq!(process.pid(), Ok(std::process::id()));
    let flags = rustix::io::fcntl_getfd(&process).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    let refused = Vmo::from_fd(process.into(), zx::AdoptPolicy::Shrink).unwrap_err();
    assert_eq!(refused.kind(), FdKind::Pidfd);
}

#[test]
fn a_single_thread_is_no_process() {
    let Some(thread) = of_a_thread() else {
        return;
    };
    let refused = Process::from_fd(thread.try_clone().unwrap()).unwrap_err();
    assert_eq!(refused.status(), Status::WRONG_TYPE);
    assert_eq!(refused.kind(), FdKind::Pidfd);
}

#[test]
fn a_process_travels_over_a_channel() {
    let (ours, theirs) = Channel::create().unwrap();
    let mut child = sleeper();
    let process = Process::of_child(&child).unwrap();
    let rights = Rights::WAIT | Rights::TRANSFER;
    let only_wait = process.duplicate_handle(rights).unwrap();
    let mut handles = vec![process.into_handle(), only_wait.into_handle()];
    assert!(format!("{:?}", handles[0]).starts_with("Handle(process, fd "));
    ours.write(b"me", &mut handles).unwrap();
    let mut message = MessageBuf::new();
    theirs.read(&mut message).unwrap();
    let handle = message.take_handle(0).unwrap();
    assert_eq!(handle.object_type(), ObjectType::PROCESS);
    let process = Process::try_from(handle).unwrap();
    assert_eq!(process.rights(), Rights::PROCESS_DEFAULT);
    assert_eq!(process.pid(), Ok(child.id()));
    let only_wait = Process::try_from(message.take_handle(1).unwrap()).unwrap();
    assert_eq!(only_wait.rights(), rights);
    assert_eq!(only_wait.pid(), Err(Status::ACCESS_DENIED));
    child.kill().unwrap();
    assert_eq!(only_wait.wait_one(ENDED, soon()), WaitResult::Ok(ENDED));
    child.wait().unwrap();
}

#[test]
fn what_is_said_to_be_a_process_and_is_none_is_refused_and_closed() {
    let (ours, theirs) = Channel::create().unwrap();
    let mut message = MessageBuf::new();
    let threads = of_a_thread().map(|fd| (fd, FdKind::Pidfd));
    for (fd, kind) in strangers().into_iter().chain(threads) {
        send_as_process(&ours, fd.as_fd());
        let read = theirs.read(&mut message);
        assert_eq!(read, Err(Status::WRONG_TYPE), "{kind}");
        assert_eq!(message.n_handles(), 0);
    }
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    send_as_process(&ours, writer.as_fd());
    drop(writer);
    assert_eq!(theirs.read(&mut message), Err(Status::WRONG_TYPE));
    let flags = rustix::event::PollFlags::IN;
    let mut polled = [rustix::event::PollFd::new(&reader, flags)];
    let patience = rustix::event::Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    let hung_up = rustix::event::poll(&mut polled, Some(&patience));
    assert_eq!(hung_up, Ok(1), "the descriptor was not closed");
    // And the next one is read.
    send_as_process(&ours, Process::current().unwrap().as_fd());
    theirs.read(&mut message).unwrap();
    assert!(Process::try_from(message.take_handle(0).unwrap()).is_ok());
}

#[test]
fn rights_and_types_are_kept() {
    let this = Process::current().unwrap();
    let mute = this.duplicate_handle(Rights::INSPECT).unwrap();
    let denied = WaitResult::Err(Status::ACCESS_DENIED);
    assert_eq!(mute.wait_one(ENDED, PAST), denied);
    let nonsense = this.wait_one(Signals::CHANNEL_READABLE, PAST);
    assert_eq!(nonsense, WaitResult::Err(Status::INVALID_ARGS));
    assert_eq!(this.get_name().unwrap_err(), Status::WRONG_TYPE);
    let handle = this.into_handle();
    assert_eq!(handle.as_raw_fd(), handle.raw_handle());
    let another = || handle.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let wrong = [
        EventPair::try_from(another()).map(|_| ()),
        Channel::try_from(another()).map(|_| ()),
        Vmo::try_from(another()).map(|_| ()),
        Process::try_from(Vmo::create(1).unwrap().into_handle()).map(|_| ()),
    ];
    assert_eq!(wrong, [Err(Status::WRONG_TYPE); 4]);
}

#[test]
fn the_numbers_are_those_of_zircon() {
    assert_eq!(ObjectType::PROCESS.into_raw(), 1);
    assert_eq!(Rights::PROCESS_DEFAULT.bits(), 0x6_d3cf);
    for signal in [
        Signals::TASK_TERMINATED,
        Signals::PROCESS_TERMINATED,
        Signals::EVENTPAIR_SIGNALED,
    ] {
        assert_eq!(signal.bits(), 1 << 3);
    }
}

#[test]
fn who_made_the_other_end_is_known_where_the_kernel_says_so() {
    let (ours, _theirs) = EventPair::create().unwrap();
    let channel = Channel::create().unwrap().0;
    for process in [ours.peer_process(), channel.peer_process()] {
        match process {
            Ok(process) => {
                assert_eq!(process.pid(), Ok(std::process::id()));
                let flags = rustix::io::fcntl_getfd(&process).unwrap();
                assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
            }
            // Before Linux 6.5.
            Err(status) => assert_eq!(status, Status::NOT_SUPPORTED),
        }
    }
}
