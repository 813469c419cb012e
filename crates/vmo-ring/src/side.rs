// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Side`]: what a sender and a receiver have in common: the bell, how to wait, whether the
//! ring is still good.

use mapped_vmo::{ReadOnlyMapping, WriterMapping};
use zx::{AddressSpace, EventPair, MonotonicDuration, MonotonicInstant, Status};

use crate::protocol::{Half, Trouble};
use crate::spin::{is_over, spin};
use crate::{RingError, RingStats, Waiting};

/// One side of a ring, without what it does there.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) bell: EventPair,
    pub(crate) stats: RingStats,
    waiting: Waiting,
    /// The longest sleep that is left to the other side.
    nap: Nap,
    /// The address space that the ring belongs to.
    owner: AddressSpace,
    /// What the ring has ended with.
    ended: Option<RingError>,
}

/// How long a side sleeps without looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nap {
    /// A tenth of a second: the other side wakes this one, unless it was killed.
    UntilRung,
    /// A millisecond: the other side never rings.
    Short,
}

/// How long a side sleeps at most before it looks whether the other one has ended.
const LONG: MonotonicDuration = MonotonicDuration::from_millis(100);

/// How many are woken: a peer may sleep there too, in the place of the one that should wake.
const WOKEN: u32 = 8;

/// How long a side sleeps that nobody wakes.
const SHORT: MonotonicDuration = MonotonicDuration::from_millis(1);

/// How often a side looks without a pause: some microseconds. A pause takes longer than a
/// cache line, so what is on its way would be seen late.
const HASTE: u32 = 400;

impl Side {
    pub(crate) fn new(bell: EventPair, waiting: Waiting, nap: Nap) -> Self {
        Self {
            bell,
            stats: RingStats::default(),
            waiting,
            nap,
            owner: AddressSpace::current(),
            ended: None,
        }
    }

    /// Whether the ring is good, and this process the one that may use it.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), RingError> {
        if let Some(error) = self.ended {
            return Err(error);
        }
        if !self.owner.is_current() {
            return Err(RingError::WrongProcess);
        }
        Ok(())
    }

    /// Whether this process may touch the memory at all.
    pub(crate) fn is_ours(&self) -> bool {
        self.owner.is_current()
    }

    /// Remembers what can't be mended.
    #[inline]
    pub(crate) fn note<T>(&mut self, step: Result<T, Trouble>) -> Result<T, RingError> {
        step.map_err(|trouble| self.end(trouble.into()))
    }

    /// Remembers an error that can't be mended.
    #[cold]
    pub(crate) fn end(&mut self, error: RingError) -> RingError {
        if matches!(error, RingError::PeerClosed | RingError::Corrupt) {
            self.ended = Some(error);
        }
        error
    }

    /// Wakes the other side, which sleeps on a word of `memory` or until the bell rings.
    #[cold]
    pub(crate) fn ring(
        &mut self,
        memory: &WriterMapping,
        word: Option<usize>,
    ) -> Result<(), RingError> {
        self.stats.wakes = self.stats.wakes.wrapping_add(1);
        let rung = match word {
            Some(offset) => memory.wake(offset, WOKEN).map(drop),
            None => self.bell.signal(),
        };
        rung.map_err(|status| self.end(status.into()))
    }

    /// Looks again and again, as often as is worth it. `None` if it is time to sleep.
    #[inline]
    pub(crate) fn spin<T>(
        &self,
        deadline: MonotonicInstant,
        look: impl FnMut() -> Result<T, Trouble>,
    ) -> Option<Result<T, Trouble>> {
        spin(self.waiting, deadline, look)
    }

    /// How often it is worth to look without a pause.
    #[inline]
    pub(crate) fn haste(&self) -> u32 {
        match self.waiting {
            Waiting::Sleep { spins } => spins.min(HASTE),
            Waiting::Spin => HASTE,
        }
    }

    /// Forgets that the bell has ended: there may be messages.
    pub(crate) fn go_on(&mut self) {
        if self.ended == Some(RingError::PeerClosed) {
            self.ended = None;
        }
    }

    /// Whether it is never to sleep.
    pub(crate) fn only_spins(&self) -> bool {
        self.waiting == Waiting::Spin
    }

    /// When to look though nobody rang.
    pub(crate) fn nap_until(&self) -> Option<MonotonicInstant> {
        match self.nap {
            Nap::UntilRung => None,
            Nap::Short => Some(MonotonicInstant::after(SHORT)),
        }
    }

    /// Sleeps on a word of the other side, or some time at most. Whether the deadline is over.
    ///
    /// # Errors
    ///
    /// `PeerClosed`, which is not remembered: there may be messages.
    pub(crate) fn sleep(
        &mut self,
        memory: &ReadOnlyMapping,
        word: Half,
        deadline: MonotonicInstant,
    ) -> Result<bool, RingError> {
        self.stats.sleeps = self.stats.sleeps.wrapping_add(1);
        let nap = MonotonicInstant::after(match self.nap {
            Nap::UntilRung => LONG,
            Nap::Short => SHORT,
        });
        match memory.wait_while_equal(word.offset, word.value, nap.min(deadline)) {
            // A peer may wake without reason and without end.
            Ok(()) => Ok(is_over(deadline)),
            // One that was killed wakes nobody.
            Err(Status::TIMED_OUT) if self.bell.is_closed()? => Err(RingError::PeerClosed),
            Err(Status::TIMED_OUT) => Ok(is_over(deadline)),
            Err(status) => Err(status.into()),
        }
    }

    /// Whether the other side has ended, by the kernel.
    pub(crate) fn is_closed(&self) -> Result<bool, RingError> {
        if !self.is_ours() {
            return Err(RingError::WrongProcess);
        }
        if self.ended == Some(RingError::PeerClosed) {
            return Ok(true);
        }
        Ok(self.bell.is_closed()?)
    }
}
