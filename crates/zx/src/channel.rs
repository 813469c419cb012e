// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Channel`]: messages of bytes and handles, from one process to another.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::end::{self, End};
use crate::message::{Header, MAX_BYTES};
use crate::object::{Object, ObjectRef};
use crate::sys::{MAX_HANDLES, Ready};
use crate::{
    AdoptError, AdoptOptions, AdoptPolicy, AsHandleRef, Handle, HandleBased, HandleRef, MessageBuf,
    MonotonicInstant, Rights, Signals, Status, WaitResult,
};

/// One end of a channel: messages of up to 64 KiB and 64 handles, in order, each whole or not
/// at all.
///
/// # Hostile peer
///
/// Can send any packet with any descriptors, or none, or fill the queue and stop. Every
/// descriptor that arrives is owned at once; each goes through the gate of its kind before the
/// caller sees it ([`Vmo::from_fd`](crate::Vmo::from_fd) for a VMO), and a message of which one
/// part is wrong is refused as a whole, with all that came with it closed. No call here waits,
/// but those with a deadline.
///
/// # Examples
///
/// ```
/// use zx::{Channel, MessageBuf, Status};
///
/// let (ours, theirs) = Channel::create()?;
/// ours.write(b"hello", &mut Vec::new())?;
/// let mut message = MessageBuf::new();
/// theirs.read(&mut message)?;
/// assert_eq!(message.bytes(), b"hello");
/// assert_eq!(theirs.read(&mut message), Err(Status::SHOULD_WAIT));
/// drop(ours);
/// assert_eq!(theirs.read(&mut message), Err(Status::PEER_CLOSED));
/// # Ok::<(), Status>(())
/// ```
///
/// Sources: <https://fuchsia.dev/reference/kernel_objects/channel>, unix(7).
#[derive(Debug)]
pub struct Channel {
    rights: Rights,
    pub(crate) end: End,
}

/// Who made the other end of a channel, as the kernel says.
///
/// # Examples
///
/// ```
/// let (ours, _theirs) = zx::Channel::create()?;
/// assert_eq!(ours.peer_credentials()?.pid, std::process::id());
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerCredentials {
    /// The process that made it, which may have given it away; 0 if this process can't see it.
    pub pid: u32,
    /// Its effective user then.
    pub uid: u32,
    /// Its effective group then.
    pub gid: u32,
}

