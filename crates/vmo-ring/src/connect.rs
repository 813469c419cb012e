// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handshake: one message each way, and each side has what it needs.
//!
//! ```text
//!   a message of 24 bytes                            its handles
//!   ┌──────────┬───────┬───────┬──────────┐
//!   │ vmoring1 │ flags │   0   │ capacity │          sends:    memory, one end of the bell
//!   └──────────┴───────┴───────┴──────────┘          receives: memory
//!     8 bytes    u32     u32     u64                 either:   its process
//! ```
//!
//! Both sides write first and read then, so neither waits for the other one to begin. Each
//! gives memory that only it can write.

use mapped_vmo::{ReadOnlyMapping, WriterMapping};
use zx::{
    AdoptOptions, AdoptPolicy, Channel, EventPair, Handle, HandleBased, MessageBuf,
    MonotonicInstant, Process, Rights, Signals, Status, Vmo,
};

use crate::protocol::Wakes;
use crate::protocol::consumer::Consumer;
use crate::protocol::layout::{CONTROL, Geometry, area_of};
use crate::protocol::producer::Producer;
use crate::side::{Nap, Side};
use crate::{Receiver, Refusal, RingError, RingOptions, Sender, Waiting};

const MAGIC: [u8; 8] = *b"vmoring1";
const LEN: usize = 24;

/// What a side does, and how.
mod flags {
    pub(super) const SENDS: u32 = 1;
    pub(super) const RECEIVES: u32 = 2;
    /// It may sleep, and has to be woken then.
    pub(super) const SLEEPS: u32 = 4;
    /// It makes system calls, so it can wake.
    pub(super) const RINGS: u32 = 8;
    pub(super) const ALL: u32 = 15;
}

/// What one side has for the sender's part of a ring: ours, or the other side's.
struct Sending<M> {
    memory: M,
    bell: EventPair,
    geometry: Geometry,
}

pub(crate) fn sender(
    channel: &Channel,
    options: RingOptions,
    deadline: MonotonicInstant,
) -> Result<Sender, RingError> {
    let (sender, _) = exchange(channel, options, flags::SENDS, deadline)?;
    sender.ok_or(RingError::Refused(Refusal::Roles))
}

pub(crate) fn receiver(
    channel: &Channel,
    options: RingOptions,
    deadline: MonotonicInstant,
) -> Result<Receiver, RingError> {
    let (_, receiver) = exchange(channel, options, flags::RECEIVES, deadline)?;
    receiver.ok_or(RingError::Refused(Refusal::Roles))
}

/// Makes two rings together with who calls the same on the other end of `channel`: one to send
/// on, one to receive on.
///
/// # Hostile peer, Errors, Cost
///
/// As [`Sender::connect`].
///
/// # Examples
///
/// ```
/// use vmo_ring::{RingOptions, connect_both, zx};
/// use zx::{Channel, MonotonicDuration, MonotonicInstant};
///
/// let (ours, theirs) = Channel::create()?;
/// let deadline = MonotonicInstant::after(MonotonicDuration::from_seconds(5));
/// // The other process: answers one question.
/// let other = std::thread::spawn(move || {
///     let (mut to, mut from) = connect_both(&theirs, RingOptions::new(), deadline)?;
///     let mut question = Vec::new();
///     from.recv_to_vec(&mut question, deadline)?;
///     question.reverse();
///     to.send(&question, deadline)
/// });
/// let (mut to, mut from) = connect_both(&ours, RingOptions::new(), deadline)?;
/// to.send(b"stressed", deadline)?;
/// let mut answer = Vec::new();
/// from.recv_to_vec(&mut answer, deadline)?;
/// assert_eq!(answer, b"desserts");
/// other.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[allow(clippy::missing_errors_doc, reason = "it says where they are")]
pub fn connect_both(
    channel: &Channel,
    options: RingOptions,
    deadline: MonotonicInstant,
) -> Result<(Sender, Receiver), RingError> {
    match exchange(channel, options, flags::SENDS | flags::RECEIVES, deadline)? {
        (Some(sender), Some(receiver)) => Ok((sender, receiver)),
        _ => Err(RingError::Refused(Refusal::Roles)),
    }
}

/// What a side may say of itself.
#[derive(Clone, Copy)]
struct Hello {
    flags: u32,
    capacity: u64,
}

