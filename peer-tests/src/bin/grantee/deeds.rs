// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the holder of a granted VMO can try: each deed gives the kernel's answers.
#![allow(
    unsafe_code,
    reason = "mappings are made and abused by their addresses"
)]

use core::ffi::c_void;
use core::ptr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};
use rustix::io::{Errno, IoSlice, ReadWriteFlags};
use rustix::mm::{Advice, MapFlags, MprotectFlags, MremapFlags, ProtFlags};

use crate::{code, libc_code};

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);
const BYTES: &[u8; 8] = b"scribble";

/// A mapping that is never given back: this process soon ends.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) addr: *mut c_void,
    pub(crate) len: usize,
}

pub(crate) fn size(vmo: &OwnedFd) -> u64 {
    let size = rustix::fs::fstat(vmo).expect("a size").st_size;
    u64::try_from(size).expect("a size")
}

/// Maps all of it.
fn place(vmo: &OwnedFd, prot: ProtFlags, flags: MapFlags) -> Result<View, Errno> {
    let len = usize::try_from(size(vmo)).expect("a size that fits");
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let addr = unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, flags, vmo, 0)? };
    Ok(View { addr, len })
}

/// Maps all of it as everybody may.
pub(crate) fn view(vmo: &OwnedFd) -> View {
    place(vmo, ProtFlags::READ, MapFlags::SHARED).expect("anybody may read")
}

fn protect(view: View, prot: MprotectFlags) -> i32 {
    // SAFETY: pages of our own, to which no reference exists.
    code(unsafe { rustix::mm::mprotect(view.addr, view.len, prot) })
}

fn advise(view: View, advice: Advice) -> i32 {
    // SAFETY: as for `protect`.
    code(unsafe { rustix::mm::madvise(view.addr, view.len, advice) })
}

/// A copy by the kernel to `addr` in the process `pid`, whatever its pages permit there.
pub(crate) fn vm_write(pid: i32, addr: usize) -> i32 {
    let local = libc::iovec {
        iov_base: BYTES.as_ptr().cast_mut().cast(),
        iov_len: BYTES.len(),
    };
    let remote = libc::iovec {
        iov_base: ptr::without_provenance_mut(addr),
        iov_len: BYTES.len(),
    };
    let (local, remote) = (&raw const local, &raw const remote);
    // SAFETY: one vector each. The local bytes are only read; the remote ones are shared
    // memory, here or in another process, to which no reference exists.
    let written = unsafe { libc::process_vm_writev(pid, local, 1, remote, 1, 0) };
    libc_code(written as i64)
}

/// The same by the file that is a process's memory.
pub(crate) fn mem_write(pid: &str, addr: usize) -> i32 {
    let path = format!("/proc/{pid}/mem");
    let mem = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    code(mem.and_then(|mem| rustix::io::pwrite(mem, BYTES, addr as u64)))
}

/// By its descriptor, and by the kernel's back doors into a mapping of our own.
pub(crate) fn write(vmo: &OwnedFd) -> Vec<i32> {
    let slices = [IoSlice::new(BYTES)];
    let shared = view(vmo);
    let private = place(vmo, READ_WRITE, MapFlags::PRIVATE).expect("a private copy");
    let own = rustix::process::getpid().as_raw_nonzero().get();
    vec![
        code(rustix::io::pwrite(vmo, BYTES, 0)),
        code(rustix::io::write(vmo, BYTES)),
        code(rustix::io::pwritev2(
            vmo,
            &slices,
            0,
            ReadWriteFlags::empty(),
        )),
        code(rustix::io::pwritev2(
            vmo,
            &slices,
            0,
            ReadWriteFlags::APPEND,
        )),
        vm_write(own, shared.addr.addr()),
        mem_write("self", shared.addr.addr()),
        // A private mapping takes it, and keeps it to itself.
        vm_write(own, private.addr.addr()),
        mem_write("self", private.addr.addr() + 8),
    ]
}

/// By a mapping of its own.
pub(crate) fn map(vmo: &OwnedFd) -> Vec<i32> {
    let all = READ_WRITE | ProtFlags::EXEC;
    let shared = view(vmo);
    let closed = place(vmo, ProtFlags::empty(), MapFlags::SHARED).expect("anybody may");
    let read_write = MprotectFlags::READ | MprotectFlags::WRITE;
    vec![
        code(place(vmo, READ_WRITE, MapFlags::SHARED)),
        code(place(vmo, ProtFlags::WRITE, MapFlags::SHARED)),
        code(place(vmo, all, MapFlags::SHARED)),
        code(place(vmo, READ_WRITE, MapFlags::SHARED_VALIDATE)),
        protect(shared, read_write),
        protect(shared, MprotectFlags::WRITE),
        protect(closed, read_write),
        // A copy of its own it may have.
        code(place(vmo, READ_WRITE, MapFlags::PRIVATE)),
    ]
}

