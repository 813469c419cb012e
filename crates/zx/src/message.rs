// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`MessageBuf`]: a message that was read from a channel; and how messages look on the wire.
//!
//! ```text
//!   one packet
//!   ┌───────┬───────┬──────────── for each handle ───────────┬───────────────┐
//!   │ magic │ count │ type: u32 │ rights: u32 │ content: u64 │ bytes         │
//!   └───────┴───────┴────────────────────────────────────────┴───────────────┘
//!   beside it: one descriptor for each handle, in the same order (SCM_RIGHTS)
//! ```
//!
//! Numbers are little-endian. All of it comes from the peer: it is looked at once, in a
//! private copy, and decides nothing but what the caller is told.

use core::fmt;
use core::str::FromStr;
use std::os::fd::OwnedFd;

use crate::end::End;
use crate::object::Object;
use crate::sys::{self, MAX_HANDLES};
use crate::{AdoptOptions, Handle, ObjectType, Rights, Status, Vmo};

/// How many bytes a message has at most: Zircon's limit.
pub(crate) const MAX_BYTES: usize = 65536;

/// What every packet begins with: the version of the format is part of it.
const MAGIC: [u8; 4] = *b"vmo\x01";

const FIXED: usize = 8;
const RECORD: usize = 16;

/// The largest packet.
const MAX_PACKET: usize = MAX_HEADER + MAX_BYTES;

/// The longest header.
const MAX_HEADER: usize = FIXED + MAX_HANDLES * RECORD;

/// The header of a message: what comes before its bytes.
#[derive(Debug)]
pub(crate) struct Header {
    bytes: [u8; MAX_HEADER],
    len: usize,
}

impl Header {
    /// That of a message with these handles.
    ///
    /// # Errors
    ///
    /// `OUT_OF_RANGE` if there are too many.
    pub(crate) fn new(handles: &[Handle]) -> Result<Self, Status> {
        let count = u32::try_from(handles.len()).map_err(|_| Status::OUT_OF_RANGE)?;
        let mut header = Self {
            bytes: [0; MAX_HEADER],
            len: 0,
        };
        header.push(&MAGIC)?;
        header.push(&count.to_le_bytes())?;
        for handle in handles {
            let record = Record::describing(handle);
            header.push(&record.object_type.into_raw().to_le_bytes())?;
            header.push(&record.rights.bits().to_le_bytes())?;
            header.push(&record.content_size.to_le_bytes())?;
        }
        Ok(header)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Status> {
        let (start, end) = (self.len, self.len.saturating_add(bytes.len()));
        let room = self.bytes.get_mut(start..end).ok_or(Status::OUT_OF_RANGE)?;
        room.copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// What a peer says of a descriptor that it sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    object_type: ObjectType,
    rights: Rights,
    content_size: u64,
}

/// As the environment has it.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (object_type, rights) = (self.object_type.into_raw(), self.rights.bits());
        write!(f, "{object_type} {rights} {}", self.content_size)
    }
}

impl FromStr for Record {
    type Err = Status;

    fn from_str(text: &str) -> Result<Self, Status> {
        let mut words = text.split(' ');
        let mut next = || words.next().ok_or(Status::INVALID_ARGS);
        let (object_type, rights, content_size) = (next()?, next()?, next()?);
        let number = |word: &str| word.parse().map_err(|_| Status::INVALID_ARGS);
        Ok(Self {
            object_type: ObjectType::from_raw(number(object_type)?),
            rights: Rights::from_bits_truncate(number(rights)?),
            content_size: content_size.parse().map_err(|_| Status::INVALID_ARGS)?,
        })
    }
}

impl Record {
    /// What we say of a handle.
    pub(crate) fn describing(handle: &Handle) -> Self {
        let content_size = match &handle.object {
            Object::Vmo(_, state) => state.content_size(),
            Object::Channel(_) | Object::EventPair(_) | Object::Process(_) => 0,
        };
        Self {
            object_type: handle.object_type(),
            rights: handle.rights(),
            content_size,
        }
    }

    fn of(bytes: &[u8; RECORD]) -> Self {
        let [t0, t1, t2, t3, r0, r1, r2, r3, content @ ..] = *bytes;
        Self {
            object_type: ObjectType::from_raw(u32::from_le_bytes([t0, t1, t2, t3])),
            rights: Rights::from_bits_truncate(u32::from_le_bytes([r0, r1, r2, r3])),
            content_size: u64::from_le_bytes(content),
        }
    }

    /// The handle, if what it is said to be is what it is.
    pub(crate) fn adopt(&self, fd: OwnedFd, vmos: AdoptOptions) -> Result<Handle, Status> {
        let mut handle: Handle = match self.object_type {
            ObjectType::VMO => {
                let vmo = Vmo::from_fd(fd, vmos)?;
                // A note that the sender made: it can be wrong, and not larger than the VMO.
                vmo.state
                    .note_content_size(self.content_size.min(vmo.get_size()?));
                vmo.into()
            }
            ObjectType::CHANNEL => Handle {
                rights: Rights::CHANNEL_DEFAULT,
                object: Object::Channel(End::adopt(fd)?),
            },
            ObjectType::EVENTPAIR => Handle {
                rights: Rights::EVENTPAIR_DEFAULT,
                object: Object::EventPair(End::adopt(fd)?),
            },
            ObjectType::PROCESS => Handle {
                rights: Rights::PROCESS_DEFAULT,
                object: Object::Process(sys::Process::adopt(fd)?),
            },
            _ => {
                sys::close_unknown(fd);
                return Err(Status::WRONG_TYPE);
            }
        };
        // The sender gives what it has, and the gate decides what that can be.
        handle.rights &= self.rights;
        Ok(handle)
    }
}

