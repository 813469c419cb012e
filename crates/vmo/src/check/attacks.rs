// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attacks on memory that was let in, tier by tier.

use mapped_vmo::Mapping;

use super::board::{Board, Cell, Row};
use super::defender::{self, SCRIBBLE, Seen};
use super::select::Selection;
use super::targets::{Bytes, Kind, SIZE, Target};
use crate::{Failure, demo};

/// What should come of an attack on one tier.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    /// What the kernel may answer, by the names of errnos.
    answers: &'static [&'static str],
    /// What is there afterwards.
    bytes: Bytes,
    /// Whether we can go on writing.
    writes: Writes,
}

/// What our own writing comes to afterwards.
#[derive(Clone, Copy, Debug)]
enum Writes {
    /// We write on; or never could.
    On,
    /// It is an error.
    Refused(&'static str),
}

/// The peer is refused, and nothing changes.
const REFUSED: Outcome = Outcome {
    answers: &["EPERM", "EACCES"],
    bytes: Bytes::Same,
    writes: Writes::On,
};

/// It is let do it, which changes nothing.
const HARMLESS: Outcome = Outcome {
    answers: &["success"],
    ..REFUSED
};

/// It is let do it, and others see other bytes.
const CHANGES: Outcome = Outcome {
    bytes: Bytes::Changed,
    ..HARMLESS
};

/// It is let do it, and the bytes are gone, not the pages.
const ZEROES: Outcome = Outcome {
    bytes: Bytes::Zeros,
    ..HARMLESS
};

/// It takes the memory away, and each access says so.
const fn lost(offset: usize) -> Outcome {
    Outcome {
        answers: &["success"],
        bytes: Bytes::Lost(offset),
        writes: Writes::Refused("our write is refused: OUT_OF_RANGE"),
    }
}

/// No attack: what the kernel says that there is to attack.
const SEALS: &str = "finds it sealed as";

/// The attack that ends the peer.
const KILLED: &str = "is killed while it writes";

/// A deed of the peer, in words, and what should come of it: immutable, published, shared,
/// guarded.
type Attack = (&'static str, &'static str, [Outcome; 4]);

/// Our mapping for writing is there already, so the kernel refuses to seal it.
const TOO_LATE: Outcome = Outcome {
    answers: &["EBUSY"],
    ..REFUSED
};

/// Not even a debugger writes to shared pages that are read-only.
const NO_DEBUGGER: Outcome = Outcome {
    answers: &["EIO", "EACCES"],
    ..REFUSED
};

/// Labels are not everywhere.
const LABELLED: Outcome = Outcome {
    answers: &["success", "ENOTSUP", "EPERM", "EACCES"],
    ..HARMLESS
};

const ATTACKS: [Attack; 19] = [
    (
        "truncate-to-0",
        "truncates the memory to nothing",
        [REFUSED, REFUSED, REFUSED, lost(0)],
    ),
    (
        "truncate-to-a-page",
        "truncates the memory to a page",
        [REFUSED, REFUSED, REFUSED, lost(SIZE / 3)],
    ),
    (
        "truncate-to-the-same-size",
        "truncates it to the size that it has",
        [HARMLESS, HARMLESS, HARMLESS, HARMLESS],
    ),
    (
        "grow",
        "grows the memory to a terabyte",
        [REFUSED, REFUSED, REFUSED, HARMLESS],
    ),
    (
        "write-past-the-end",
        "writes past the end",
        [REFUSED, REFUSED, REFUSED, HARMLESS],
    ),
    ("write", "writes", [REFUSED, REFUSED, CHANGES, CHANGES]),
    (
        "write-through-a-new-descriptor",
        "opens it again through /proc and writes",
        [REFUSED, REFUSED, CHANGES, CHANGES],
    ),
    (
        "map-writable",
        "maps it writable",
        [REFUSED, REFUSED, HARMLESS, HARMLESS],
    ),
    (
        "make-a-mapping-writable",
        "makes a read-only mapping writable",
        [REFUSED, REFUSED, HARMLESS, HARMLESS],
    ),
    (
        "punch",
        "punches out every page",
        [REFUSED, REFUSED, ZEROES, ZEROES],
    ),
    (
        "punch-through-a-mapping",
        "removes every page of a read-only mapping",
        [REFUSED, REFUSED, ZEROES, ZEROES],
    ),
    (
        "write-through-proc-mem",
        "writes a read-only mapping as a debugger",
        [NO_DEBUGGER, NO_DEBUGGER, NO_DEBUGGER, NO_DEBUGGER],
    ),
    (
        "commit",
        "has the kernel take memory for all of it",
        [HARMLESS, HARMLESS, HARMLESS, HARMLESS],
    ),
    (
        "seal-against-writing",
        "seals it against our writing",
        [REFUSED, REFUSED, REFUSED, TOO_LATE],
    ),
    (
        "seal-against-new-writers",
        "seals it against new writers",
        [REFUSED, REFUSED, REFUSED, HARMLESS],
    ),
    (
        "append",
        "sets O_APPEND on the description we share",
        [HARMLESS, HARMLESS, HARMLESS, HARMLESS],
    ),
    (
        "seek",
        "moves the position that we share",
        [HARMLESS, HARMLESS, HARMLESS, HARMLESS],
    ),
    (
        "lock-out",
        "takes all permissions of the file away",
        [HARMLESS, HARMLESS, HARMLESS, HARMLESS],
    ),
    (
        "label",
        "hangs an attribute on the file",
        [LABELLED, LABELLED, LABELLED, LABELLED],
    ),
];

/// How many rows these kinds come to, about.
pub(super) fn count_of(kinds: &[Kind]) -> usize {
    let each = ATTACKS.len().saturating_add(2);
    kinds.len().saturating_mul(each)
}

/// Runs all of them on the tiers that are wanted.
pub(super) fn run(board: &mut Board, wanted: &Selection) -> Result<(), Failure> {
    let kinds = wanted.kinds();
    if !kinds.is_empty() {
        board
            .title("What a second process does to the memory that it was given, and what we see")?;
        table(board, &kinds)?;
        board.gap()?;
    }
    if kinds.contains(&Kind::Shared) {
        flip(board)?;
    }
    if wanted.elsewhere() {
        elsewhere(board)?;
    }
    match kinds.contains(&Kind::Shared) || wanted.elsewhere() {
        true => board.gap(),
        false => Ok(()),
    }
}

/// A line for each attack, a column for each kind.
fn table(board: &mut Board, kinds: &[Kind]) -> Result<(), Failure> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    board.columns(&names)?;
    let mut cells = Vec::new();
    for kind in kinds {
        cells.push(sealed(board, *kind));
    }
    board.line(SEALS, &cells)?;
    for (deed, words, outcomes) in &ATTACKS {
        let mut cells = Vec::new();
        let all = Kind::ALL.into_iter().zip(outcomes);
        for (kind, outcome) in all.filter(|(kind, _)| kinds.contains(kind)) {
            let expected = expectations(outcome, kind);
            let seen = defender::defend(kind, deed);
            cells.push(count(board, kind, words, (&expected, seen)));
        }
        board.line(words, &cells)?;
    }
    let mut cells = Vec::new();
    for kind in kinds {
        cells.push(kill(board, *kind));
    }
    board.line(KILLED, &cells)
}

