// SPDX-License-Identifier: MIT OR Apache-2.0
//! The loops that drive a link: the same for everybody, compiled for each.

use crate::Failure;
use crate::link::{Link, Shape};
use crate::messages::{Aligned, Messages};
use crate::task::What;

/// A link with its loops, whatever it is.
pub trait Work {
    /// Does near's part of so many messages.
    ///
    /// # Errors
    ///
    /// If a message does not go through, or an answer is wrong.
    fn near(&mut self, what: What, count: u32) -> Result<(), Failure>;

    /// Does far's part.
    ///
    /// # Errors
    ///
    /// If a message does not come, or is not what was sent.
    fn far(&mut self, what: What, count: u32) -> Result<(), Failure>;
}

/// The loops for a link.
pub fn drive(link: impl Link + 'static, shape: &Shape) -> Box<dyn Work> {
    Box::new(Driver {
        link,
        messages: Messages::new(shape),
        buffer: Aligned::new(shape.size),
    })
}

struct Driver<L> {
    link: L,
    messages: Messages,
    buffer: Aligned,
}

impl<L: Link> Work for Driver<L> {
    fn near(&mut self, what: What, count: u32) -> Result<(), Failure> {
        match what {
            What::RoundTrip => self.ask(count),
            What::Stream | What::Check | What::Publish => self.produce(count),
        }
    }

    fn far(&mut self, what: What, count: u32) -> Result<(), Failure> {
        match what {
            What::RoundTrip => self.answer(count),
            What::Stream | What::Publish => self.consume(count),
            What::Check => self.compare(count),
        }
    }
}

/// The value of a round trip: never 0, which an eventfd can't carry.
fn value(number: u32) -> u64 {
    u64::from(number) * 0x0001_0001 + 1
}

impl<L: Link> Driver<L> {
    fn ask(&mut self, count: u32) -> Result<(), Failure> {
        let mut answer = [0; 8];
        for number in 0..count {
            self.link.send(&value(number).to_ne_bytes())?;
            self.link.flush()?;
            let len = self.link.recv(&mut answer)?;
            if len != 8 || u64::from_ne_bytes(answer) != value(number) + 1 {
                return Err(format!("the answer {number} is wrong").into());
            }
        }
        Ok(())
    }

    fn answer(&mut self, count: u32) -> Result<(), Failure> {
        let mut question = [0; 8];
        for number in 0..count {
            let len = self.link.recv(&mut question)?;
            let asked = u64::from_ne_bytes(question);
            if len != 8 || asked != value(number) {
                return Err(format!("the question {number} is wrong").into());
            }
            self.link.send(&(asked + 1).to_ne_bytes())?;
            self.link.flush()?;
        }
        Ok(())
    }

    fn produce(&mut self, count: u32) -> Result<(), Failure> {
        for number in 0..count {
            self.link.send(self.messages.get(number))?;
        }
        self.link.flush()
    }

    fn consume(&mut self, count: u32) -> Result<(), Failure> {
        for number in 0..count {
            let len = self.link.recv(self.buffer.get_mut())?;
            let bytes = self.buffer.get().get(..len).unwrap_or_default();
            if !self.messages.resembles(number, bytes) {
                return Err(format!("message {number} is not what was sent").into());
            }
        }
        Ok(())
    }

    /// As [`consume`](Self::consume), and looks at every byte.
    fn compare(&mut self, count: u32) -> Result<(), Failure> {
        for number in 0..count {
            self.buffer.get_mut().fill(0);
            let len = self.link.recv(self.buffer.get_mut())?;
            let bytes = self.buffer.get().get(..len).unwrap_or_default();
            if self.messages.get(number) != bytes {
                return Err(format!("a byte of message {number} is wrong").into());
            }
        }
        Ok(())
    }
}
