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
use crate::{power, say};

/// Publishes, within the reach of others of its user (1) or not (0). Says where everything is
/// (process, address, descriptor), and then the first 16 bytes, each time that it is asked by
/// a byte on its stdin.
pub(crate) fn own(dumpable: u64) {
    power::set_dumpable(dumpable).expect("a flag of our own");
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
        drop_elsewhere(writer.take().expect("a copy"), addr, 8192)
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

/// In a child: drops its copy of a writer where something else is mapped by now, and tells by
/// 0 whether that is still there.
fn drop_elsewhere(writer: WriterMapping, addr: usize, len: usize) -> i32 {
    let at = ptr::without_provenance_mut(addr);
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
    // SAFETY: it replaces nothing.
    if unsafe { rustix::mm::mmap_anonymous(at, len, prot, flags) }.is_err() {
        return 2;
    }
    drop(writer);
    let mut there = [0; 2];
    // SAFETY: it says which pages are there, one byte for each of two, and touches none.
    let found = unsafe { libc::mincore(at, len, there.as_mut_ptr()) };
    if found == 0 { 0 } else { 3 }
}

/// A child that has the owner's process id, because each is the first one of its namespace.
/// Says how it ended when it dropped its copy, or 77 where there are no namespaces.
pub(crate) fn nested() {
    if !new_pids() {
        return say(&NO_NAMESPACE.to_string());
    }
    let inner = child(|| {
        let (mut writer, _vmo) = WriterMapping::allocate(8192).expect("a grant");
        let addr = address(&mut writer);
        if std::process::id() != 1 || !new_pids() {
            return NO_NAMESPACE;
        }
        child(|| match std::process::id() {
            1 => drop_elsewhere(writer, addr, 8192),
            _ => NO_NAMESPACE,
        })
    });
    say(&inner.to_string());
}

/// What a process ends with where it can't make a namespace.
const NO_NAMESPACE: i32 = 77;

/// Whether the next child will be the first process of a namespace.
fn new_pids() -> bool {
    // SAFETY: a flag for children to come.
    unsafe { libc::unshare(libc::CLONE_NEWPID) == 0 }
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