/// The bytes and handles of one message.
///
/// It keeps its memory when it is used again: reading into it allocates nothing then, but for
/// the handles.
///
/// # Examples
///
/// ```
/// use zx::{Channel, HandleBased, MessageBuf, Vmo};
///
/// let (ours, theirs) = Channel::create()?;
/// let vmo = Vmo::create(4096)?;
/// ours.write(b"a picture", &mut vec![vmo.into_handle()])?;
///
/// let mut message = MessageBuf::new();
/// theirs.read(&mut message)?;
/// assert_eq!((message.bytes(), message.n_handles()), (&b"a picture"[..], 1));
/// let vmo = Vmo::try_from(message.take_handle(0).unwrap())?;
/// assert_eq!(vmo.get_size()?, 4096);
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Debug, Default)]
pub struct MessageBuf {
    /// The whole packet, and room for the largest.
    packet: Vec<u8>,
    start: usize,
    end: usize,
    handles: Vec<Option<Handle>>,
    fds: Vec<OwnedFd>,
}

impl MessageBuf {
    /// An empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::MessageBuf::new().bytes().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes of the message that was read last.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MessageBuf::new().bytes().len(), 0);
    /// ```
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.packet.get(self.start..self.end).unwrap_or_default()
    }

    /// How many handles came with it, taken or not.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::MessageBuf::new().n_handles(), 0);
    /// ```
    #[must_use]
    pub fn n_handles(&self) -> usize {
        self.handles.len()
    }

    /// The handle of this number, if it is there and was not taken before.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::MessageBuf::new().take_handle(0).is_none());
    /// ```
    #[must_use]
    pub fn take_handle(&mut self, index: usize) -> Option<Handle> {
        self.handles.get_mut(index)?.take()
    }

    /// Forgets the message: what was not taken is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// zx::MessageBuf::new().clear();
    /// ```
    pub fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
        self.handles.clear();
    }

    /// The bytes and the handles that were not taken, as vectors.
    ///
    /// # Examples
    ///
    /// ```
    /// let (bytes, handles) = zx::MessageBuf::new().split();
    /// assert!(bytes.is_empty() && handles.is_empty());
    /// ```
    #[must_use]
    pub fn split(mut self) -> (Vec<u8>, Vec<Handle>) {
        let bytes = self.bytes().to_vec();
        let handles = self.handles.drain(..).flatten().collect();
        (bytes, handles)
    }

    /// Reads one packet of `end` and takes it apart.
    pub(crate) fn fill(&mut self, end: &End, vmos: AdoptOptions) -> Result<(), Status> {
        self.clear();
        if self.packet.len() < MAX_PACKET {
            let missing = MAX_PACKET.saturating_sub(self.packet.len());
            let room = self.packet.try_reserve_exact(missing);
            room.map_err(|_| Status::NO_MEMORY)?;
            self.packet.resize(MAX_PACKET, 0);
        }
        let received = end.receive(&mut self.packet, &mut self.fds)?;
        let parsed = match received.whole {
            true => self.parse(received.len, vmos),
            false => Err(Status::IO_DATA_INTEGRITY),
        };
        // Whatever was not adopted is closed, and nobody waits for it.
        self.fds.drain(..).for_each(sys::close_unknown);
        if parsed.is_err() {
            self.clear();
        }
        parsed
    }

    fn parse(&mut self, len: usize, vmos: AdoptOptions) -> Result<(), Status> {
        let malformed = Status::IO_DATA_INTEGRITY;
        let packet = self.packet.get(..len).ok_or(malformed)?;
        let (fixed, rest) = packet.split_first_chunk::<FIXED>().ok_or(malformed)?;
        let [m0, m1, m2, m3, count @ ..] = *fixed;
        let count = usize::try_from(u32::from_le_bytes(count)).map_err(|_| malformed)?;
        if [m0, m1, m2, m3] != MAGIC || count > MAX_HANDLES || count != self.fds.len() {
            return Err(malformed);
        }
        let records = rest.get(..count * RECORD).ok_or(malformed)?;
        let bytes = rest.len().saturating_sub(records.len());
        if bytes > MAX_BYTES {
            return Err(malformed);
        }
        for record in records.chunks_exact(RECORD) {
            let record = <&[u8; RECORD]>::try_from(record).map_err(|_| malformed)?;
            // As many as records. What is left when one is refused, the caller closes.
            let fd = self.fds.remove(0);
            let handle = Record::of(record).adopt(fd, vmos)?;
            self.handles.push(Some(handle));
        }
        (self.start, self.end) = (len.saturating_sub(bytes), len);
        Ok(())
    }
}
