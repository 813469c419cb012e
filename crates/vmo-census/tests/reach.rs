// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is reached is memory, and a descriptor of one's own.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::fs::{
    MemfdFlags, Mode, OFlags, SeekFrom, fcntl_get_seals, fcntl_getfl, fstat, ftruncate,
    memfd_create, open, seek, tell,
};
use vmo_census::{Access, Id, Place, ReachError, id_of, reach_object, reach_path};

fn memfd() -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("reach", flags).unwrap();
    ftruncate(&fd, 4096).unwrap();
    fd
}

fn here(fd: &impl AsRawFd) -> Place {
    Place {
        pid: std::process::id(),
        fd: fd.as_raw_fd().unsigned_abs(),
    }
}

/// Another process, which has something as its standard input.
struct Other(Child);

impl Other {
    fn with(fd: &OwnedFd) -> Self {
        let stdin = Stdio::from(fd.try_clone().unwrap());
        Self(
            Command::new("sleep")
                .arg("60")
                .stdin(stdin)
                .spawn()
                .unwrap(),
        )
    }

    fn place(&self) -> Place {
        Place {
            pid: self.0.id(),
            fd: 0,
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn what_another_process_has_is_reached_with_the_access_that_is_wanted() {
    let fd = memfd();
    let other = Other::with(&fd);
    for (want, mode) in [
        (Access::Read, OFlags::RDONLY),
        (Access::Write, OFlags::WRONLY),
        (Access::ReadWrite, OFlags::RDWR),
        (Access::Unknown, OFlags::RDWR),
    ] {
        let reached = other.place().reach(want).unwrap();
        assert_eq!(id_of(&reached), id_of(&fd));
        let flags = fcntl_getfl(&reached).unwrap();
        assert_eq!(flags & OFlags::RWMODE, mode, "{want:?}");
    }
}

#[test]
fn the_position_and_the_flags_of_the_other_are_its_own() {
    let fd = memfd();
    seek(&fd, SeekFrom::Start(100)).unwrap();
    let reached = Other::with(&fd).place().reach(Access::Read).unwrap();
    assert_eq!(tell(&reached).unwrap(), 0);
    seek(&reached, SeekFrom::Start(7)).unwrap();
    assert_eq!(tell(&fd).unwrap(), 100);
    let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CLOEXEC;
    let appending = open(link, flags, Mode::empty()).unwrap();
    let reached = here(&appending).reach(Access::ReadWrite).unwrap();
    assert!(!fcntl_getfl(&reached).unwrap().contains(OFlags::APPEND));
}

#[test]
fn as_it_is_held_is_no_more_than_its_holder_may() {
    let fd = memfd();
    let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
    for (flags, mode) in [
        (OFlags::RDONLY, OFlags::RDONLY),
        (OFlags::WRONLY, OFlags::WRONLY),
        (OFlags::PATH, OFlags::RDONLY),
    ] {
        let theirs = open(&link, flags | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let reached = here(&theirs).reach(Access::Unknown).unwrap();
        assert_eq!(
            fcntl_getfl(&reached).unwrap() & OFlags::RWMODE,
            mode,
            "{flags:?}"
        );
        assert_eq!(id_of(&reached), id_of(&fd));
    }
}

#[test]
fn who_has_ended_is_said_to_have_ended() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let (pid, fd) = (child.id(), 0);
    child.kill().unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    // It is there until it is waited for.
    while !std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .unwrap()
        .contains(") Z ")
    {
        assert!(Instant::now() < end, "it does not end");
    }
    let place = Place { pid, fd };
    assert_eq!(
        place.reach(Access::Read).err(),
        Some(ReachError::Ended(pid))
    );
    child.wait().unwrap();
    assert_eq!(
        place.reach(Access::Read).err(),
        Some(ReachError::NoProcess(pid))
    );
}

#[test]
fn what_is_no_memory_is_not_opened() {
    let (pipe, _writer) = rustix::pipe::pipe().unwrap();
    let path = OFlags::PATH | OFlags::CLOEXEC;
    for (what, fd) in [
        ("a pipe", pipe),
        ("a device", File::open("/dev/zero").unwrap().into()),
        ("a device", open("/dev/zero", path, Mode::empty()).unwrap()),
        ("a directory", File::open("/proc").unwrap().into()),
        (
            "a file of a disk",
            File::open("/proc/self/maps").unwrap().into(),
        ),
    ] {
        let refused = here(&fd).reach(Access::Read).unwrap_err();
        assert!(
            matches!(refused, ReachError::NotMemory(_)),
            "{what}: {refused:?}"
        );
        assert!(refused.to_string().contains(what), "{what}: {refused}");
        assert!(!refused.to_string().contains('\n'), "{refused}");
    }
}

#[test]
fn an_object_is_reached_by_its_id_and_by_its_path() {
    let fd = memfd();
    let other = Other::with(&fd);
    let id = id_of(&fd).unwrap();
    assert_eq!(id.ino, fstat(&fd).unwrap().st_ino);
    drop(fd);
    let reached = reach_object(&id, Access::Read).unwrap();
    assert_eq!(id_of(&reached), Ok(id));
    let path = format!("/proc/{}/fd/0", other.0.id());
    let reached = reach_path(path.as_ref(), Access::Write).unwrap();
    assert_eq!(id_of(&reached), Ok(id));
    assert!(fcntl_get_seals(&reached).is_ok());
    let shm = format!("/dev/shm/census-reach-{}", std::process::id());
    let file = File::create_new(&shm).unwrap();
    let reached = reach_path(shm.as_ref(), Access::Read);
    std::fs::remove_file(&shm).unwrap();
    assert_eq!(id_of(&reached.unwrap()), id_of(&file.into()));
}

#[test]
fn what_is_not_there_is_told_apart() {
    let fd = Place {
        pid: std::process::id(),
        fd: 999_999,
    };
    assert_eq!(fd.reach(Access::Read).unwrap_err(), ReachError::NoFd(fd));
    let pid = Place {
        pid: 4_194_305,
        fd: 0,
    };
    assert_eq!(
        pid.reach(Access::Read).unwrap_err(),
        ReachError::NoProcess(4_194_305)
    );
    let id = Id {
        dev: 1,
        ino: u64::MAX,
    };
    assert_eq!(
        reach_object(&id, Access::Read).unwrap_err(),
        ReachError::NoObject(id)
    );
    for text in [
        "",
        ":",
        "1",
        "1:",
        ":1",
        "+1:1",
        "1:-1",
        "1:1:1",
        "1:4294967296",
        " 1:1",
    ] {
        assert!(text.parse::<Place>().is_err(), "{text:?}");
    }
}
