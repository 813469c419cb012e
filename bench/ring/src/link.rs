// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Link`]: one end of whatever carries messages.

use crate::Failure;

/// Which process this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that sends first, and holds the watch.
    Near,
    /// The other.
    Far,
}

/// What is asked of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How long each message is.
    pub size: usize,
    /// How many messages may be under way.
    pub slots: usize,
}

impl Shape {
    /// The bytes that may be under way.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.size * self.slots
    }
}

/// One end. Near sends and far receives; in a round trip far sends the answer.
pub trait Link {
    /// Sends one message, and waits for room.
    ///
    /// # Errors
    ///
    /// If it can't be sent.
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure>;

    /// Receives one message, and waits for it. Gives its length.
    ///
    /// # Errors
    ///
    /// If there will be none.
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure>;

    /// Makes visible what was sent and is held back.
    ///
    /// # Errors
    ///
    /// If it can't be sent.
    fn flush(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
