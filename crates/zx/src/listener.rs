// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Listener`] and [`Channel::connect`]: two processes that have nothing in common but a name
//! get a channel.
//!
//! ```text
//!   Listener::bind(address) ── accept ─► Channel ═════ Channel ◄─ connect(address)
//!     who connected? (Admit)                             who listens? (Admit)
//! ```

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use crate::end::End;
use crate::sys::{self, Reach};
use crate::{Address, Admit, Channel, MonotonicInstant, Status};

/// How many that are not admitted are sent away in one call that does not wait.
const MOST_REFUSED: u32 = 64;

/// Where other processes ask for a channel to this one, under a name.
///
/// It dies with its owner: an abstract name at once, a path when this value is dropped. What a
/// killed owner leaves of a path is no listener, and the next one that binds it replaces it.
///
/// # Hostile peer
///
/// A process of a user that is not admitted gets no further than the check. Any number of them
/// can connect where the name is not kept from them (an abstract name, or a file that all may
/// write to), and others wait while they do. One that connects and says nothing keeps nobody:
/// accepting reads nothing.
///
/// # Examples
///
/// ```
/// use zx::{Address, Admit, Channel, Listener, MessageBuf, MonotonicDuration, MonotonicInstant};
///
/// let name = format!("org.example.doc.{}", std::process::id());
/// let address = Address::abstract_name(name)?;
/// let soon = MonotonicInstant::after(MonotonicDuration::from_seconds(5));
/// let listener = Listener::bind(&address)?;
///
/// // … in another process:
/// let theirs = Channel::connect(&address, &Admit::SameUser, soon)?;
/// theirs.write(b"hello", &mut Vec::new())?;
///
/// let ours = listener.accept(soon)?;
/// let mut message = MessageBuf::new();
/// ours.read_until(&mut message, soon)?;
/// assert_eq!(message.bytes(), b"hello");
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Source: unix(7).
#[derive(Debug)]
pub struct Listener {
    listener: sys::Listener,
    admit: Admit,
}

impl Listener {
    /// Takes the name, for processes of this user: [`Admit::SameUser`].
    ///
    /// # Errors
    ///
    /// - [`Status::ALREADY_BOUND`]: another one has the name and is alive.
    /// - [`Status::ALREADY_EXISTS`]: there is a file that is no dead listener of this user.
    /// - [`Status::BAD_PATH`]: it leads to /dev/shm.
    /// - [`Status::NOT_FOUND`], [`Status::NOT_DIR`], [`Status::ACCESS_DENIED`]: the directory
    ///   is not there, is none, or does not let this user make a file.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files.
    /// - [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Address, Listener, Status};
    /// let path = std::env::temp_dir().join(format!("doc-{}", std::process::id()));
    /// let address = Address::path(&path)?;
    /// let listener = Listener::bind(&address)?;
    /// assert_eq!(Listener::bind(&address).unwrap_err(), Status::ALREADY_BOUND);
    /// drop(listener);
    /// assert!(!path.exists());
    /// # Ok::<(), Status>(())
    /// ```
    pub fn bind(address: &Address) -> Result<Self, Status> {
        Self::bind_for(address, Admit::SameUser)
    }

    /// [`bind`](Self::bind) for others too. The file of a path is for all to write to then,
    /// for the check is made here.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Address, Admit, Listener};
    /// let address = Address::abstract_name(format!("doc.for.{}", std::process::id()))?;
    /// let listener = Listener::bind_for(&address, Admit::Users(vec![0, 1000]))?;
    /// # let _ = listener;
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn bind_for(address: &Address, admit: Admit) -> Result<Self, Status> {
        let reach = match admit {
            Admit::SameUser => Reach::Owner,
            Admit::Users(_) | Admit::Anyone => Reach::Everybody,
        };
        let listener = sys::Listener::bind(&address.0, reach)?;
        Ok(Self { listener, admit })
    }

    /// Waits for a process that is admitted, until the deadline. Its channel.
    ///
    /// # Hostile peer
    ///
    /// Those that are not admitted are sent away, and it goes on waiting, not past its
    /// deadline.
    ///
    /// # Errors
    ///
    /// - [`Status::TIMED_OUT`]: the deadline came first.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files.
    /// - [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Address, Listener, MonotonicInstant, Status};
    /// let address = Address::abstract_name(format!("doc.accept.{}", std::process::id()))?;
    /// let listener = Listener::bind(&address)?;
    /// let nobody = listener.accept(MonotonicInstant::INFINITE_PAST);
    /// assert_eq!(nobody.unwrap_err(), Status::TIMED_OUT);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn accept(&self, deadline: MonotonicInstant) -> Result<Channel, Status> {
        loop {
            match self.try_accept() {
                Err(Status::SHOULD_WAIT) => {}
                other => return other,
            }
            if deadline <= MonotonicInstant::get() {
                return Err(Status::TIMED_OUT);
            }
            self.listener.wait(deadline)?;
        }
    }

    /// The channel of a process that has connected, if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// - [`Status::SHOULD_WAIT`]: there is none, or there were many that are not admitted.
    /// - [`Status::NO_RESOURCES`], [`Status::NO_MEMORY`]: as [`accept`](Self::accept).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Address, Listener, Status};
    /// let address = Address::abstract_name(format!("doc.try.{}", std::process::id()))?;
    /// let listener = Listener::bind(&address)?;
    /// assert_eq!(listener.try_accept().unwrap_err(), Status::SHOULD_WAIT);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn try_accept(&self) -> Result<Channel, Status> {
        for _ in 0..MOST_REFUSED {
            let socket = self.listener.accept()?;
            let [_, uid, _] = socket.peer_credentials()?;
            if self.admit.require(uid).is_ok() {
                return Ok(Channel::new(End::new(socket)));
            }
            socket.refuse();
        }
        Err(Status::SHOULD_WAIT)
    }
}

/// To be polled for reading, by whatever polls: then [`Listener::try_accept`].
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl Channel {
    /// A channel to the process that listens at an address, if it is of a user that `admit`
    /// names.
    ///
    /// A listener that is not there yet is waited for, until the deadline.
    ///
    /// # Hostile peer
    ///
    /// Can have taken the name first: it is refused before anything is sent. One that listens
    /// and never accepts can't be told from one that is slow: this succeeds, or waits for its
    /// deadline if too many others are waiting to be accepted.
    ///
    /// # Errors
    ///
    /// - [`Status::NOT_FOUND`]: nobody listened there until the deadline.
    /// - [`Status::TIMED_OUT`]: somebody does, and did not accept others to make room for one.
    /// - [`Status::ACCESS_DENIED`]: it is of another user, or the file may not be written to.
    /// - [`Status::WRONG_TYPE`]: it is a socket of another type.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files.
    /// - [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Address, Admit, Channel, MonotonicInstant, Status};
    /// let address = Address::abstract_name(format!("doc.nobody.{}", std::process::id()))?;
    /// let now = MonotonicInstant::INFINITE_PAST;
    /// let nobody = Channel::connect(&address, &Admit::SameUser, now);
    /// assert_eq!(nobody.unwrap_err(), Status::NOT_FOUND);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn connect(
        address: &Address,
        admit: &Admit,
        deadline: MonotonicInstant,
    ) -> Result<Self, Status> {
        let socket = sys::connect(&address.0, deadline)?;
        let [_, uid, _] = socket.peer_credentials()?;
        if let Err(denied) = admit.require(uid) {
            socket.refuse();
            return Err(denied);
        }
        Ok(Self::new(End::new(socket)))
    }
}
