// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two processes meet under a name: the right ones do, and the others do not.
//!
//! The other process is this program again, to run one of these tests as a child.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod meeting;

use core::time::Duration;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use meeting::{Dir, NOW, SAME, after, assert_good, child, name, soon, told};
use zx::{Address, Admit, Channel, HandleBased, Listener, MessageBuf, Status, Vmo};

/// Somebody else.
const NOBODY: u32 = 65534;

/// Of a child: what it was told is an address.
fn address_of(told: &str) -> Address {
    match told.starts_with('/') {
        true => Address::path(told).unwrap(),
        false => Address::abstract_name(told).unwrap(),
    }
}

/// The child as somebody else; `None`, and loudly, where that can't be.
fn as_nobody(mut command: Command) -> Option<Child> {
    let skip = |why: &str| eprintln!("SKIPPED: no process of another user: {why}");
    if !rustix::process::geteuid().is_root() {
        skip("this is not root");
        return None;
    }
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap();
    if !map.split_whitespace().eq(["0", "0", "4294967295"]) {
        skip("a user namespace without all users");
        return None;
    }
    match command.uid(NOBODY).gid(NOBODY).spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            skip(&format!("it can't start this program: {error}"));
            None
        }
    }
}

/// Waits until the child says `ready`. What it says is to be kept, for the child to say more.
fn ready(child: &mut Child) -> BufReader<ChildStdout> {
    let mut says = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        let read = says.read_line(&mut line).unwrap();
        assert!(read > 0, "the child ended before it was ready");
    }
    says
}

#[test]
fn another_process_connects_by_path_and_by_name() {
    if let Some(told) = told() {
        let channel = Channel::connect(&address_of(&told), SAME, soon()).unwrap();
        let owner = channel.peer_credentials().unwrap();
        assert_eq!(owner.pid, std::os::unix::process::parent_id());
        let vmo = Vmo::create(4096).unwrap();
        vmo.write(b"hello", 0).unwrap();
        let sent = channel.write(b"a vmo", &mut vec![vmo.into_handle()]);
        assert_eq!(sent, Ok(()));
        return;
    }
    let dir = Dir::new();
    let (path, by_path) = dir.at("socket");
    let (name, by_name) = name("connects");
    for (told, address) in [(path.to_str().unwrap(), by_path), (&name, by_name)] {
        let listener = Listener::bind(&address).unwrap();
        let mut command = child("another_process_connects_by_path_and_by_name", told);
        let other = command.spawn().unwrap();
        let channel = listener.accept(soon()).unwrap();
        assert_eq!(channel.peer_credentials().unwrap().pid, other.id());
        let mut message = MessageBuf::new();
        channel.read_until(&mut message, soon()).unwrap();
        assert_eq!(message.bytes(), b"a vmo");
        let vmo = Vmo::try_from(message.take_handle(0).unwrap()).unwrap();
        assert_eq!(vmo.read_to_array::<u8, 5>(0), Ok(*b"hello"));
        assert_good(other);
    }
    assert!(dir.is_empty(), "the file is left");
}

#[test]
fn a_process_of_another_user_is_not_accepted_and_keeps_nobody() {
    let test = "a_process_of_another_user_is_not_accepted_and_keeps_nobody";
    if let Some(told) = told() {
        // Many times, faster than they are sent away.
        let start = Instant::now();
        let mut last = None;
        while start.elapsed() < Duration::from_secs(2) {
            let channel = Channel::connect(&address_of(&told), &Admit::Anyone, NOW);
            last = channel.ok().or(last);
        }
        let end = last.unwrap().read_until(&mut MessageBuf::new(), soon());
        assert_eq!(end, Err(Status::PEER_CLOSED));
        return;
    }
    let (told, address) = name("refuses");
    let listener = Listener::bind(&address).unwrap();
    let Some(other) = as_nobody(child(test, &told)) else {
        return;
    };
    let start = Instant::now();
    let accepted = listener.accept(after(800)).map(|_| ());
    assert_eq!(accepted, Err(Status::TIMED_OUT));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(took >= Duration::from_millis(800), "{took:?}");
    std::thread::scope(|scope| {
        let admitted = scope.spawn(|| Channel::connect(&address, SAME, soon()).unwrap());
        let accepted = listener.accept(soon()).unwrap();
        let credentials = accepted.peer_credentials().unwrap();
        assert_eq!(credentials.pid, std::process::id());
        admitted.join().unwrap();
    });
    while listener.try_accept().is_ok() {}
    // Those of them that wait are sent away when the listener goes.
    drop(listener);
    assert_good(other);
}

