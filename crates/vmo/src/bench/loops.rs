// SPDX-License-Identifier: MIT OR Apache-2.0
//! What both sides do over a link: the same for all of them.

use super::links::{Link, Work};
use super::messages::Messages;
use super::task::{Task, What};
use crate::Failure;

/// The value of a round trip.
fn question(number: u32) -> u64 {
    u64::from(number).wrapping_mul(0x0001_0001).wrapping_add(1)
}

fn answer(question: u64) -> u64 {
    question.wrapping_add(1)
}

/// Near's part of a turn.
pub(super) struct NearPart<'a>(pub(super) Task, pub(super) &'a Messages);

impl Work for NearPart<'_> {
    fn on(self, link: &mut impl Link) -> Result<(), Failure> {
        let Self(task, messages) = self;
        if task.what == What::RoundTrip {
            return ask(link, task.count);
        }
        for number in 0..task.count {
            link.send(messages.get(number))?;
        }
        link.flush()
    }
}

fn ask(link: &mut impl Link, count: u32) -> Result<(), Failure> {
    let mut bytes = [0; 8];
    for number in 0..count {
        link.send(&question(number).to_ne_bytes())?;
        link.flush()?;
        let len = link.recv(&mut bytes)?;
        if len != bytes.len() || u64::from_ne_bytes(bytes) != answer(question(number)) {
            return Err(format!("the answer {number} is wrong").into());
        }
    }
    Ok(())
}

/// Far's part.
pub(super) struct FarPart<'a>(
    pub(super) Task,
    pub(super) &'a Messages,
    pub(super) &'a mut [u8],
);

impl Work for FarPart<'_> {
    fn on(self, link: &mut impl Link) -> Result<(), Failure> {
        let Self(task, messages, buffer) = self;
        if task.what == What::RoundTrip {
            return echo(link, task.count);
        }
        for number in 0..task.count {
            let len = link.recv(buffer)?;
            let bytes = buffer.get(..len).unwrap_or_default();
            let same = match task.what {
                What::Check => messages.get(number) == bytes,
                What::Stream | What::RoundTrip => messages.resembles(number, bytes),
            };
            if !same {
                return Err(format!("message {number} is not what was sent").into());
            }
        }
        Ok(())
    }
}

fn echo(link: &mut impl Link, count: u32) -> Result<(), Failure> {
    let mut bytes = [0; 8];
    for number in 0..count {
        let len = link.recv(&mut bytes)?;
        let asked = u64::from_ne_bytes(bytes);
        if len != bytes.len() || asked != question(number) {
            return Err(format!("the question {number} is wrong").into());
        }
        link.send(&answer(asked).to_ne_bytes())?;
        link.flush()?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::bench::task::Who;

    /// What was sent, and what is to be received.
    #[derive(Default)]
    struct Paper {
        sent: Vec<Vec<u8>>,
        coming: VecDeque<Vec<u8>>,
    }

    impl Link for Paper {
        fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
            self.sent.push(bytes.to_vec());
            Ok(())
        }

        fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
            let bytes = self.coming.pop_front().ok_or("nothing comes")?;
            buffer[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        }
    }

    fn task(what: What, size: usize) -> Task {
        let (who, count) = (Who::Pipe, 40);
        Task {
            who,
            what,
            size,
            count,
        }
    }

    /// What near sends, as it comes to far.
    fn sent(what: What) -> (Messages, VecDeque<Vec<u8>>) {
        let (messages, mut near) = (Messages::new(64), Paper::default());
        NearPart(task(what, 64), &messages).on(&mut near).unwrap();
        (messages, near.sent.into())
    }

    fn far(what: What, messages: &Messages, coming: VecDeque<Vec<u8>>) -> Result<(), Failure> {
        let sent = Vec::new();
        FarPart(task(what, 64), messages, &mut [0; 64]).on(&mut Paper { sent, coming })
    }

    #[test]
    fn what_was_sent_is_what_is_expected() {
        for what in [What::Stream, What::Check] {
            let (messages, coming) = sent(what);
            assert_eq!(coming.len(), 40);
            far(what, &messages, coming).unwrap();
        }
    }

    #[test]
    fn a_message_that_was_lost_or_changed_is_noticed() {
        let (messages, mut lost) = sent(What::Stream);
        lost.remove(7);
        assert!(far(What::Stream, &messages, lost).is_err());
        let (messages, mut torn) = sent(What::Stream);
        torn[39][63] ^= 1;
        assert!(far(What::Stream, &messages, torn).is_err());
        let (messages, mut middle) = sent(What::Check);
        middle[39][30] ^= 1;
        assert!(far(What::Check, &messages, middle).is_err());
    }

    #[test]
    fn a_wrong_answer_is_noticed() {
        let answers = |count: u32| (0..count).map(|i| answer(question(i)).to_ne_bytes().to_vec());
        let mut good = Paper::default();
        good.coming.extend(answers(40));
        let messages = Messages::new(8);
        NearPart(task(What::RoundTrip, 8), &messages)
            .on(&mut good)
            .unwrap();
        let mut bad = Paper::default();
        bad.coming.extend(answers(40));
        bad.coming[20][0] ^= 1;
        assert!(
            NearPart(task(What::RoundTrip, 8), &messages)
                .on(&mut bad)
                .is_err()
        );
    }
}
