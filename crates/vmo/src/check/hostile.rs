// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other process: it holds the descriptor that the drill gave it, and tries what it is
//! told to.

use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{FallocateFlags, Mode, OFlags, SealFlags, SeekFrom, XattrFlags};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::mm::ProtFlags;

use super::defender::{SCRIBBLE, die_with_the_one_who_asked};
use super::raw::RawMapping;
use super::targets::SIZE;
use crate::Failure;
use crate::link::Link;

/// Runs it until the line is closed.
pub(crate) fn hostile() -> Result<(), Failure> {
    die_with_the_one_who_asked()?;
    let stdin = std::io::stdin();
    let mut link = Link::inherited()?;
    while let Some(request) = link.receive()? {
        if request == SCRIBBLE {
            link.send("started")?;
            scribble(stdin.as_fd())?;
        }
        let result = attack(stdin.as_fd(), &request)?;
        let errno = result.err().map_or(0, Errno::raw_os_error);
        link.send(&errno.to_string())?;
    }
    Ok(())
}

/// Does one thing. What the kernel answered.
fn attack(fd: BorrowedFd<'_>, deed: &str) -> Result<Result<(), Errno>, Failure> {
    let size = u64::try_from(SIZE)?;
    Ok(match deed {
        "truncate-to-0" => rustix::fs::ftruncate(fd, 0),
        "truncate-to-a-page" => rustix::fs::ftruncate(fd, size / 3),
        "truncate-to-the-same-size" => rustix::fs::ftruncate(fd, size),
        "grow" => rustix::fs::ftruncate(fd, 1 << 40),
        "write-past-the-end" => write(fd, size),
        "write" => write(fd, 0),
        "write-through-a-new-descriptor" => reopen(fd).and_then(|fd| write(fd.as_fd(), 0)),
        "map-writable" => map(fd, ProtFlags::READ | ProtFlags::WRITE).map(drop),
        "make-a-mapping-writable" => map(fd, ProtFlags::READ).and_then(|map| map.make_writable()),
        "punch" => punch(fd),
        "punch-through-a-mapping" => map(fd, ProtFlags::READ).and_then(|map| map.remove()),
        "write-through-proc-mem" => map(fd, ProtFlags::READ).and_then(|map| poke(&map)),
        "commit" => rustix::fs::fallocate(fd, FallocateFlags::empty(), 0, size),
        "seal-against-writing" => rustix::fs::fcntl_add_seals(fd, SealFlags::WRITE),
        "seal-against-new-writers" => rustix::fs::fcntl_add_seals(fd, SealFlags::FUTURE_WRITE),
        "append" => rustix::fs::fcntl_setfl(fd, OFlags::APPEND),
        "seek" => rustix::fs::seek(fd, SeekFrom::Start(77)).map(|_| ()),
        "lock-out" => rustix::fs::fchmod(fd, Mode::empty()),
        "label" => rustix::fs::fsetxattr(fd, c"user.vmo", b"x", XattrFlags::empty()),
        other => return Err(format!("the peer can't {other}").into()),
    })
}

fn write(fd: BorrowedFd<'_>, offset: u64) -> Result<(), Errno> {
    let bytes = [IoSlice::new(b"attacked")];
    rustix::io::pwritev2(fd, &bytes, offset, ReadWriteFlags::empty()).map(|_| ())
}

fn map(fd: BorrowedFd<'_>, prot: ProtFlags) -> Result<RawMapping, Errno> {
    RawMapping::new(fd, SIZE, prot)
}

fn reopen(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
}

/// Writes to a mapping that the pages do not permit to be written, as a debugger would.
fn poke(map: &RawMapping) -> Result<(), Errno> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    let memory = rustix::fs::open("/proc/self/mem", flags, Mode::empty())?;
    rustix::io::pwrite(memory, b"poked", map.offset()).map(|_| ())
}

fn punch(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(fd, flags, 0, u64::try_from(SIZE).unwrap_or(u64::MAX))
}

/// Writes without a pause until it is killed.
fn scribble(fd: BorrowedFd<'_>) -> Result<(), Failure> {
    for value in (0..=u8::MAX).cycle() {
        let bytes = vec![value; SIZE];
        let bytes = [IoSlice::new(&bytes)];
        rustix::io::pwritev2(fd, &bytes, 0, ReadWriteFlags::empty())?;
    }
    Ok(())
}
