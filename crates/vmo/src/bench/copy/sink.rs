// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes through a pipe or a socket, to a process that receives and looks at them.
//!
//! ```text
//!   vmo bench copy                       vmo villain sink
//!   "size count first look" ───────────►
//!   ◄─────────────────────────── "ready"
//!   count times size bytes ═ its stdin ═► reads, looks at both ends of each
//!   ◄──────────────────────────── "done"  or what was wrong
//! ```

use core::time::Duration;
use std::fs::File;
use std::io::{Read, Write, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::process::{Signal, set_parent_process_death_signal};

use super::super::near::{cores, pin};
use super::super::watchdog::Watchdog;
use super::bytes::{is_marked, mark, pattern};
use super::who::Who;
use crate::Failure;
use crate::link::{Link, Peer};
use crate::villain::Role;

/// How long the other process may be silent.
const PATIENCE_SECONDS: u32 = 20;

/// What is said on the line.
const READY: &str = "ready";
const DONE: &str = "done";

/// How closely the other process looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// At both ends of each.
    Ends,
    /// At every byte.
    All,
}

/// The other process, and what leads to it.
#[derive(Debug)]
pub(super) struct Sink {
    who: Who,
    to: File,
    number: u32,
    watchdog: Watchdog,
    peer: Peer,
}

impl Sink {
    /// Starts it.
    pub(super) fn start(who: Who) -> Result<Self, Failure> {
        let (from, to): (OwnedFd, OwnedFd) = match who {
            Who::Pipe => rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?,
            _ => {
                let (from, to) = UnixStream::pair()?;
                (from.into(), to.into())
            }
        };
        if who == Who::Pipe {
            // A limit of the user may be lower. Then it stays as it is.
            let _ = rustix::pipe::fcntl_setpipe_size(&to, 1 << 20);
        }
        let peer = Peer::start_on(Role::Sink, from)?;
        let watchdog = Watchdog::start(peer.child(), PATIENCE_SECONDS)?;
        Ok(Self {
            who,
            to: to.into(),
            number: 0,
            watchdog,
            peer,
        })
    }

    /// Sends `bytes` so often, each time with other ends, and how long that took: until the
    /// last of them was looked at.
    pub(super) fn turn(
        &mut self,
        bytes: &mut [u8],
        count: u32,
        look: Look,
    ) -> Result<Duration, Failure> {
        let size = bytes.len();
        // An error of the pipe is not one of our own output.
        self.timed(bytes, count, look)
            .map_err(|error| format!("{} at {size} bytes: {error}", self.who.name()).into())
    }

    fn timed(&mut self, bytes: &mut [u8], count: u32, look: Look) -> Result<Duration, Failure> {
        self.watchdog.pat();
        let (size, first) = (bytes.len(), self.number);
        self.number = first.wrapping_add(count);
        let look = if look == Look::All { "all" } else { "ends" };
        let ready = self.peer.ask(&format!("{size} {count} {first} {look}"))?;
        if ready != READY {
            return Err(ready.into());
        }
        let start = Instant::now();
        for i in 0..count {
            mark(bytes, first.wrapping_add(i));
            self.to.write_all(bytes)?;
        }
        let done = self.peer.answer()?;
        match done.as_str() {
            DONE => Ok(start.elapsed()),
            _ => Err(done.into()),
        }
    }

    /// The end of the other process.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let status = self.peer.finish()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the other process ended with {status}").into()),
        }
    }
}

/// What the other process is told to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Order {
    size: usize,
    count: u32,
    first: u32,
    look: Look,
}

impl Order {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let size = words.next()?.parse().ok()?;
        let count = words.next()?.parse().ok()?;
        let first = words.next()?.parse().ok()?;
        let look = match words.next()? {
            "all" => Look::All,
            "ends" => Look::Ends,
            _ => return None,
        };
        (size <= super::LARGEST).then_some(Self {
            size,
            count,
            first,
            look,
        })
    }
}

/// The other process: receives until the line is closed.
pub(crate) fn sink() -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if let Some(last) = cores()?.last() {
        pin(*last)?;
    }
    // Without the buffer that the standard library puts before it.
    let mut from = File::from(stdin().as_fd().try_clone_to_owned()?);
    let mut link = Link::inherited()?;
    let mut buffer = Vec::new();
    while let Some(line) = link.receive()? {
        let Some(order) = Order::parse(&line) else {
            link.send("no order")?;
            continue;
        };
        buffer.resize(order.size, 0);
        let mut expected = match order.look {
            Look::All => pattern(order.size),
            Look::Ends => Vec::new(),
        };
        link.send(READY)?;
        let wrong = receive(&mut from, order, &mut buffer, &mut expected)?;
        match wrong {
            None => link.send(DONE)?,
            Some(number) => link.send(&format!("copy {number} is not what was sent"))?,
        }
    }
    Ok(())
}

/// Receives all of it. The first that was wrong.
fn receive(
    from: &mut impl Read,
    order: Order,
    buffer: &mut [u8],
    expected: &mut [u8],
) -> Result<Option<u32>, Failure> {
    let mut wrong = None;
    for i in 0..order.count {
        from.read_exact(buffer)?;
        let number = order.first.wrapping_add(i);
        let same = match order.look {
            Look::Ends => is_marked(buffer, number),
            Look::All => {
                mark(expected, number);
                buffer == expected
            }
        };
        if !same {
            wrong = wrong.or(Some(i));
        }
    }
    Ok(wrong)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;

    /// What comes of receiving three copies, of which one byte was changed on the way.
    fn received(look: Look, change: Option<usize>) -> Option<u32> {
        let (size, count, first) = (1000, 3, 7);
        let mut bytes = pattern(size);
        let mut sent = Vec::new();
        for i in 0..count {
            mark(&mut bytes, first + i);
            sent.extend(&bytes);
        }
        if let Some(at) = change {
            sent[at] ^= 1;
        }
        let order = Order {
            size,
            count,
            first,
            look,
        };
        let (mut buffer, mut expected) = (vec![0; size], pattern(size));
        receive(&mut sent.as_slice(), order, &mut buffer, &mut expected).unwrap()
    }

    #[test]
    fn a_byte_that_changed_on_the_way_is_noticed() {
        for look in [Look::Ends, Look::All] {
            assert_eq!(received(look, None), None);
            assert_eq!(received(look, Some(1000)), Some(1));
            assert_eq!(received(look, Some(2999)), Some(2));
        }
        assert_eq!(received(Look::All, Some(500)), Some(0));
    }

    #[test]
    fn what_is_no_order_is_none() {
        let order = Order::parse("64 3 7 all").unwrap();
        assert_eq!((order.size, order.count, order.first), (64, 3, 7));
        for line in [
            "",
            "64",
            "64 3 7",
            "64 3 7 some",
            "-1 3 7 all",
            "99999999999 1 0 ends",
        ] {
            assert_eq!(Order::parse(line), None, "{line}");
        }
    }
}
