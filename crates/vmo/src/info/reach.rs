// SPDX-License-Identifier: MIT OR Apache-2.0
//! A descriptor of ours for what an argument names.
//!
//! Of another process, a descriptor is duplicated (`pidfd_getfd`), which opens nothing. Only
//! what a census knows to be memory is opened anew: opening is an order to some devices, and
//! some file systems never answer it. Unlike the other verbs this one is about what is no memory
//! as well: the gate says what it is.

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, StatxFlags, fcntl_getfl, makedev, open, statx};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use vmo_census::{Census, Holder, Id, Object};

use crate::Failure;
use crate::object::ObjectArg;

/// What was found.
#[derive(Debug)]
pub(super) struct Reached {
    /// None of what can't be reached, with the reason.
    pub(super) fd: Result<OwnedFd, String>,
    /// Which object of the census it is.
    pub(super) object: Option<usize>,
    /// What it is called, where no census knows it. May hold anything.
    pub(super) name: Vec<u8>,
}

/// Finds what is named, and a way to it.
pub(super) fn reach(what: &ObjectArg, census: &Census) -> Result<Reached, Failure> {
    match what {
        ObjectArg::Fd(place) => of_process(place.pid, place.fd, census),
        ObjectArg::Id(id) => of_id(*id, census),
        ObjectArg::Path(path) => of_path(path, census),
    }
}

fn of_process(pid: u32, fd: u32, census: &Census) -> Result<Reached, Failure> {
    let has = |it: &Object| {
        let holder = it.holders.iter().find(|holder| holder.pid == pid);
        holder.is_some_and(|holder| holder.fds.iter().any(|held| held.fd == fd))
    };
    let object = census.objects.iter().position(has);
    let known = object.and_then(|at| census.objects.get(at));
    let at = format!("{pid}:{fd}");
    match descriptor(pid, fd, known.map(|it| it.id)) {
        Ok(found) => {
            let name = std::fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd()));
            let name = name.map(|it| it.into_os_string().into_encoded_bytes());
            Ok(Reached {
                // It may be another by now than a moment ago.
                object: place_of(&found, census),
                fd: Ok(found),
                name: name.unwrap_or_default(),
            })
        }
        Err(Errno::SRCH) => Err(format!("{at}: there is no process {pid}").into()),
        Err(Errno::BADF | Errno::NOENT) => {
            Err(format!("{at}: process {pid} has no descriptor {fd} that can be used").into())
        }
        Err(error) if object.is_some() => Ok(Reached {
            fd: Err(why_not(error)),
            object,
            name: Vec::new(),
        }),
        Err(error) => Err(format!("{at}: {}", why_not(error)).into()),
    }
}

/// Which object of a census it is.
fn place_of(fd: &OwnedFd, census: &Census) -> Option<usize> {
    let id = id_of(fd).ok()?;
    census.objects.iter().position(|it| it.id == id)
}

/// A duplicate, to read; else, of what is known, one that is opened anew.
fn descriptor(pid: u32, fd: u32, known: Option<Id>) -> Result<OwnedFd, Errno> {
    match (duplicate(pid, fd), known) {
        (Ok(found), Some(_)) if !is_unreadable(&found) => Ok(found),
        (_, Some(id)) => open_known(&format!("/proc/{pid}/fd/{fd}"), id),
        (found, None) => found,
    }
}

fn why_not(error: Errno) -> String {
    match error {
        Errno::PERM | Errno::ACCESS => "not permitted to reach it: run vmo as the same user, or \
                                        as root, or with CAP_SYS_PTRACE"
            .to_owned(),
        _ => format!("it can't be reached: {error}"),
    }
}

/// A duplicate of a descriptor of another process.
fn duplicate(pid: u32, fd: u32) -> Result<OwnedFd, Errno> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pidfd = pidfd_open(pid.ok_or(Errno::SRCH)?, PidfdFlags::empty());
    let pidfd = pidfd.map_err(|error| match error {
        // A thread that is no process.
        Errno::INVAL | Errno::NOENT => Errno::SRCH,
        error => error,
    })?;
    let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
    pidfd_getfd(&pidfd, fd, PidfdGetfdFlags::empty())
}

