// SPDX-License-Identifier: MIT OR Apache-2.0
//! The exchange by tokio: a task that waits for the bell, and one that waits for a message.
#![deny(unsafe_code)]

use core::time::Duration;
use std::io;

use reactors::{Exchange, Numbers};
use tokio::runtime::Builder;
use zx::async_io::{AsyncChannel, AsyncEventPair};
use zx::{MessageBuf, Status};

fn main() -> io::Result<()> {
    if reactors::was_peer()? {
        return Ok(());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let exchange = tokio::time::timeout(Duration::from_secs(10), exchange());
        exchange.await?
    })
}

async fn exchange() -> io::Result<()> {
    let exchange = Exchange::start()?;
    let channel = AsyncChannel::new(exchange.channel)?;
    let bell = AsyncEventPair::new(exchange.bell)?;
    let counting = tokio::spawn(count(bell, exchange.numbers));
    let mut message = MessageBuf::new();
    while !reactors::is_last(&message) {
        channel.read(&mut message).await?;
    }
    reactors::finish(exchange.peer, &counting.await??)
}

/// Looks whenever the bell rings, until the peer is at its end.
async fn count(bell: AsyncEventPair, mut numbers: Numbers) -> io::Result<Numbers> {
    loop {
        match bell.wait().await {
            Ok(()) => numbers.look()?,
            Err(Status::PEER_CLOSED) => return Ok(numbers),
            Err(status) => return Err(status.into()),
        }
        match bell.get_ref().signal() {
            Ok(()) | Err(Status::PEER_CLOSED) => {}
            Err(status) => return Err(status.into()),
        }
    }
}
