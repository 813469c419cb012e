// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the gate answers: each policy is tried on a duplicate, by `Vmo::from_fd` itself.
//!
//! Nothing is changed by that: `Immutable` fills no holes that it was not told to fill, and
//! `Copy` is given a limit of 0 bytes, which is looked at after everything else and before
//! the first byte.

use std::os::fd::OwnedFd;

use mapped_vmo::zx::{AdoptError, AdoptOptions, AdoptPolicy, FdKind, Status, Vmo};
use vmo_census::Kind;

use super::facts::Facts;

/// A policy, asked.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) policy: Policy,
    /// Why it is refused.
    pub(super) refused: Option<AdoptError>,
}

/// What can be asked of the gate, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    Immutable,
    Published,
    Strict,
    Shrink,
    Guarded,
    Copy,
    /// `Guarded`, and huge pages too.
    HugeGuarded,
}

impl Policy {
    /// Its name in `AdoptPolicy`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Immutable => "Immutable",
            Self::Published => "Published",
            Self::Strict => "Strict",
            Self::Shrink => "Shrink",
            Self::Guarded | Self::HugeGuarded => "Guarded",
            Self::Copy => "Copy",
        }
    }

    /// What is given to the gate, as it is written in Rust.
    fn rust(self) -> String {
        match self {
            Self::HugeGuarded => {
                "AdoptOptions::new(AdoptPolicy::Guarded).allow_huge_pages()".to_owned()
            }
            policy => format!("AdoptPolicy::{}", policy.word()),
        }
    }

    /// What is given to the gate.
    fn options(self) -> AdoptOptions {
        match self {
            Self::Immutable => AdoptPolicy::Immutable.into(),
            Self::Published => AdoptPolicy::Published.into(),
            Self::Strict => AdoptPolicy::Strict.into(),
            Self::Shrink => AdoptPolicy::Shrink.into(),
            Self::Guarded => AdoptPolicy::Guarded.into(),
            Self::Copy => AdoptOptions::new(AdoptPolicy::Copy).max_size(0),
            Self::HugeGuarded => AdoptOptions::new(AdoptPolicy::Guarded).allow_huge_pages(),
        }
    }

    /// What it gives to whoever takes the object by it.
    pub(super) fn gives(self) -> &'static str {
        match self {
            Self::Immutable => "the memory itself, to read: nobody changes it",
            Self::Published => "the memory itself, to read: at most its owner changes it",
            Self::Strict => "the memory itself: nothing but its bytes can change",
            Self::Shrink => "the memory itself: it can't get smaller",
            Self::Guarded | Self::HugeGuarded => {
                "access by system call: what is gone is an error, never a signal"
            }
            Self::Copy => "a private copy of its bytes, of no single moment",
        }
    }
}

/// All answers, or why there are none.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) answers: Result<Vec<Answer>, String>,
}

/// Asks the gate.
pub(super) fn ask(fd: Result<OwnedFd, String>, facts: &Facts) -> Gate {
    let fd = match fd {
        Ok(fd) => fd,
        Err(why) => return Gate { answers: Err(why) },
    };
    use Policy::{Copy, Guarded, HugeGuarded, Immutable, Published, Shrink, Strict};
    let mut policies = vec![Immutable, Published, Strict, Shrink, Guarded, Copy];
    if facts.kind == Some(Kind::HugeMemfd) {
        policies.push(HugeGuarded);
    }
    let answers = policies.into_iter().map(|policy| {
        let duplicate = fd.try_clone();
        let duplicate = duplicate.map_err(|error| format!("it can't be duplicated: {error}"))?;
        Ok(Answer {
            policy,
            refused: answer(duplicate, policy),
        })
    });
    let answers = answers.collect();
    // Closed by the gate, which does not wait for a server that may stand behind it.
    let _ = Vmo::from_fd(fd, AdoptPolicy::Shrink);
    Gate { answers }
}

fn answer(fd: OwnedFd, policy: Policy) -> Option<AdoptError> {
    let error = Vmo::from_fd(fd, policy.options()).err()?;
    match (policy, error.status()) {
        // Nothing but our own limit.
        (Policy::Copy, Status::FILE_BIG) => None,
        _ => Some(error),
    }
}

impl Gate {
    fn taken(&self) -> impl Iterator<Item = Policy> {
        let answers = self.answers.iter().flatten();
        let taken = answers.filter(|it| it.refused.is_none());
        taken.map(|it| it.policy)
    }

    /// The policy that promises most.
    pub(super) fn best(&self) -> Option<Policy> {
        self.taken().next()
    }

    /// Whether it was asked, and no policy takes it.
    pub(super) fn refused_by_all(&self) -> bool {
        self.answers.is_ok() && self.best().is_none()
    }

    /// What it is, if no policy takes it: only who refuses says so.
    pub(super) fn is_no_memory(&self) -> Option<FdKind> {
        let answers = self
            .answers
            .as_ref()
            .ok()
            .filter(|_| self.refused_by_all())?;
        answers.iter().find_map(|it| Some(it.refused?.kind()))
    }

    /// The lines of Rust that take the object by the best policy.
    pub(super) fn rust(&self, facts: &Facts) -> Vec<String> {
        let Some(best) = self.best() else {
            return Vec::new();
        };
        let mut lines = vec![format!("let vmo = Vmo::from_fd(fd, {})?;", best.rust())];
        let size = facts.size.unwrap_or(0);
        lines.push(match best {
            // Nothing to map, nothing to fault.
            _ if size == 0 => "// It is empty: there is nothing to map yet.".to_owned(),
            Policy::Immutable => {
                "let bytes = ImmutableMapping::create_from_vmo(&vmo, false)?; // a &[u8]".to_owned()
            }
            Policy::Published => {
                format!("let buffer = ReadOnlyMapping::create_from_vmo(&vmo, {size})?;")
            }
            Policy::Strict | Policy::Shrink | Policy::Copy => format!(
                "let mapping = Mapping::create_from_vmo(&vmo, {size}, VmarFlags::PERM_READ | \
                 VmarFlags::PERM_WRITE)?;"
            ),
            Policy::Guarded | Policy::HugeGuarded => format!(
                "let guarded = Guarded::create_from_vmo(&vmo, {size}, VmarFlags::PERM_READ)?;"
            ),
        });
        lines
    }
}
