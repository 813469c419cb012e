// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a receiver waits: looks without a pause, looks with one, sleeps.

use zx::MonotonicInstant;

use super::Receiver;
use crate::RingError;
use crate::protocol::consumer::Found;
use crate::protocol::{Sleeps, Trouble};

impl Receiver {
    pub(super) fn wait_longer(&mut self, deadline: MonotonicInstant) -> Result<Found, RingError> {
        let came = self.consumer.poll(self.side.haste());
        if self.side.note(came)? {
            return self.seen();
        }
        let mut over = false;
        loop {
            let consumer = &mut self.consumer;
            let spun = self.side.spin(deadline, || consumer.next());
            if let Some(spun) = spun {
                return self.side.note(spun);
            }
            if over || self.side.only_spins() {
                return Err(RingError::TimedOut);
            }
            let armed = self.consumer.arm(Sleeps::OnWord);
            if !self.side.note(armed)? {
                return self.seen();
            }
            let word = self.consumer.word();
            let slept = self.side.sleep(self.consumer.peer(), word, deadline);
            let disarmed = self.consumer.disarm();
            self.side.note(disarmed)?;
            match slept {
                Ok(is_over) => over = is_over,
                // All that it sent was there before it was gone.
                Err(RingError::PeerClosed) => {
                    let last = self.consumer.next();
                    let last = last.map_err(|trouble| match trouble {
                        Trouble::Wait => Trouble::Closed,
                        other => other,
                    });
                    return self.side.note(last);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The message of which something was seen. What was there stays there, or it was not
    /// written by an honest sender, who could keep a call for ever so.
    fn seen(&mut self) -> Result<Found, RingError> {
        let there = self.consumer.next();
        let there = there.map_err(|trouble| match trouble {
            Trouble::Wait => Trouble::Corrupt,
            other => other,
        });
        self.side.note(there)
    }
}
