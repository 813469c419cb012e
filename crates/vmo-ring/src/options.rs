// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RingOptions`]: how large a ring is and how its side waits.

/// How a side of a ring waits for the other one.
///
/// # Examples
///
/// ```
/// use vmo_ring::{RingOptions, Waiting};
/// let options = RingOptions::new().waiting(Waiting::Sleep { spins: 0 }); // at once
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Looks so many times, then sleeps until the other side rings.
    Sleep {
        /// How many times: each is a few nanoseconds. A sleep and a wake cost as much as a
        /// few thousand.
        spins: u32,
    },
    /// Real time: looks until something is there or the deadline comes. No system call, no
    /// page fault and no allocation, in any call that sends or receives.
    ///
    /// This side does not ring either. One that sleeps on the other side looks every
    /// millisecond by itself. A peer that died is noticed by `is_closed` only, which asks the
    /// kernel: call it from another place than the loop that is in a hurry.
    ///
    /// (A deadline that is not infinite is compared with the clock, which most kernels let a
    /// program read without a system call.)
    Spin,
}

/// How large a ring is, and how this side of it waits.
///
/// # Examples
///
/// ```
/// use vmo_ring::RingOptions;
/// let options = RingOptions::new().capacity(1 << 20);
/// assert_eq!(options.max_message(), (1 << 19) - 64);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct RingOptions {
    pub(crate) capacity: usize,
    pub(crate) max_capacity: usize,
    pub(crate) waiting: Waiting,
}

impl RingOptions {
    /// 256 KiB; what others want, up to 64 MiB; 2,000 looks, then sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::RingOptions;
    /// assert_eq!(RingOptions::new(), RingOptions::default());
    /// ```
    pub const fn new() -> Self {
        Self {
            capacity: 256 << 10,
            max_capacity: 64 << 20,
            waiting: Waiting::Sleep { spins: 2000 },
        }
    }

    /// The bytes of the ring that this side sends on: a power of two from 4 KiB to 1 GiB. All
    /// of it is taken from the system when the ring is connected.
    ///
    /// # Examples
    ///
    /// ```
    /// let options = vmo_ring::RingOptions::new().capacity(4096);
    /// assert_eq!(options.max_message(), 1984);
    /// ```
    pub const fn capacity(self, bytes: usize) -> Self {
        Self {
            capacity: bytes,
            ..self
        }
    }

    /// The largest ring that the other side may make for this one to receive on. What is
    /// mapped here counts for this process too.
    ///
    /// # Examples
    ///
    /// ```
    /// let options = vmo_ring::RingOptions::new().max_capacity(1 << 20);
    /// # let _ = options;
    /// ```
    pub const fn max_capacity(self, bytes: usize) -> Self {
        Self {
            max_capacity: bytes,
            ..self
        }
    }

    /// How this side waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingOptions, Waiting};
    /// let options = RingOptions::new().waiting(Waiting::Spin);
    /// # let _ = options;
    /// ```
    pub const fn waiting(self, waiting: Waiting) -> Self {
        Self { waiting, ..self }
    }

    /// The longest message of a ring of this capacity: less than half of it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(vmo_ring::RingOptions::new().max_message() > 100_000);
    /// ```
    #[must_use]
    pub const fn max_message(self) -> usize {
        (self.capacity / 2).saturating_sub(64)
    }
}

impl Default for RingOptions {
    fn default() -> Self {
        Self::new()
    }
}
