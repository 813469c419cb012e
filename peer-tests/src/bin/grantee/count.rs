// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts system calls: a child does the work between two marks, and its parent, as its
//! tracer, hears of each call. Nothing is sampled, so the counts are exact.
#![allow(unsafe_code, reason = "fork and ptrace")]

use std::process::exit;

use mapped_vmo::zx::{AdoptPolicy, Vmo};
use mapped_vmo::{Mapping, ReadOnlyMapping, WriterMapping};

use crate::say;

/// A call that nobody makes, with a number that is no process group.
const MARK: u64 = 0x7777_7777;

fn mark() {
    // SAFETY: a call that fails, and touches no memory.
    unsafe { libc::syscall(libc::SYS_getpgid, MARK) };
}

/// Says the calls of `Mapping::allocate`, of `WriterMapping::allocate`, and of what a receiver
/// does: the gate, then the mapping. Nothing where this process may not be traced.
pub(crate) fn count() {
    // SAFETY: this program has one thread, so the child has whole data structures.
    match unsafe { libc::fork() } {
        0 => work(),
        pid => {
            let counts = listen(pid).unwrap_or_default();
            let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
            say(&counts.join(" "));
        }
    }
}

/// The child: each piece of work once to warm up, and once between marks.
fn work() -> ! {
    let none = core::ptr::null_mut::<libc::c_void>();
    // SAFETY: asks to be traced by the parent; no memory involved.
    if unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, none, none) } != 0 {
        exit(NOT_TRACED);
    }
    // SAFETY: stops until the parent is ready.
    unsafe { libc::raise(libc::SIGSTOP) };
    for round in 0..2 {
        let between = |work: &mut dyn FnMut()| {
            if round == 1 {
                mark();
            }
            work();
        };
        let (mut one, mut grant) = (None, None);
        between(&mut || one = Mapping::allocate(4096).ok());
        between(&mut || grant = WriterMapping::allocate(4096).ok());
        let (_writer, vmo) = grant.expect("a grant");
        let (mut fd, mut received) = (Some(vmo.into()), None);
        between(&mut || {
            let fd = fd.take().expect("used once");
            received = Vmo::from_fd(fd, AdoptPolicy::Published).ok();
        });
        let vmo = received.expect("a published VMO");
        let mut reader = None;
        between(&mut || reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096).ok());
        between(&mut || ());
        assert!(one.is_some() && reader.is_some());
    }
    exit(0)
}

/// What the child ends with where it may not be traced.
const NOT_TRACED: i32 = 77;

/// The parent: how many calls there were between one mark and the next.
fn listen(pid: i32) -> Option<Vec<u32>> {
    let mut counts = Vec::new();
    loop {
        let mut status = 0;
        // SAFETY: a child of ours, and a place for its status.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!(waited, pid, "our own child");
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == NOT_TRACED {
            return None;
        }
        if !libc::WIFSTOPPED(status) {
            assert_eq!(status, 0, "the child failed");
            // What follows the last mark is the end.
            counts.pop();
            return Some(counts);
        }
        match libc::WSTOPSIG(status) {
            libc::SIGSTOP => tell_calls_apart(pid),
            _ => note(pid, &mut counts),
        }
        let none = core::ptr::null_mut::<libc::c_void>();
        // SAFETY: goes on to the next call; no memory of ours involved.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, pid, none, none) };
    }
}

/// Without this the kernel does not say what a stop is for.
fn tell_calls_apart(pid: i32) {
    let none = core::ptr::null_mut::<libc::c_void>();
    let option = usize::try_from(libc::PTRACE_O_TRACESYSGOOD).expect("a flag");
    let option = core::ptr::without_provenance_mut::<libc::c_void>(option);
    // SAFETY: an option of the tracing; no memory of ours involved.
    let set = unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, pid, none, option) };
    assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
}

/// One stop of the child: where a call begins, a mark begins a count.
fn note(pid: i32, counts: &mut Vec<u32>) {
    const ENTRY: u8 = 1;
    let mut info = [0_u64; 12];
    let size = core::ptr::without_provenance_mut::<libc::c_void>(size_of_val(&info));
    // SAFETY: the kernel fills in no more than the array has.
    let got = unsafe { libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, pid, size, info.as_mut_ptr()) };
    assert!(got > 0, "a kernel that tells what is called");
    // The lowest byte says what the stop is for. After a header of three words: the number of
    // the call, and its arguments.
    if info[0].to_le_bytes()[0] != ENTRY {
        return;
    }
    if info[3] == libc::SYS_getpgid as u64 && info[4] == MARK {
        counts.push(0);
    } else if let Some(count) = counts.last_mut() {
        *count += 1;
    }
}
