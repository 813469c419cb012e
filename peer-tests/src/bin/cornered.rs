// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guarded accesses in a process that lacks something: memory for pages, or a system call.
//!
//! `cornered tmpfs`, `tmpfs-touch`, `fork`, `writev ERRNO`, `pwritev2 ERRNO`. It prints what came of
//! each access, or ends with 77 and the reason where this machine does not let it try.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use mapped_vmo::zx::{AdoptPolicy, Extent, Name, SealPlan, Status, VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{Guarded, GuardedError};
use peer_tests::seccomp::{Call, refuse};

const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);
const LEN: usize = 256 << 10;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let said = match args[..] {
        ["tmpfs"] => small_tmpfs().map(tmpfs),
        ["tmpfs-touch"] => small_tmpfs().map(|fd| touch(&fd)),
        ["fork"] => Ok(fork()),
        ["writev", errno] => sandbox(Call::ProcessVmWritev, errno),
        ["pwritev2", errno] => sandbox(Call::Pwritev2, errno),
        _ => panic!("nothing is called {args:?}"),
    };
    match said {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("{reason}");
            ExitCode::from(77)
        }
    }
}

fn word(result: Result<(), GuardedError>) -> String {
    match result {
        Ok(()) => "OK".to_owned(),
        Err(GuardedError::Lost { offset }) => format!("Lost {offset}"),
        Err(error) => error.status().to_string(),
    }
}

/// A file of 256 KiB on a tmpfs that has room for 64, in namespaces of this process alone.
fn small_tmpfs() -> Result<OwnedFd, String> {
    isolate()?;
    let path = "/dev/shm/small";
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path);
    let file = file.map_err(|error| format!("{path}: {error}"))?;
    file.set_len(LEN as u64).expect("a sparse file");
    Ok(file.into())
}

/// Mounts a small tmpfs over /dev/shm where nobody else sees it.
#[allow(unsafe_code, reason = "namespaces and mounts, by raw system calls")]
fn isolate() -> Result<(), String> {
    let failed = |what| format!("{what}: {}", std::io::Error::last_os_error());
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    // SAFETY: a system call without pointers; this process has one thread.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS) } != 0 {
        return Err(failed("unshare"));
    }
    // Without names for them, the owner of a new file has none there.
    for (file, line) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("0 {} 1", user.as_raw())),
        ("gid_map", format!("0 {} 1", group.as_raw())),
    ] {
        std::fs::write(format!("/proc/self/{file}"), line)
            .map_err(|error| format!("{file}: {error}"))?;
    }
    let none = core::ptr::null();
    let private = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: strings that end with NUL, or null where nothing is asked for.
    if unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) } != 0 {
        return Err(failed("a private mount tree"));
    }
    let (tmpfs, place) = (c"tmpfs".as_ptr(), c"/dev/shm".as_ptr());
    // SAFETY: strings that end with NUL.
    if unsafe { libc::mount(tmpfs, place, tmpfs, 0, c"size=64k".as_ptr().cast()) } != 0 {
        return Err(failed("a tmpfs"));
    }
    Ok(())
}

fn tmpfs(fd: OwnedFd) -> String {
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Guarded).expect("a file of this machine");
    let memory = Guarded::create_from_vmo(&vmo, LEN, READ_WRITE).expect("a view");
    let write = word(memory.write_all_at(0, &[7; LEN]));
    let mut copy = vec![1; LEN];
    let read = word(memory.read_exact_at(0, &mut copy));
    let split = copy.iter().position(|byte| *byte != 7);
    assert!(split == Some(64 << 10) && copy[64 << 10..].iter().all(|byte| *byte == 0));
    let value = word(memory.write_value(128 << 10, 1_u64));
    let size = vmo.exact_size().expect("a size");
    format!("write {write}; read {read}; value {value}; size {size}")
}

/// The control: what an ordinary store does there.
#[allow(
    unsafe_code,
    reason = "a mapping as a program without the library makes it"
)]
fn touch(fd: &OwnedFd) -> String {
    use rustix::mm::{MapFlags, ProtFlags, mmap};
    let prot = ProtFlags::READ | ProtFlags::WRITE;
    let nowhere = core::ptr::null_mut();
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let pages = unsafe { mmap(nowhere, LEN, prot, MapFlags::SHARED, fd, 0) };
    let pages = pages.expect("a mapping").cast::<u8>();
    for at in (0..LEN).step_by(4096) {
        // SAFETY: inside the mapping. This is where the signal comes.
        unsafe { pages.wrapping_add(at).write_volatile(7) };
    }
    "nothing happened".to_owned()
}

/// A view that was made before a fork, used and dropped in the child, then used here.
#[allow(unsafe_code, reason = "fork has no safe form")]
fn fork() -> String {
    let vmo = Vmo::create_with_opts(VmoOptions::RESIZABLE, LEN as u64).expect("a VMO");
    let memory = Guarded::create_from_vmo(&vmo, LEN, READ_WRITE).expect("a view");
    // SAFETY: this process has one thread, so the child holds no lock of another one.
    let child = unsafe { libc::fork() };
    let view =
        || std::fs::read_to_string("/proc/self/maps").map(|maps| maps.matches("/memfd:").count());
    if child == 0 {
        let write = memory.write_all_at(9, b"child");
        drop(memory);
        let gone = view().is_ok_and(|count| count == 0);
        std::process::exit(i32::from(!(write.is_ok() && gone)));
    }
    let mut status = 0;
    // SAFETY: `status` is a variable of ours.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    let kept = view().is_ok_and(|count| count == 1);
    let read = memory.read_value(9) == Ok(*b"child");
    let write = word(memory.write_all_at(0, b"parent"));
    format!(
        "child {status}; kept {kept}; read {read}; write {write}; {}",
        ended == child
    )
}

/// Writes and reads while a system call fails.
fn sandbox(call: Call, errno: &str) -> Result<String, String> {
    let flags = VmoOptions::RESIZABLE;
    let resizable = Vmo::create_with_opts(flags, LEN as u64).expect("a VMO");
    let plan = SealPlan::Fixed;
    let fixed = Vmo::create_planned(&Name::default(), plan, Extent::Pages, LEN as u64);
    let fixed = fixed.expect("a VMO");
    let view = |vmo| Guarded::create_from_vmo(vmo, LEN, READ_WRITE).expect("a view");
    let (growing, still) = (view(&resizable), view(&fixed));
    refuse(call, errno.parse().expect("a number")).map_err(|error| error.to_string())?;
    let status = |status: Status| status.to_string();
    let write = word(growing.write_all_at(4000, &[7; 200]));
    let some = resizable.write_some(&[7; 200], 4000);
    let some = some.map_or_else(status, |_| "OK".to_owned());
    let fixed = word(still.write_all_at(4000, &[7; 200]));
    assert_eq!(still.read_value(4199), Ok([7_u8, 0]));
    let read = word(growing.read_exact_at(0, &mut [0; 8192]));
    Ok(format!(
        "write {write}; some {some}; fixed {fixed}; read {read}"
    ))
}
