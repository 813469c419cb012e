// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Field`]: memory to copy from and to, and those who copy in this process.
#![allow(
    unsafe_code,
    reason = "memcpy of shared memory is the yardstick, where nobody else has it"
)]

use core::hint::black_box;
use core::time::Duration;
use std::os::fd::AsFd;
use std::time::Instant;

use mapped_vmo::Mapping;
use mapped_vmo::zx::Vmo;

use super::bytes::{END, Pages, ends, is_marked, mark, pattern};
use super::who::Who;
use crate::Failure;

const SMALL: &str = "there is too little memory for that size";

/// A mapping, and as much private memory twice.
///
/// # Invariants
///
/// - **there**: as many bytes as `source` and `sink` have are mapped at `shared` for as long as
///   `mapping` lives, and no other process or thread has them.
#[derive(Debug)]
pub(super) struct Field {
    mapping: Mapping,
    vmo: Vmo,
    shared: *mut u8,
    /// What is copied into the mapping, and what should be in it.
    source: Pages,
    /// What is copied to.
    sink: Pages,
    number: u32,
}

impl Field {
    /// With room for so many bytes, all of them touched.
    pub(super) fn new(len: usize) -> Result<Self, Failure> {
        let (mut mapping, vmo) =
            Mapping::allocate_with_name(len, "vmo-bench").map_err(|status| {
                let len = crate::size::human(len as u64);
                format!("no VMO of {len}: {status} (see ulimit -a)")
            })?;
        let (shared, _) = mapping.as_ptr_len();
        let source = pattern(len);
        mapping.write_all_at(0, &source)?;
        Ok(Self {
            mapping,
            vmo,
            shared,
            source: Pages::new(&source, 5),
            sink: Pages::new(&source, 18),
            number: 0,
        })
    }

    /// The bytes that go to other processes.
    pub(super) fn source(&mut self, size: usize) -> Result<&mut [u8], Failure> {
        Ok(self.source.first_mut(size).ok_or(SMALL)?)
    }

    /// Copies once to where nothing of it was, and compares all of it.
    pub(super) fn check(&mut self, who: Who, size: usize) -> Result<(), Failure> {
        let sink = self.sink.first_mut(size).ok_or(SMALL)?;
        sink.fill(0);
        if who.is_in() {
            self.mapping.write_all_at(0, sink)?;
        }
        self.turn(who, size, 1)?;
        let sink = self.sink.first_mut(size).ok_or(SMALL)?;
        if who.is_in() {
            self.vmo.read(sink, 0)?;
        }
        match Some(&*sink) == self.source.first(size) {
            true => Ok(()),
            false => Err(wrong(who, size)),
        }
    }

    /// One turn, and how long it took. What was copied in it is looked at.
    pub(super) fn turn(&mut self, who: Who, size: usize, count: u32) -> Result<Duration, Failure> {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        mark(self.source(size)?, number);
        let last = size.saturating_sub(END);
        for at in [0, last] {
            let source = self.source.first(size).and_then(|it| it.get(at..));
            let fresh = source.and_then(|it| it.get(..END));
            // What goes into the mapping is not to be there yet; what comes out of it is.
            let bytes = if who.is_in() {
                Some(&[0; END][..])
            } else {
                fresh
            };
            self.mapping.write_all_at(at, bytes.ok_or(SMALL)?)?;
        }
        let time = self.copies(who, size, count)?;
        let right = if who.is_in() {
            let mut ends = [0; 2 * END];
            let (one, other) = ends.split_at_mut(END);
            self.vmo.read(one, 0)?;
            self.vmo.read(other, u64::try_from(last)?)?;
            is_marked(&ends, number)
        } else {
            let sink = self.sink.first(size);
            sink.is_some_and(|sink| is_marked(sink, number))
        };
        match right {
            true => Ok(time),
            false => Err(wrong(who, size)),
        }
    }

