// SPDX-License-Identifier: MIT OR Apache-2.0
//! A census as a graph: processes and objects are nodes, who has what are edges.

use core::fmt;
use std::collections::BTreeMap;

use vmo_census::{Access, Census, HeldFd, Holder, Kind, Process as Met, Seals, Sight, escape};

use crate::size::human;

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// Those that have an object, by pid.
    pub(super) processes: Vec<Process>,
    pub(super) objects: Vec<Object>,
    /// By object, then by process.
    pub(super) edges: Vec<Edge>,
    /// How many processes could not be looked at, in part or at all.
    pub(super) unseen: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Escaped.
    pub(super) name: String,
    pub(super) uid: Option<u32>,
    pub(super) sight: Option<Sight>,
}

/// An object, or several that are drawn as one.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// What `vmo info` takes; of the first, where there are several.
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Escaped.
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) at_least: u64,
    pub(super) committed: Option<u64>,
    pub(super) seals: Option<Seals>,
    pub(super) state: State,
    /// Those that it stands for, itself included; empty if it is one alone.
    pub(super) members: Vec<Member>,
}

/// One of several that are drawn as one.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) state: State,
}

/// What the holders of an object can do to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Nobody changes the bytes any more.
    Frozen,
    /// Only mappings that are older than the seal do.
    Published,
    /// Its size is sealed, its bytes are not.
    Fixed,
    /// It can be truncated, or its pages can go away.
    Loose,
    /// What seals say nothing of, or could not be seen, or is several things.
    Other,
}

impl State {
    pub(super) const ALL: [Self; 5] = [
        Self::Frozen,
        Self::Published,
        Self::Fixed,
        Self::Loose,
        Self::Other,
    ];

    /// What these seals make of an object.
    pub(super) fn of(kind: Kind, seals: Option<Seals>) -> Self {
        let seals = match (kind, seals) {
            // No seal keeps their pages; no seal can be put on a file.
            (Kind::HugeMemfd | Kind::Tmpfs, _) => return Self::Loose,
            (Kind::Memfd, Some(seals)) => seals,
            _ => return Self::Other,
        };
        if !seals.contains(Seals::SHRINK) {
            Self::Loose
        } else if seals.contains(Seals::WRITE) {
            Self::Frozen
        } else if seals.contains(Seals::FUTURE_WRITE) {
            Self::Published
        } else {
            Self::Fixed
        }
    }

    /// One word, for machines and for style sheets.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Published => "published",
            Self::Fixed => "fixed",
            Self::Loose => "loose",
            Self::Other => "other",
        }
    }
}

/// In words, as the legend has it.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "frozen: nobody changes it",
            Self::Published => "published: only its owner writes",
            Self::Fixed => "cannot shrink: any writer changes bytes",
            Self::Loose => "a peer can truncate it: SIGBUS",
            Self::Other => "seals unknown, or do not apply",
        })
    }
}

/// A process has an object.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// Which of the processes.
    pub(super) process: usize,
    /// Which of the objects.
    pub(super) object: usize,
    pub(super) line: Line,
    pub(super) writes: Writes,
    /// In words.
    pub(super) about: String,
}

/// By what a process has an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// A descriptor only.
    Fd,
    /// A mapping that is not written through.
    MapRead,
    /// A shared mapping to write.
    MapWrite,
}

impl Line {
    pub(super) const ALL: [Self; 3] = [Self::MapWrite, Self::MapRead, Self::Fd];

    fn of(holder: &Holder) -> Self {
        let writes = |it: &&vmo_census::Mapped| it.perms.write && it.perms.shared;
        match (holder.maps.is_empty(), holder.maps.iter().find(writes)) {
            (true, _) => Self::Fd,
            (false, None) => Self::MapRead,
            (false, Some(_)) => Self::MapWrite,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fd => "fd",
            Self::MapRead => "map-read",
            Self::MapWrite => "map-write",
        }
    }
}

/// Whether a process can change the bytes with what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Writes {
    No,
    Yes,
}

impl Writes {
    fn of(holder: &Holder, seals: Option<Seals>) -> Self {
        let sealed = [Seals::WRITE, Seals::FUTURE_WRITE];
        let sealed = seals.is_some_and(|it| sealed.iter().any(|seal| it.contains(*seal)));
        let fd = |it: &HeldFd| matches!(it.access, Access::Write | Access::ReadWrite);
        let by_fd = !sealed && holder.fds.iter().any(fd);
        match by_fd || Line::of(holder) == Line::MapWrite {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

impl Graph {
    /// What a census found. `pid` leaves only what that process has, and who shares it.
    pub(super) fn of(census: &Census, pid: Option<u32>) -> Self {
        let wanted = |it: &&vmo_census::Object| {
            pid.is_none_or(|pid| it.holders.iter().any(|holder| holder.pid == pid))
        };
        let mut graph = Self {
            unseen: unseen(&census.processes),
            ..Self::default()
        };
        let objects: Vec<_> = census.objects.iter().filter(wanted).collect();
        let mut pids = BTreeMap::<u32, usize>::new();
        for holder in objects.iter().flat_map(|it| &it.holders) {
            pids.insert(holder.pid, 0);
        }
        for (at, (pid, place)) in pids.iter_mut().enumerate() {
            *place = at;
            graph.processes.push(process(*pid, &census.processes));
        }
        for (at, object) in objects.into_iter().enumerate() {
            let state = State::of(object.kind, object.seals);
            graph.objects.push(Object {
                id: object.id.to_string(),
                kind: object.kind,
                name: escape(&object.name),
                size: object.size,
                at_least: object.at_least,
                committed: object.committed,
                seals: object.seals,
                state,
                members: Vec::new(),
            });
            graph.edges.extend(object.holders.iter().map(|holder| Edge {
                process: pids.get(&holder.pid).copied().unwrap_or_default(),
                object: at,
                line: Line::of(holder),
                writes: Writes::of(holder, object.seals),
                about: about(holder),
            }));
        }
        graph
    }
}

/// How many processes could not be looked at, in part or at all.
fn unseen(processes: &[Met]) -> usize {
    let unseen = processes.iter().filter(|it| it.sight != Sight::Full);
    unseen.count()
}

fn process(pid: u32, met: &[Met]) -> Process {
    let at = met.binary_search_by_key(&pid, |it| it.pid).ok();
    let met = at.and_then(|at| met.get(at));
    Process {
        pid,
        name: met.map_or_else(|| "?".to_owned(), |it| escape(&it.name)),
        uid: met.map(|it| it.uid),
        sight: met.map(|it| it.sight),
    }
}

/// `fd 3 (rw), 4 (r); map rw, r private`.
fn about(holder: &Holder) -> String {
    let mut parts = Vec::new();
    let fds = holder
        .fds
        .iter()
        .map(|it| format!("{} ({})", it.fd, it.access));
    parts.extend(listed("fd", fds.collect()));
    let maps = holder
        .maps
        .iter()
        .map(|it| format!("{} of {}", it.perms, human(it.len)));
    parts.extend(listed("map", maps.collect()));
    parts.join("; ")
}

/// The first few of a list that may be long.
fn listed(word: &str, all: Vec<String>) -> Option<String> {
    const FEW: usize = 6;
    let more = match all.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let few: Vec<_> = all.into_iter().take(FEW).collect();
    (!few.is_empty()).then(|| format!("{word} {}{more}", few.join(", ")))
}
