// SPDX-License-Identifier: MIT OR Apache-2.0
//! A descriptor of ours for what an argument names.
//!
//! Unlike the other verbs this one is about what is no memory as well, as far as that can be
//! asked without waiting for anybody: the gate says what it is.

use std::os::fd::{AsRawFd, OwnedFd};

use vmo_census::{Access, Census, Id, Kind, Object, Place, ReachError, id_of, inspect_path};

use crate::Failure;
use crate::object::{ObjectArg, shown};

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
        ObjectArg::Fd(place) => of_process(*place, census),
        ObjectArg::Id(id) => of_id(*id, census),
        ObjectArg::Path(path) => of_path(path, census),
    }
}

fn of_process(place: Place, census: &Census) -> Result<Reached, Failure> {
    let has = |it: &Object| {
        let holder = it.holders.iter().find(|holder| holder.pid == place.pid);
        holder.is_some_and(|holder| holder.fds.iter().any(|held| held.fd == place.fd))
    };
    match place.inspect() {
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
        Err(error) => match census.objects.iter().position(has) {
            Some(object) if !is_gone(&error) => Ok(Reached {
                fd: Err(error.to_string()),
                object: Some(object),
                name: Vec::new(),
            }),
            _ => Err(format!("{place}: {error}").into()),
        },
    }
}

/// Whether there is nothing any more, whatever a census has seen.
fn is_gone(error: &ReachError) -> bool {
    matches!(
        error,
        ReachError::NoFd(_) | ReachError::NoProcess(_) | ReachError::Ended(_)
    )
}

/// Which object of a census it is.
fn place_of(fd: &OwnedFd, census: &Census) -> Option<usize> {
    let id = id_of(fd).ok()?;
    census.objects.iter().position(|it| it.id == id)
}

fn of_id(id: Id, census: &Census) -> Result<Reached, Failure> {
    let object = census.objects.iter().position(|it| it.id == id);
    let known = object.and_then(|at| census.objects.get(at));
    let known = known.ok_or_else(|| ReachError::NoObject(id).to_string())?;
    Ok(Reached {
        fd: by_a_holder(known).map_err(|error| error.to_string()),
        object,
        name: Vec::new(),
    })
}

/// By whoever has it and lets us.
fn by_a_holder(object: &Object) -> Result<OwnedFd, ReachError> {
    let reached = object.reach(Access::ReadWrite);
    let reached = reached.or_else(|_| object.reach(Access::Read));
    match (reached, object.kind) {
        // It has no seals, so it takes another way.
        (Err(refused), Kind::Secret | Kind::DmaBuf) => {
            let holders = object.holders.iter();
            let places = holders.flat_map(|it| {
                let pid = it.pid;
                it.fds.iter().map(move |held| Place { pid, fd: held.fd })
            });
            let mut found = places.filter_map(|it| it.inspect().ok());
            found
                .find(|it| id_of(it).ok() == Some(object.id))
                .ok_or(refused)
        }
        (reached, _) => reached,
    }
}

fn of_path(path: &std::path::Path, census: &Census) -> Result<Reached, Failure> {
    let fd = inspect_path(path).map_err(|error| format!("{}: {error}", shown(path)))?;
    Ok(Reached {
        object: place_of(&fd, census),
        fd: Ok(fd),
        name: path.as_os_str().as_encoded_bytes().to_vec(),
    })
}
