// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`InFlight`]: how many handles were sent on a channel and not read yet.
//!
//! The kernel counts the descriptors that a user has on the way, over all its processes, and
//! refuses all of them any more at a limit: so one peer that does not read could keep a whole
//! user from sending handles to anybody. Here a channel has a share, and no more.
//!
//! ```text
//!   sent ─────────────────────────────────────────────► (what each packet takes, at least)
//!   ├─ group ─┤├─ group ─┤├─ group ─┤
//!          last       last    │  last
//!                             └ unread bytes reach back to here, says the kernel
//! ```
//!
//! Packets are read in order. If what was sent since a group's last packet, and with it, takes
//! more than all that is unread, that packet was read, and the group with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Status;
use crate::sys::MAX_HANDLES;

/// How many may be in flight.
pub(crate) const MAX_IN_FLIGHT: usize = 4 * MAX_HANDLES;

/// With more than this there is no room for a message with as many as it may have.
const MOST: usize = MAX_IN_FLIGHT - MAX_HANDLES;

/// A group with so many takes no other message.
const GROUP: usize = 32;

/// All groups but the last one have [`GROUP`] at least, and all together [`MAX_IN_FLIGHT`] at
/// most.
const GROUPS: usize = MAX_IN_FLIGHT / GROUP;

/// What a packet takes in the kernel beside its bytes, at least: 64 words for its records.
const PACKET: u64 = match size_of::<usize>() {
    8 => 512,
    _ => 256,
};

/// What a packet with so many bytes takes, at least.
pub(crate) fn least(bytes: usize) -> u64 {
    PACKET.saturating_add(u64::try_from(bytes).unwrap_or(0))
}

/// The handles of one channel.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What all packets take that were sent, at least.
    sent: u64,
    /// Handles of messages that are being sent just now.
    sending: usize,
    groups: [Group; GROUPS],
}

/// Handles of messages that were sent one after the other. With none of them, none are behind
/// it.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    handles: usize,
    /// [`State::sent`] before the last of the messages.
    last: u64,
}

impl InFlight {
    /// Makes room for a message with so many handles.
    ///
    /// `unread` tells how many bytes of packets are in the queue. It is asked where the answer
    /// matters only.
    ///
    /// # Errors
    ///
    /// `SHOULD_WAIT` if there is none.
    pub(crate) fn reserve(
        &self,
        handles: usize,
        unread: impl FnOnce() -> Result<u64, Status>,
    ) -> Result<(), Status> {
        let mut state = self.state();
        if handles > 0 && state.is_full(unread)? {
            return Err(Status::SHOULD_WAIT);
        }
        state.sending = state.sending.saturating_add(handles);
        Ok(())
    }

    /// Whether there is no room for a message with as many handles as it may have.
    pub(crate) fn is_full(
        &self,
        unread: impl FnOnce() -> Result<u64, Status>,
    ) -> Result<bool, Status> {
        self.state().is_full(unread)
    }

    /// A message was sent that room was made for, and takes so much at least.
    pub(crate) fn sent(&self, takes: u64, handles: usize) {
        let mut state = self.state();
        state.sending = state.sending.saturating_sub(handles);
        let last = state.sent;
        if handles > 0 {
            state.note(handles, last);
        }
        state.sent = last.saturating_add(takes);
    }

    /// A message was not sent that room was made for.
    pub(crate) fn not_sent(&self, handles: usize) {
        let mut state = self.state();
        state.sending = state.sending.saturating_sub(handles);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_full(&mut self, unread: impl FnOnce() -> Result<u64, Status>) -> Result<bool, Status> {
        if self.count() > MOST {
            let unread = unread()?;
            self.forget_what_was_read(unread);
        }
        Ok(self.count() > MOST)
    }

    fn count(&self) -> usize {
        let groups = self.groups.iter();
        groups.fold(self.sending, |sum, group| sum.saturating_add(group.handles))
    }

    fn forget_what_was_read(&mut self, unread: u64) {
        let sent = self.sent;
        let read = |group: &&Group| unread < sent.saturating_sub(group.last);
        let read = self.groups.iter().take_while(read).count();
        self.groups.rotate_left(read);
        let free = self.groups.iter_mut().rev().take(read);
        free.for_each(|group| *group = Group::default());
    }

    fn note(&mut self, handles: usize, last: u64) {
        // The first that is not full. There is one, by the sum of all; were there none, the
        // message would be counted with the last.
        let index = self.groups.iter().position(|group| group.handles < GROUP);
        let index = index.unwrap_or(GROUPS - 1);
        if let Some(group) = self.groups.get_mut(index) {
            group.handles = group.handles.saturating_add(handles);
            group.last = last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserve(flight: &InFlight, handles: usize, unread: u64) -> Result<(), Status> {
        flight.reserve(handles, || Ok(unread))
    }

    #[test]
    fn what_was_read_counts_no_more_and_what_may_be_unread_does() {
        let (flight, one) = (InFlight::default(), least(100));
        for _ in 0..4 {
            reserve(&flight, 64, u64::MAX).unwrap();
            flight.sent(one, 64);
        }
        assert_eq!(reserve(&flight, 1, 4 * one), Err(Status::SHOULD_WAIT));
        assert_eq!(reserve(&flight, 0, 4 * one), Ok(()), "it has none");
        // Less than four of the smallest packets: one at least was read.
        assert_eq!(reserve(&flight, 64, 4 * one - 1), Ok(()));
        assert_eq!(flight.state().count(), 256);
        flight.not_sent(64);
        assert_eq!(flight.state().count(), 192);
        assert_eq!(reserve(&flight, 64, u64::MAX), Ok(()), "not asked");
        flight.sent(one, 64);
        assert_eq!(flight.is_full(|| Ok(0)), Ok(false));
        assert_eq!(flight.state().count(), 0, "none is unread");
    }

    #[test]
    fn messages_without_handles_push_the_others_back() {
        let flight = InFlight::default();
        for _ in 0..193 {
            reserve(&flight, 1, u64::MAX).unwrap();
            flight.sent(PACKET, 1);
        }
        let behind = 1000;
        for _ in 0..behind {
            flight.sent(PACKET, 0);
        }
        // The whole thousand may be there, and no more.
        let unread = PACKET * behind;
        assert_eq!(flight.is_full(|| Ok(unread)), Ok(false));
        assert_eq!(flight.state().count(), 0);
    }

    #[test]
    fn groups_are_never_too_few() {
        for size in 1..=MAX_HANDLES {
            let flight = InFlight::default();
            let mut sent = 0;
            while reserve(&flight, size, u64::MAX).is_ok() {
                flight.sent(PACKET, size);
                sent += size;
            }
            let state = flight.state();
            let full = |group: &Group| group.handles >= GROUP;
            let others = GROUPS - 1;
            let whole = state.groups[..others].iter().all(full);
            assert!(
                state.groups[others].handles < GROUP + size || whole,
                "{size}"
            );
            assert_eq!(state.count(), sent, "{size}");
            assert!((193..=256).contains(&sent), "{size}: {sent}");
        }
    }
}
