// SPDX-License-Identifier: MIT OR Apache-2.0
//! Freezing with patience: others may need a moment to let go.

use core::time::Duration;
use std::thread;
use std::time::Instant;

use super::Vmo;
use crate::Status;

/// The pause after the first try. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_micros(50);

/// No pause is longer: how long after the last holder let go it is noticed.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

impl Vmo {
    /// [`freeze`](Self::freeze), again and again for `patience` while somebody still has the
    /// VMO mapped, or the kernel is still writing to its pages.
    ///
    /// Only those two can pass, so anything else is returned at once. With a patience of 0
    /// there is one try. The last try begins when the patience ends, no later.
    ///
    /// # Hostile peer
    ///
    /// A peer that never unmaps it, or has pages of it pinned (registered with io_uring),
    /// makes this take all of `patience`, and can't make it take for ever. If it never lets
    /// go, read what it can no longer have instead: a copy.
    ///
    /// # Errors
    ///
    /// As [`freeze`](Self::freeze); [`Status::BAD_STATE`] if the patience ran out. Nothing
    /// has changed then, and it can be tried again.
    ///
    /// # Cost
    ///
    /// Two system calls where nobody is in the way. Else pauses of 50 microseconds, doubling
    /// up to 5 milliseconds, with two system calls between them. One try with a pinned page
    /// takes the kernel about 200 milliseconds, so the call can last that much longer than
    /// `patience`; and it waits for a peer's fallocate(2) that is under way.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use zx::{Extent, Name, SealPlan, Status, VmarFlags, Vmo, vmar_root_self};
    ///
    /// let plan = SealPlan::Freezable;
    /// let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Pages, 4096)?;
    /// let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 4096, flags)?;
    /// let patience = Duration::from_millis(2);
    /// assert_eq!(vmo.freeze_within(patience), Err(Status::BAD_STATE));
    /// // SAFETY: nobody else knows the address.
    /// unsafe { vmar_root_self().unmap(addr, 4096)? };
    /// assert_eq!(vmo.freeze_within(patience), Ok(()));
    /// # Ok::<(), Status>(())
    /// ```
    pub fn freeze_within(&self, patience: Duration) -> Result<(), Status> {
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.freeze() {
                Err(Status::BAD_STATE) => {}
                other => return other,
            }
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(Status::BAD_STATE);
            }
            thread::sleep(pause.min(left));
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}
