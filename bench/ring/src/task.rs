// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Task`]: what near tells far to do next.

use serde::{Deserialize, Serialize};

/// What is done with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Eight bytes there, eight back.
    RoundTrip,
    /// Messages one way; both ends of each are looked at.
    Stream,
    /// The same; what counts is how long near takes to send them.
    Publish,
    /// As [`Stream`](Self::Stream), and every byte is looked at. Not measured.
    Check,
}

/// One turn of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) candidate: usize,
    pub(crate) what: What,
    pub(crate) count: u32,
}

/// How long it is on the way.
pub(crate) const TASK_LEN: usize = 9;

impl Task {
    pub(crate) fn to_bytes(self) -> [u8; TASK_LEN] {
        let mut bytes = [0; TASK_LEN];
        let candidate = u32::try_from(self.candidate).unwrap_or(u32::MAX);
        bytes[..4].copy_from_slice(&candidate.to_ne_bytes());
        bytes[4..8].copy_from_slice(&self.count.to_ne_bytes());
        bytes[8] = match self.what {
            What::RoundTrip => 0,
            What::Stream => 1,
            What::Check => 2,
            What::Publish => 3,
        };
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; TASK_LEN]) -> Self {
        let number = |at: usize| {
            let bytes = bytes[at..].first_chunk().copied().unwrap_or_default();
            u32::from_ne_bytes(bytes)
        };
        Self {
            candidate: number(0) as usize,
            count: number(4),
            what: match bytes[8] {
                0 => What::RoundTrip,
                1 => What::Stream,
                2 => What::Check,
                _ => What::Publish,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_arrives_as_it_was_sent() {
        for what in [What::RoundTrip, What::Stream, What::Check, What::Publish] {
            let task = Task {
                candidate: 3,
                what,
                count: 70_000,
            };
            assert_eq!(Task::from_bytes(task.to_bytes()), task);
        }
    }
}
