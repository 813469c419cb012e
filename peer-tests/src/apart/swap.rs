// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hostile process does to memory that it may map, and to a number that it may name:
//! raw system calls, of which the library knows nothing.
#![allow(unsafe_code, reason = "dup2 over a number and MADV_REMOVE, on purpose")]

use core::sync::atomic::{AtomicBool, Ordering};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptPolicy, Status, VmarFlags, Vmo};
use rustix::fs::{MemfdFlags, SealFlags, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap};

const SIZE: usize = 1 << 16;
const MARK: [u8; 4] = *b"mark";
const ROUNDS: u32 = 20_000;

fn memfd(seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("swapped", flags).expect("a memfd");
    ftruncate(&fd, 1 << 16).expect("a size");
    rustix::io::pwrite(&fd, &MARK, 1 << 15).expect("a mark");
    rustix::fs::fcntl_add_seals(&fd, seals).expect("seals");
    fd
}

/// Catalogue row 44: what was checked is what is mapped, whatever the number names by then.
///
/// # Panics
///
/// If something else is mapped; a truncated file would be a SIGBUS.
#[must_use]
pub fn between_check_and_map() -> String {
    let sealed = memfd(SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL);
    let unsealed = memfd(SealFlags::empty());
    let number = sealed.try_clone().expect("a descriptor").into_raw_fd();
    let stop = AtomicBool::new(false);
    let (mut taken, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| swap(&stop, number, [&sealed, &unsealed]));
        for _ in 0..ROUNDS {
            // SAFETY: the number is open all the time; which file it names is the race.
            let raced = unsafe { BorrowedFd::borrow_raw(number) };
            let owned = raced.try_clone_to_owned().expect("a descriptor");
            match Vmo::from_fd(owned, AdoptPolicy::Shrink) {
                Ok(vmo) => {
                    use_it(&vmo);
                    taken += 1;
                }
                Err(error) => {
                    assert_eq!(error.status(), Status::NOT_SUPPORTED, "{error}");
                    refused += 1;
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
    format!("{taken} taken, {refused} refused")
}

/// Names one file and then the other, which is empty at times.
fn swap(stop: &AtomicBool, number: RawFd, [sealed, unsealed]: [&OwnedFd; 2]) {
    let name = |fd: &OwnedFd| {
        // SAFETY: `number` belongs to this race alone, and both stay open.
        let named = unsafe { libc::dup2(fd.as_fd().as_raw_fd(), number) };
        assert_eq!(named, number, "dup2");
    };
    while !stop.load(Ordering::Relaxed) {
        name(unsealed);
        ftruncate(unsealed, 0).expect("it is not sealed");
        name(sealed);
        ftruncate(unsealed, 1 << 16).expect("it is not sealed");
    }
}

fn use_it(vmo: &Vmo) {
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(vmo, SIZE, flags).expect("as it was checked");
    let mut mark = [0; 4];
    mapping.read_exact_at(SIZE / 2, &mut mark).expect("a mark");
    assert_eq!(mark, MARK, "another file than the one that was checked");
    assert_eq!(mapping.write_at(SIZE - 4, b"last"), 4);
}

/// Catalogue row 3: takes all pages of the memfd that is this process's stdin, by a mapping of
/// its own. `size` bytes.
///
/// # Errors
///
/// What the kernel answered.
pub fn remove_pages(size: usize) -> Result<(), Errno> {
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    let (nowhere, fd) = (core::ptr::null_mut(), std::io::stdin());
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let addr = unsafe { mmap(nowhere, size, prot, MapFlags::SHARED, fd, 0) }?;
    // SAFETY: these pages were mapped just now and nobody relies on what is in them.
    unsafe { madvise(addr, size, Advice::LinuxRemove) }
}
