// SPDX-License-Identifier: MIT OR Apache-2.0
//! Making, mapping, adopting and dropping, against the system calls themselves.
//!
//! `same calls` makes the calls that ours makes, in the same order, with nothing around them:
//! what is above it is what the library costs. `bare` makes the fewest that give mapped memory
//! which can't shrink: what is above that are checks and permissions, by decision.
//!
//! The raw calls are functions that are not inlined, as those of libc are not. A return after
//! a system call is not free: the kernel leaves nothing in the processor's return stack, and
//! on one virtual machine that was 400 ns, a quarter of an munmap.

#![allow(unsafe_code, reason = "the raw calls that are the yardstick")]

use std::ffi::c_void;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::null_mut;
use std::time::Instant;

use definitions::shuffled;
use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptPolicy, VmarFlags, Vmo};
use rustix::fs::{
    MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, fcntl_get_seals, fcntl_getfl, fstat,
    fstatfs, ftruncate, memfd_create,
};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use crate::rounds::{Samples, nanoseconds, rounded};
use crate::{Effort, Failure};

/// How many are made, and then dropped, in one round.
const BATCH: usize = 16;

/// One step, against the raw calls.
#[derive(Debug, Serialize, Deserialize)]
pub struct Step {
    pub step: String,
    pub size: usize,
    pub ours_ns: f64,
    /// By the same calls, made directly.
    pub by_same_calls: f64,
    /// By the fewest calls.
    pub by_bare: f64,
}

/// A mapping made by hand.
struct Raw {
    ptr: *mut c_void,
    size: usize,
    _memory: Option<OwnedFd>,
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: the range that `map` mapped, which nobody uses any more.
        let result = unsafe { unmap(self.ptr, self.size) };
        debug_assert!(result.is_ok());
    }
}

/// # Safety
///
/// As for `munmap`.
#[inline(never)]
unsafe fn unmap(ptr: *mut c_void, size: usize) -> Result<(), Errno> {
    // SAFETY: the caller's contract.
    unsafe { munmap(ptr, size) }
}

#[inline(never)]
fn map(memory: impl AsFd, size: usize) -> Result<Raw, Errno> {
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let ptr = unsafe { mmap(null_mut(), size, prot, MapFlags::SHARED, memory, 0) }?;
    Ok(Raw {
        ptr,
        size,
        _memory: None,
    })
}

/// The size can't change, and nobody can add a seal.
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// The calls of `Mapping::allocate`.
#[inline(never)]
fn same_allocate(size: usize) -> Result<Raw, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    std::hint::black_box(getrlimit(Resource::Fsize));
    let memory = memfd_create(c"", flags)?;
    fchmod(&memory, Mode::RUSR | Mode::WUSR)?;
    ftruncate(&memory, size as u64)?;
    fcntl_add_seals(&memory, SEALS)?;
    let mut raw = map(&memory, size)?;
    raw._memory = Some(memory);
    Ok(raw)
}

#[inline(never)]
fn bare_allocate(size: usize) -> Result<Raw, Errno> {
    let memory = memfd_create(c"", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memory, size as u64)?;
    fcntl_add_seals(&memory, SEALS)?;
    let mut raw = map(&memory, size)?;
    raw._memory = Some(memory);
    Ok(raw)
}

/// The calls of `Vmo::from_fd`.
#[inline(never)]
fn same_adopt(fd: OwnedFd) -> Result<(OwnedFd, i64), Errno> {
    std::hint::black_box(fcntl_get_seals(&fd)?);
    std::hint::black_box(fcntl_getfl(&fd)?);
    std::hint::black_box(fstatfs(&fd)?);
    let size = fstat(&fd)?.st_size;
    fcntl_setfd(&fd, FdFlags::CLOEXEC)?;
    Ok((fd, size))
}

/// What the most careless adopter that can't be made to fault asks.
#[inline(never)]
fn bare_adopt(fd: OwnedFd) -> Result<(OwnedFd, i64), Errno> {
    std::hint::black_box(fcntl_get_seals(&fd)?);
    let size = fstat(&fd)?.st_size;
    Ok((fd, size))
}

