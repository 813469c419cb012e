// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exchange by calloop: a callback for the bell, and one for the channel.
#![deny(unsafe_code)]

use core::time::Duration;
use std::io;
use std::os::fd::AsFd;

use calloop::generic::Generic;
use calloop::{EventLoop, Interest, Mode, PostAction};
use reactors::Exchange;
use zx::{MessageBuf, Status};

/// What the callbacks share.
struct State {
    exchange: Exchange,
    message: MessageBuf,
    done: bool,
}

fn main() -> io::Result<()> {
    if reactors::was_peer()? {
        return Ok(());
    }
    let mut state = State {
        exchange: Exchange::start()?,
        message: MessageBuf::new(),
        done: false,
    };
    let mut event_loop: EventLoop<'_, State> = EventLoop::try_new()?;
    // The loop owns what it watches: descriptors of its own, of the same objects.
    let bell = state.exchange.bell.as_fd().try_clone_to_owned()?;
    let bell = Generic::new(bell, Interest::READ, Mode::Level);
    let channel = state.exchange.channel.as_fd().try_clone_to_owned()?;
    let channel = Generic::new(channel, Interest::READ, Mode::Level);
    let handle = event_loop.handle();
    let inserted = handle.insert_source(bell, |_, _, state| state.ring());
    inserted.map_err(|refused| refused.error)?;
    let inserted = handle.insert_source(channel, |_, _, state| state.receive());
    inserted.map_err(|refused| refused.error)?;
    let deadline = reactors::deadline();
    while !state.done {
        event_loop.dispatch(Duration::from_secs(1), &mut state)?;
        if zx::MonotonicInstant::get() > deadline {
            return Err(Status::TIMED_OUT.into());
        }
    }
    reactors::finish(state.exchange.peer, &state.exchange.numbers)
}

impl State {
    fn ring(&mut self) -> io::Result<PostAction> {
        match self.exchange.answer() {
            Ok(()) | Err(Status::SHOULD_WAIT) => Ok(PostAction::Continue),
            // The peer is at its end, and says so by a message.
            Err(Status::PEER_CLOSED) => Ok(PostAction::Remove),
            Err(status) => Err(status.into()),
        }
    }

    fn receive(&mut self) -> io::Result<PostAction> {
        match self.exchange.is_done(&mut self.message) {
            Ok(done) => self.done = done,
            Err(Status::SHOULD_WAIT) => {}
            Err(status) => return Err(status.into()),
        }
        Ok(PostAction::Continue)
    }
}
