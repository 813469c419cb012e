// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listeners: who gets a name, how long anybody waits, and what is left of it.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "a process is forked, and a test that fails may panic"
)]

mod meeting;

use core::time::Duration;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::Instant;

use meeting::{Dir, NOW, SAME, after, assert_good, child, name, soon, told};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen};
use zx::{Address, Admit, Channel, Listener, MessageBuf, Status};

/// What is left of a listener whose owner was killed.
fn leave_dead(path: &Path) {
    let kind = SocketType::SEQPACKET;
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, kind, flags, None).unwrap();
    bind(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
    listen(&socket, 1).unwrap();
    drop(socket);
    // A child that another thread is just starting may have it still.
    while Channel::connect(&Address::path(path).unwrap(), SAME, NOW).is_ok() {}
}

#[test]
fn a_live_listener_is_not_replaced_and_does_not_notice() {
    let dir = Dir::new();
    for address in [dir.at("socket").1, name("live").1] {
        let listener = Listener::bind(&address).unwrap();
        for _ in 0..3 {
            let second = Listener::bind(&address).map(|_| ());
            assert_eq!(second, Err(Status::ALREADY_BOUND));
        }
        let noticed = listener.try_accept().map(|_| ());
        assert_eq!(noticed, Err(Status::SHOULD_WAIT));
        let _theirs = Channel::connect(&address, SAME, soon()).unwrap();
        assert!(listener.accept(soon()).is_ok());
    }
}

#[test]
fn of_many_that_find_a_dead_one_one_gets_the_path() {
    const MANY: usize = 6;
    let dir = Dir::new();
    let (path, address) = dir.at("socket");
    for round in 0..60 {
        leave_dead(&path);
        let start = Arc::new(Barrier::new(MANY));
        let bound = std::thread::scope(|scope| {
            let binders: Vec<_> = (0..MANY)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        Listener::bind(&address)
                    })
                })
                .collect();
            let results = binders.into_iter().map(|binder| binder.join().unwrap());
            results.collect::<Vec<_>>()
        });
        let mut winners: Vec<Listener> = Vec::new();
        for result in bound {
            match result {
                Ok(listener) => winners.push(listener),
                Err(status) => assert_eq!(status, Status::ALREADY_BOUND, "round {round}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        let _theirs = Channel::connect(&address, SAME, soon()).unwrap();
        assert!(
            winners[0].accept(soon()).is_ok(),
            "round {round}: not reached"
        );
        drop(winners);
        assert!(dir.is_empty(), "round {round}: a file is left");
    }
}

#[test]
fn what_is_no_dead_listener_of_this_user_stays() {
    let dir = Dir::new();
    let (path, address) = dir.at("thing");
    let refused = |what: &str| {
        let bound = Listener::bind(&address).map(|_| ());
        assert_eq!(bound, Err(Status::ALREADY_EXISTS), "{what}");
        assert!(path.symlink_metadata().is_ok(), "{what} was removed");
    };
    std::fs::write(&path, b"mine").unwrap();
    refused("a file");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    refused("a directory");
    std::fs::remove_dir(&path).unwrap();
    leave_dead(&dir.0.join("dead"));
    symlink(dir.0.join("dead"), &path).unwrap();
    refused("a link to a dead listener");
    std::fs::remove_file(&path).unwrap();
    if rustix::process::geteuid().is_root() {
        leave_dead(&path);
        std::os::unix::fs::chown(&path, Some(1), None).unwrap();
        refused("a dead listener of another user");
    } else {
        eprintln!("SKIPPED: a file of another user: this is not root");
    }
}

#[test]
fn a_file_that_is_not_the_listeners_any_more_stays() {
    let dir = Dir::new();
    let (path, address) = dir.at("socket");
    let listener = Listener::bind(&address).unwrap();
    std::fs::rename(&path, dir.0.join("moved")).unwrap();
    let second = Listener::bind(&address).unwrap();
    drop(listener);
    let _theirs = Channel::connect(&address, SAME, soon()).unwrap();
    assert!(second.accept(soon()).is_ok());
    drop(second);
    assert!(!path.exists());
}

#[test]
fn shared_memory_and_what_is_too_long_are_no_places() {
    let dir = Dir::new();
    let shared = dir.0.join("shared");
    symlink("/dev/shm", &shared).unwrap();
    assert!(
        Path::new("/dev/shm").is_dir(),
        "this test says nothing without it"
    );
    let by_link = Address::path(shared.join("socket")).unwrap();
    assert_eq!(Listener::bind(&by_link).map(|_| ()), Err(Status::BAD_PATH));
    assert!(!Path::new("/dev/shm/socket").exists());
    let by_dots = Address::path("/dev/../dev/shm/zx-test").unwrap();
    assert_eq!(Listener::bind(&by_dots).map(|_| ()), Err(Status::BAD_PATH));
    for bad in ["/dev/shm/x", "/", "", "/a/..", "/a\0b"] {
        assert_eq!(Address::path(bad), Err(Status::BAD_PATH), "{bad:?}");
    }
    let longest = "n".repeat(107);
    for (what, len) in [("path", 108), ("name", 108), ("empty", 0)] {
        let text = "n".repeat(len);
        assert!(Address::path(&text).is_err(), "{what}");
        assert!(Address::abstract_name(&text).is_err(), "{what}");
    }
    let address = Address::abstract_name(&longest).unwrap();
    let listener = Listener::bind(&address).unwrap();
    assert!(Channel::connect(&address, SAME, soon()).is_ok());
    assert!(listener.accept(soon()).is_ok());
    let nowhere = Listener::bind(&dir.at("none/socket").1).map(|_| ());
    assert_eq!(nowhere, Err(Status::NOT_FOUND));
}

#[test]
fn a_full_backlog_keeps_nobody_past_the_deadline() {
    let (_, address) = name("backlog");
    let listener = Listener::bind(&address).unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        assert!(waiting.len() < 5000, "it is never full");
        match Channel::connect(&address, SAME, NOW) {
            Ok(channel) => waiting.push(channel),
            Err(status) => break status,
        }
    };
    assert_eq!(full, Status::TIMED_OUT);
    let start = Instant::now();
    let late = Channel::connect(&address, SAME, after(100)).map(|_| ());
    assert_eq!(late, Err(Status::TIMED_OUT));
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(100) && took < Duration::from_secs(5),
        "{took:?}"
    );
    std::thread::scope(|scope| {
        let next = scope.spawn(|| Channel::connect(&address, SAME, soon()));
        std::thread::sleep(Duration::from_millis(30));
        listener.accept(soon()).unwrap();
        assert!(next.join().unwrap().is_ok(), "there was room");
    });
    // Nobody of them said anything, and that kept nobody.
    for _ in 0..waiting.len() {
        assert!(listener.try_accept().is_ok());
    }
    assert_eq!(listener.try_accept().map(|_| ()), Err(Status::SHOULD_WAIT));
}

