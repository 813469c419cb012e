// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process that forks with a live mapping.
#![allow(unsafe_code, reason = "fork, alarm, waitpid and _exit")]

use core::sync::atomic::{AtomicBool, Ordering};

use mapped_vmo::Mapping;
use mapped_vmo::zx::{VmarFlags, Vmo};

/// How often it forks while another thread is inside the library.
const FORKS: u32 = 200;

/// What the child does; the parent gets its wait status. 0: well.
///
/// # Panics
///
/// If there can be no child.
pub fn forked(child: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the child calls the library, `alarm` and `_exit`, and never returns from here.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "no fork");
    if pid == 0 {
        // SAFETY: a timer of this process: whoever waits for ever is ended by it.
        unsafe { libc::alarm(10) };
        let code = i32::from(!child());
        // SAFETY: ends this process at once; nothing of the parent's is run.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: our own child, and a place for its status.
    let reaped = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(reaped, pid, "our own child");
    status
}

/// Catalogue row 31: the child inherits the mapping, shares its bytes, and what it drops it
/// drops for itself.
///
/// # Panics
///
/// If it does not.
#[must_use]
pub fn inherits() -> String {
    let (mapping, vmo) = Mapping::allocate(8192).expect("a VMO");
    mapping.write(b"parent");
    let mut held = Some(mapping);
    let status = forked(|| {
        let mapping = held.take().expect("the mapping");
        let read = mapping.eq_at(0, b"parent").is_ok_and(|equal| equal);
        let wrote = mapping.write_at(8187, b"child") == 5;
        drop(mapping);
        read && wrote && works(&vmo)
    });
    assert_eq!(status, 0, "the child's wait status");
    let mapping = held.expect("only the child's was taken");
    let mut bytes = [0; 5];
    mapping.read_exact_at(8187, &mut bytes).expect("the end");
    assert_eq!(&bytes, b"child", "the child's writes are not seen");
    assert_eq!(mapping.write_at(0, b"still"), 5);
    "the child had it and the parent kept it".to_owned()
}

/// Maps, reads, writes and allocates.
fn works(vmo: &Vmo) -> bool {
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let again = Mapping::create_from_vmo(vmo, 8192, flags);
    let fresh = Mapping::allocate(4096);
    let mut bytes = [0; 16];
    again.is_ok_and(|again| again.write_at(16, b"again") == 5)
        && fresh.is_ok_and(|(fresh, _)| fresh.read(&mut bytes) == 16)
        && vmo.read(&mut bytes, 0).is_ok()
        && vmo.write(&bytes, 0).is_ok()
}

/// Catalogue row 31: a fork in the middle of another thread's call leaves no lock behind that
/// the child would wait for.
///
/// # Panics
///
/// If a child waits, or fails.
#[must_use]
pub fn holds_no_lock() -> String {
    let (_mapping, vmo) = Mapping::allocate(8192).expect("a VMO");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                assert!(works(&vmo));
            }
        });
        for round in 0..FORKS {
            let status = forked(|| works(&vmo));
            if status != 0 {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(status, 0, "the wait status of child {round}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    format!("{FORKS} forks in mid call")
}