#[test]
fn a_name_that_another_user_has_taken_is_not_connected_to() {
    let test = "a_name_that_another_user_has_taken_is_not_connected_to";
    if let Some(told) = told() {
        let listener = Listener::bind_for(&address_of(&told), Admit::Anyone).unwrap();
        println!("\nready");
        let accepted: Vec<Channel> = (0..2).map(|_| listener.accept(soon()).unwrap()).collect();
        let mut message = MessageBuf::new();
        let refused = accepted[0].read_until(&mut message, soon());
        assert_eq!(refused, Err(Status::PEER_CLOSED), "before anything is sent");
        assert_eq!(accepted[1].read_until(&mut message, soon()), Ok(()));
        return;
    }
    let (told, address) = name("squatted");
    let mut command = child(test, &told);
    let Some(mut other) = as_nobody({
        command.stdout(Stdio::piped());
        command
    }) else {
        return;
    };
    let _says = ready(&mut other);
    let taken = Listener::bind(&address).map(|_| ());
    assert_eq!(taken, Err(Status::ALREADY_BOUND));
    let refused = Channel::connect(&address, SAME, soon()).map(|_| ());
    assert_eq!(refused, Err(Status::ACCESS_DENIED));
    let named = Admit::Users(vec![1, NOBODY]);
    let channel = Channel::connect(&address, &named, soon()).unwrap();
    channel.write(b"hello", &mut Vec::new()).unwrap();
    assert_good(other);
}

#[test]
fn a_file_lets_those_connect_who_are_admitted() {
    let test = "a_file_lets_those_connect_who_are_admitted";
    if let Some(told) = told() {
        let connected = Channel::connect(&address_of(&told), &Admit::Users(vec![0]), soon());
        let expected = match told.ends_with("for-all") {
            true => Ok(()),
            false => Err(Status::ACCESS_DENIED),
        };
        assert_eq!(connected.map(|_| ()), expected);
        return;
    }
    let dir = Dir::new();
    let (path, address) = dir.at("mine");
    let listener = Listener::bind(&address).unwrap();
    let mode = |path: &Path| {
        std::fs::symlink_metadata(path)
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode(&path) & 0o777, 0o600);
    let (wide_path, wide_address) = dir.at("for-all");
    let wide = Listener::bind_for(&wide_address, Admit::Users(vec![NOBODY])).unwrap();
    assert_eq!(mode(&wide_path) & 0o777, 0o666);
    for path in [&path, &wide_path] {
        let Some(other) = as_nobody(child(test, path.to_str().unwrap())) else {
            return;
        };
        assert_good(other);
    }
    assert_eq!(
        wide.accept(soon()).unwrap().peer_credentials().unwrap().uid,
        NOBODY
    );
    assert_eq!(listener.try_accept().map(|_| ()), Err(Status::SHOULD_WAIT));
    let mine = Channel::connect(&wide_address, SAME, soon()).unwrap();
    assert_eq!(wide.accept(after(50)).map(|_| ()), Err(Status::TIMED_OUT));
    let end = mine.read_until(&mut MessageBuf::new(), soon());
    assert_eq!(end, Err(Status::PEER_CLOSED), "not on the list");
}

#[test]
fn what_a_killed_owner_left_is_replaced() {
    let test = "what_a_killed_owner_left_is_replaced";
    if let Some(told) = told() {
        let _listener = Listener::bind(&address_of(&told)).unwrap();
        println!("\nready");
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let dir = Dir::new();
    let (path, by_path) = dir.at("socket");
    let (name, by_name) = name("killed");
    for (told, address) in [(path.to_str().unwrap(), by_path), (&name, by_name)] {
        let mut command = child(test, told);
        let mut other = command.stdout(Stdio::piped()).spawn().unwrap();
        let _says = ready(&mut other);
        let alive = Listener::bind(&address).map(|_| ());
        assert_eq!(alive, Err(Status::ALREADY_BOUND));
        other.kill().unwrap();
        other.wait().unwrap();
        let gone = Channel::connect(&address, SAME, NOW).map(|_| ());
        assert_eq!(gone, Err(Status::NOT_FOUND));
        let listener = Listener::bind(&address).unwrap();
        let _theirs = Channel::connect(&address, SAME, soon()).unwrap();
        assert!(listener.accept(soon()).is_ok());
    }
    assert!(dir.is_empty(), "a file is left");
}
