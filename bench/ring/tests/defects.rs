// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links that are broken are noticed, and not measured. A program with one thread, as it is
//! forked.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bench_ring::record::Place;
use bench_ring::table::{Effort, Measured, Table};
use bench_ring::task::What;
use bench_ring::{Candidate, Failure, Link, Shape, Side};

fn main() {
    let tests: [(&str, fn()); 5] = [
        ("a_good_link_is_measured", a_good_link_is_measured),
        ("no_bytes", who_carries_no_bytes_is_not_measured),
        (
            "middle",
            a_changed_byte_in_the_middle_is_seen_before_anything_is_measured,
        ),
        ("answers", a_wrong_answer_is_seen),
        ("absent", who_can_not_is_noted_and_the_others_are_measured),
    ];
    for (name, test) in tests {
        println!("{name}");
        test();
    }
}

/// A socket, and what is done to the bytes that come out of it: by their number and length.
struct Socket {
    stream: UnixStream,
    size: usize,
    received: u32,
    spoil: fn(u32, &mut [u8]),
}

impl Link for Socket {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(bytes)?)
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.stream.read_exact(&mut buffer[..self.size])?;
        self.received += 1;
        (self.spoil)(self.received, buffer);
        Ok(self.size)
    }
}

/// A link that says that it received what it did not.
struct Nothing(usize);

impl Link for Nothing {
    fn send(&mut self, _: &[u8]) -> Result<(), Failure> {
        Ok(())
    }

    fn recv(&mut self, _: &mut [u8]) -> Result<usize, Failure> {
        Ok(self.0)
    }
}

fn socket(name: &str, spoil: fn(u32, &mut [u8])) -> Candidate {
    Candidate::new(name, move |shape: &Shape| {
        let (near, far) = UnixStream::pair()?;
        let size = shape.size;
        Ok(move |side| {
            let stream = match side {
                Side::Near => near,
                Side::Far => far,
            };
            Ok(Socket {
                stream,
                size,
                received: 0,
                spoil,
            })
        })
    })
}

fn measured(what: What, size: usize, candidate: Candidate) -> Measured {
    let table = Table {
        what,
        shape: Shape { size, slots: 64 },
        place: Place::OneCore,
        candidates: vec![socket("good", |_, _| {}), candidate],
    };
    let effort = Effort {
        runs: 1,
        rounds: 3,
        slice: Duration::from_micros(100),
    };
    table.measure(&[core()], effort).unwrap()
}

/// One that this process may use.
fn core() -> usize {
    let allowed = rustix::thread::sched_getaffinity(None).unwrap();
    (0..).find(|core| allowed.is_set(*core)).unwrap()
}

/// Whichever side saw it.
fn noticed(measured: &Measured) {
    let [note] = &measured.notes[..] else {
        panic!("{:?}", measured.notes);
    };
    assert!(note.starts_with("run 1, in the turn of bad: "), "{note}");
    assert!(note.ends_with("failed"), "{note}");
    assert!(measured.ns("bad").is_nan());
}

fn a_good_link_is_measured() {
    for what in [What::Stream, What::Publish] {
        let measured = measured(what, 64, socket("second", |_, _| {}));
        assert!(measured.notes.is_empty(), "{:?}", measured.notes);
        assert!(measured.ns("good") > 0.0 && measured.ns("second") > 0.0);
    }
}

fn who_carries_no_bytes_is_not_measured() {
    let nothing = |shape: &Shape| {
        let size = shape.size;
        Ok(move |_| Ok(Nothing(size)))
    };
    noticed(&measured(What::Stream, 64, Candidate::new("bad", nothing)));
}

fn a_changed_byte_in_the_middle_is_seen_before_anything_is_measured() {
    let bad = socket("bad", |number, bytes| bytes[40] ^= u8::from(number == 130));
    noticed(&measured(What::Stream, 64, bad));
}

fn a_wrong_answer_is_seen() {
    let bad = socket("bad", |number, bytes| bytes[0] ^= u8::from(number == 10));
    noticed(&measured(What::RoundTrip, 8, bad));
}

fn who_can_not_is_noted_and_the_others_are_measured() {
    let unable = |_: &Shape| Err::<fn(Side) -> Result<Nothing, Failure>, _>("not here".into());
    let measured = measured(What::Stream, 64, Candidate::new("bad", unable));
    assert_eq!(measured.notes, ["bad: not here"]);
    assert!(measured.ns("good") > 0.0 && measured.ns("bad").is_nan());
}
