// SPDX-License-Identifier: MIT OR Apache-2.0
//! A copy of what a VMO holds that leaves its holes alone.
//!
//! ```text
//!   at = 0
//!   while at < len:
//!     where is the next data, from `at` on?       nowhere: done, the rest is zero
//!     copy it
//!     at = its end                                 always larger than before
//!     asking took longer than copying, and little is left: copy the rest without asking
//! ```
//!
//! A peer may fill and punch meanwhile. It decides whether a byte is old, new or zero, and
//! that is all: each byte is copied at most once, and each question is followed by a copy. Where
//! much is left it is asked about, however long that takes: it could be one hole, and copying
//! that would take the memory of all of it.

use core::mem::MaybeUninit;
use core::ops::Range;
use core::time::Duration;
use std::time::Instant;

use zx::{Status, Vmo};

/// How much longer asking for holes may take than copying what is between them.
const GRACE: Duration = Duration::from_millis(10);

/// How much may be copied without asking.
const LITTLE: usize = 1 << 26;

/// How much is copied of data that is gone since it was found.
const STEP: usize = 1 << 16;

/// Copies what `vmo` holds into `pages`, which are zero. What is not copied stays zero.
pub(super) fn copy_data(vmo: &Vmo, pages: &mut [MaybeUninit<u8>]) -> Result<(), Status> {
    let len = pages.len();
    let next = |at| {
        let at = u64::try_from(at).map_err(|_| Status::OUT_OF_RANGE)?;
        let data = vmo.next_data(at)?;
        let inside = |offset| usize::try_from(offset).unwrap_or(len).min(len);
        Ok(data.map(|data| inside(data.start)..inside(data.end)))
    };
    let copy = |data: Range<usize>| {
        let offset = u64::try_from(data.start).map_err(|_| Status::OUT_OF_RANGE)?;
        let dst = pages.get_mut(data).ok_or(Status::OUT_OF_RANGE)?;
        vmo.read_uninit(dst, offset).map(|_| ())
    };
    walk(len, next, copy)
}

/// Calls `copy` for all that `next` says is data, in order, and inside `0..len`.
fn walk(
    len: usize,
    mut next: impl FnMut(usize) -> Result<Option<Range<usize>>, Status>,
    mut copy: impl FnMut(Range<usize>) -> Result<(), Status>,
) -> Result<(), Status> {
    let (mut asking, mut copying) = (Duration::ZERO, Duration::ZERO);
    let mut at = 0;
    while at < len {
        if len.saturating_sub(at) <= LITTLE && asking > copying.saturating_add(GRACE) {
            return copy(at..len);
        }
        let start = Instant::now();
        let Some(data) = next(at)? else { break };
        let asked = Instant::now();
        let mut data = data.start.clamp(at, len)..data.end.min(len);
        if data.start == len {
            break;
        }
        if data.is_empty() {
            data.end = data.start.saturating_add(STEP).min(len);
        }
        at = data.end;
        copy(data)?;
        asking = asking.saturating_add(asked.saturating_duration_since(start));
        copying = copying.saturating_add(asked.elapsed());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;

    /// What is copied of `len` bytes if `next` answers.
    fn copied(len: usize, next: impl FnMut(usize) -> Option<Range<usize>>) -> Vec<Range<usize>> {
        let (mut next, mut copied) = (next, Vec::new());
        let copy = |data| {
            copied.push(data);
            Ok(())
        };
        walk(len, |at| Ok(next(at)), copy).unwrap();
        copied
    }

    #[test]
    fn data_is_copied_and_holes_are_not() {
        let data = [0..2, 5..6, 9..10];
        let next = |at| data.iter().find(|data| data.start >= at).cloned();
        assert_eq!(copied(10, next), data);
        assert_eq!(copied(8, next), [0..2, 5..6]);
        assert_eq!(copied(1, next), vec![Range { start: 0, end: 1 }]);
        assert_eq!(copied(0, next), []);
    }

    #[test]
    fn an_answer_that_goes_backwards_ends_the_questions() {
        for answer in [0..0, 0..3, 4..4, 2..3, 3..4] {
            let mut answers = [0..4, answer].into_iter();
            assert_eq!(copied(10, |_| answers.next()), [0..4, 4..10]);
        }
    }

    #[test]
    fn much_is_never_copied_without_asking() {
        let len = 1 << 40;
        let mut places = (0..20_usize).map(|place| place << 30);
        let slow = |_| {
            sleep(Duration::from_millis(3));
            // The last answers are backwards, and of nothing.
            places.next().map(|start| start..start + 1)
        };
        let copied = copied(len, slow);
        assert_eq!(copied.len(), 20);
        let total: usize = copied.iter().map(Range::len).sum();
        assert_eq!(total, 20);
        let mut backwards = [5 << 30..6 << 30, 0..1, 7 << 30..7 << 30].into_iter();
        let parts = super::tests::copied(len, |_| backwards.next());
        let total: usize = parts.iter().map(Range::len).sum();
        assert_eq!(total, (1 << 30) + 2 * STEP);
    }

    #[test]
    fn slow_answers_end_the_questions() {
        let mut asked = 0;
        let next = |at: usize| {
            asked += 1;
            sleep(Duration::from_millis(3));
            Some(at..at + 1)
        };
        let copied = copied(1000, next);
        assert!(asked < 20, "asked {asked} times");
        let total: usize = copied.iter().map(Range::len).sum();
        assert_eq!(
            (total, copied.last().map(|data| data.end)),
            (1000, Some(1000))
        );
    }
}
