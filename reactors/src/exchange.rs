// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Exchange`]: the side of the program.

use std::io;
use std::process::{Child, Command};

use zx::{Channel, EventPair, HandleBased, MessageBuf, Rights, StartupHandles, Status, Vmo};

use crate::{NUMBERS, PEER};

/// What the program holds of the exchange.
#[derive(Debug)]
pub struct Exchange {
    /// Messages to and from the peer.
    pub channel: Channel,
    /// Rings when there is a new number.
    pub bell: EventPair,
    /// Where it is.
    pub numbers: Numbers,
    /// Who counts.
    pub peer: Child,
}

/// The memory that the peer counts in, and what was seen there.
#[derive(Debug)]
pub struct Numbers {
    vmo: Vmo,
    seen: Vec<u64>,
}

impl Exchange {
    /// Starts this very program again as the peer, and asks it to count.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    ///
    /// # Examples
    ///
    /// See `src/bin/on_poll.rs`.
    pub fn start() -> io::Result<Self> {
        let (channel, theirs) = Channel::create()?;
        let (bell, their_bell) = EventPair::create()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(PEER);
        command.startup_handle(0, theirs.into_handle())?;
        command.startup_handle(1, their_bell.into_handle())?;
        let peer = command.spawn()?;
        let vmo = Vmo::create(4096)?;
        let theirs = vmo.duplicate_handle(Rights::SAME_RIGHTS)?;
        channel.write(&NUMBERS.to_ne_bytes(), &mut vec![theirs.into_handle()])?;
        let seen = Vec::new();
        let numbers = Numbers { vmo, seen };
        Ok(Self {
            channel,
            bell,
            numbers,
            peer,
        })
    }

    /// The bell rang, perhaps: if it did, looks at the number and has the peer go on.
    ///
    /// # Errors
    ///
    /// [`Status::SHOULD_WAIT`] if it did not; [`Status::PEER_CLOSED`].
    ///
    /// # Examples
    ///
    /// See `src/bin/on_poll.rs`.
    pub fn answer(&mut self) -> Result<(), Status> {
        if !self.bell.take()? {
            return Err(Status::SHOULD_WAIT);
        }
        self.numbers.look()?;
        self.bell.signal()
    }

    /// Receives a message, if one is there: whether it is the last one.
    ///
    /// # Errors
    ///
    /// [`Status::SHOULD_WAIT`] if none is; [`Status::PEER_CLOSED`].
    ///
    /// # Examples
    ///
    /// See `src/bin/on_poll.rs`.
    pub fn is_done(&self, message: &mut MessageBuf) -> Result<bool, Status> {
        self.channel.read(message)?;
        Ok(is_last(message))
    }
}

impl Numbers {
    /// Looks at the number.
    ///
    /// # Errors
    ///
    /// None that a peer can cause.
    ///
    /// # Examples
    ///
    /// See `src/bin/on_tokio.rs`.
    pub fn look(&mut self) -> Result<(), Status> {
        let number = u64::from_ne_bytes(self.vmo.read_to_array(0)?);
        // A hostile peer rings without a new number, or writes another one.
        if self.seen.len().try_into().map(|seen: u64| seen + 1) == Ok(number) {
            self.seen.push(number);
        }
        Ok(())
    }
}

/// Whether the peer says that it is done.
///
/// # Examples
///
/// ```
/// assert!(!reactors::is_last(&zx::MessageBuf::new()));
/// ```
#[must_use]
pub fn is_last(message: &MessageBuf) -> bool {
    message.bytes() == b"done"
}

/// Waits for the peer to end, and says what it did.
///
/// # Errors
///
/// If it did not end well, or not all was seen.
///
/// # Examples
///
/// See `src/bin/on_poll.rs`.
#[allow(clippy::print_stdout, reason = "an example says what it did")]
pub fn finish(mut peer: Child, numbers: &Numbers) -> io::Result<()> {
    let status = peer.wait()?;
    let Numbers { seen, .. } = numbers;
    if !status.success() || !(1..=NUMBERS).eq(seen.iter().copied()) {
        return Err(io::Error::other(format!("{status}, seen {seen:?}")));
    }
    println!("the peer counted {seen:?}");
    Ok(())
}