impl Hello {
    fn to_bytes(self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        let fields = MAGIC
            .iter()
            .copied()
            .chain(self.flags.to_le_bytes())
            .chain([0; 4]);
        let fields = fields.chain(self.capacity.to_le_bytes());
        bytes
            .iter_mut()
            .zip(fields)
            .for_each(|(byte, field)| *byte = field);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = bytes.try_into().ok()?;
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (flags, rest) = rest.split_first_chunk::<4>()?;
        let (zero, rest) = rest.split_first_chunk::<4>()?;
        let hello = Self {
            flags: u32::from_le_bytes(*flags),
            capacity: u64::from_le_bytes(*rest.first_chunk()?),
        };
        let good = *magic == MAGIC && *zero == [0; 4] && hello.flags & !flags::ALL == 0;
        good.then_some(hello)
    }
}

/// Both messages, and what comes of them.
fn exchange(
    channel: &Channel,
    options: RingOptions,
    roles: u32,
    deadline: MonotonicInstant,
) -> Result<(Option<Sender>, Option<Receiver>), RingError> {
    let mut hello = Hello {
        flags: roles,
        capacity: 0,
    };
    hello.flags |= match options.waiting {
        Waiting::Sleep { .. } => flags::SLEEPS | flags::RINGS,
        Waiting::Spin => 0,
    };
    let mut handles = Vec::new();
    let sending = (roles & flags::SENDS != 0)
        .then(|| offer_to_send(options, &mut handles))
        .transpose()?;
    if let Some(sending) = &sending {
        hello.capacity = sending.geometry.capacity() as u64;
    }
    let own_head = (roles & flags::RECEIVES != 0)
        .then(|| offer_memory(CONTROL, "ring head", &mut handles))
        .transpose()?;
    // That this process ends is seen by it, whoever holds a copy of its end of the bell.
    if let Ok(process) = Process::current() {
        handles.push(process.into_handle());
    }
    channel.write_until(&hello.to_bytes(), &mut handles, deadline)?;

    let theirs = Theirs::read(channel, options, deadline)?;
    if theirs.hello.flags & (flags::SENDS | flags::RECEIVES) != opposite(roles) {
        return Err(RingError::Refused(Refusal::Roles));
    }
    theirs.join(sending, own_head, options)
}

/// What the other side does, if this one does `roles`.
fn opposite(roles: u32) -> u32 {
    let sends = if roles & flags::RECEIVES != 0 {
        flags::SENDS
    } else {
        0
    };
    let receives = if roles & flags::SENDS != 0 {
        flags::RECEIVES
    } else {
        0
    };
    sends | receives
}

/// Memory that only this process writes, for the other one to read.
fn offer_memory(
    size: usize,
    name: &str,
    handles: &mut Vec<Handle>,
) -> Result<WriterMapping, RingError> {
    let (memory, vmo) = WriterMapping::allocate_with_name(size, name)?;
    memory.populate()?;
    handles.push(vmo.into_handle());
    Ok(memory)
}

fn offer_to_send(
    options: RingOptions,
    handles: &mut Vec<Handle>,
) -> Result<Sending<WriterMapping>, RingError> {
    let geometry = Geometry::new(options.capacity).ok_or(Status::INVALID_ARGS)?;
    let memory = offer_memory(geometry.area(), "ring", handles)?;
    let (bell, far) = EventPair::create()?;
    handles.push(far.into_handle());
    Ok(Sending {
        memory,
        bell,
        geometry,
    })
}

/// What the other side gave, checked.
struct Theirs {
    hello: Hello,
    process: Option<Process>,
    sending: Option<Sending<ReadOnlyMapping>>,
    head: Option<ReadOnlyMapping>,
}

impl Theirs {
    fn read(
        channel: &Channel,
        options: RingOptions,
        deadline: MonotonicInstant,
    ) -> Result<Self, RingError> {
        let mut message = MessageBuf::new();
        read_strictly(channel, &mut message, options, deadline)?;
        let hello = Hello::from_bytes(message.bytes());
        let hello = hello.ok_or(RingError::Refused(Refusal::NotAHandshake))?;
        let mut handles = Handles::of(&mut message);
        let sending = (hello.flags & flags::SENDS != 0)
            .then(|| handles.sending(hello.capacity, options))
            .transpose()?;
        let head = (hello.flags & flags::RECEIVES != 0)
            .then(|| handles.memory(CONTROL))
            .transpose()?;
        let process = handles.last()?;
        Ok(Self {
            hello,
            process,
            sending,
            head,
        })
    }