    fn copies(&mut self, who: Who, size: usize, count: u32) -> Result<Duration, Failure> {
        let source = self.source.first(size).ok_or(SMALL)?;
        let sink = self.sink.first_mut(size).ok_or(SMALL)?;
        let (mapping, fd, shared) = (&self.mapping, self.vmo.as_fd(), self.shared);
        let mut cut = false;
        let time = match who {
            Who::ReadAt => repeat(count, || {
                cut |= mapping.read_at(0, black_box(&mut *sink)) != size;
            }),
            Who::WriteAt => repeat(count, || {
                cut |= mapping.write_at(0, black_box(source)) != size;
            }),
            Who::MemcpyOut => repeat(count, || {
                // SAFETY: there.
                unsafe { memcpy_out(shared, black_box(&mut *sink)) }
            }),
            Who::MemcpyIn => repeat(count, || {
                // SAFETY: there.
                unsafe { memcpy_in(black_box(source), shared) }
            }),
            Who::Private => repeat(count, || memcpy(black_box(source), black_box(&mut *sink))),
            Who::Pread => repeat(count, || {
                cut |= rustix::io::pread(fd, black_box(&mut *sink), 0) != Ok(size);
            }),
            Who::Pwrite => repeat(count, || {
                cut |= rustix::io::pwrite(fd, black_box(source), 0) != Ok(size);
            }),
            Who::Pipe | Who::Socket => return Err("that is another process's".into()),
        };
        match cut {
            true => Err(format!("{} at {size} bytes: a copy was cut", who.name()).into()),
            false => Ok(time),
        }
    }

    /// The source and the mapping as they were before that size was measured.
    pub(super) fn restore(&mut self, size: usize) -> Result<(), Failure> {
        let [first, last] = ends(size);
        let at = size.saturating_sub(END);
        let source = self.source.first_mut(size).ok_or(SMALL)?;
        for (at, bytes) in [(0, first), (at, last)] {
            let place = source.get_mut(at..).and_then(|it| it.get_mut(..END));
            place.ok_or(SMALL)?.copy_from_slice(&bytes);
        }
        Ok(self.mapping.write_all_at(0, source)?)
    }
}

fn wrong(who: Who, size: usize) -> Failure {
    format!(
        "{} at {size} bytes: the copy is not what was copied",
        who.name()
    )
    .into()
}

/// How long it takes to copy so often.
fn repeat(count: u32, mut copy: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        copy();
    }
    start.elapsed()
}

/// memcpy, in a function that is not inlined, as that of the platform is not.
///
/// # Safety
///
/// As many bytes as `sink` has are mapped at `shared`, and nobody writes them meanwhile.
#[inline(never)]
unsafe fn memcpy_out(shared: *const u8, sink: &mut [u8]) {
    // SAFETY: the caller's contract; a Rust reference never points into a mapping, so they
    // do not overlap.
    unsafe {
        sink.as_mut_ptr()
            .copy_from_nonoverlapping(shared, sink.len())
    };
}

/// # Safety
///
/// As many bytes as `source` has are mapped at `shared`, and nobody else has them.
#[inline(never)]
unsafe fn memcpy_in(source: &[u8], shared: *mut u8) {
    // SAFETY: as above.
    unsafe { shared.copy_from_nonoverlapping(source.as_ptr(), source.len()) };
}

#[inline(never)]
fn memcpy(source: &[u8], sink: &mut [u8]) {
    sink.copy_from_slice(source);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_is_timed_is_done_as_often_as_asked() {
        let mut done = 0;
        let took = repeat(7, || {
            done += 1;
            std::thread::sleep(Duration::from_millis(1));
        });
        assert_eq!(done, 7);
        assert!(took >= Duration::from_millis(7), "{took:?}");
    }

    #[test]
    fn who_copies_nothing_is_noticed_in_every_turn() {
        let mut field = Field::new(4096).unwrap();
        for who in Who::ALL.into_iter().filter(|who| !who.is_far()) {
            field.check(who, 4096).unwrap();
            field.turn(who, 4096, 3).unwrap();
            let there = field.turn(who, 4096, 0);
            assert!(there.is_err(), "{who:?}");
        }
    }
}