/// Whether it was opened for writing only, or for nothing (`O_PATH`).
fn is_unreadable(fd: &OwnedFd) -> bool {
    let access = OFlags::WRONLY | OFlags::RDWR;
    fcntl_getfl(fd).is_ok_and(|it| it.contains(OFlags::PATH) || it & access == OFlags::WRONLY)
}

/// Opens what is at `path`, to read, if it is the object that is known.
fn open_known(path: &str, id: Id) -> Result<OwnedFd, Errno> {
    let place = open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    if id_of(&place)? != id {
        return Err(Errno::NOENT);
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let same = format!("/proc/self/fd/{}", place.as_raw_fd());
    open(same, flags, Mode::empty())
}

/// Device and inode, as the kernel has them: no file system is asked.
pub(super) fn id_of(fd: &OwnedFd) -> Result<Id, Errno> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let facts = statx(fd, "", flags, StatxFlags::INO)?;
    Ok(Id {
        dev: makedev(facts.stx_dev_major, facts.stx_dev_minor),
        ino: facts.stx_ino,
    })
}

fn of_id(id: Id, census: &Census) -> Result<Reached, Failure> {
    let mut objects = census.objects.iter();
    let object = objects.position(|it| it.id == id);
    let known = object
        .and_then(|at| census.objects.get(at))
        .ok_or_else(|| {
            format!(
                "{id}: no process that you may look at has such an object; vmo ls --all lists them"
            )
        })?;
    let mut failed = Errno::PERM;
    for holder in &known.holders {
        for way in ways(holder, id) {
            match way {
                Ok(fd) if id_of(&fd) == Ok(id) => {
                    return Ok(Reached {
                        fd: Ok(fd),
                        object,
                        name: Vec::new(),
                    });
                }
                Ok(_) => {}
                Err(error) => failed = error,
            }
        }
    }
    let only_mapped = known.holders.iter().all(|it| it.fds.is_empty());
    let why = match failed {
        Errno::PERM | Errno::ACCESS if only_mapped => "it is mapped, and nobody has a descriptor \
                                                       of it: run vmo as root or with \
                                                       CAP_CHECKPOINT_RESTORE"
            .to_owned(),
        failed => why_not(failed),
    };
    Ok(Reached {
        fd: Err(why),
        object,
        name: Vec::new(),
    })
}

/// By descriptor, else by mapping, which only the privileged may.
fn ways(holder: &Holder, id: Id) -> impl Iterator<Item = Result<OwnedFd, Errno>> {
    let pid = holder.pid;
    let fds = holder.fds.iter();
    let fds = fds.map(move |it| descriptor(pid, it.fd, Some(id)));
    let maps = holder.maps.iter().take(1).map(move |it| {
        let end = it.addr.saturating_add(it.len);
        open_known(&format!("/proc/{pid}/map_files/{:x}-{end:x}", it.addr), id)
    });
    fds.chain(maps)
}

fn of_path(path: &std::path::Path, census: &Census) -> Result<Reached, Failure> {
    let failed = |error: Errno| format!("{path:?} can't be opened: {error}");
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let place = open(path, flags, Mode::empty()).map_err(failed)?;
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let facts = statx(&place, "", flags, StatxFlags::TYPE).map_err(failed)?;
    let what = match FileType::from_raw_mode(u32::from(facts.stx_mode)) {
        // A dma-buf has no type.
        FileType::RegularFile | FileType::Unknown => None,
        FileType::Fifo => Some("a FIFO"),
        FileType::Directory => Some("a directory"),
        FileType::Socket => Some("a socket"),
        _ => Some("a device"),
    };
    // Opening one of those can wait, or set something going.
    if let Some(what) = what {
        return Err(format!("{path:?} is {what}: there is no memory to share in it").into());
    }
    let id = id_of(&place).map_err(failed)?;
    let fd = open_known(&format!("/proc/self/fd/{}", place.as_raw_fd()), id).map_err(failed)?;
    Ok(Reached {
        fd: Ok(fd),
        object: census.objects.iter().position(|it| it.id == id),
        name: path.as_os_str().as_encoded_bytes().to_vec(),
    })
}
