// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two doors that lead around the usual checks: io_uring, and userfaultfd. By raw calls,
//! because that is how a hostile peer would.
#![allow(unsafe_code, reason = "raw system calls and the rings of io_uring")]

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::mm::{MapFlags, ProtFlags, mmap};

use crate::deeds::{View, view};
use crate::{code, libc_code};

const READ_FIXED: u64 = 4;
const WRITE_FIXED: u64 = 5;
const READ: u64 = 22;
const WRITE: u64 = 23;
const REGISTER_BUFFERS: i64 = 0;
const SQES_OFFSET: u64 = 0x1000_0000;
const GETEVENTS: i64 = 1;

/// Places in `struct io_uring_params`, in words of 32 bits, that say where things are.
const SQ_TAIL: usize = 11;
const SQ_ARRAY: usize = 16;
const CQ_HEAD: usize = 20;
const CQ_MASK: usize = 22;
const CQ_CQES: usize = 25;

/// A ring of one entry.
struct Ring {
    fd: OwnedFd,
    params: [u32; 30],
    rings: *mut c_void,
    entry: *mut [u64; 8],
}

impl Ring {
    /// Makes one, or says why the kernel did not.
    fn new() -> Result<Self, i32> {
        let mut params = [0_u32; 30];
        // SAFETY: the kernel fills in 120 bytes, which is the size of the array.
        let fd = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr()) };
        if fd < 0 {
            return Err(libc_code(fd));
        }
        let fd = i32::try_from(fd).expect("a descriptor");
        // SAFETY: the kernel just made it for us, and nobody else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let map = |offset| {
            let prot = ProtFlags::READ | ProtFlags::WRITE;
            // SAFETY: a new mapping at an address that the kernel picks harms nothing.
            let place = unsafe { mmap(ptr::null_mut(), 4096, prot, MapFlags::SHARED, &fd, offset) };
            place.expect("rings of one entry fit in a page")
        };
        let (rings, entry) = (map(0), map(SQES_OFFSET).cast());
        Ok(Self {
            fd,
            params,
            rings,
            entry,
        })
    }

    /// A word of the rings.
    fn word(&self, place: usize) -> &AtomicU32 {
        let place = usize::try_from(self.params[place]).expect("an offset");
        let word = self.rings.wrapping_byte_add(place).cast::<u32>();
        // SAFETY: a word of the mapped rings, aligned; the kernel changes it as an atomic.
        unsafe { AtomicU32::from_ptr(word) }
    }

    /// Makes the kernel do one thing, and gives its answer.
    fn run(&self, opcode: u64, fd: &OwnedFd, view: View, len: u64) -> i32 {
        let fd = u64::try_from(fd.as_raw_fd()).expect("a descriptor");
        let addr = view.addr.addr() as u64;
        let entry = [opcode | fd << 32, 0, addr, len, 7, 0, 0, 0];
        // SAFETY: the page of entries is mapped, and the kernel looks when it is asked to.
        unsafe { self.entry.write_volatile(entry) };
        self.word(SQ_ARRAY).store(0, Ordering::Relaxed);
        self.word(SQ_TAIL).fetch_add(1, Ordering::Release);
        let (enter, ring) = (libc::SYS_io_uring_enter, self.fd.as_raw_fd());
        // SAFETY: one entry, which says what the kernel does: it touches the view, to which
        // no reference exists.
        let entered = unsafe { libc::syscall(enter, ring, 1, 1, GETEVENTS, 0, 0) };
        assert_eq!(entered, 1, "{}", std::io::Error::last_os_error());
        self.completion()
    }

    /// The result of what has just been done.
    fn completion(&self) -> i32 {
        let head = self.word(CQ_HEAD).load(Ordering::Acquire);
        let index = head & self.word(CQ_MASK).load(Ordering::Relaxed);
        let cqes = self.rings.wrapping_byte_add(self.params[CQ_CQES] as usize);
        let result = cqes
            .wrapping_byte_add(16 * index as usize + 8)
            .cast::<i32>();
        // SAFETY: an entry of the completion ring, which the kernel has written.
        let result = unsafe { result.read_volatile() };
        self.word(CQ_HEAD).fetch_add(1, Ordering::Release);
        result.min(0).saturating_neg()
    }

    /// Asks the kernel to keep the pages of a view, for writing to them without a look at
    /// what they permit.
    fn register(&self, view: View) -> i32 {
        let vector = libc::iovec {
            iov_base: view.addr,
            iov_len: view.len,
        };
        let (call, ring) = (libc::SYS_io_uring_register, self.fd.as_raw_fd());
        // SAFETY: one vector of mapped pages, to which no reference exists.
        let done = unsafe { libc::syscall(call, ring, REGISTER_BUFFERS, &raw const vector, 1) };
        libc_code(done)
    }
}

