// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exchange by poll(2) alone.
#![deny(unsafe_code)]

use std::io;

use reactors::Exchange;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use zx::{MessageBuf, Status};

fn main() -> io::Result<()> {
    if reactors::was_peer()? {
        return Ok(());
    }
    let mut exchange = Exchange::start()?;
    let mut message = MessageBuf::new();
    let timeout = Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    loop {
        let [bell, channel] = {
            let mut polled = [
                PollFd::new(&exchange.bell, PollFlags::IN),
                PollFd::new(&exchange.channel, PollFlags::IN),
            ];
            match poll(&mut polled, Some(&timeout)) {
                Ok(0) => return Err(Status::TIMED_OUT.into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            polled.map(|fd| !fd.revents().is_empty())
        };
        // What is told here is told again as long as it is so: one look is enough.
        if bell {
            match exchange.answer() {
                // The peer is at its end, and says so by a message.
                Ok(()) | Err(Status::SHOULD_WAIT | Status::PEER_CLOSED) => {}
                Err(status) => return Err(status.into()),
            }
        }
        if channel && exchange.is_done(&mut message)? {
            break;
        }
    }
    reactors::finish(exchange.peer, &exchange.numbers)
}