/// What is tried in other places.
fn elsewhere(board: &mut Board) -> Result<(), Failure> {
    let rows = [
        (
            "it punches, and no memory is left",
            "needs strict overcommit and a full machine: a guest",
        ),
        (
            "it takes huge pages away",
            "needs a pool of huge pages, which root makes",
        ),
        (
            "it fills the memory cgroup",
            "can't be survived: the kernel kills who touches",
        ),
    ];
    for (what, why) in rows {
        board.not_run("machine", what, why)?;
    }
    Ok(())
}

/// A byte that changes while we copy a message, check the copy and use the copy.
fn flip(board: &mut Board) -> Result<(), Failure> {
    let flipped = Mapping::allocate(1 << 16)
        .map_err(Failure::from)
        .and_then(|(mapping, vmo)| demo::flipped(&mapping, &vmo));
    let happened = match flipped {
        Ok(Some(invalid)) => format!("{invalid} accepted but invalid"),
        Ok(None) => "the byte did not change while we looked".to_owned(),
        Err(error) => error.to_string(),
    };
    board.row(&Row {
        group: Kind::Shared.name(),
        attack: "flips a byte as we copy, check and use",
        expected: &["0 accepted but invalid".to_owned()],
        happened: &happened,
    })
}

/// What the kernel says of a target that nobody has attacked.
fn sealed(board: &mut Board, kind: Kind) -> Cell {
    let tier = Target::new(kind).and_then(|target| target.tier());
    let seen = match tier {
        Ok(tier) => Seen {
            text: tier.clone(),
            happened: tier,
        },
        Err(error) => Seen {
            text: "failed".to_owned(),
            happened: error.to_string(),
        },
    };
    count(board, kind, SEALS, (&[kind.name().to_owned()], seen))
}

/// Compares what was seen of an attack with what was expected.
fn count(board: &mut Board, kind: Kind, attack: &str, (expected, seen): (&[String], Seen)) -> Cell {
    let Seen { text, happened } = seen;
    let ok = board.count(&Row {
        group: kind.name(),
        attack,
        expected,
        happened: &happened,
    });
    let expected = expected.join(" or ");
    let full = (!ok).then(|| {
        let name = kind.name();
        format!("{name}: {happened}, where {expected} was expected")
    });
    Cell { text, full }
}

/// The outcomes in the words of a row.
fn expectations(outcome: &Outcome, kind: Kind) -> Vec<String> {
    let writes = match (kind, outcome.writes) {
        (Kind::Immutable, _) => String::new(),
        (_, Writes::On) => "; we write on".to_owned(),
        (_, Writes::Refused(words)) => format!("; {words}"),
    };
    let answers = outcome.answers.iter();
    answers
        .map(|answer| format!("{answer}; {}{writes}", outcome.bytes))
        .collect()
}

/// SIGKILL in the middle of a write, where it can write at all.
fn kill(board: &mut Board, kind: Kind) -> Cell {
    if matches!(kind, Kind::Immutable | Kind::Published) {
        let (text, full) = ("can't write".to_owned(), None);
        return Cell { text, full };
    }
    let expected = [format!("SIGKILL; {}; we write on", Bytes::Changed)];
    let seen = defender::defend(kind, SCRIBBLE);
    count(board, kind, KILLED, (&expected, seen))
}
