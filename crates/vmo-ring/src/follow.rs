// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the two kinds of reader have in common: to open the memory, and to wait.

use mapped_vmo::ReadOnlyMapping;
use zx::{MonotonicDuration, MonotonicInstant, Status, Vmo};

use crate::protocol::Trouble;
use crate::protocol::layout::CONTROL;
use crate::protocol::published::{BELL, Description, look_or_sleep};
use crate::spin::{is_over, spin};
use crate::{Refusal, RingError, RingStats, Waiting};

/// How long a reader sleeps without looking, where the writer wakes. It may have been killed
/// between a message and the wake, or have woken others.
const NAP: MonotonicDuration = MonotonicDuration::from_millis(100);

/// The same where the writer does not wake.
const SHORT_NAP: MonotonicDuration = MonotonicDuration::from_millis(1);

/// A reader's memory, and what its first words said.
pub(crate) struct Opened {
    pub(crate) memory: ReadOnlyMapping,
    pub(crate) description: Description,
}

/// Maps what is of `kind`, if only its writer can write it. `area` is how large it is, by the
/// size that its first words say.
pub(crate) fn open(
    vmo: &Vmo,
    kind: [u8; 8],
    area: impl FnOnce(u64) -> Result<usize, RingError>,
) -> Result<Opened, RingError> {
    let description = {
        let first = map(vmo, CONTROL)?;
        Description::read(&first).map_err(Trouble::from)?
    };
    if description.kind != kind {
        return Err(RingError::Refused(Refusal::Layout));
    }
    let memory = map(vmo, area(description.size)?)?;
    memory.populate()?;
    Ok(Opened {
        memory,
        description,
    })
}

fn map(vmo: &Vmo, size: usize) -> Result<ReadOnlyMapping, RingError> {
    ReadOnlyMapping::create_from_vmo(vmo, size).map_err(|status| match status {
        Status::NO_MEMORY | Status::NO_RESOURCES => RingError::Failed(status),
        status => RingError::Refused(Refusal::Memory(status)),
    })
}

/// What a reader has beside its memory.
#[derive(Debug)]
pub(crate) struct Follower {
    pub(crate) stats: RingStats,
    waiting: Waiting,
    nap: MonotonicDuration,
    corrupt: bool,
}

impl Follower {
    pub(crate) fn new(waiting: Waiting, description: Description) -> Self {
        let nap = if description.wakes == 1 {
            NAP
        } else {
            SHORT_NAP
        };
        Self {
            stats: RingStats::default(),
            waiting,
            nap,
            corrupt: false,
        }
    }

    /// Whether the writer is one to be read.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), RingError> {
        if self.corrupt {
            Err(RingError::Corrupt)
        } else {
            Ok(())
        }
    }

    /// Remembers what can't be mended, and counts what was lost.
    #[inline]
    pub(crate) fn note<T>(&mut self, step: Result<T, Trouble>) -> Result<T, RingError> {
        step.map_err(|trouble| self.trouble(trouble))
    }

    #[cold]
    fn trouble(&mut self, trouble: Trouble) -> RingError {
        match trouble {
            Trouble::Corrupt => self.corrupt = true,
            Trouble::Lagged { lost } => self.stats.lost = self.stats.lost.wrapping_add(lost),
            Trouble::Wait | Trouble::Closed => {}
        }
        trouble.into()
    }

    /// Looks until something is there or the deadline comes: so often as is worth it, then
    /// asleep in between.
    pub(crate) fn wait<R, T>(
        &mut self,
        reader: &mut R,
        memory: impl Fn(&R) -> &ReadOnlyMapping,
        mut look: impl FnMut(&mut R) -> Result<T, Trouble>,
        deadline: MonotonicInstant,
    ) -> Result<T, RingError> {
        if let Some(found) = spin(self.waiting, deadline, || look(reader)) {
            return self.note(found);
        }
        let mut over = self.waiting == Waiting::Spin;
        loop {
            let step = look_or_sleep(reader, &memory, &mut look);
            let seen = match self.note(step)? {
                Ok(found) => return Ok(found),
                Err(_) if over => return Err(RingError::TimedOut),
                Err(seen) => seen,
            };
            let until = deadline.min(MonotonicInstant::after(self.nap));
            self.stats.sleeps = self.stats.sleeps.wrapping_add(1);
            match memory(reader).wait_while_equal(BELL, seen, until) {
                Ok(()) | Err(Status::TIMED_OUT) => over = is_over(deadline),
                Err(status) => return Err(RingError::Failed(status)),
            }
        }
    }
}
