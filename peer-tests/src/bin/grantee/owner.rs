// SPDX-License-Identifier: MIT OR Apache-2.0
//! Owners: one that others have power over, one that has children, and one that came early.
#![allow(
    unsafe_code,
    reason = "fork, and pages at an address that was just left"
)]

use core::ptr;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::exit;

use mapped_vmo::WriterMapping;
use rustix::mm::{MapFlags, ProtFlags};

use crate::deeds::size;
use crate::{libc_code, power, say};

/// Publishes, says where everything is (process, address, descriptor), and then the first 16
/// bytes, each time that it is asked by a byte on its stdin.
pub(crate) fn own(dumpable: bool) {
    power::set_dumpable(u64::from(dumpable)).expect("a flag of our own");
    power::allow_tracers();
    let (mut writer, vmo) = WriterMapping::allocate_with_name(4096, "owned").expect("a grant");
    writer.write(b"--------########");
    let addr = address(&mut writer);
    say(&format!(
        "{} {addr} {}",
        std::process::id(),
        vmo.as_raw_fd()
    ));
    let mut asked = [0];
    while matches!(std::io::stdin().read(&mut asked), Ok(1)) {
        let mut bytes = [0; 16];
        writer.read(&mut bytes);
        say(&String::from_utf8_lossy(&bytes));
    }
}

fn address(writer: &mut WriterMapping) -> usize {
    // SAFETY: the address is only printed, compared, and handed to the kernel.
    unsafe { writer.slice_mut(..).as_shared_ptr() }.addr()
}

/// What a child process ended with: its code, or the signal that killed it, negative.
fn child(work: impl FnOnce() -> i32) -> i32 {
    // SAFETY: this program has one thread, so the child has whole data structures.
    match unsafe { libc::fork() } {
        0 => exit(work()),
        pid => {
            let mut status = 0;
            // SAFETY: a child of ours, and a place for its status.
            let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
            assert_eq!(waited, pid, "our own child");
            if libc::WIFSIGNALED(status) {
                -libc::WTERMSIG(status)
            } else {
                libc::WEXITSTATUS(status)
            }
        }
    }
}

/// Two children: one that touches the writer, and one that has something else where its
/// pages were and drops it. Says how they ended, and that the owner still writes.
pub(crate) fn fork() {
    let (mut writer, vmo) = WriterMapping::allocate_with_name(8192, "no-heirs").expect("a grant");
    writer.write(b"kept");
    let addr = address(&mut writer);
    let touched = child(|| {
        writer.write(b"from a child");
        0
    });
    let mut writer = Some(writer);
    let dropped = child(|| {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("/proc");
        if maps.contains("no-heirs") {
            return 1;
        }
        let (at, prot) = (
            ptr::without_provenance_mut(addr),
            ProtFlags::READ | ProtFlags::WRITE,
        );
        let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        // SAFETY: it replaces nothing.
        let Ok(other) = (unsafe { rustix::mm::mmap_anonymous(at, 8192, prot, flags) }) else {
            return 2;
        };
        let other = other.cast::<u8>();
        // SAFETY: fresh pages of our own.
        unsafe { other.write_volatile(0x5a) };
        drop(writer.take());
        let mut vector = [0];
        // SAFETY: it says which pages are there, and touches none.
        let there = libc_code(unsafe { libc::mincore(at, 8192, vector.as_mut_ptr()) }.into());
        if there != 0 { 3 } else { 0 }
    });
    let writer = writer.expect("the child dropped its own copy");
    let same = writer.eq_at(0, b"kept").is_ok_and(|same| same);
    writer.write(b"after");
    let seen = vmo.read_to_array::<u8, 5>(0) == Ok(*b"after");
    say(&format!(
        "{touched} {dropped} {} {}",
        i32::from(same),
        i32::from(seen)
    ));
}

/// One who got the descriptor before the seals: it maps it writable, says so, and then writes
/// until it is killed.
pub(crate) fn early(vmo: &OwnedFd) {
    let len = usize::try_from(size(vmo)).expect("a size that fits");
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let pages = unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, MapFlags::SHARED, vmo, 0) };
    let first = pages.expect("nothing is sealed yet").cast::<u8>();
    say("ready");
    loop {
        // SAFETY: mapped, writable, and no reference to it exists.
        unsafe { first.write_volatile(b'!') };
        std::thread::sleep(core::time::Duration::from_millis(1));
    }
}
