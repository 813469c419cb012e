// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a peer can still do to you: from the seals, the kind, and who has it.

use mapped_vmo::zx::FdKind;
use vmo_census::{Access, Holder, Kind, Object, Process, Seals, Sight, escape};

use super::facts::Facts;

/// Something that a peer could do, and whether it can.
#[derive(Clone, Debug)]
pub(super) struct Threat {
    pub(super) what: &'static str,
    pub(super) can: Can,
    /// In words: what forbids it, or what comes of it.
    pub(super) why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Can {
    /// Nobody.
    No,
    /// One who has what no other can have any more.
    Owner,
    Yes,
    Unknown,
}

impl Can {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Owner => "owner",
            Self::Yes => "yes",
            Self::Unknown => "?",
        }
    }
}

fn unknown(why: String) -> Vec<Threat> {
    vec![Threat {
        what: "anything",
        can: Can::Unknown,
        why,
    }]
}

/// What can be said of what no policy takes.
pub(super) fn of_no_memory(kind: FdKind) -> Vec<Threat> {
    unknown(match kind {
        FdKind::FuseFile | FdKind::RemoteFile => {
            format!("this is {kind}: whoever serves it can let you wait for ever")
        }
        kind => format!("this is {kind}: there is no memory in it that can be shared"),
    })
}

/// What it can do, each with its reason.
pub(super) fn threats(
    facts: &Facts,
    object: Option<&Object>,
    processes: &[Process],
) -> Vec<Threat> {
    match facts.kind {
        Some(Kind::Memfd | Kind::HugeMemfd) if facts.seals.is_none() => {
            return unknown("its seals could not be seen: take it for unsealed".to_owned());
        }
        Some(Kind::Memfd | Kind::HugeMemfd | Kind::Tmpfs) | None => {}
        Some(kind) => return unknown(format!("seals say nothing of {kind} memory")),
    }
    let who = Who::new(object, processes);
    let mut threats = vec![change(facts, &who), truncate(facts), punch(facts)];
    if facts.kind == Some(Kind::HugeMemfd) {
        threats.push(Threat {
            what: "take its pages away",
            can: Can::Yes,
            why: "by emptying the pool of huge pages, in spite of every seal: SIGBUS".to_owned(),
        });
    }
    threats.extend([grow(facts), seal(facts)]);
    threats.extend(tail(facts));
    threats.extend(execute(facts));
    threats
}

/// Who could be seen to hold it.
#[derive(Debug)]
struct Who {
    /// Those with a shared mapping to write.
    maps: Vec<String>,
    /// Those with a descriptor to write.
    fds: Vec<String>,
    /// Whether there are processes that could not be looked at.
    partly: &'static str,
}

impl Who {
    fn new(object: Option<&Object>, processes: &[Process]) -> Self {
        let holders = object.map_or(&[][..], |it| &it.holders);
        let named = |has: fn(&Holder) -> bool| {
            let found = holders.iter().filter(|it| has(it));
            found.map(|it| name(it.pid, processes)).collect()
        };
        let all_seen = processes.iter().all(|it| it.sight == Sight::Full);
        Self {
            maps: named(|it| {
                it.maps
                    .iter()
                    .any(|map| map.perms.write && map.perms.shared)
            }),
            fds: named(|it| {
                let writes = [Access::Write, Access::ReadWrite];
                it.fds.iter().any(|fd| writes.contains(&fd.access))
            }),
            partly: if all_seen { "" } else { " that can be seen" },
        }
    }

    /// `has a:1, b:2 and 3 more`.
    fn few(names: &[String]) -> String {
        const FEW: usize = 4;
        let few: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
        match names.len().saturating_sub(FEW) {
            0 => few.join(", "),
            more => format!("{} and {more} more", few.join(", ")),
        }
    }
}

fn name(pid: u32, processes: &[Process]) -> String {
    let at = processes.binary_search_by_key(&pid, |it| it.pid).ok();
    let process = at.and_then(|at| processes.get(at));
    let name = process.map_or_else(|| "?".to_owned(), |it| escape(&it.name));
    format!("{name}:{pid}")
}