#[test]
fn a_listener_that_comes_later_is_waited_for() {
    let dir = Dir::new();
    for address in [dir.at("socket").1, name("later").1] {
        std::thread::scope(|scope| {
            let connects = scope.spawn(|| Channel::connect(&address, SAME, soon()).unwrap());
            std::thread::sleep(Duration::from_millis(50));
            let listener = Listener::bind(&address).unwrap();
            let ours = listener.accept(soon()).unwrap();
            let theirs = connects.join().unwrap();
            theirs.write(b"late", &mut Vec::new()).unwrap();
            ours.read_until(&mut MessageBuf::new(), soon()).unwrap();
        });
        let start = Instant::now();
        let nobody = Channel::connect(&address, SAME, after(60)).map(|_| ());
        assert_eq!(nobody, Err(Status::NOT_FOUND));
        assert!(start.elapsed() >= Duration::from_millis(60));
    }
}

#[test]
fn who_was_not_accepted_is_told_when_the_listener_goes() {
    let (_, address) = name("unaccepted");
    let listener = Listener::bind(&address).unwrap();
    let theirs = Channel::connect(&address, SAME, soon()).unwrap();
    theirs.write(b"hello", &mut Vec::new()).unwrap();
    drop(listener);
    let end = theirs.read_until(&mut MessageBuf::new(), soon());
    assert_eq!(end, Err(Status::PEER_CLOSED));
}

#[test]
fn a_socket_of_another_type_is_no_listener() {
    let dir = Dir::new();
    let (path, address) = dir.at("stream");
    let _stream = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let wrong = Channel::connect(&address, SAME, soon()).map(|_| ());
    assert_eq!(wrong, Err(Status::WRONG_TYPE));
    let bound = Listener::bind(&address).map(|_| ());
    assert_eq!(bound, Err(Status::ALREADY_BOUND));
}

#[test]
fn no_descriptor_is_left() {
    if told().is_none() {
        // Alone, for it counts.
        assert_good(child("no_descriptor_is_left", "count").spawn().unwrap());
        return;
    }
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let dir = Dir::new();
    let round = || {
        let (path, address) = dir.at("socket");
        leave_dead(&path);
        let listener = Listener::bind_for(&address, Admit::Users(vec![1])).unwrap();
        assert!(Listener::bind(&address).is_err());
        let refused = Channel::connect(&address, SAME, soon()).unwrap();
        assert!(listener.try_accept().is_err());
        let denied = Channel::connect(&address, &Admit::Users(vec![1]), soon());
        assert!(denied.is_err() && refused.is_closed().unwrap());
        let never = Channel::connect(&dir.at("none").1, SAME, NOW);
        assert!(never.is_err());
    };
    round();
    let before = open();
    (0..50).for_each(|_| round());
    assert_eq!(open(), before);
}

#[test]
fn a_child_that_has_a_copy_leaves_the_name_to_its_owner() {
    let dir = Dir::new();
    let (path, address) = dir.at("socket");
    let listener = Listener::bind(&address).unwrap();
    // SAFETY: the child drops a copy, which looks at a file and closes, and exits.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(listener);
        // SAFETY: ends the child, and runs nothing of the parent's.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: the kernel writes one number, there.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((ended, status), (child, 0));
    assert!(path.exists(), "the child took it away");
    let _theirs = Channel::connect(&address, SAME, soon()).unwrap();
    assert!(listener.accept(soon()).is_ok());
}
