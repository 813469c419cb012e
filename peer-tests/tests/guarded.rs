// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory whose size a peer controls: a mapping would be a SIGBUS, a guarded access is not.
//!
//! That no signal came shows in that the test ends; that nothing of ours made the file larger
//! is what the peer counts, who alone changes its size.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;

use mapped_vmo::zx::{AdoptPolicy, Status, VmarFlags, Vmo};
use mapped_vmo::{Guarded, GuardedError};
use peer_tests::Peer;
use rustix::fs::{MemfdFlags, SealFlags};

const SHRINKER: &str = env!("CARGO_BIN_EXE_shrinker");
const CORNERED: &str = env!("CARGO_BIN_EXE_cornered");
const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);
const LEN: usize = 300_000;

fn unsealed(name: &str) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    rustix::fs::memfd_create(name, flags).unwrap()
}

/// How often an access was whole, and how often something was lost.
#[derive(Debug, Default)]
struct Counts {
    whole: u64,
    lost: u64,
}

impl Counts {
    /// Counts a result, and fails if it is none that a peer can cause; what was done.
    fn note(&mut self, result: Result<(), GuardedError>, offset: usize, len: usize) -> usize {
        match result {
            Ok(()) => {
                self.whole += 1;
                len
            }
            Err(GuardedError::Lost { offset: at }) => {
                assert!(
                    (offset..offset + len).contains(&at),
                    "{at} in {len} at {offset}"
                );
                self.lost += 1;
                at - offset
            }
            Err(error) => panic!("{len} bytes at {offset}: {error}"),
        }
    }
}

/// One write and one read, somewhere, at odd offsets and to odd ends.
fn access(memory: &Guarded, vmo: &Vmo, dice: &mut impl Iterator<Item = u8>, counts: &mut Counts) {
    let mut roll = || usize::from(dice.next().unwrap());
    let len = [1, 8, 555, 4095, 70_001, 250_001][roll() % 6];
    let offset = ((roll() << 8) | roll()) * 2 % (LEN - len - 1) + 1;
    // The peer writes the same, so that each byte there is right, or a hole.
    let ours = peer_tests::pattern(offset, len);
    if roll() % 3 == 0 {
        let written = vmo.write_some(&ours, offset as u64).unwrap();
        assert!(written <= len);
    } else {
        let result = memory.write_all_at(offset, &ours);
        counts.note(result, offset, len);
    }
    let mut copy = vec![0xee; len];
    let result = memory.read_exact_at(offset, &mut copy);
    let there = counts.note(result, offset, len);
    let pairs = copy[..there].iter().zip(&ours).step_by(17);
    for (byte, right) in pairs {
        assert!(*byte == 0 || byte == right, "a byte from another place");
    }
    assert!(
        copy[there..].iter().all(|byte| *byte == 0xee),
        "past the loss"
    );
}

/// Accesses memory for as long as a peer does this to it.
fn endure(fd: &OwnedFd, deed: &str) -> (Counts, Vec<u64>) {
    let vmo = Vmo::from_fd(fd.try_clone().unwrap(), AdoptPolicy::Guarded).unwrap();
    // First: once it is sealed there is no view to write.
    let memory = Guarded::create_from_vmo(&vmo, LEN, READ_WRITE).unwrap();
    let mut peer = Peer::start(SHRINKER, deed, fd.as_fd());
    assert_eq!(peer.line(), "ready");
    let (mut counts, mut dice) = (Counts::default(), peer_tests::noise(7));
    while peer.runs() {
        access(&memory, &vmo, &mut dice, &mut counts);
    }
    assert!(peer.ended().success());
    let line = peer.line();
    let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
    println!(
        "{deed}: {counts:?}, {} deeds, {} surprises",
        numbers[0], numbers[1]
    );
    (counts, numbers)
}

#[test]
fn a_peer_that_truncates_and_extends_gets_no_growth_and_no_signal() {
    for deed in ["resize 2000", "everything 2000", "flip 1000"] {
        let mut total = Counts::default();
        // A flip is over in microseconds. Where both share a core, it may take some seconds
        // until an access comes in between.
        for _ in 0..20 {
            let (counts, numbers) = endure(&unsealed("resized"), deed);
            assert!(numbers[0] > 100, "the peer was asleep: {numbers:?}");
            assert_eq!(numbers[1], 0, "somebody else changed the size");
            total.whole += counts.whole;
            total.lost += counts.lost;
            if total.whole > 0 && total.lost > 0 {
                break;
            }
        }
        assert!(total.whole > 0 && total.lost > 0, "{deed}: {total:?}");
    }
}

#[test]
fn a_file_in_dev_shm_is_no_worse() {
    let path = format!("/dev/shm/guarded-{}", std::process::id());
    let options = std::fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path);
    let Ok(file) = options else {
        println!("skipped: no file can be made in /dev/shm");
        return;
    };
    std::fs::remove_file(&path).unwrap();
    let (counts, numbers) = endure(&OwnedFd::from(file), "everything 1500");
    assert!(counts.whole > 0 && counts.lost > 0, "{counts:?}");
    assert_eq!(numbers[1], 0, "somebody else changed the size");
}

