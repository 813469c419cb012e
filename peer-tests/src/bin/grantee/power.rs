// SPDX-License-Identifier: MIT OR Apache-2.0
//! What power over a process is worth: becoming somebody else, being out of reach, and what
//! one who may trace an owner can do to it.
#![allow(
    unsafe_code,
    reason = "calls that change this process, or look into another"
)]

use std::io;

use rustix::fs::{Mode, OFlags};

use crate::deeds::{mem_write, vm_write};
use crate::{answer, code, libc_code};

fn check(result: i64) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Becomes the user, and nobody's group, for good; and can still look into itself.
pub(crate) fn become_user(user: u32) -> io::Result<()> {
    // SAFETY: no groups, no pointer that is used.
    check(unsafe { libc::setgroups(0, core::ptr::null()) }.into())?;
    // SAFETY: numbers.
    check(unsafe { libc::setresgid(user, user, user) }.into())?;
    // SAFETY: numbers.
    check(unsafe { libc::setresuid(user, user, user) }.into())?;
    // Who changes the user is out of its own reach too, in /proc.
    set_dumpable(1)
}

/// Whether others of the same user may look into this process: 1 or 0.
pub(crate) fn set_dumpable(dumpable: u64) -> io::Result<()> {
    // SAFETY: a flag of this process.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, dumpable, 0, 0, 0) }.into())
}

/// Lets anybody of the same user trace this process where Yama would not.
pub(crate) fn allow_tracers() {
    // Where there is no Yama, this is an error and not needed.
    // SAFETY: a flag of this process.
    let _ = unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY, 0, 0, 0) };
}

/// Tries all ways into the owner `pid`, whose pages are at `addr`, and its VMO at `fd`.
pub(crate) fn trace(pid: i32, addr: usize, fd: i32) {
    let path = format!("/proc/{pid}/fd/{fd}");
    let opened = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    answer(&[
        vm_write(pid, addr),
        mem_write(&pid.to_string(), addr + 8),
        code(opened),
        steal(pid, fd),
    ]);
}

/// Takes a descriptor of the process.
fn steal(pid: i32, fd: i32) -> i32 {
    // SAFETY: a system call without pointers.
    let process = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if process < 0 {
        return libc_code(process);
    }
    // SAFETY: as above. This process soon ends, and closes both.
    libc_code(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process, fd, 0) })
}