fn change(facts: &Facts, who: &Who) -> Threat {
    let (can, why) = if facts.has(Seals::WRITE) {
        let why = "F_SEAL_WRITE: nobody can, the owner included".to_owned();
        (Can::No, why)
    } else if facts.has(Seals::FUTURE_WRITE) {
        let through = "only through a mapping that is older than F_SEAL_FUTURE_WRITE";
        let why = match who.maps.as_slice() {
            [] => format!("{through}; no process{} has one", who.partly),
            some => format!("{through}: {}", Who::few(some)),
        };
        (Can::Owner, why)
    } else {
        let mut all = [who.maps.as_slice(), &who.fds].concat();
        all.sort();
        all.dedup();
        let mut why = "at any time, also while you read".to_owned();
        if !all.is_empty() {
            why.push_str(&format!("; can now: {}", Who::few(&all)));
        }
        if let (Some(owner), Some(mode)) = (facts.owner, facts.mode) {
            let mode = mode & 0o7777;
            why.push_str(&format!(
                "; may open it to write: uid {owner}, mode {mode:04o}"
            ));
        }
        (Can::Yes, why)
    };
    let what = "change its bytes";
    Threat { what, can, why }
}

fn truncate(facts: &Facts) -> Threat {
    let (can, why) = match facts.has(Seals::SHRINK) {
        true => (Can::No, "F_SEAL_SHRINK: EPERM"),
        false => (
            Can::Yes,
            "then an access of a mapping past the new end is a SIGBUS",
        ),
    };
    Threat {
        what: "truncate it under you",
        can,
        why: why.to_owned(),
    }
}

fn punch(facts: &Facts) -> Threat {
    let sealed = [
        (Seals::WRITE, "F_SEAL_WRITE"),
        (Seals::FUTURE_WRITE, "F_SEAL_FUTURE_WRITE"),
    ];
    let sealed = sealed.iter().find(|(seal, _)| facts.has(*seal));
    let (can, why) = match sealed {
        Some((_, name)) => (Can::No, format!("{name}: EPERM")),
        None => {
            let why = "they read as zeros, and make you slow; under strict overcommit a page \
                       that can't be had again is a SIGBUS";
            (Can::Yes, why.to_owned())
        }
    };
    Threat {
        what: "punch holes",
        can,
        why,
    }
}

fn grow(facts: &Facts) -> Threat {
    let (can, why) = match facts.has(Seals::GROW) {
        true => (Can::No, "F_SEAL_GROW: EPERM"),
        false => (
            Can::Yes,
            "what is mapped stays; believe no size that you read twice",
        ),
    };
    Threat {
        what: "make it larger",
        can,
        why: why.to_owned(),
    }
}

fn seal(facts: &Facts) -> Threat {
    let (can, why) = if !facts.sealable() {
        (Can::No, "a file can't be sealed")
    } else if facts.has(Seals::SEAL) {
        (Can::No, "F_SEAL_SEAL: EPERM")
    } else if facts.has(Seals::WRITE) {
        (
            Can::Yes,
            "it is sealed against writing already: no harm to a reader",
        )
    } else {
        (
            Can::Yes,
            "with F_SEAL_WRITE, after which you can't write it or map it to write",
        )
    };
    Threat {
        what: "seal it against you",
        can,
        why: why.to_owned(),
    }
}

/// What lies between the end of the file and the end of its last page.
fn tail(facts: &Facts) -> Option<Threat> {
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    let size = facts.size?;
    let behind = page.checked_sub(size.checked_rem(page)?)?;
    (behind != page && facts.sealable()).then(|| Threat {
        what: "change what follows its end",
        can: Can::Yes,
        why: format!(
            "{behind} bytes up to the end of the page, whatever is sealed: don't use them"
        ),
    })
}

fn execute(facts: &Facts) -> Option<Threat> {
    let mode = facts.mode.filter(|_| facts.sealable())?;
    let runs = mode & 0o111 != 0;
    let (can, why) = match (runs, facts.has(Seals::EXEC)) {
        (true, _) => (Can::Yes, format!("mode {:04o} permits it", mode & 0o7777)),
        (false, true) => (
            Can::No,
            "no x in its mode, and F_SEAL_EXEC keeps it so".to_owned(),
        ),
        (false, false) => (
            Can::Yes,
            "after a chmod: F_SEAL_EXEC is not there".to_owned(),
        ),
    };
    Some(Threat {
        what: "run it as a program",
        can,
        why,
    })
}
