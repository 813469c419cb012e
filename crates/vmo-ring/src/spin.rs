// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looking again and again, with a pause between, until it is time to sleep.

use core::hint::spin_loop;

use zx::MonotonicInstant;

use crate::Waiting;
use crate::protocol::Trouble;

/// How often a deadline is compared with the clock.
const SPINS_PER_LOOK_AT_THE_CLOCK: u64 = 64;

/// Looks until there is something to say, the deadline, or as often as is worth it: `None`.
#[inline]
pub(crate) fn spin<T>(
    waiting: Waiting,
    deadline: MonotonicInstant,
    mut look: impl FnMut() -> Result<T, Trouble>,
) -> Option<Result<T, Trouble>> {
    let budget = match waiting {
        Waiting::Sleep { spins } => u64::from(spins),
        Waiting::Spin => u64::MAX,
    };
    let mut spins = 0;
    loop {
        match look() {
            Err(Trouble::Wait) => {}
            other => return Some(other),
        }
        if spins >= budget {
            return None;
        }
        spins = spins.saturating_add(1);
        if spins % SPINS_PER_LOOK_AT_THE_CLOCK == 0 && is_over(deadline) {
            return None;
        }
        // Whoever shares the core may have it now.
        spin_loop();
    }
}

/// Whether the deadline has come.
pub(crate) fn is_over(deadline: MonotonicInstant) -> bool {
    deadline != MonotonicInstant::INFINITE && MonotonicInstant::get() >= deadline
}
