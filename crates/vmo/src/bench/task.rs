// SPDX-License-Identifier: MIT OR Apache-2.0
//! What near tells far to do: who, what, how long, how often.

use mapped_vmo::zx::Channel;

use crate::Failure;

/// The lengths of the messages that are streamed.
pub(super) const SIZES: [usize; 4] = [64, 4096, 65_536, 1 << 20];

/// The longest message of a socket that keeps messages apart, where nobody has raised it.
const LONGEST_OF_A_SOCKET: usize = 65_536;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Eight bytes there, and eight back.
    RoundTrip,
    /// One way; both ends of each message are looked at.
    Stream,
    /// One way, and every byte is looked at.
    Check,
}

/// Who carries the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A cache line of each side, which the other one reads.
    Lines,
    /// A ring that spins.
    Spin,
    /// A ring that shows 16 messages at once.
    Batched,
    /// A ring that sleeps at once.
    Sleep,
    Futex,
    Pipe,
    Socket,
}

impl Who {
    /// The first is what the others are compared with.
    pub(super) const ROUND_TRIPS: [Self; 6] = [
        Self::Lines,
        Self::Spin,
        Self::Sleep,
        Self::Futex,
        Self::Pipe,
        Self::Socket,
    ];
    /// The last but one is what the others are compared with.
    pub(super) const STREAMS: [Self; 4] = [Self::Spin, Self::Batched, Self::Pipe, Self::Socket];
    const ALL: [Self; 7] = [
        Self::Lines,
        Self::Spin,
        Self::Batched,
        Self::Sleep,
        Self::Futex,
        Self::Pipe,
        Self::Socket,
    ];

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lines => "a cache line",
            Self::Spin => "vmo-ring",
            Self::Batched => "vmo-ring, 16 at once",
            Self::Sleep => "vmo-ring, asleep each time",
            Self::Futex => "futex",
            Self::Pipe => "pipe",
            Self::Socket => "Unix socket (seqpacket)",
        }
    }

    /// Whether messages may be so long.
    pub(super) fn carries(self, size: usize) -> bool {
        self != Self::Socket || size <= LONGEST_OF_A_SOCKET
    }
}

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) who: Who,
    pub(super) what: What,
    pub(super) size: usize,
    pub(super) count: u32,
}

impl Task {
    /// Sends it.
    pub(super) fn send(self, to: &Channel) -> Result<(), Failure> {
        let who = Who::ALL.iter().position(|who| *who == self.who);
        let line = format!(
            "{} {} {} {}",
            who.unwrap_or(usize::MAX),
            match self.what {
                What::RoundTrip => 0,
                What::Stream => 1,
                What::Check => 2,
            },
            self.size,
            self.count
        );
        Ok(to.write(line.as_bytes(), &mut Vec::new())?)
    }

    /// The same again. It is what this program sent to itself.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let mut numbers = text.split(' ').map(str::parse::<u32>);
        let mut next = || numbers.next()?.ok();
        let who = Who::ALL.get(usize::try_from(next()?).ok()?).copied()?;
        let what = match next()? {
            0 => What::RoundTrip,
            1 => What::Stream,
            2 => What::Check,
            _ => return None,
        };
        let size = usize::try_from(next()?).ok()?;
        let count = next()?;
        let known = size == 8 || SIZES.contains(&size);
        known.then_some(Self {
            who,
            what,
            size,
            count,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use mapped_vmo::zx::MessageBuf;

    use super::*;

    #[test]
    fn a_task_arrives_as_it_was_sent() {
        let (here, there) = Channel::create().unwrap();
        for who in Who::ALL {
            for what in [What::RoundTrip, What::Stream, What::Check] {
                let task = Task {
                    who,
                    what,
                    size: 4096,
                    count: 70_000,
                };
                task.send(&here).unwrap();
                let mut message = MessageBuf::new();
                there.read(&mut message).unwrap();
                assert_eq!(Task::parse(message.bytes()), Some(task));
            }
        }
    }

    #[test]
    fn what_is_no_task_is_none() {
        for bytes in [
            "", "0 0 8", "9 0 8 1", "0 3 8 1", "0 0 9 1", "0 0 8 -1", "0 0 8 x",
        ] {
            assert_eq!(Task::parse(bytes.as_bytes()), None, "{bytes}");
        }
    }
}
