// SPDX-License-Identifier: MIT OR Apache-2.0
//! The villain: holds the VMO that a test holds, and does what a hostile process can do.
//!
//! `peer DEED`, with the VMO as stdin. A deed prints one line: what the kernel answered to
//! each try, 0 or the number of the error. A deed that goes on for ever says `ready` and has
//! to be killed.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::io::Write;
use std::os::fd::AsFd;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{VmarFlags, Vmo};
use rustix::fs::{FallocateFlags, Mode, OFlags, SealFlags, SeekFrom};
use rustix::io::{Errno, IoSlice, ReadWriteFlags};

fn main() {
    let vmo = peer_tests::vmo_from_stdin();
    let mut args = std::env::args().skip(1);
    let deed = args.next().unwrap_or_default();
    let number = args.next().and_then(|arg| arg.parse().ok());
    match deed.as_str() {
        "truncate" => truncate(&vmo),
        "grow" => grow(&vmo),
        "seal" => seal(&vmo),
        "punch" => punch(&vmo),
        "append" => append(&vmo),
        "seek" => seek(&vmo),
        "lock-out" => lock_out(&vmo),
        "hold" => hold(&vmo),
        "hammer" => hammer(&vmo),
        "scribble" => scribble(&vmo),
        "sum" => sum(&vmo, number.expect("the size of the content")),
        "reply" => reply(&vmo, number.expect("the size of the content")),
        other => panic!("no deed is called {other:?}"),
    }
}

/// Prints what the kernel answered.
fn answer<const N: usize>(tries: [Result<(), Errno>; N]) {
    let numbers = tries.map(|result| match result {
        Ok(()) => "0".to_owned(),
        Err(errno) => errno.raw_os_error().to_string(),
    });
    say(&numbers.join(" "));
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test listens");
}

fn size(vmo: &Vmo) -> u64 {
    vmo.get_size().expect("a size")
}

fn map(vmo: &Vmo) -> Mapping {
    let size = usize::try_from(size(vmo)).expect("a size that fits");
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    Mapping::create_from_vmo(vmo, size, flags).expect("a mapping")
}

fn truncate(vmo: &Vmo) {
    let size = size(vmo);
    answer([0, 1, size / 2, size - 1].map(|shorter| rustix::fs::ftruncate(vmo, shorter)));
}

fn grow(vmo: &Vmo) {
    let size = size(vmo);
    let past_the_end = IoSlice::new(b"past the end");
    let write = rustix::io::pwritev(vmo, &[past_the_end], size);
    answer([
        rustix::fs::ftruncate(vmo, size + 1),
        rustix::fs::ftruncate(vmo, 1 << 40),
        rustix::fs::fallocate(vmo, FallocateFlags::empty(), size, 4096),
        write.map(|_| ()),
    ]);
}

fn seal(vmo: &Vmo) {
    let seals = [
        SealFlags::WRITE,
        SealFlags::FUTURE_WRITE,
        SealFlags::SHRINK,
        SealFlags::GROW,
        SealFlags::SEAL,
    ];
    answer(seals.map(|seal| rustix::fs::fcntl_add_seals(vmo, seal)));
}

fn punch(vmo: &Vmo) {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    answer([rustix::fs::fallocate(vmo, flags, 0, size(vmo))]);
}

/// The description is shared: what is set here holds for everybody.
fn append(vmo: &Vmo) {
    answer([rustix::fs::fcntl_setfl(vmo, OFlags::APPEND)]);
}

fn seek(vmo: &Vmo) {
    answer([rustix::fs::seek(vmo, SeekFrom::Start(77)).map(|_| ())]);
}

/// Takes everybody's right to open it again.
fn lock_out(vmo: &Vmo) {
    answer([rustix::fs::fchmod(vmo, Mode::empty())]);
}

/// Keeps a writable mapping.
fn hold(vmo: &Vmo) {
    let mapping = map(vmo);
    say("ready");
    loop {
        std::thread::park();
        mapping.write_at(0, b"still here");
    }
}

/// Writes without a pause, so that whatever ends it ends it in mid-write.
fn hammer(vmo: &Vmo) {
    let mapping = map(vmo);
    let mut bytes = vec![0; mapping.len()];
    say("ready");
    let mut round = 0_u8;
    loop {
        round = round.wrapping_add(1);
        bytes.fill(round);
        mapping.write_at(0, &bytes);
        let write = IoSlice::new(&bytes);
        let _ = rustix::io::pwritev2(vmo, &[write], 0, ReadWriteFlags::empty());
    }
}

/// Does everything that it can do to the bytes, in no order.
fn scribble(vmo: &Vmo) {
    let mapping = map(vmo);
    let page = rustix::param::page_size();
    let mut dice = peer_tests::noise(size(vmo));
    let mut roll = move || dice.next().map_or(0, usize::from);
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let mut bytes = [0; 300];
    say("ready");
    loop {
        bytes.rotate_left(7);
        bytes[0] = roll() as u8;
        let at = (roll() << 8 | roll()) % mapping.len();
        mapping.write_at(at, &bytes[..roll()]);
        if roll() == 0 {
            let hole = (at / page * page) as u64;
            let _ = rustix::fs::fallocate(vmo.as_fd(), punch, hole, page as u64);
            let _ = rustix::fs::fcntl_setfl(vmo, OFlags::APPEND);
            let _ = rustix::fs::ftruncate(vmo, 0);
        }
    }
}

/// Reads the content through a mapping of its own and says its checksum.
fn sum(vmo: &Vmo, len: usize) {
    let mut content = vec![0; len];
    map(vmo)
        .read_exact_at(0, &mut content)
        .expect("the content");
    say(&peer_tests::checksum(&content).to_string());
}

/// Writes content of its own and says its checksum.
fn reply(vmo: &Vmo, len: usize) {
    let content: Vec<u8> = peer_tests::noise(len as u64).take(len).collect();
    let mut mapping = map(vmo);
    mapping
        .write_all_at(0, &content)
        .expect("room for the content");
    mapping.release_writes();
    say(&peer_tests::checksum(&content).to_string());
}
