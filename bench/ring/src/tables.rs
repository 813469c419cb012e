// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured.

use vmo_ring::Waiting;

use crate::candidate::Candidate;
use crate::link::Shape;
use crate::record::Place;
use crate::table::Table;
use crate::task::What;
use crate::{broadcast, futex, handles, kernel, limit, ours};

/// What is compared with what, by name.
pub(crate) const TWO_LINES: &str = "cache line, two lines";
pub(crate) const LIMIT: &str = "limit: two plain copies";
pub(crate) const FUTEX: &str = "futex";
pub(crate) const NAPPING: &str = "futex, plain copies";
pub(crate) const PIPE: &str = "pipe";
pub(crate) const SPIN: &str = "ours, spin";
pub(crate) const BATCHED: &str = "ours, spin, batches of 16";
pub(crate) const IN_PLACE: &str = "ours, spin, in place";
pub(crate) const DEFAULT: &str = "ours, spin then sleep";
pub(crate) const SLEEP: &str = "ours, sleep at once";

pub(crate) const PASS: &str = "zx::Channel, strict gate";
pub(crate) const ONE_READER: &str = "one reader";
pub(crate) const FOUR_READERS: &str = "four readers";

pub(crate) const ONE_ASLEEP: &str = "one reader, asleep";
pub(crate) const FOUR_ASLEEP: &str = "four readers, asleep";

/// Who is added by a program of its own.
pub mod peers {
    /// shmem-ipc's ring, without its eventfds.
    pub const SHMEM_IPC_SPIN: &str = "shmem-ipc, spin";
    /// The same with them.
    pub const SHMEM_IPC_BLOCKING: &str = "shmem-ipc, blocking";
    /// iceoryx2, asked again and again.
    pub const ICEORYX2: &str = "iceoryx2, polling";
}

/// The sizes of messages that are streamed, and how many may be under way.
pub const STREAMS: [Shape; 4] = [
    Shape {
        size: 64,
        slots: 1024,
    },
    Shape {
        size: 4096,
        slots: 64,
    },
    Shape {
        size: 65_536,
        slots: 16,
    },
    Shape {
        size: 1 << 20,
        slots: 4,
    },
];

/// Eight bytes there and back.
pub const ROUND_TRIP: Shape = Shape { size: 8, slots: 64 };

/// The same ring with each way to wait.
fn default_waiting() -> Waiting {
    Waiting::Sleep { spins: 2000 }
}

/// All tables, each without what others add.
#[must_use]
pub fn tables() -> Vec<Table> {
    let mut tables = vec![
        spinning(),
        sleeping(Place::OneCore),
        sleeping(Place::TwoCores),
    ];
    tables.push(passing());
    tables.extend(STREAMS.map(stream));
    tables.extend([STREAMS[0], STREAMS[1]].map(broadcast));
    tables
}

/// Round trips of those that never sleep.
fn spinning() -> Table {
    Table {
        what: What::RoundTrip,
        shape: ROUND_TRIP,
        place: Place::TwoCores,
        candidates: vec![
            limit::two_lines(TWO_LINES),
            limit::one_line("cache line, one line"),
            ours::plain(SPIN, Waiting::Spin),
            ours::tried("ours, spin, try again"),
            ours::in_place(IN_PLACE, Waiting::Spin),
            ours::plain(DEFAULT, default_waiting()),
        ],
    }
}

/// Round trips of those that sleep each time.
fn sleeping(place: Place) -> Table {
    Table {
        what: What::RoundTrip,
        shape: ROUND_TRIP,
        place,
        candidates: vec![
            futex::futex(FUTEX),
            kernel::eventfds("eventfd"),
            kernel::pipe(PIPE),
            kernel::unix_stream("Unix stream"),
            kernel::unix_seqpacket("Unix seqpacket"),
            ours::plain(SLEEP, Waiting::Sleep { spins: 0 }),
        ],
    }
}

/// A VMO from one end of a channel to the other.
fn passing() -> Table {
    Table {
        what: What::RoundTrip,
        shape: ROUND_TRIP,
        place: Place::OneProcess,
        candidates: vec![handles::bare("bare SCM_RIGHTS"), handles::channel(PASS)],
    }
}

/// What readers cost a writer that never waits for them.
fn broadcast(shape: Shape) -> Table {
    use broadcast::{Crowd, readers};
    Table {
        what: What::Publish,
        shape,
        place: Place::TwoCores,
        candidates: vec![
            readers(ONE_READER, Crowd::Awake(1)),
            readers(FOUR_READERS, Crowd::Awake(4)),
            readers(ONE_ASLEEP, Crowd::Asleep(1)),
            readers(FOUR_ASLEEP, Crowd::Asleep(4)),
        ],
    }
}

/// One way, as many as go.
fn stream(shape: Shape) -> Table {
    let mut candidates = vec![limit::slots(LIMIT, 1)];
    if shape.size < 4096 {
        candidates.push(limit::slots("limit, batches of 16", 16));
    }
    candidates.push(ours::plain(SPIN, Waiting::Spin));
    if shape.size < 4096 {
        candidates.push(ours::batched(BATCHED, Waiting::Spin));
    }
    candidates.extend([
        ours::in_place(IN_PLACE, Waiting::Spin),
        ours::plain(DEFAULT, default_waiting()),
        ours::plain(SLEEP, Waiting::Sleep { spins: 0 }),
        futex::futex(NAPPING),
        kernel::pipe(PIPE),
        kernel::unix_stream("Unix stream"),
        kernel::unix_seqpacket("Unix seqpacket"),
    ]);
    Table {
        what: What::Stream,
        shape,
        place: Place::TwoCores,
        candidates,
    }
}

/// Whoever is added to a table, at its end.
pub type More = fn(&Table) -> Vec<Candidate>;