impl Channel {
    /// Makes both ends.
    ///
    /// # Errors
    ///
    /// [`Status::NO_RESOURCES`] if this process is at its limit of open files,
    /// [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (ours, theirs) = zx::Channel::create()?;
    /// # let _ = (ours, theirs);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create() -> Result<(Self, Self), Status> {
        let (one, other) = End::pair()?;
        Ok((Self::new(one), Self::new(other)))
    }

    pub(crate) fn new(end: End) -> Self {
        let rights = Rights::CHANNEL_DEFAULT;
        Self { rights, end }
    }

    /// Takes a descriptor that somebody else made: a connected Unix socket of type
    /// `SOCK_SEQPACKET`.
    ///
    /// # Errors
    ///
    /// [`AdoptError`], which says what it is instead. The descriptor is closed without waiting
    /// for whoever is behind it.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// let refused = zx::Channel::from_fd(file.into()).unwrap_err();
    /// assert!(refused.to_string().contains("not a channel"));
    /// ```
    pub fn from_fd(fd: OwnedFd) -> Result<Self, AdoptError> {
        Ok(Self::new(End::adopt(fd)?))
    }

    /// Sends a message: all of it, now, or nothing.
    ///
    /// The handles are gone when it was sent, and all still there when it was not.
    ///
    /// # Hostile peer
    ///
    /// One that does not read fills the queue: `SHOULD_WAIT`. It never has more than 256 handles
    /// of this channel there, for the kernel counts what a user has on its way to all peers, and
    /// one of them must not have all of it.
    ///
    /// # Errors
    ///
    /// - [`Status::SHOULD_WAIT`]: the queue is full; or of the handles sent before more than 192
    ///   are unread, as far as the kernel tells, which can be somewhat late. A message without
    ///   handles still goes then.
    /// - [`Status::PEER_CLOSED`]: the other end is closed.
    /// - [`Status::OUT_OF_RANGE`]: more than 64 KiB, or more than 64 handles.
    /// - [`Status::ACCESS_DENIED`]: this handle lacks `WRITE`, or one of `handles` `TRANSFER`.
    /// - [`Status::NO_RESOURCES`]: too many descriptors are on their way.
    /// - [`Status::NO_MEMORY`].
    ///
    /// # Cost
    ///
    /// One system call, and two copies of the bytes by the kernel, here and there. With handles,
    /// two more calls, which are short. No allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, HandleBased, MessageBuf, Status, Vmo};
    ///
    /// let (ours, theirs) = Channel::create()?;
    /// let mut handles = vec![Vmo::create(4096)?.into_handle()];
    /// ours.write(b"take this", &mut handles)?;
    /// assert!(handles.is_empty());
    ///
    /// theirs.read(&mut MessageBuf::new())?;
    /// drop(theirs); // with handles that nobody read, it would take a moment
    /// handles.push(Vmo::create(4096)?.into_handle());
    /// assert_eq!(ours.write(b"and this", &mut handles), Err(Status::PEER_CLOSED));
    /// assert_eq!(handles.len(), 1); // not lost
    /// # Ok::<(), Status>(())
    /// ```
    pub fn write(&self, bytes: &[u8], handles: &mut Vec<Handle>) -> Result<(), Status> {
        self.rights.require(Rights::WRITE)?;
        if bytes.len() > MAX_BYTES {
            return Err(Status::OUT_OF_RANGE);
        }
        for handle in &*handles {
            handle.rights().require(Rights::TRANSFER)?;
        }
        let header = Header::new(handles)?;
        // What is not replaced is not sent.
        let mut fds = [self.as_fd(); MAX_HANDLES];
        fds.iter_mut()
            .zip(&*handles)
            .for_each(|(fd, handle)| *fd = handle.as_fd());
        let fds = fds.get(..handles.len()).ok_or(Status::OUT_OF_RANGE)?;
        self.end.send_message([header.bytes(), bytes], fds)?;
        handles.clear();
        Ok(())
    }

    /// Receives a message, if one is there, in place of what `message` held.
    ///
    /// VMOs come through the gate with [`AdoptPolicy::Shrink`];
    /// [`read_with`](Self::read_with) takes another policy.
    ///
    /// # Hostile peer
    ///
    /// A message that is none, or with a descriptor that is refused, is an error, and what
    /// came with it is closed. The next message can be read.
    ///
    /// # Errors
    ///
    /// - [`Status::SHOULD_WAIT`]: none is there.
    /// - [`Status::PEER_CLOSED`]: none will be.
    /// - [`Status::IO_DATA_INTEGRITY`]: a peer sent what is no message.
    /// - [`Status::WRONG_TYPE`], [`Status::NOT_SUPPORTED`] and others of the gate: it sent a
    ///   descriptor that is refused.
    /// - [`Status::ACCESS_DENIED`]: this handle lacks `READ`.
    /// - [`Status::NO_MEMORY`]: for the first message in `message`, 65 KiB are taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, MessageBuf};
    /// let (ours, theirs) = Channel::create()?;
    /// ours.write(&[], &mut Vec::new())?;
    /// let mut message = MessageBuf::new();
    /// theirs.read(&mut message)?;
    /// assert!(message.bytes().is_empty());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read(&self, message: &mut MessageBuf) -> Result<(), Status> {
        self.read_with(message, AdoptPolicy::default())
    }

    /// [`read`](Self::read) with what the gate asks of the VMOs that come.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AdoptOptions, AdoptPolicy, Channel, HandleBased, MessageBuf, Status, Vmo};
    /// let (ours, theirs) = Channel::create()?;
    /// ours.write(b"", &mut vec![Vmo::create(1 << 20)?.into_handle()])?;
    /// let small = AdoptOptions::new(AdoptPolicy::Strict).max_size(4096);
    /// let mut message = MessageBuf::new();
    /// assert_eq!(theirs.read_with(&mut message, small), Err(Status::FILE_BIG));
    /// assert_eq!(message.n_handles(), 0);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn read_with(
        &self,
        message: &mut MessageBuf,
        vmos: impl Into<AdoptOptions>,
    ) -> Result<(), Status> {
        self.rights.require(Rights::READ)?;
        message.fill(&self.end, vmos.into())
    }

    /// [`read`](Self::read) that waits for a message, until the deadline.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), with [`Status::TIMED_OUT`] in place of `SHOULD_WAIT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, MessageBuf, MonotonicDuration, MonotonicInstant, Status};
    /// let (ours, _theirs) = Channel::create()?;
    /// let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(1));
    /// let read = ours.read_until(&mut MessageBuf::new(), deadline);
    /// assert_eq!(read, Err(Status::TIMED_OUT));
    /// # Ok::<(), Status>(())
    /// ```
    pub fn read_until(
        &self,
        message: &mut MessageBuf,
        deadline: MonotonicInstant,
    ) -> Result<(), Status> {
        let mut over = false;
        loop {
            match self.read(message) {
                Err(Status::SHOULD_WAIT) if over => return Err(Status::TIMED_OUT),
                Err(Status::SHOULD_WAIT) => {}
                other => return other,
            }
            over = !self.end.sleep(deadline)?;
        }
    }

    /// [`write`](Self::write) that waits for room, until the deadline.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write), with [`Status::TIMED_OUT`] in place of `SHOULD_WAIT`.
    /// [`Status::NO_RESOURCES`] also as [`wait_one`](Self::wait_one).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, MonotonicInstant};
    /// let (ours, _theirs) = Channel::create()?;
    /// ours.write_until(b"hello", &mut Vec::new(), MonotonicInstant::INFINITE)?;
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn write_until(
        &self,
        bytes: &[u8],
        handles: &mut Vec<Handle>,
        deadline: MonotonicInstant,
    ) -> Result<(), Status> {
        loop {
            match self.write(bytes, handles) {
                Err(Status::SHOULD_WAIT) => {}
                other => return other,
            }
            self.end.wait_for(Ready::WRITABLE, deadline)?;
        }
    }

    /// Waits until one of `signals` is the case, or the deadline.
    ///
    /// # Hostile peer
    ///
    /// Can't keep the call waiting past its deadline, and ends it by closing its end. One that
    /// reads no handles, so that no more can be sent, is no reason to be busy: `WRITABLE` is not
    /// the case then, and the call sleeps.
    ///
    /// # Errors
    ///
    /// In the result: [`Status::PEER_CLOSED`] if what is waited for can't come any more,
    /// where Zircon would wait for the deadline; [`Status::INVALID_ARGS`] for signals that no
    /// channel has; [`Status::ACCESS_DENIED`] without the right `WAIT`;
    /// [`Status::NO_RESOURCES`] at the limit of open files, of which it takes one to wait while
    /// too many handles are unread.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, MonotonicInstant, Signals};
    /// let (ours, theirs) = Channel::create()?;
    /// drop(theirs);
    /// let closed = Signals::CHANNEL_PEER_CLOSED;
    /// let seen = ours.wait_one(closed, MonotonicInstant::INFINITE).to_result()?;
    /// assert!(seen.contains(closed));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn wait_one(&self, signals: Signals, deadline: MonotonicInstant) -> WaitResult {
        if let Err(status) = self.rights.require(Rights::WAIT) {
            return WaitResult::Err(status);
        }
        self.end.wait_one(end::CHANNEL, signals, deadline)
    }

    /// Whether the other end is closed.
    ///
    /// # Errors
    ///
    /// None that a peer can cause.
    ///
    /// # Examples
    ///
    /// ```
    /// let (ours, theirs) = zx::Channel::create()?;
    /// assert!(!ours.is_closed()?);
    /// drop(theirs);
    /// assert!(ours.is_closed()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn is_closed(&self) -> Result<bool, Status> {
        self.end.is_closed()
    }

    /// Who made the other end. Of a pair that one process made, it is that process, whoever
    /// holds the ends now.
    ///
    /// # Errors
    ///
    /// None that a peer can cause.
    ///
    /// # Examples
    ///
    /// ```
    /// let (ours, _theirs) = zx::Channel::create()?;
    /// let made_by = ours.peer_credentials()?;
    /// assert_eq!(made_by.pid, std::process::id());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn peer_credentials(&self) -> Result<PeerCredentials, Status> {
        let [pid, uid, gid] = self.end.peer_credentials()?;
        Ok(PeerCredentials { pid, uid, gid })
    }

    /// What the holder may do.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, Rights};
    /// assert_eq!(Channel::create()?.0.rights(), Rights::CHANNEL_DEFAULT);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }
}

impl AsHandleRef for Channel {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        HandleRef::new(self.rights, ObjectRef::Channel(&self.end))
    }
}

impl HandleBased for Channel {}

impl From<Channel> for Handle {
    fn from(channel: Channel) -> Self {
        Self {
            rights: channel.rights,
            object: Object::Channel(channel.end),
        }
    }
}

impl TryFrom<Handle> for Channel {
    type Error = Status;

    /// `WRONG_TYPE` if the handle is one of another object.
    fn try_from(handle: Handle) -> Result<Self, Status> {
        let Handle { rights, object } = handle;
        match object {
            Object::Channel(end) => Ok(Self { rights, end }),
            _ => Err(Status::WRONG_TYPE),
        }
    }
}

impl TryFrom<OwnedFd> for Channel {
    type Error = AdoptError;

    /// [`Channel::from_fd`].
    fn try_from(fd: OwnedFd) -> Result<Self, AdoptError> {
        Self::from_fd(fd)
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.end.into()
    }
}

/// To be polled for reading, by whatever polls: then [`Channel::read`]. Polled for writing it
/// says whether there is room for bytes; [`Channel::wait_one`] knows about handles.
impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

impl AsRawFd for Channel {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