fn source() -> OwnedFd {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    let source = rustix::fs::memfd_create("scribbles", flags).expect("a memfd");
    rustix::io::pwrite(&source, &[b'x'; 4096], 0).expect("our own");
    source
}

/// By io_uring. If there is none, the one answer is why.
pub(crate) fn uring(vmo: &OwnedFd) -> Vec<i32> {
    let ring = match Ring::new() {
        Ok(ring) => ring,
        Err(errno) => return vec![errno],
    };
    let (source, shared) = (source(), view(vmo));
    let own = view(&source);
    let into = ring.run(READ, &source, shared, 8);
    let by_fd = ring.run(WRITE, vmo, own, 8);
    let registered = ring.register(shared);
    let into_fixed = ring.run(READ_FIXED, &source, shared, 8);
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let private =
        unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), 4096, prot, MapFlags::PRIVATE) };
    let private = View {
        addr: private.expect("a page"),
        len: 4096,
    };
    vec![
        into,
        by_fd,
        registered,
        into_fixed,
        // That the ring works at all: the same with a page of our own.
        ring.register(private),
        ring.run(READ_FIXED, &source, private, 8),
        ring.run(WRITE_FIXED, vmo, private, 8),
    ]
}

/// By userfaultfd, which could once fill the holes of memory that may only be read. If there
/// is none, the one answer is why.
pub(crate) fn userfault(vmo: &OwnedFd) -> Vec<i32> {
    const USER_MODE_ONLY: i32 = 1;
    const API: u64 = 0xc018_aa3f;
    const REGISTER: u64 = 0xc020_aa00;
    let flags = libc::O_CLOEXEC | USER_MODE_ONLY;
    // SAFETY: a system call without pointers.
    let fd = unsafe { libc::syscall(libc::SYS_userfaultfd, flags) };
    if fd < 0 {
        return vec![libc_code(fd)];
    }
    let fd = i32::try_from(fd).expect("a descriptor");
    // SAFETY: the kernel just made it for us, and nobody else knows it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let ioctl = |request: u64, words: &mut [u64]| {
        let (fd, words) = (fd.as_fd().as_raw_fd(), words.as_mut_ptr());
        // SAFETY: both requests read and fill in as many words as they are given.
        libc_code(unsafe { libc::ioctl(fd, request, words) }.into())
    };
    let shared = view(vmo);
    let range = |view: View| [view.addr.addr() as u64, view.len as u64, 1, 0];
    let source = source();
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let own = unsafe {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        mmap(ptr::null_mut(), 4096, prot, MapFlags::SHARED, &source, 0)
    };
    let answers = vec![
        ioctl(API, &mut [0xaa, 0, 0]),
        ioctl(REGISTER, &mut range(shared)),
        // That it works at all: the same with memory of our own.
        code(own).max(ioctl(
            REGISTER,
            &mut range(View {
                addr: own.unwrap_or(ptr::null_mut()),
                len: 4096,
            }),
        )),
    ];
    answers
}