/// Nanoseconds for each of a batch to be made, and to be dropped.
fn batch<T>(mut make: impl FnMut() -> T) -> (f64, f64) {
    let mut made = Vec::with_capacity(BATCH);
    let start = Instant::now();
    for _ in 0..BATCH {
        made.push(make());
    }
    let making = nanoseconds(start) / BATCH as f64;
    let start = Instant::now();
    drop(made);
    (making, nanoseconds(start) / BATCH as f64)
}

/// The three of one step: ours, the same calls, the bare ones; each gives a [`batch`]'s times.
type Three<'a> = [&'a mut dyn FnMut() -> (f64, f64); 3];

/// Lets the three take turns; gives the step and what its drop takes.
fn turns(effort: Effort, names: [&str; 2], size: usize, three: Three<'_>) -> [Step; 2] {
    let (mut making, mut dropping) = (Samples::new(3), Samples::new(3));
    for round in 0..effort.rounds_of_calls() {
        for c in shuffled(3, round) {
            let (make, drop) = three[c]();
            making.push(c, make);
            dropping.push(c, drop);
        }
    }
    let step = |name: &str, samples: &Samples| Step {
        step: name.to_owned(),
        size,
        ours_ns: rounded(samples.ns(0)),
        by_same_calls: rounded(samples.ratio(0, 1)),
        by_bare: rounded(samples.ratio(0, 2)),
    };
    [step(names[0], &making), step(names[1], &dropping)]
}

/// Measures every step at two sizes.
///
/// # Errors
///
/// If a call fails.
pub fn measure(effort: Effort) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for size in [4096, 1 << 20] {
        steps.extend(allocate(effort, size)?);
        steps.extend(create_from_vmo(effort, size)?);
        steps.extend(adopt(effort, size)?);
    }
    Ok(steps)
}

fn allocate(effort: Effort, size: usize) -> Result<[Step; 2], Failure> {
    // What can fail fails here; later it would be a panic.
    drop(Mapping::allocate(size)?);
    drop(same_allocate(size)?);
    drop(bare_allocate(size)?);
    Ok(turns(
        effort,
        ["allocate", "drop of both"],
        size,
        [
            &mut || batch(|| Mapping::allocate(size).expect("it did before")),
            &mut || batch(|| same_allocate(size).expect("it did before")),
            &mut || batch(|| bare_allocate(size).expect("it did before")),
        ],
    ))
}

fn create_from_vmo(effort: Effort, size: usize) -> Result<[Step; 2], Failure> {
    let vmo = Vmo::create(size as u64)?;
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let ours = || Mapping::create_from_vmo(&vmo, size, flags);
    ours()?.write_all_at(0, b"is it mapped?")?;
    let raw = || map(&vmo, size);
    raw()?;
    Ok(turns(
        effort,
        ["create_from_vmo", "drop of a mapping"],
        size,
        [
            &mut || batch(|| ours().expect("it did before")),
            &mut || batch(|| raw().expect("it did before")),
            &mut || batch(|| raw().expect("it did before")),
        ],
    ))
}

fn adopt(effort: Effort, size: usize) -> Result<[Step; 2], Failure> {
    let vmo = Vmo::create(size as u64)?;
    let fds = || -> Vec<OwnedFd> {
        let another = || vmo.as_fd().try_clone_to_owned().expect("a descriptor");
        (0..BATCH).map(|_| another()).collect()
    };
    let mut ours = || {
        let mut fds = fds();
        let mut fd = || fds.pop().expect("one for each");
        batch(|| Vmo::from_fd(fd(), AdoptPolicy::Shrink).expect("it is sealed"))
    };
    let mut same = || {
        let mut fds = fds();
        let mut fd = || fds.pop().expect("one for each");
        batch(|| same_adopt(fd()).expect("it is sealed"))
    };
    let mut bare = || {
        let mut fds = fds();
        let mut fd = || fds.pop().expect("one for each");
        batch(|| bare_adopt(fd()).expect("it is sealed"))
    };
    let names = ["adopt", "drop of an adopted VMO"];
    Ok(turns(
        effort,
        names,
        size,
        [&mut ours, &mut same, &mut bare],
    ))
}
