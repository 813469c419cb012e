// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other end of a channel, in bad hands: it sends what is no message, with whatever
//! descriptors it has, as fast as it can, until it is killed. Now and then it sends a good one.
//!
//! It is started with one end of a channel in slot 0.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use mapped_vmo::zx::{Channel, Handle, HandleBased, Process, Vmo, VmoOptions, take_startup_handle};
use peer_tests::message::send;
use rustix::fs::OFlags;

fn main() {
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let handle = take_startup_handle(0).expect("a handle in slot 0");
    let channel = Channel::try_from(handle).expect("a channel");
    let fds = arsenal();
    let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    println!("ready");
    std::io::stdout().flush().expect("the test listens");
    let mut dice = peer_tests::noise(u64::from(std::process::id()));
    let mut roll = move || dice.next().map_or(0, usize::from);
    loop {
        // The description is shared with whoever made it: its flags are anybody's.
        let _ = rustix::fs::fcntl_setfl(&channel, OFlags::empty());
        if roll() < 64 {
            let vmo = Vmo::create(4096).expect("a VMO");
            let mut handles: Vec<Handle> = vec![vmo.into_handle()];
            let _ = channel.write(b"good", &mut handles);
            continue;
        }
        let count = roll() % 3 * roll() % 80;
        let some: Vec<BorrowedFd<'_>> = (0..count).map(|_| fds[roll() % fds.len()]).collect();
        let _ = send(channel.as_fd(), &packet(&mut roll, count), &some);
    }
}

/// Something like a message: a header that is right, or nearly, and noise.
fn packet(roll: &mut impl FnMut() -> usize, count: usize) -> Vec<u8> {
    let mut packet = b"vmo\x01".to_vec();
    let claimed = if roll() < 200 { count } else { roll() };
    packet.extend((claimed as u32).to_le_bytes());
    for _ in 0..count {
        let object_type = [1_u32, 3, 4, 16, roll() as u32][roll() % 5];
        packet.extend(object_type.to_le_bytes());
        packet.extend(u32::MAX.to_le_bytes());
        packet.extend((roll() as u64).to_le_bytes());
    }
    let noise = (0..roll() * roll() % 3000).map(|_| roll() as u8);
    let noise: Vec<u8> = noise.collect();
    packet.extend(noise);
    match roll() {
        0..8 => packet.truncate(roll() % 16),
        8..16 => packet[0] ^= 1,
        _ => {}
    }
    packet
}

/// Descriptors of many kinds.
fn arsenal() -> Vec<OwnedFd> {
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).expect("a VMO");
    let (one, other) = Channel::create().expect("a channel");
    let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
    let mut all = vec![
        Vmo::create(4096).expect("a VMO").into(),
        Process::current().expect("a process").into(),
        resizable.into(),
        one.into(),
        other.into(),
        reader,
        writer,
    ];
    for path in ["/dev/null", "/dev/zero", "/", "/proc/self/maps"] {
        all.extend(File::open(path).map(OwnedFd::from));
    }
    all
}
