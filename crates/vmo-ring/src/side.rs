// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Side`]: what a sender and a receiver have in common: the bell, how to wait, whether the
//! ring is still good.

use core::hint::spin_loop;

use zx::{AddressSpace, EventPair, MonotonicDuration, MonotonicInstant, Status};

use crate::protocol::Trouble;
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
    /// Until the other side rings.
    UntilRung,
    /// A millisecond: the other side never rings.
    Short,
}

const SHORT: MonotonicDuration = MonotonicDuration::from_millis(1);

/// How often a deadline is compared with the clock.
const SPINS_PER_LOOK_AT_THE_CLOCK: u32 = 64;

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

    /// Wakes the other side.
    #[cold]
    pub(crate) fn ring(&mut self) -> Result<(), RingError> {
        self.stats.wakes = self.stats.wakes.wrapping_add(1);
        let rung = self.bell.signal();
        rung.map_err(|status| self.end(status.into()))
    }

    /// Looks again and again, as often as is worth it. `None` if it is time to sleep.
    #[inline]
    pub(crate) fn spin<T>(
        &self,
        deadline: MonotonicInstant,
        mut look: impl FnMut() -> Result<T, Trouble>,
    ) -> Option<Result<T, Trouble>> {
        let mut spins = match self.waiting {
            Waiting::Sleep { spins } => spins,
            Waiting::Spin => u32::MAX,
        };
        loop {
            match look() {
                Err(Trouble::Wait) => {}
                other => return Some(other),
            }
            if spins == 0 {
                return None;
            }
            spins = spins.wrapping_sub(1);
            if spins % SPINS_PER_LOOK_AT_THE_CLOCK == 0 {
                if is_over(deadline) {
                    return None;
                }
                if self.waiting == Waiting::Spin {
                    spins = u32::MAX;
                }
            }
            spin_loop();
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

    /// Sleeps until the other side rings, or some time at most. Whether the deadline is over.
    ///
    /// # Errors
    ///
    /// `PeerClosed`, which is not remembered: there may be messages.
    pub(crate) fn sleep(&mut self, deadline: MonotonicInstant) -> Result<bool, RingError> {
        self.stats.sleeps = self.stats.sleeps.wrapping_add(1);
        let until = self.nap_until().map_or(deadline, |nap| nap.min(deadline));
        match self.bell.wait(until) {
            // A peer may ring without reason and without end.
            Ok(()) | Err(Status::TIMED_OUT) => Ok(is_over(deadline)),
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

fn is_over(deadline: MonotonicInstant) -> bool {
    deadline != MonotonicInstant::INFINITE && MonotonicInstant::get() >= deadline
}
