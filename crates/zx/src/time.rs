// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MonotonicInstant`] and [`MonotonicDuration`]: deadlines, as Zircon counts them.

use core::ops::{Add, Sub};
use core::time::Duration;

use crate::sys;

/// A moment of the clock that only goes forward (CLOCK_MONOTONIC), in nanoseconds.
///
/// # Examples
///
/// ```
/// use zx::{MonotonicDuration, MonotonicInstant};
///
/// let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(5));
/// assert!(deadline > MonotonicInstant::get() && deadline < MonotonicInstant::INFINITE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct MonotonicInstant(i64);

/// A length of time, in nanoseconds, which may be negative.
///
/// # Examples
///
/// ```
/// use zx::MonotonicDuration;
/// let sum = MonotonicDuration::from_millis(1) + MonotonicDuration::from_micros(500);
/// assert_eq!(sum.into_nanos(), 1_500_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct MonotonicDuration(i64);

impl MonotonicInstant {
    /// A deadline that never comes.
    pub const INFINITE: Self = Self(i64::MAX);
    /// A deadline that is over: look, and do not wait.
    pub const INFINITE_PAST: Self = Self(i64::MIN);
    /// The start of the clock.
    pub const ZERO: Self = Self(0);

    /// Now.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::MonotonicInstant;
    /// assert!(MonotonicInstant::get() > MonotonicInstant::ZERO);
    /// ```
    #[must_use]
    pub fn get() -> Self {
        Self(sys::monotonic_nanos())
    }

    /// As long from now. What is too far away is [`INFINITE`](Self::INFINITE).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{MonotonicDuration, MonotonicInstant};
    /// let never = MonotonicInstant::after(MonotonicDuration::INFINITE);
    /// assert_eq!(never, MonotonicInstant::INFINITE);
    /// ```
    #[must_use]
    pub fn after(duration: MonotonicDuration) -> Self {
        Self::get() + duration
    }

    /// The moment so many nanoseconds after the start of the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MonotonicInstant::from_nanos(0), zx::MonotonicInstant::ZERO);
    /// ```
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start of the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MonotonicInstant::from_nanos(7).into_nanos(), 7);
    /// ```
    #[must_use]
    pub const fn into_nanos(self) -> i64 {
        self.0
    }

    /// How long it is until then, if it is not over; `None` if it never comes.
    pub(crate) fn left(self) -> Option<Duration> {
        if self == Self::INFINITE {
            return None;
        }
        let left = self.0.saturating_sub(Self::get().0);
        Some(Duration::from_nanos(u64::try_from(left).unwrap_or(0)))
    }
}

impl MonotonicDuration {
    /// For ever.
    pub const INFINITE: Self = Self(i64::MAX);
    /// No time.
    pub const ZERO: Self = Self(0);

    /// So many nanoseconds.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MonotonicDuration::from_nanos(5).into_nanos(), 5);
    /// ```
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// So many microseconds; at most [`INFINITE`](Self::INFINITE).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MonotonicDuration::from_micros(5).into_nanos(), 5_000);
    /// ```
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// So many milliseconds; at most [`INFINITE`](Self::INFINITE).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MonotonicDuration::from_millis(5).into_nanos(), 5_000_000);
    /// ```
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// So many seconds; at most [`INFINITE`](Self::INFINITE).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::MonotonicDuration;
    /// assert_eq!(MonotonicDuration::from_seconds(5), MonotonicDuration::from_millis(5_000));
    /// ```
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// In nanoseconds.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MonotonicDuration::ZERO.into_nanos(), 0);
    /// ```
    #[must_use]
    pub const fn into_nanos(self) -> i64 {
        self.0
    }
}

impl From<Duration> for MonotonicDuration {
    /// What is too long is [`INFINITE`](Self::INFINITE).
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

// Zircon's clocks saturate: a deadline that can't be written down never comes.
impl Add<MonotonicDuration> for MonotonicInstant {
    type Output = Self;

    fn add(self, duration: MonotonicDuration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl Sub<MonotonicDuration> for MonotonicInstant {
    type Output = Self;

    fn sub(self, duration: MonotonicDuration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }
}

impl Sub for MonotonicInstant {
    type Output = MonotonicDuration;

    fn sub(self, other: Self) -> MonotonicDuration {
        MonotonicDuration(self.0.saturating_sub(other.0))
    }
}

impl Add for MonotonicDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
