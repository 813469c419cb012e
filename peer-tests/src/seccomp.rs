// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes a system call fail in this process, as an old kernel or a sandbox would.
#![allow(unsafe_code, reason = "a filter is installed by a raw system call")]

use std::io;

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
    SECCOMP_RET_ERRNO, sock_filter,
};

/// The same number on every architecture that Linux runs on.
const MADV_POPULATE_READ: i32 = 22;

/// A call that can be refused.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// `memfd_create`.
    MemfdCreate,
    /// `ftruncate`.
    Ftruncate,
    /// `fchmod`.
    Fchmod,
    /// `fcntl(F_ADD_SEALS)`; other `fcntl`s go on.
    AddSeals,
    /// `mmap` with `MAP_SHARED`; private memory goes on.
    MmapShared,
    /// `process_vm_writev`, which sandboxes refuse.
    ProcessVmWritev,
    /// `pwritev2`, whose flags an old kernel does not know.
    Pwritev2,
    /// `madvise(MADV_POPULATE_READ)`; other advice goes on.
    PopulateRead,
    /// `madvise(MADV_DONTFORK)`; other advice goes on.
    DontFork,
    /// `io_setup`: no Linux AIO from the start.
    IoSetup,
    /// `io_submit`: none for what was set up before.
    IoSubmit,
    /// `clone3`: no more threads.
    Clone3,
}

/// Where `struct seccomp_data` has the number of the call, and the low half of argument `n`
/// on a little-endian machine.
const NUMBER: u32 = 0;
const fn argument(n: u32) -> u32 {
    16 + 8 * n
}

/// Lets `call` fail with `errno` from now on, in this thread and those it starts.
///
/// # Errors
///
/// Where the kernel has no filters, or this process may not install one.
pub fn refuse(call: Call, errno: u16) -> io::Result<()> {
    let (number, test) = match call {
        Call::MemfdCreate => (libc::SYS_memfd_create, None),
        Call::Ftruncate => (libc::SYS_ftruncate, None),
        Call::Fchmod => (libc::SYS_fchmod, None),
        Call::AddSeals => (libc::SYS_fcntl, Some((1, BPF_JEQ, libc::F_ADD_SEALS))),
        Call::DontFork => (libc::SYS_madvise, Some((2, BPF_JEQ, libc::MADV_DONTFORK))),
        Call::MmapShared => (libc::SYS_mmap, Some((3, BPF_JSET, libc::MAP_SHARED))),
        Call::IoSetup => (libc::SYS_io_setup, None),
        Call::IoSubmit => (libc::SYS_io_submit, None),
        Call::Clone3 => (libc::SYS_clone3, None),
        Call::ProcessVmWritev => (libc::SYS_process_vm_writev, None),
        Call::Pwritev2 => (libc::SYS_pwritev2, None),
        Call::PopulateRead => (libc::SYS_madvise, Some((2, BPF_JEQ, MADV_POPULATE_READ))),
    };
    let load = |offset| step(BPF_LD | BPF_W | BPF_ABS, offset, [0, 0]);
    let give = |verdict| step(BPF_RET | BPF_K, verdict, [0, 0]);
    // Without a test on an argument the second test is the first one again.
    let (field, kind, value) = test.map_or((NUMBER, BPF_JEQ, number as u32), |(n, kind, value)| {
        (argument(n), kind, value as u32)
    });
    let program = [
        load(NUMBER),
        step(BPF_JMP | BPF_JEQ | BPF_K, number as u32, [0, 3]),
        load(field),
        step(BPF_JMP | kind | BPF_K, value, [0, 1]),
        give(SECCOMP_RET_ERRNO | u32::from(errno)),
        give(SECCOMP_RET_ALLOW),
    ];
    install(&program)
}

/// Ends this process by `SIGSYS` at any call that is none of `calls`, made by this thread from
/// now on.
///
/// # Errors
///
/// As [`refuse`].
///
/// # Panics
///
/// If there are more calls than a filter can jump over.
pub fn only(calls: &[libc::c_long]) -> io::Result<()> {
    let give = |verdict| step(BPF_RET | BPF_K, verdict, [0, 0]);
    let mut program = vec![step(BPF_LD | BPF_W | BPF_ABS, NUMBER, [0, 0])];
    for (left, call) in (1..=calls.len()).rev().zip(calls) {
        let left = u8::try_from(left).expect("a few calls");
        program.push(step(BPF_JMP | BPF_JEQ | BPF_K, *call as u32, [left, 0]));
    }
    program.push(give(libc::SECCOMP_RET_KILL_PROCESS));
    program.push(give(SECCOMP_RET_ALLOW));
    install(&program)
}

pub(crate) fn step(code: u32, k: u32, jumps: [u8; 2]) -> sock_filter {
    let [jt, jf] = jumps;
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

fn install(program: &[sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: a flag of this process, no memory involved.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    check(result)?;
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: the program lives until the call returns, and the kernel copies it.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) };
    check(result)
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// A descriptor of `memfd_secret`.
///
/// # Errors
///
/// Where the kernel has none (`ENOSYS`).
pub fn memfd_secret() -> io::Result<std::os::fd::OwnedFd> {
    use std::os::fd::FromRawFd;
    // SAFETY: a system call without pointers.
    let fd = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    match i32::try_from(fd) {
        // SAFETY: the kernel just made it for us, and nobody else knows it.
        Ok(fd) if fd >= 0 => Ok(unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}