/// By a descriptor of its own, from /proc.
pub(crate) fn reopen(vmo: &OwnedFd) -> Vec<i32> {
    let path = format!("/proc/self/fd/{}", vmo.as_raw_fd());
    let open = |flags| rustix::fs::open(&path, flags | OFlags::CLOEXEC, Mode::empty());
    let emptied = code(open(OFlags::WRONLY | OFlags::TRUNC));
    match open(OFlags::RDWR) {
        Err(errno) => vec![emptied, errno.raw_os_error()],
        Ok(again) => vec![
            emptied,
            0,
            code(place(&again, READ_WRITE, MapFlags::SHARED)),
            code(rustix::io::pwrite(&again, BYTES, 0)),
            code(rustix::fs::ftruncate(&again, 0)),
            code(rustix::fs::ftruncate(&again, size(vmo) + 1)),
            code(rustix::fs::fcntl_add_seals(&again, SealFlags::WRITE)),
        ],
    }
}

/// By taking pages away, which would leave zeros.
pub(crate) fn punch(vmo: &OwnedFd) -> Vec<i32> {
    let size = size(vmo);
    let allocate = |flags| code(rustix::fs::fallocate(vmo, flags, 0, size));
    let keep = FallocateFlags::KEEP_SIZE;
    let shared = view(vmo);
    vec![
        allocate(FallocateFlags::PUNCH_HOLE | keep),
        allocate(FallocateFlags::ZERO_RANGE | keep),
        allocate(FallocateFlags::ZERO_RANGE),
        allocate(FallocateFlags::COLLAPSE_RANGE),
        advise(shared, Advice::LinuxRemove),
        advise(shared, Advice::LinuxFree),
        // These it may: they take nothing from anybody but itself.
        advise(shared, Advice::LinuxDontNeed),
        allocate(FallocateFlags::empty()),
    ]
}

/// By another size, and by the same one.
pub(crate) fn truncate(vmo: &OwnedFd) -> Vec<i32> {
    let size = size(vmo);
    let sizes = [0, 1, size / 2, size - 1, size + 1, 1 << 40, size];
    let mut answers = sizes
        .map(|size| code(rustix::fs::ftruncate(vmo, size)))
        .to_vec();
    answers.push(code(rustix::fs::fallocate(
        vmo,
        FallocateFlags::empty(),
        size,
        4096,
    )));
    answers
}

/// By sealing the owner out.
pub(crate) fn seal(vmo: &OwnedFd) -> Vec<i32> {
    let seals = [
        SealFlags::WRITE,
        SealFlags::FUTURE_WRITE,
        SealFlags::SHRINK,
        SealFlags::GROW,
        SealFlags::SEAL,
    ];
    seals
        .map(|seal| code(rustix::fs::fcntl_add_seals(vmo, seal)))
        .to_vec()
}

/// By letting the kernel copy from another file, or a pipe.
pub(crate) fn pour(vmo: &OwnedFd) -> Vec<i32> {
    let source = rustix::fs::memfd_create("scribbles", MemfdFlags::CLOEXEC).expect("a memfd");
    rustix::io::pwrite(&source, BYTES, 0).expect("our own");
    let (from, to) = rustix::pipe::pipe().expect("a pipe");
    rustix::io::write(&to, BYTES).expect("room in a pipe");
    let len = BYTES.len();
    let (mut in_at, mut out_at, mut pipe_at) = (0, 0, 0);
    let copied =
        rustix::fs::copy_file_range(&source, Some(&mut in_at), vmo, Some(&mut out_at), len);
    let flags = rustix::pipe::SpliceFlags::empty();
    let at = Some(&mut pipe_at);
    vec![
        code(rustix::fs::sendfile(vmo, &source, Some(&mut 0), len)),
        code(copied),
        code(rustix::pipe::splice(
            from.as_fd(),
            None,
            vmo.as_fd(),
            at,
            len,
            flags,
        )),
    ]
}

/// By a second look at pages that are mapped already.
pub(crate) fn remap(vmo: &OwnedFd) -> Vec<i32> {
    let shared = view(vmo);
    let read_write = MprotectFlags::READ | MprotectFlags::WRITE;
    // An old length of 0 asks for a second mapping of the same pages.
    // SAFETY: our own pages, to which no reference exists; the kernel picks the new place.
    let second = unsafe { rustix::mm::mremap(shared.addr, 0, shared.len, MremapFlags::MAYMOVE) };
    let made = code(second);
    let second = second.map(|addr| View { addr, ..shared });
    // SAFETY: our own pages, to which no reference exists.
    let turned = unsafe { libc::remap_file_pages(shared.addr, 4096, 0, 1, 0) };
    let turned = libc_code(turned.into());
    let write = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: as above.
    let opened = unsafe { libc::remap_file_pages(shared.addr, 4096, write, 1, 0) };
    vec![
        made,
        second.map_or(-1, |second| protect(second, read_write)),
        turned,
        libc_code(opened.into()),
        protect(
            View {
                len: 4096,
                ..shared
            },
            read_write,
        ),
    ]
}
