// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process that is interrupted all the time and has a SIGBUS handler of its own.
#![allow(
    unsafe_code,
    reason = "handlers and timers of this process, by their system calls"
)]

use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::os::fd::OwnedFd;
use std::time::Instant;

use mapped_vmo::zx::{AdoptPolicy, Extent, Name, Rights, SealPlan, VmarFlags, Vmo, VmoOp};
use mapped_vmo::{Guarded, ImmutableMapping, Mapping, ReadOnlyMapping, WriterMapping};

const SIZE: usize = 4 << 20;

static ALARMS: AtomicU32 = AtomicU32::new(0);
static BUS_ERRORS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_alarm(_: c_int) {
    ALARMS.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn count_bus_error(_: c_int) {
    BUS_ERRORS.fetch_add(1, Ordering::Relaxed);
}

/// Installs a handler that does not let system calls restart.
fn handle(signal: c_int, handler: extern "C" fn(c_int)) {
    // SAFETY: all zeros is a valid `sigaction`: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    // SAFETY: the handler adds to a counter, which any context may do.
    let done = unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    assert_eq!(done, 0, "a handler");
}

/// The handler of `signal`, as a number.
fn handler(signal: c_int) -> libc::sighandler_t {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks only, and there is room for the answer.
    let done = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    assert_eq!(done, 0, "an answer");
    // SAFETY: all zeros was a valid one, and the kernel has filled it in.
    unsafe { action.assume_init() }.sa_sigaction
}

/// SIGALRM ten thousand times a second from here on; 0: never again.
fn alarms(micros: libc::suseconds_t) {
    let every = libc::timeval {
        tv_sec: 0,
        tv_usec: micros,
    };
    let timer = libc::itimerval {
        it_interval: every,
        it_value: every,
    };
    // SAFETY: a timer of this process, copied by the kernel.
    let done = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) };
    assert_eq!(done, 0, "a timer");
}

/// Catalogue row 39: alarms at 10 kHz while every path that makes system calls runs, for
/// `time`; and the SIGBUS handler of the program stays where it is and is called.
///
/// # Panics
///
/// If a call fails, or a handler was replaced.
#[must_use]
pub fn storm(time: Duration) -> String {
    handle(libc::SIGALRM, count_alarm);
    handle(libc::SIGBUS, count_bus_error);
    alarms(100);
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < time {
        every_system_call();
        rounds += 1;
    }
    alarms(0);
    let ours = count_bus_error as extern "C" fn(c_int) as libc::sighandler_t;
    assert_eq!(
        handler(libc::SIGBUS),
        ours,
        "the SIGBUS handler was replaced"
    );
    // SAFETY: sends a signal to this thread, which has a handler for it.
    let raised = unsafe { libc::raise(libc::SIGBUS) };
    let seen = BUS_ERRORS.load(Ordering::Relaxed);
    assert_eq!(
        (raised, seen),
        (0, 1),
        "a SIGBUS that is not ours was taken"
    );
    let alarms = ALARMS.load(Ordering::Relaxed);
    assert!(alarms > 1000, "{alarms} alarms are no storm");
    format!("{rounds} rounds under {alarms} alarms")
}

/// Makes, maps, commits, copies, zeroes, resizes, freezes, duplicates, adopts, refuses.
///
/// # Panics
///
/// If any of it fails.
pub fn every_system_call() {
    let (mapping, vmo) = Mapping::allocate(SIZE).expect("allocate");
    vmo.op_range(VmoOp::COMMIT, 0, 4 << 20).expect("commit");
    let noise: Vec<u8> = crate::noise(7).take(SIZE / 4).collect();
    vmo.write(&noise, 4097).expect("write");
    let back = vmo.read_to_vec::<u8>(4097, 1 << 20).expect("read");
    assert_eq!(crate::checksum(&back), crate::checksum(&noise));
    mapping
        .read_exact_at(4097, &mut back.clone())
        .expect("the mapping");
    vmo.op_range(VmoOp::ZERO, 100, 1 << 20).expect("zero");
    vmo.op_range(VmoOp::DECOMMIT, 0, 1 << 20).expect("decommit");
    let snapshot = ImmutableMapping::create_from_vmo(&vmo, true).expect("a snapshot");
    assert_eq!(snapshot.len(), SIZE);
    let name = Name::default();
    let resizable = Vmo::create_planned(&name, SealPlan::Resizable, Extent::Pages, 4096);
    let resizable = resizable.expect("a VMO");
    resizable.set_size(100_000).expect("a size");
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let guarded = Guarded::create_from_vmo(&resizable, 100_000, flags).expect("any memory");
    guarded
        .write_all_at(3, &noise[..90_000])
        .expect("its bytes");
    let mut read = vec![0; 90_000];
    guarded.read_exact_at(3, &mut read).expect("its bytes");
    assert_eq!(read, noise[..90_000], "guarded");
    let (writer, granted) = WriterMapping::allocate(8192).expect("a grant");
    let reader = ReadOnlyMapping::create_from_vmo(&granted, 8192).expect("a grant");
    assert_eq!(writer.write_at(4000, b"news"), 4);
    assert!(reader.eq_at(4000, b"news").expect("it is there"));
    let frozen = Vmo::create_planned(&name, SealPlan::Freezable, Extent::Pages, 1 << 20);
    let frozen = frozen.expect("a VMO");
    frozen.write(&noise, 0).expect("a first fill");
    frozen.freeze().expect("nobody maps it");
    for vmo in [vmo, frozen] {
        let copy = vmo.duplicate_handle(Rights::SAME_RIGHTS).expect("a handle");
        let adopted = Vmo::from_fd(OwnedFd::from(copy), AdoptPolicy::Shrink).expect("adopt");
        let read = Mapping::create_from_vmo(&adopted, 4096, VmarFlags::PERM_READ);
        assert_eq!(read.expect("a mapping").len(), 4096);
    }
    let (pipe, _end) = rustix::pipe::pipe().expect("a pipe");
    let refused = Vmo::from_fd(pipe, AdoptPolicy::Strict).expect_err("a pipe");
    assert!(refused.to_string().contains("a pipe"), "{refused}");
}
