// SPDX-License-Identifier: MIT OR Apache-2.0
//! Grants leave nothing behind, whether they are made, refused, or fail half way. One test,
//! because it counts what the process holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that skips a part says so"
)]

use std::os::fd::OwnedFd;

use mapped_vmo::zx::{AdoptPolicy, Status, Vmo};
use mapped_vmo::{Mapping, ReadOnlyMapping, WriterMapping};
use peer_tests::Held;
use peer_tests::seccomp::{Call, refuse};

const EPERM: u16 = 1;
const ENOMEM: u16 = 12;
const EINVAL: u16 = 22;

/// What `allocate` answers in a thread in which the kernel refuses a call.
fn without(call: Call, errno: u16) -> Option<Status> {
    let thread = std::thread::spawn(move || match refuse(call, errno) {
        Ok(()) => Some(WriterMapping::allocate(4096).unwrap_err()),
        Err(error) => {
            println!("skipped: {call:?} can't be refused here: {error}");
            None
        }
    });
    thread.join().unwrap()
}

fn failures() {
    let rows = [
        (Call::MemfdCreate, ENOMEM, Status::NO_MEMORY),
        (Call::Fchmod, EPERM, Status::ACCESS_DENIED),
        (Call::MmapShared, ENOMEM, Status::NO_MEMORY),
        (Call::DontFork, ENOMEM, Status::NO_MEMORY),
        (Call::AddSeals, EPERM, Status::NOT_SUPPORTED),
        // As a kernel answers that does not know the seal.
        (Call::AddSeals, EINVAL, Status::NOT_SUPPORTED),
    ];
    for (call, errno, expected) in rows {
        if let Some(status) = without(call, errno) {
            assert_eq!(status, expected, "{call:?}, {errno}");
        }
    }
}

fn refusals() {
    for size in [0, usize::MAX, 1 << 47, 1 << 60] {
        assert!(WriterMapping::allocate(size).is_err(), "{size:#x}");
    }
    assert!(WriterMapping::allocate_with_name(1, "a name that has more than 31 bytes").is_err());
    let (_mapping, shared) = Mapping::allocate(4096).unwrap();
    assert!(ReadOnlyMapping::create_from_vmo(&shared, 4096).is_err());
    assert!(Vmo::from_fd(shared.into(), AdoptPolicy::Published).is_err());
    let (_writer, vmo) = WriterMapping::allocate(4096).unwrap();
    assert!(ReadOnlyMapping::create_from_vmo(&vmo, 4097).is_err());
    assert!(ReadOnlyMapping::create_from_vmo(&vmo, 0).is_err());
}

#[test]
fn nothing_is_left_over() {
    // What the first use of anything opens or maps is no leak.
    drop(WriterMapping::allocate(1));
    let before = Held::now();
    failures();
    for _ in 0..100 {
        refusals();
    }
    assert!(before.is_back(), "refused: {before:?}, {:?}", Held::now());
    for i in 0..5_000 {
        let (writer, vmo) = WriterMapping::allocate(4096 + i % 5000).unwrap();
        let vmo = Vmo::from_fd(OwnedFd::from(vmo), AdoptPolicy::Published).unwrap();
        let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096).unwrap();
        writer.write_at(i % 4096, b"x");
        assert_eq!(reader.read_value(i % 4096), Ok(b'x'));
        if i % 2 == 0 {
            drop((writer, vmo, reader));
        } else {
            drop((reader, vmo, writer));
        }
    }
    assert!(before.is_back(), "made: {before:?}, {:?}", Held::now());
}
