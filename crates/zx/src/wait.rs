// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`object_wait_many`]: one wait for many objects.

use crate::object::ObjectRef;
use crate::sys::{self, Awaited, Source};
use crate::{HandleRef, MonotonicInstant, Rights, Signals, Status, end};

/// One of the objects that are waited on together.
///
/// # Examples
///
/// ```
/// use zx::{AsHandleRef, Process, Signals, WaitItem};
/// let this = Process::current()?;
/// let item = WaitItem {
///     handle: this.as_handle_ref(),
///     waitfor: Signals::PROCESS_TERMINATED,
///     pending: Signals::NONE,
/// };
/// # let _ = item;
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WaitItem<'a> {
    /// The object.
    pub handle: HandleRef<'a>,
    /// What it is waited for. With [`Signals::NONE`] it is only looked at.
    pub waitfor: Signals,
    /// What was the case with it when the wait was over, whatever it was waited for.
    pub pending: Signals,
}

/// Waits until one of the signals of one of `items` is the case, or the deadline. Takes
/// nothing; [`pending`](WaitItem::pending) says what is there.
///
/// Channels, event pairs and processes can be waited on, as many as this process may have
/// files open (`RLIMIT_NOFILE`), where Zircon takes 64. Nothing to wait on is to wait for the
/// deadline.
///
/// `true` would say that a handle was closed meanwhile, as on Zircon. A borrowed handle can't
/// be, so it is always `false`.
///
/// # Hostile peer
///
/// Can't keep the call waiting past its deadline, nor busy: an end that was closed is left out
/// of the wait, unless that is what it is waited for.
///
/// # Ordering
///
/// None. [`EventPair::take`](crate::EventPair::take) of an item that is signalled acquires.
///
/// # Errors
///
/// - [`Status::TIMED_OUT`]: the deadline came first. `pending` is filled in.
/// - [`Status::PEER_CLOSED`]: all items are closed and were waited on for something else, which
///   can't come any more. `pending` is filled in. Zircon would wait for the deadline.
/// - [`Status::INVALID_ARGS`]: signals that no object of this type has.
/// - [`Status::WRONG_TYPE`]: a VMO, which can't be waited on.
/// - [`Status::ACCESS_DENIED`]: a handle lacks the right `WAIT`.
/// - [`Status::OUT_OF_RANGE`]: too many items. [`Status::NO_MEMORY`].
///
/// # Cost
///
/// Two system calls that look at each item, one if the deadline is over; two allocations.
///
/// # Examples
///
/// ```
/// use zx::{AsHandleRef, EventPair, MonotonicInstant, Signals, WaitItem, object_wait_many};
///
/// let (one, far_one) = EventPair::create()?;
/// let (two, far_two) = EventPair::create()?;
/// far_two.signal()?;
///
/// let mut items = [&one, &two].map(|pair| WaitItem {
///     handle: pair.as_handle_ref(),
///     waitfor: Signals::EVENTPAIR_SIGNALED | Signals::EVENTPAIR_PEER_CLOSED,
///     pending: Signals::NONE,
/// });
/// object_wait_many(&mut items, MonotonicInstant::INFINITE)?;
/// assert_eq!(items[0].pending, Signals::NONE);
/// assert_eq!(items[1].pending, Signals::EVENTPAIR_SIGNALED);
/// # drop((far_one, far_two));
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/syscalls/object_wait_many>.
pub fn object_wait_many(
    items: &mut [WaitItem<'_>],
    deadline: MonotonicInstant,
) -> Result<bool, Status> {
    let mut awaited = Vec::new();
    let room = awaited.try_reserve_exact(items.len());
    room.map_err(|_| Status::NO_MEMORY)?;
    for item in &*items {
        item.handle.rights.require(Rights::WAIT)?;
        let (source, names) = waitable(item.handle.object)?;
        let interest = end::interest(names, item.waitfor).ok_or(Status::INVALID_ARGS)?;
        awaited.push(Awaited::new(source, interest));
    }
    sys::wait_many(&mut awaited, deadline)?;
    for (item, found) in items.iter_mut().zip(&awaited) {
        let (_, names) = waitable(item.handle.object)?;
        item.pending = end::seen(names, found.ready);
    }
    if awaited.iter().any(Awaited::is_met) {
        Ok(false)
    } else if !awaited.is_empty() && awaited.iter().all(Awaited::is_closed) {
        Err(Status::PEER_CLOSED)
    } else {
        Err(Status::TIMED_OUT)
    }
}

/// What to wait on, and the names of what can be the case with it.
fn waitable(object: ObjectRef<'_>) -> Result<(Source<'_>, end::Names), Status> {
    match object {
        ObjectRef::Channel(end) => Ok((end.source(), end::CHANNEL)),
        ObjectRef::EventPair(end) => Ok((end.source(), end::EVENTPAIR)),
        ObjectRef::Process(process) => Ok((Source::Process(process), end::PROCESS)),
        ObjectRef::Vmo(..) => Err(Status::WRONG_TYPE),
    }
}
