// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer that tries to fill the hole at the start of a VMO with bytes of its own, through a
//! mapping that only reads: by userfaultfd, which is made for filling holes of mappings, and
//! by process_vm_writev.
//!
//! `filler`, with the VMO as stdin. Prints what the kernel answered to registering the page,
//! to filling it and to writing it: 0, or the number of the error. Says `unavailable` where
//! there is no userfaultfd for it.
#![deny(unsafe_code)]
#![allow(unsafe_code, reason = "userfaultfd is a matter of raw ioctls")]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use mapped_vmo::zx::{VmarFlags, vmar_root_self};

/// `UFFDIO_API`, `UFFDIO_REGISTER` and `UFFDIO_COPY`.
const API: libc::Ioctl = 0xc018_aa3f_u32 as libc::Ioctl;
const REGISTER: libc::Ioctl = 0xc020_aa00_u32 as libc::Ioctl;
const COPY: libc::Ioctl = 0xc028_aa03_u32 as libc::Ioctl;

/// Only faults of user code are of interest (`UFFD_USER_MODE_ONLY`).
const USER_MODE_ONLY: libc::c_int = 1;

fn main() {
    let vmo = peer_tests::vmo_from_stdin();
    let page = rustix::param::page_size();
    let addr = vmar_root_self()
        .map(0, &vmo, 0, page, VmarFlags::PERM_READ)
        .expect("a mapping to read");
    // SAFETY: a system call without pointers.
    let fd = unsafe { libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC | USER_MODE_ONLY) };
    let Ok(fd @ 0..) = i32::try_from(fd) else {
        return println!("unavailable");
    };
    // SAFETY: the kernel just made it for us, and nobody else knows it.
    let faults = unsafe { OwnedFd::from_raw_fd(fd) };
    let source = vec![b'!'; page];
    let [start, len, from] = [addr, page, source.as_ptr().expose_provenance()].map(|n| n as u64);
    let (version, missing) = (0xaa, 1);
    ask(&faults, API, &mut [version, 0, 0]).expect("the version that all kernels have");
    let answers = [
        ask(&faults, REGISTER, &mut [start, len, missing, 0]),
        ask(&faults, COPY, &mut [start, from, len, 0, 0]),
        write(addr, &source),
    ];
    let numbers = answers.map(|answer| match answer {
        Ok(()) => "0".to_owned(),
        Err(error) => error.raw_os_error().expect("a number").to_string(),
    });
    println!("{}", numbers.join(" "));
}

fn ask<const N: usize>(fd: &OwnedFd, what: libc::Ioctl, words: &mut [u64; N]) -> io::Result<()> {
    // SAFETY: the structure that belongs to this request is `N` words long; filling changes
    // the page of the VMO, to which no reference exists.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), what, words.as_mut_ptr()) };
    check(result.try_into().expect("a small number"))
}

/// Writes to our own page by a call that is made for the pages of others.
fn write(addr: usize, bytes: &[u8]) -> io::Result<()> {
    let local = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let remote = libc::iovec {
        iov_base: core::ptr::without_provenance_mut(addr),
        iov_len: bytes.len(),
    };
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    let (local, remote) = (&raw const local, &raw const remote);
    // SAFETY: the kernel reads `bytes`, and writes to the VMO's page if it may.
    check(unsafe { libc::process_vm_writev(pid, local, 1, remote, 1, 0) })
}

fn check(result: isize) -> io::Result<()> {
    if result >= 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
