// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting: for one thing or for many, always with a deadline.
//!
//! ```text
//!   sleep: poll for what is asked, leaving out what is closed for good
//!   look:  poll that does not wait, for all that can be the case
//!          again, unless something was met, or nothing can be any more, or time is up
//! ```
//!
//! A closed socket polls as ready for ever, whatever was asked of it. It is left out of the
//! next sleep, so a peer that closes its end can't keep this loop turning.

use core::slice;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::sys::{Awaited, Ready, Source};
use crate::{MonotonicInstant, Status};

use super::errno::status;

/// All that says that a socket is closed, by its peer or for good.
const HUNG_UP: PollFlags = PollFlags::HUP.union(PollFlags::RDHUP).union(PollFlags::ERR);

/// How many descriptors one item has at most.
const EACH: usize = 2;

/// Waits for one item. No allocation.
pub(crate) fn wait(item: &mut Awaited<'_>, deadline: MonotonicInstant) -> Result<(), Status> {
    wait_in(&mut space_for(item), slice::from_mut(item), deadline)
}

/// Waits until a try to receive may say something new: for who tries then anyway. Whether the
/// deadline is not over.
pub(crate) fn sleep(item: &Awaited<'_>, deadline: MonotonicInstant) -> Result<bool, Status> {
    sleep_in(&mut space_for(item), slice::from_ref(item), deadline)
}

/// Room for the descriptors of one item.
fn space_for<'a>(item: &Awaited<'a>) -> [PollFd<'a>; EACH] {
    let (process, socket) = match item.on {
        Source::Socket(socket, process) => {
            (process.map_or(socket.as_fd(), AsFd::as_fd), socket.as_fd())
        }
        Source::Process(process) => (process.as_fd(), process.as_fd()),
    };
    [process, socket].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::empty()))
}

/// Waits until an interest of one of `items` is met, or the deadline, or until all of them
/// are closed; `ready` says what is the case with each.
///
/// # Errors
///
/// `OUT_OF_RANGE` if there are more than this process may have files open.
pub(crate) fn wait_many(
    items: &mut [Awaited<'_>],
    deadline: MonotonicInstant,
) -> Result<(), Status> {
    let mut space = Vec::new();
    let room = space.try_reserve_exact(items.len().saturating_mul(EACH));
    room.map_err(|_| Status::NO_MEMORY)?;
    for item in &*items {
        let (process, socket) = parts(item.on);
        let fds = [process, socket].into_iter().flatten();
        space.extend(fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::empty())));
    }
    wait_in(&mut space, items, deadline)
}

/// Waits with `space` for as many descriptors as `items` have.
fn wait_in<'a>(
    space: &mut [PollFd<'a>],
    items: &mut [Awaited<'a>],
    deadline: MonotonicInstant,
) -> Result<(), Status> {
    items
        .iter_mut()
        .for_each(|item| item.ready = Ready::empty());
    loop {
        let over = !sleep_in(space, items, deadline)?;
        look(space, items)?;
        let met = items.iter().any(Awaited::is_met);
        let hopeless = items.iter().all(Awaited::is_closed);
        if over || met || hopeless {
            return Ok(());
        }
    }
}

/// Waits for what may be of interest. Whether the deadline is not over.
fn sleep_in<'a>(
    space: &mut [PollFd<'a>],
    items: &[Awaited<'a>],
    deadline: MonotonicInstant,
) -> Result<bool, Status> {
    loop {
        let left = deadline.left();
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(false);
        }
        let left = left.map(Timespec::try_from).transpose();
        let left = left.map_err(|_| Status::INVALID_ARGS)?;
        let live = items.iter().filter(|item| !item.is_closed());
        let polled = fill(space, live.map(|item| (item.on, asked(item.interest))));
        match poll(polled, left.as_ref()) {
            // Whether it is over is asked above: this clock and that of the kernel may differ.
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(errno) => return Err(refused(errno)),
        }
    }
}

/// What is the case with each, now.
fn look<'a>(space: &mut [PollFd<'a>], items: &mut [Awaited<'a>]) -> Result<(), Status> {
    let all = PollFlags::IN | PollFlags::OUT | PollFlags::RDHUP;
    loop {
        let polled = fill(space, items.iter().map(|item| (item.on, all)));
        match poll(polled, Some(&Timespec::default())) {
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(refused(errno)),
        }
    }
    let mut events = space.iter().map(PollFd::revents);
    for item in items {
        let (process, socket) = parts(item.on);
        let ended = process.and_then(|_| events.next());
        item.ready = match socket {
            Some(socket) => of_socket(socket, events.next().unwrap_or(PollFlags::empty()))?,
            None => Ready::empty(),
        };
        if ended.is_some_and(|events| !events.is_empty()) {
            item.ready.remove(Ready::WRITABLE);
            item.ready.insert(Ready::CLOSED);
        }
    }
    Ok(())
}

/// What is the case with a socket by itself.
fn of_socket(socket: BorrowedFd<'_>, events: PollFlags) -> Result<Ready, Status> {
    let closed = events.intersects(HUNG_UP);
    // A closed socket polls as readable, for it can tell that it is closed.
    let readable = events.contains(PollFlags::IN)
        && (!closed || rustix::io::ioctl_fionread(socket).map_err(status)? > 0);
    let mut ready = Ready::empty();
    ready.set(Ready::READABLE, readable);
    ready.set(Ready::WRITABLE, events.contains(PollFlags::OUT) && !closed);
    ready.set(Ready::CLOSED, closed);
    Ok(ready)
}

/// Writes the descriptors of `sources` into `space`. A process comes before the socket that it
/// holds: poll looks at one after the other, so what was sent before it ended is seen.
fn fill<'a, 's>(
    space: &'s mut [PollFd<'a>],
    sources: impl Iterator<Item = (Source<'a>, PollFlags)>,
) -> &'s mut [PollFd<'a>] {
    let entries = sources.flat_map(|(source, flags)| {
        let (process, socket) = parts(source);
        let process = process.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let socket = socket.map(|fd| PollFd::from_borrowed_fd(fd, flags));
        process.into_iter().chain(socket)
    });
    let places = space.iter_mut().zip(entries);
    let used = places.map(|(place, entry)| *place = entry).count();
    space.get_mut(..used).unwrap_or_default()
}

/// The process and the socket.
fn parts(source: Source<'_>) -> (Option<BorrowedFd<'_>>, Option<BorrowedFd<'_>>) {
    match source {
        Source::Socket(socket, process) => (process.map(AsFd::as_fd), Some(socket.as_fd())),
        Source::Process(process) => (Some(process.as_fd()), None),
    }
}

/// What to ask of poll: always whether the peer is gone, for then nothing else comes.
fn asked(interest: Ready) -> PollFlags {
    let mut flags = PollFlags::RDHUP;
    flags.set(PollFlags::IN, interest.contains(Ready::READABLE));
    flags.set(PollFlags::OUT, interest.contains(Ready::WRITABLE));
    flags
}

/// Why poll refused: INVAL is said of more descriptors than may be open.
fn refused(errno: Errno) -> Status {
    match errno {
        Errno::INVAL => Status::OUT_OF_RANGE,
        errno => status(errno),
    }
}
