// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate refuses what is no VMO before it maps or touches it, and says what it is. One
//! test, because it counts what the process holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use mapped_vmo::zx::{AdoptPolicy, FdKind, Rights, Status, Vmo};
use peer_tests::{Held, seccomp};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};

const POLICIES: [AdoptPolicy; 2] = [AdoptPolicy::Strict, AdoptPolicy::Shrink];

/// What is offered, what it is taken for, the status, and what the sentence must contain.
type Row = (&'static str, OwnedFd, FdKind, Status, &'static str);

fn memfd(flags: MemfdFlags, seals: u32) -> Option<OwnedFd> {
    let flags = flags | MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("theirs", flags).ok()?;
    let size = if flags.contains(MemfdFlags::HUGETLB) {
        0
    } else {
        4096
    };
    rustix::fs::ftruncate(&fd, size).ok()?;
    rustix::fs::fcntl_add_seals(&fd, SealFlags::from_bits_retain(seals)).ok()?;
    Some(fd)
}

fn sealed(seals: u32) -> OwnedFd {
    memfd(MemfdFlags::empty(), seals).unwrap()
}

fn reopened(fd: &OwnedFd, mode: OFlags) -> OwnedFd {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, mode | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

/// An open file that has no name any more.
fn nameless(directory: PathBuf) -> Option<OwnedFd> {
    let path = directory.join(format!("mapped-vmo-refused-{}", std::process::id()));
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path);
    let file = open.ok()?;
    std::fs::remove_file(path).unwrap();
    file.set_len(4096).unwrap();
    Some(file.into())
}

/// What has no bytes to map.
fn streams() -> Vec<Row> {
    let wrong = Status::WRONG_TYPE;
    let (pipe, _) = rustix::pipe::pipe().unwrap();
    let (socket, _) = std::os::unix::net::UnixStream::pair().unwrap();
    let event = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let epoll = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC);
    vec![
        ("a pipe", pipe, FdKind::Pipe, wrong, "a pipe"),
        ("a socket", socket.into(), FdKind::Socket, wrong, "a socket"),
        ("an eventfd", event, FdKind::Eventfd, wrong, "an eventfd"),
        (
            "an epoll",
            epoll.unwrap(),
            FdKind::Other,
            wrong,
            "not a VMO",
        ),
    ]
}

/// What has a path.
fn files() -> Vec<Row> {
    let open = |path: &str| OwnedFd::from(File::open(path).unwrap());
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path_only = reopened(&sealed(7), OFlags::PATH);
    let rows = [
        (open("."), FdKind::Directory, "a directory"),
        (open("/dev/zero"), FdKind::CharDevice, "a character device"),
        (open("/dev/null"), FdKind::CharDevice, "a character device"),
        (
            open("/proc/self/mem"),
            FdKind::RegularFile,
            "a regular file",
        ),
        (
            nameless(target).unwrap(),
            FdKind::RegularFile,
            "a regular file",
        ),
        (path_only, FdKind::PathOnly, "O_PATH"),
    ];
    let row = |(fd, kind, words)| (words, fd, kind, Status::WRONG_TYPE, words);
    rows.into_iter().map(row).collect()
}