    /// Our part and theirs make a ring each.
    fn join(
        self,
        sending: Option<Sending<WriterMapping>>,
        own_head: Option<WriterMapping>,
        options: RingOptions,
    ) -> Result<(Option<Sender>, Option<Receiver>), RingError> {
        let nap = match self.hello.flags & flags::RINGS {
            0 => Nap::Short,
            _ => Nap::UntilRung,
        };
        // One that is never woken need not be asked whether it sleeps.
        let wakes = match options.waiting {
            Waiting::Sleep { .. } if self.hello.flags & flags::SLEEPS != 0 => Wakes::IfItSleeps,
            _ => Wakes::Never,
        };
        let (mut sending, mut theirs) = (sending, self.sending);
        if let Some(sending) = &mut sending {
            watch(&mut sending.bell, self.process.as_ref())?;
        }
        if let Some(theirs) = &mut theirs {
            watch(&mut theirs.bell, self.process.as_ref())?;
        }
        let sender = sending.zip(self.head).map(|(ours, head)| {
            let producer = Producer::new(ours.memory, head, ours.geometry, wakes);
            Sender::new(producer, Side::new(ours.bell, options.waiting, nap))
        });
        let receiver = own_head.zip(theirs).map(|(head, theirs)| {
            let consumer = Consumer::new(head, theirs.memory, theirs.geometry, wakes);
            Receiver::new(consumer, Side::new(theirs.bell, options.waiting, nap))
        });
        Ok((sender, receiver))
    }
}

/// Reads the other side's message; memory has to be sealed as a ring's is.
fn read_strictly(
    channel: &Channel,
    message: &mut MessageBuf,
    options: RingOptions,
    deadline: MonotonicInstant,
) -> Result<(), RingError> {
    let most = u64::try_from(area_of(options.max_capacity)).unwrap_or(u64::MAX);
    // A VMO has whole pages, and a page has 64 KiB at most.
    let most = most.saturating_add(1 << 16);
    let strict = AdoptOptions::new(AdoptPolicy::Strict).max_size(most);
    loop {
        match channel.read_with(message, strict) {
            Ok(()) => return Ok(()),
            Err(Status::SHOULD_WAIT) => {}
            Err(Status::PEER_CLOSED) => return Err(RingError::PeerClosed),
            Err(status) => return Err(refused_message(status)),
        }
        channel
            .wait_one(Signals::CHANNEL_READABLE, deadline)
            .to_result()?;
    }
}

fn refused_message(status: Status) -> RingError {
    match status {
        Status::ACCESS_DENIED | Status::NO_MEMORY | Status::NO_RESOURCES => {
            RingError::Failed(status)
        }
        Status::IO_DATA_INTEGRITY => RingError::Refused(Refusal::NotAHandshake),
        Status::WRONG_TYPE => RingError::Refused(Refusal::Handles),
        status => RingError::Refused(Refusal::Memory(status)),
    }
}

/// The handles of a message, one after the other.
struct Handles<'a> {
    message: &'a mut MessageBuf,
    next: usize,
}

impl<'a> Handles<'a> {
    fn of(message: &'a mut MessageBuf) -> Self {
        Self { message, next: 0 }
    }

    fn take<T: TryFrom<Handle>>(&mut self) -> Result<T, RingError> {
        let handle = self.message.take_handle(self.next);
        self.next = self.next.saturating_add(1);
        let taken = handle.and_then(|handle| T::try_from(handle).ok());
        taken.ok_or(RingError::Refused(Refusal::Handles))
    }

    fn memory(&mut self, size: usize) -> Result<ReadOnlyMapping, RingError> {
        let vmo: Vmo = self.take()?;
        let memory =
            ReadOnlyMapping::create_from_vmo(&vmo, size).map_err(|status| match status {
                Status::NO_MEMORY | Status::NO_RESOURCES => RingError::Failed(status),
                status => RingError::Refused(Refusal::Memory(status)),
            })?;
        memory.populate()?;
        Ok(memory)
    }

    fn sending(
        &mut self,
        capacity: u64,
        options: RingOptions,
    ) -> Result<Sending<ReadOnlyMapping>, RingError> {
        let refused = RingError::Refused(Refusal::Capacity { capacity });
        let geometry = usize::try_from(capacity).ok().and_then(Geometry::new);
        let geometry = geometry.ok_or(refused)?;
        if geometry.capacity() > options.max_capacity {
            return Err(refused);
        }
        Ok(Sending {
            memory: self.memory(geometry.area())?,
            bell: self.take()?,
            geometry,
        })
    }

    /// The process, if one came; and nothing else.
    fn last(mut self) -> Result<Option<Process>, RingError> {
        match self.message.n_handles().checked_sub(self.next) {
            Some(0) => Ok(None),
            Some(1) => self.take().map(Some),
            _ => Err(RingError::Refused(Refusal::Handles)),
        }
    }
}

/// Sees that the other side's process ends.
fn watch(bell: &mut EventPair, process: Option<&Process>) -> Result<(), RingError> {
    if let Some(process) = process {
        bell.watch(process.duplicate_handle(Rights::SAME_RIGHTS)?)?;
    }
    Ok(())
}
