// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RingStats`]: what a side of a ring has done.

/// What one side of a ring has done so far.
///
/// # Examples
///
/// ```
/// assert_eq!(vmo_ring::RingStats::default().messages, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RingStats {
    /// Messages that were sent, or received.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How often this side slept.
    pub sleeps: u64,
    /// How often it woke the other one: a system call each.
    pub wakes: u64,
    /// Messages of a broadcast that were overwritten before they were read here.
    pub lost: u64,
}

impl RingStats {
    #[inline]
    pub(crate) fn count(&mut self, len: usize) {
        self.messages = self.messages.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(len as u64);
    }
}