/// What is memory, but not safe memory.
fn memory() -> Vec<Row> {
    let (loose, no) = ("F_SEAL_SHRINK", Status::NOT_SUPPORTED);
    let write_only = reopened(&sealed(7), OFlags::WRONLY);
    let mut rows: Vec<Row> = vec![
        ("unsealed", sealed(0), FdKind::Memfd, no, loose),
        ("SEAL alone", sealed(1), FdKind::Memfd, no, loose),
        ("GROW and WRITE", sealed(0xc), FdKind::Memfd, no, loose),
        (
            "write-only",
            write_only,
            FdKind::Memfd,
            Status::ACCESS_DENIED,
            "writing only",
        ),
    ];
    match nameless(PathBuf::from("/dev/shm")) {
        Some(file) => rows.push(("a tmpfs file", file, FdKind::TmpfsFile, no, "a tmpfs file")),
        None => println!("skipped: no file can be made in /dev/shm"),
    }
    match seccomp::memfd_secret() {
        Ok(fd) => {
            let row = (
                "memfd_secret",
                fd,
                FdKind::MemfdSecret,
                Status::WRONG_TYPE,
                "secret",
            );
            rows.push(row);
        }
        Err(error) => println!("skipped: memfd_secret: {error}"),
    }
    match memfd(MemfdFlags::HUGETLB, 7) {
        Some(fd) => rows.push(("huge pages", fd, FdKind::HugetlbMemfd, no, "huge pages")),
        None => println!("skipped: no memfd of huge pages can be made here"),
    }
    rows
}

fn refused(rows: fn() -> Vec<Row>) -> usize {
    let mut refusals = 0;
    for policy in POLICIES {
        for (what, fd, kind, status, words) in rows() {
            let error = Vmo::from_fd(fd, policy).unwrap_err();
            assert_eq!(error.kind(), kind, "{what}: {error}");
            assert_eq!(error.status(), status, "{what}: {error}");
            let sentence = error.to_string();
            assert!(
                sentence.starts_with("this is ") && sentence.contains(words),
                "{sentence}"
            );
            if policy == AdoptPolicy::Strict {
                println!("{what}: {sentence}");
            }
            refusals += 1;
        }
    }
    refusals
}

/// What each policy makes of a memfd with these seals, and whether it may be written.
fn sealed_table() {
    let (yes, no) = (true, false);
    let rows = [
        (0x0, no, no, no),
        (0x1, no, no, no),
        (0x2, no, yes, yes),
        (0x3, no, yes, yes),
        (0x4, no, no, no),
        (0x6, no, yes, yes),
        (0x7, yes, yes, yes),
        (0xe, no, yes, no),
        (0xf, yes, yes, no),
        (0x17, yes, yes, no),
        (0x1f, yes, yes, no),
    ];
    for (seals, strict, shrink, writable) in rows {
        for (policy, taken) in POLICIES.into_iter().zip([strict, shrink]) {
            let adopted = Vmo::from_fd(sealed(seals), policy);
            assert_eq!(
                adopted.is_ok(),
                taken,
                "{seals:#x}, {policy:?}: {adopted:?}"
            );
            if let Ok(vmo) = adopted {
                let write = vmo.rights().contains(Rights::WRITE);
                assert_eq!(write, writable, "{seals:#x}, {policy:?}");
                let flags = mapped_vmo::zx::VmarFlags::PERM_READ;
                assert!(mapped_vmo::Mapping::create_from_vmo(&vmo, 4096, flags).is_ok());
            }
        }
    }
}

/// Whoever else holds what was refused finds it as it was.
fn untouched() {
    let (pipe, end) = rustix::pipe::pipe().unwrap();
    rustix::io::write(&end, b"kept").unwrap();
    assert!(Vmo::try_from(pipe.try_clone().unwrap()).is_err());
    let mut bytes = [0; 8];
    assert_eq!(
        rustix::io::read(&pipe, &mut bytes),
        Ok(4),
        "the gate read the pipe"
    );
    let event = eventfd(5, EventfdFlags::CLOEXEC).unwrap();
    assert!(Vmo::try_from(event.try_clone().unwrap()).is_err());
    assert_eq!(rustix::io::read(&event, &mut bytes), Ok(8));
    assert_eq!(u64::from_ne_bytes(bytes), 5, "the gate read the eventfd");
}

#[test]
fn every_kind_of_descriptor_is_refused_by_name_and_closed() {
    let before = Held::now();
    let refusals = refused(streams) + refused(files) + refused(memory);
    sealed_table();
    untouched();
    println!("{refusals} refusals");
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}
