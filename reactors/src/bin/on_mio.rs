// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exchange by mio, which tells once that something is ready.
#![deny(unsafe_code)]

use core::time::Duration;
use std::io;
use std::os::fd::AsRawFd;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use reactors::Exchange;
use zx::{MessageBuf, Status};

const BELL: Token = Token(0);
const CHANNEL: Token = Token(1);

fn main() -> io::Result<()> {
    if reactors::was_peer()? {
        return Ok(());
    }
    let mut exchange = Exchange::start()?;
    let mut message = MessageBuf::new();
    let mut poll = Poll::new()?;
    let (bell, channel) = (exchange.bell.as_raw_fd(), exchange.channel.as_raw_fd());
    let registry = poll.registry();
    registry.register(&mut SourceFd(&bell), BELL, Interest::READABLE)?;
    registry.register(&mut SourceFd(&channel), CHANNEL, Interest::READABLE)?;
    let mut events = Events::with_capacity(8);
    'exchange: loop {
        match poll.poll(&mut events, Some(Duration::from_secs(10))) {
            Ok(()) if events.is_empty() => return Err(Status::TIMED_OUT.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            // Look until there is nothing: only what comes after that is told.
            loop {
                let looked = match event.token() {
                    BELL => exchange.answer().map(|()| false),
                    _ => exchange.is_done(&mut message),
                };
                match looked {
                    Ok(true) => break 'exchange,
                    Ok(false) => {}
                    Err(Status::SHOULD_WAIT) => break,
                    // The peer is at its end, and says so by a message.
                    Err(Status::PEER_CLOSED) if event.token() == BELL => break,
                    Err(status) => return Err(status.into()),
                }
            }
        }
    }
    reactors::finish(exchange.peer, &exchange.numbers)
}
