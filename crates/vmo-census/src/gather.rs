// SPDX-License-Identifier: MIT OR Apache-2.0
//! All processes, put together.
//!
//! Two passes, both with [`patience`]: what each process has, and, for what no descriptor told,
//! a mapping of it. Who does not answer in the first is left out of the second.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{Mode, OFlags, open};

use crate::devices::Devices;
use crate::patience::{self, Answer, Waiting};
use crate::scan::{Found, Scan, facts, id_of, pids, seals, silent, tell};
use crate::{Census, Kind, Kinds, Object, Process};

pub(crate) fn all(root: &Path, kinds: Kinds) -> io::Result<Census> {
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = Arc::new(open(root, folder, Mode::empty())?);
    let devices = Devices::new(kinds)?;
    let mut silent_ones = still_silent();
    let mut pids = pids(&root)?;
    pids.retain(|pid| !silent_ones.contains(pid));
    // This process first, and alone: while others are looked at it has descriptors of theirs.
    let me = std::process::id();
    let (mine, others): (Vec<_>, Vec<_>) = pids.into_iter().partition(|pid| *pid == me);
    let mut answers = ask(&root, &devices, mine);
    answers.extend(ask(&root, &devices, others));
    answers.sort_by_key(|(pid, _)| *pid);
    let mut processes = Vec::new();
    let mut found = Found::new();
    for (pid, answer) in answers {
        match answer {
            Answer::Given(seen) => processes.extend(seen.map(|(process, its)| {
                merge(&mut found, its);
                process
            })),
            Answer::Outstanding(waiting) => {
                is_silent(pid, waiting);
                silent_ones.push(pid);
            }
        }
    }
    processes.extend(silent_ones.iter().filter_map(|pid| silent(&root, *pid)));
    processes.sort_by_key(|it| it.pid);
    let mut objects: Vec<Object> = found.into_values().collect();
    objects.sort_by_key(|it| (it.id, it.kind));
    Ok(Census {
        objects: completed(root, objects),
        processes,
    })
}

/// What a process has; none if it is gone, or of the kernel.
type Seen = Option<(Process, Found)>;

/// Asks for what each of these has.
fn ask(root: &Arc<OwnedFd>, devices: &Devices, pids: Vec<u32>) -> Vec<(u32, Answer<Seen>)> {
    let pids: Arc<[u32]> = pids.into();
    let answers = {
        let (root, pids, devices) = (root.clone(), pids.clone(), devices.clone());
        patience::each(pids.len(), move |pulse| {
            let mut scan = Scan::new(devices.clone(), pulse);
            let (root, pids) = (root.clone(), pids.clone());
            move |task| scan.process(&root, *pids.get(task)?)
        })
    };
    pids.iter().copied().zip(answers).collect()
}

/// Of whom no answer has come yet: nobody asks a second time, so nobody leaves more than one
/// thread behind for each.
static SILENT: Mutex<Vec<(u32, Waiting)>> = Mutex::new(Vec::new());

fn still_silent() -> Vec<u32> {
    let mut silent = SILENT.lock().unwrap_or_else(PoisonError::into_inner);
    silent.retain(|(_, waiting)| !waiting.is_over());
    silent.iter().map(|(pid, _)| *pid).collect()
}

fn is_silent(pid: u32, waiting: Waiting) {
    let mut silent = SILENT.lock().unwrap_or_else(PoisonError::into_inner);
    silent.push((pid, waiting));
}

/// Adds what one more process has.
fn merge(found: &mut Found, its: Found) {
    use std::collections::hash_map::Entry;

    for (key, new) in its {
        match found.entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(new)),
            Entry::Occupied(mut entry) => {
                let object = entry.get_mut();
                object.size = new.size.or(object.size);
                object.committed = new.committed.or(object.committed);
                object.owner = new.owner.or(object.owner);
                object.mode = new.mode.or(object.mode);
                object.seals = object.seals.or(new.seals);
                object.at_least = object.at_least.max(new.at_least);
                object.holders.extend(new.holders);
            }
        }
    }
}

/// Asks mappings for what no descriptor has told.
fn completed(root: Arc<OwnedFd>, objects: Vec<Object>) -> Vec<Object> {
    let objects = Arc::new(objects);
    let open: Vec<usize> = (0..objects.len())
        .filter(|at| objects.get(*at).is_some_and(is_open))
        .collect();
    let open: Arc<[usize]> = open.into();
    let answers = {
        let (objects, open) = (objects.clone(), open.clone());
        patience::each(open.len(), move |_| {
            let (root, objects, open) = (root.clone(), objects.clone(), open.clone());
            move |task| complete(&root, objects.get(*open.get(task)?)?)
        })
    };
    let mut objects = Arc::unwrap_or_clone(objects);
    for (at, answer) in open.iter().zip(answers) {
        if let (Some(object), Answer::Given(Some(complete))) = (objects.get_mut(*at), answer) {
            *object = complete;
        }
    }
    objects
}

/// Whether there is more to be known of it.
fn is_open(object: &Object) -> bool {
    let sealable = matches!(object.kind, Kind::Memfd | Kind::HugeMemfd);
    object.size.is_none() || (object.seals.is_none() && sealable)
}

/// Asks a mapping for that; only the privileged may.
fn complete(root: &OwnedFd, object: &Object) -> Option<Object> {
    object.holders.iter().find_map(|holder| {
        let map = holder.maps.first()?;
        let end = map.addr.saturating_add(map.len);
        let place = format!("{}/map_files/{:x}-{end:x}", holder.pid, map.addr);
        let facts = facts(root.as_fd(), &place).ok()?;
        // The process may have mapped something else there meanwhile.
        let mut complete = (id_of(&facts) == object.id).then(|| object.clone())?;
        tell(&mut complete, &facts);
        complete.seals = seals(root.as_fd(), &place, object.id, object.kind);
        Some(complete)
    })
}
