// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AddressSpace`]: whether this is still the process that something was made in.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::sys;

/// The address space that it was made in: to be asked before each access to pages that a child
/// does not have ([`Vmar::dont_fork`](crate::Vmar::dont_fork)).
///
/// What [`address_space_number`](crate::address_space_number) is, for those who ask often.
///
/// # Examples
///
/// ```
/// let made_in = zx::AddressSpace::current();
/// assert!(made_in.is_current()); // false after a fork, in the child
/// ```
///
/// Source: MADV_WIPEONFORK in madvise(2).
#[derive(Clone, Copy, Debug)]
pub struct AddressSpace {
    number: u64,
    word: Option<&'static AtomicU64>,
}

impl AddressSpace {
    /// That of this process.
    ///
    /// # Cost
    ///
    /// A load. The first call in a process takes a page and two system calls.
    ///
    /// # Examples
    ///
    /// ```
    /// let _made_in = zx::AddressSpace::current();
    /// ```
    #[must_use]
    pub fn current() -> Self {
        let number = sys::address_space();
        let word = sys::address_space_word();
        Self { number, word }
    }

    /// Whether it is that of this process.
    ///
    /// # Cost
    ///
    /// A load, inlined.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::AddressSpace::current().is_current());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_current(&self) -> bool {
        match self.word {
            // In a child it is empty, until it gets a number of its own.
            Some(word) => word.load(Ordering::Relaxed) == self.number,
            None => sys::address_space() == self.number,
        }
    }
}
