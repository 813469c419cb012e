// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view of the system in which something is missing or forbidden. Only this process and
//! those that it starts have that view; the machine stays as it is.
#![allow(unsafe_code, reason = "unshare, by a process that has one thread")]

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use mapped_vmo::zx::{AdoptPolicy, Extent, Name, Rights, SealPlan, Status, VmarFlags, Vmo};
use mapped_vmo::{ImmutableMapping, Mapping};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::thread::{UnshareFlags, unshare_unsafe};

use super::CannotTry;
use crate::Peer;

/// Whether memfds may be executed, and whether one must say so: one number a PID namespace.
const NOEXEC: &str = "/proc/sys/vm/memfd_noexec";

/// Leaves the namespaces that it shares with others, as a user of its own where it takes that.
fn leave(flags: UnshareFlags) -> Result<(), CannotTry> {
    // SAFETY: this process has one thread, and its table of descriptors stays as it is.
    let alone = unsafe { unshare_unsafe(flags) };
    let as_user = |_| {
        // SAFETY: as above.
        unsafe { unshare_unsafe(flags | UnshareFlags::NEWUSER) }
    };
    alone
        .or_else(as_user)
        .map_err(|errno| CannotTry(format!("no namespace of its own: {errno}")))
}

/// Mounts of its own from here on: nobody else sees what is mounted.
///
/// # Errors
///
/// Where that is not permitted.
pub fn private_mounts() -> Result<(), CannotTry> {
    leave(UnshareFlags::NEWNS)?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(|errno| CannotTry(format!("no private mounts: {errno}")))
}

/// Catalogue row 28: everything works where /proc is not there.
///
/// # Errors
///
/// Where it can't be hidden.
///
/// # Panics
///
/// If something does not work.
pub fn without_proc() -> Result<String, CannotTry> {
    private_mounts()?;
    let hidden = mount("none", "/proc", "tmpfs", MountFlags::empty(), None);
    hidden.map_err(|errno| CannotTry(format!("/proc can't be hidden: {errno}")))?;
    assert!(!Path::new("/proc/self").exists(), "/proc is still there");
    let before = open_descriptors();
    everything();
    // A refused descriptor may be closed by a thread of its own.
    let back = crate::within(core::time::Duration::from_secs(5), || {
        open_descriptors() == before
    });
    assert!(back, "{before} descriptors became {}", open_descriptors());
    Ok("works without /proc".to_owned())
}

/// How many descriptors are open, without /proc.
fn open_descriptors() -> usize {
    let open = |number: &i32| {
        // SAFETY: used for one F_GETFD, which closes nothing and reads nothing.
        let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(*number) };
        rustix::io::fcntl_getfd(fd).is_ok()
    };
    (0..256).filter(open).count()
}

/// Makes, maps, names, shares, freezes, adopts and refuses.
fn everything() {
    let (mapping, vmo) = Mapping::allocate_with_name(8192, "apart").expect("a VMO");
    assert_eq!(mapping.write_at(8188, b"last"), 4);
    assert_eq!(vmo.read_to_array::<u8, 4>(8188), Ok(*b"last"));
    assert_eq!(vmo.get_name().expect("a name"), "apart");
    let copy = vmo.duplicate_handle(Rights::SAME_RIGHTS).expect("a handle");
    let adopted = Vmo::from_fd(OwnedFd::from(copy), AdoptPolicy::Strict).expect("our own");
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let again = Mapping::create_from_vmo(&adopted, 8192, flags).expect("a mapping");
    assert_eq!(again.write_at(0, b"first"), 5);
    let snapshot = ImmutableMapping::create_from_vmo(&vmo, true).expect("a snapshot");
    assert_eq!(&snapshot[..5], b"first");
    let name = Name::default();
    let frozen = Vmo::create_planned(&name, SealPlan::Freezable, Extent::Exact, 100);
    let frozen = frozen.expect("a VMO to freeze");
    assert_eq!(frozen.freeze(), Ok(()));
    assert_eq!(Mapping::allocate(1 << 60).err(), Some(Status::NO_MEMORY));
    refusals();
}

fn refusals() {
    let (pipe, _end) = rustix::pipe::pipe().expect("a pipe");
    let zeros = OwnedFd::from(File::open("/dev/zero").expect("/dev/zero"));
    let unsealed = memfd_create("theirs", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING);
    let rows = [
        (pipe, Status::WRONG_TYPE),
        (zeros, Status::WRONG_TYPE),
        (unsealed.expect("a memfd"), Status::NOT_SUPPORTED),
    ];
    for (fd, status) in rows {
        let refused = Vmo::from_fd(fd, AdoptPolicy::Shrink).expect_err("no VMO");
        assert_eq!(refused.status(), status, "{refused}");
    }
}

/// Catalogue row 26: a PID namespace in which no memfd may be executable. `program` is this
/// one; it is started again as the namespace's first process.
///
/// # Errors
///
/// Where there is no such namespace to be had.
///
/// # Panics
///
/// If the first process did not end well, or the number outside changed.
pub fn noexec(program: &str) -> Result<String, CannotTry> {
    let outside = std::fs::read_to_string(NOEXEC);
    let outside = outside.map_err(|error| CannotTry(format!("{NOEXEC}: {error}")))?;
    leave(UnshareFlags::NEWPID)?;
    let mut first = Peer::start_alone(program, "noexec-inside");
    let said = first.line();
    let status = first.ended();
    if status.code() == Some(i32::from(super::SKIPPED)) {
        let reason = said.trim_start_matches("skipped: ");
        return Err(CannotTry(reason.to_owned()));
    }
    assert!(status.success(), "inside: {status}: {said}");
    let after = std::fs::read_to_string(NOEXEC).expect("it was there");
    assert_eq!(after, outside, "the namespace leaked");
    Ok(said)
}

/// The first process of that namespace.
///
/// # Errors
///
/// If the number can't be changed.
///
/// # Panics
///
/// If something does not work.
pub fn noexec_inside() -> Result<String, CannotTry> {
    let first = rustix::process::getpid().is_init();
    assert!(first, "this is not the first process of a namespace");
    std::fs::write(NOEXEC, "2").map_err(|error| CannotTry(format!("{NOEXEC}: {error}")))?;
    let executable = memfd_create("x", MemfdFlags::CLOEXEC | MemfdFlags::EXEC);
    assert_eq!(
        executable.err(),
        Some(Errno::ACCESS),
        "nothing is forbidden"
    );
    everything();
    let plans = [SealPlan::Fixed, SealPlan::Resizable, SealPlan::Freezable];
    for plan in plans {
        let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Pages, 4096);
        let vmo = vmo.expect("a VMO of this plan");
        let mode = rustix::fs::fstat(vmo.as_fd()).expect("a mode").st_mode;
        assert_eq!(mode & 0o777, 0o600, "{plan:?}");
    }
    Ok("works where no memfd may be executed".to_owned())
}