#[test]
fn peers_that_are_killed_in_the_middle_of_it_leave_nothing_with_us() {
    let fd = unsealed("of-the-killed");
    let vmo = Vmo::from_fd(fd.try_clone().unwrap(), AdoptPolicy::Guarded).unwrap();
    let memory = Guarded::create_from_vmo(&vmo, LEN, READ_WRITE).unwrap();
    let (mut counts, mut dice) = (Counts::default(), peer_tests::noise(9));
    for round in 0..50 {
        let mut peer = Peer::start(SHRINKER, "everything 0", fd.as_fd());
        assert_eq!(peer.line(), "ready");
        for _ in 0..round % 7 + 1 {
            access(&memory, &vmo, &mut dice, &mut counts);
        }
        assert_eq!(peer.kill().signal(), Some(9));
    }
    println!("{counts:?}");
    let held = || {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.matches("/memfd:of-the-killed").count()
    };
    assert_eq!(held(), 1);
    drop((memory, vmo));
    assert_eq!(held(), 0);
}

#[test]
fn a_seal_in_mid_use_ends_writing_and_not_reading() {
    let fd = unsealed("sealed-by-and-by");
    rustix::fs::ftruncate(&fd, 8192).unwrap();
    rustix::fs::fcntl_add_seals(&fd, SealFlags::GROW).unwrap();
    let vmo = Vmo::from_fd(fd.try_clone().unwrap(), AdoptPolicy::Guarded).unwrap();
    let memory = Guarded::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
    std::thread::scope(|scope| {
        let sealing = scope.spawn(|| {
            std::thread::sleep(core::time::Duration::from_millis(50));
            rustix::fs::fcntl_add_seals(&fd, SealFlags::WRITE)
        });
        let denied = GuardedError::Kernel(Status::ACCESS_DENIED);
        let ended = loop {
            match memory.write_all_at(4000, &[9; 200]) {
                Ok(()) => assert!(memory.read_exact_at(0, &mut [0; 8192]).is_ok()),
                Err(error) => break error,
            }
        };
        assert_eq!(ended, denied);
        sealing.join().unwrap().unwrap();
        assert_eq!(memory.read_value(4199), Ok([9_u8, 0]));
    });
}

#[test]
fn memory_that_only_shrinks_is_ok_or_lost_while_it_does() {
    for round in 0..200_u64 {
        let fd = unsealed("sealed-by-and-by");
        rustix::fs::ftruncate(&fd, LEN as u64).unwrap();
        rustix::fs::fcntl_add_seals(&fd, SealFlags::GROW).unwrap();
        let vmo = Vmo::from_fd(fd.try_clone().unwrap(), AdoptPolicy::Guarded).unwrap();
        let memory = Guarded::create_from_vmo(&vmo, LEN, READ_WRITE).unwrap();
        std::thread::scope(|scope| {
            let shrinking = scope.spawn(|| {
                let sizes = (0..LEN as u64 / 4001).rev().map(|step| step * 4001);
                sizes.for_each(|size| rustix::fs::ftruncate(&fd, size).unwrap());
            });
            let (mut counts, mut dice) = (Counts::default(), peer_tests::noise(round));
            while !shrinking.is_finished() {
                access(&memory, &vmo, &mut dice, &mut counts);
            }
        });
        assert_eq!(vmo.get_size(), Ok(0));
    }
}

/// What the program says, or nothing where this machine does not let it try.
fn cornered(deed: &str) -> Option<String> {
    let mut process = Peer::start_alone(CORNERED, deed);
    let status = process.ended();
    if status.code() == Some(77) {
        println!("skipped: {deed}: {}", process.line());
        return None;
    }
    assert!(status.success(), "{deed}: {status}");
    Some(process.line())
}

#[test]
fn where_a_touch_is_a_sigbus_for_lack_of_memory_a_guarded_write_is_lost() {
    let Some(line) = cornered("tmpfs") else {
        return;
    };
    assert_eq!(
        line,
        "write Lost 65536; read OK; value Lost 131072; size 262144"
    );
    let mut process = Peer::start_alone(CORNERED, "tmpfs-touch");
    assert_eq!(process.ended().signal(), Some(libc::SIGBUS), "the control");
}

#[test]
fn a_sandbox_that_forbids_the_call_gets_not_supported_and_can_still_read() {
    for errno in [1, 38] {
        let Some(line) = cornered(&format!("writev {errno}")) else {
            return;
        };
        assert_eq!(
            line,
            "write NOT_SUPPORTED; some NOT_SUPPORTED; fixed OK; read OK"
        );
    }
}

#[test]
fn a_kernel_without_noappend_writes_what_cannot_grow_another_way() {
    let Some(line) = cornered("pwritev2 95") else {
        return;
    };
    assert_eq!(line, "write OK; some OK; fixed OK; read OK");
}

#[test]
fn a_view_works_and_goes_on_both_sides_of_a_fork() {
    let line = cornered("fork").unwrap();
    assert_eq!(line, "child 0; kept true; read true; write OK; true");
}
