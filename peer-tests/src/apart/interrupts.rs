// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls that are interrupted for certain: the kernel asks another thread what a call shall
//! answer, and the first try of each answers `EINTR`.
//!
//! A timer does not do: the calls on a memfd are over before a signal meets one.
#![allow(unsafe_code, reason = "seccomp, and two ioctls to answer it")]

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::mpsc;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter};

use super::CannotTry;
use super::signals::every_system_call;
use crate::seccomp::step;

/// The calls that the library makes and that Linux documents to answer `EINTR`.
const CALLS: [libc::c_long; 4] = [
    libc::SYS_pread64,
    libc::SYS_process_vm_writev,
    libc::SYS_pwritev2,
    libc::SYS_fallocate,
];

static INTERRUPTED: AtomicU64 = AtomicU64::new(0);

/// Catalogue row 39: whatever is interrupted is tried again.
///
/// # Errors
///
/// Where the kernel can't ask anybody.
///
/// # Panics
///
/// If a call fails.
pub fn first_try() -> Result<String, CannotTry> {
    let (tell, told) = mpsc::channel::<OwnedFd>();
    // Started before the filter is there: it must not ask itself.
    std::thread::spawn(move || told.recv().map(|listener| answer(&listener)));
    let listener = ask_for(&CALLS);
    let listener = listener.map_err(|error| CannotTry(format!("no filter that asks: {error}")))?;
    tell.send(listener).expect("the other thread waits");
    for _ in 0..20 {
        every_system_call();
    }
    let interrupted = INTERRUPTED.load(Ordering::Relaxed);
    assert!(interrupted > 100, "{interrupted} interruptions are too few");
    Ok(format!("{interrupted} calls were interrupted"))
}

/// From now on, this thread's calls of these numbers wait for an answer from the listener.
fn ask_for(calls: &[libc::c_long]) -> io::Result<OwnedFd> {
    let mut program: Vec<sock_filter> = vec![step(BPF_LD | BPF_W | BPF_ABS, 0, [0, 0])];
    for (left, call) in (0..calls.len()).rev().zip(calls) {
        let jump = u8::try_from(left).expect("few calls") + 1;
        let number = u32::try_from(*call).expect("a number");
        program.push(step(BPF_JMP | BPF_JEQ | BPF_K, number, [jump, 0]));
    }
    for verdict in [libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_USER_NOTIF] {
        program.push(step(BPF_RET | BPF_K, verdict, [0, 0]));
    }
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).expect("short"),
        filter: program.as_mut_ptr(),
    };
    // SAFETY: a flag of this process, no memory involved.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (mode, flags) = (
        libc::SECCOMP_SET_MODE_FILTER,
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
    );
    // SAFETY: the program lives until the call returns, and the kernel copies it.
    let fd = unsafe { libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program) };
    match i32::try_from(fd) {
        // SAFETY: the kernel just made it for us, and nobody else knows it.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Answers `EINTR` and "go on" in turns.
fn answer(listener: &OwnedFd) {
    let fd = listener.as_raw_fd();
    for turn in 0_u64.. {
        let mut asked = MaybeUninit::<libc::seccomp_notif>::zeroed();
        // SAFETY: room for one question, all zeros as the kernel asks for.
        let got = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_RECV, asked.as_mut_ptr()) };
        if got != 0 {
            return;
        }
        // SAFETY: the kernel has filled it in.
        let id = unsafe { asked.assume_init() }.id;
        let interrupt = turn % 2 == 0;
        let reply = libc::seccomp_notif_resp {
            id,
            val: 0,
            error: if interrupt { -libc::EINTR } else { 0 },
            flags: if interrupt { 0 } else { 1 }, // SECCOMP_USER_NOTIF_FLAG_CONTINUE
        };
        INTERRUPTED.fetch_add(u64::from(interrupt), Ordering::Relaxed);
        // SAFETY: an answer to the question with this number.
        let _ = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const reply) };
    }
}
