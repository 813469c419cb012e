// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Status`]: the number with a name that every call here answers with.
//!
//! The constants are Zircon's. Their names are in `names`, one row each, so
//! that printing one needs no 46-armed match.

use core::convert::Infallible;
use core::error::Error;
use core::fmt;
use std::ffi::NulError;
use std::io;

use crate::sys;

mod names;

/// How a call ended: a number of Zircon's, with its name.
///
/// `Debug` prints `Status(NAME)`, `Display` prints `NAME`; a number without a name prints as
/// a number.
///
/// # From errors of the standard library
///
/// An [`io::Error`] that carries an `errno` goes through this table; one that does not goes
/// by its [`io::ErrorKind`].
///
/// | errno | `Status` |
/// |---|---|
/// | EINVAL, E2BIG, EDOM | `INVALID_ARGS` |
/// | EFAULT, ENOENT, ESRCH | `NOT_FOUND` |
/// | EBADF | `BAD_HANDLE` |
/// | EACCES, EPERM | `ACCESS_DENIED` |
/// | ENOMEM | `NO_MEMORY` |
/// | EMFILE, ENFILE, EDQUOT, EFBIG, ETOOMANYREFS | `NO_RESOURCES` |
/// | ENOSYS, EOPNOTSUPP | `NOT_SUPPORTED` |
/// | EOVERFLOW, ERANGE, ENXIO | `OUT_OF_RANGE` |
/// | EEXIST | `ALREADY_EXISTS` |
/// | EBUSY, ETXTBSY | `BAD_STATE` |
/// | EAGAIN | `SHOULD_WAIT` |
/// | EINTR | `INTERRUPTED_RETRY` |
/// | ETIMEDOUT | `TIMED_OUT` |
/// | ECANCELED | `CANCELED` |
/// | EPIPE | `PEER_CLOSED` |
/// | ENOSPC | `NO_SPACE` |
/// | EIO | `IO` |
/// | ENODEV | `IO_NOT_PRESENT` |
/// | ENAMETOOLONG, ELOOP | `BAD_PATH` |
/// | ENOTDIR | `NOT_DIR` |
/// | EISDIR | `NOT_FILE` |
/// | ENOTEMPTY | `NOT_EMPTY` |
/// | EPROTONOSUPPORT, EAFNOSUPPORT | `PROTOCOL_NOT_SUPPORTED` |
/// | EHOSTUNREACH, ENETUNREACH | `ADDRESS_UNREACHABLE` |
/// | EADDRINUSE | `ADDRESS_IN_USE` |
/// | EADDRNOTAVAIL | `UNAVAILABLE` |
/// | ENOTCONN | `NOT_CONNECTED` |
/// | ECONNREFUSED | `CONNECTION_REFUSED` |
/// | ECONNRESET | `CONNECTION_RESET` |
/// | ECONNABORTED | `CONNECTION_ABORTED` |
/// | any other | `IO` |
///
/// Where a call here knows more, it says more: a limit of mappings is `NO_RESOURCES` although
/// the kernel says ENOMEM.
///
/// # Examples
///
/// ```
/// use zx::Status;
///
/// let error = zx::Vmo::create(u64::MAX).unwrap_err();
/// assert_eq!(error, Status::OUT_OF_RANGE);
/// assert_eq!(format!("{error} {error:?}"), "OUT_OF_RANGE Status(OUT_OF_RANGE)");
/// assert_eq!(error.into_raw(), -14);
/// ```
///
/// Source: <https://fuchsia.dev/reference/kernel_objects/errors>.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Status(i32);

impl Status {
    /// Success. Never inside an `Err` that this library returns.
    pub const OK: Self = Self(0);
    /// The system met a case that it did not expect.
    pub const INTERNAL: Self = Self(-1);
    /// The operation is not implemented, or not for this object.
    pub const NOT_SUPPORTED: Self = Self(-2);
    /// A limit is reached: descriptors, mappings, file size.
    pub const NO_RESOURCES: Self = Self(-3);
    /// There is not enough memory, or address space.
    pub const NO_MEMORY: Self = Self(-4);
    /// A system call was interrupted; try again.
    pub const INTERRUPTED_RETRY: Self = Self(-6);
    /// An argument makes no sense, whatever the state.
    pub const INVALID_ARGS: Self = Self(-10);
    /// The handle is not valid.
    pub const BAD_HANDLE: Self = Self(-11);
    /// The object is of another type than the operation needs.
    pub const WRONG_TYPE: Self = Self(-12);
    /// There is no such system call.
    pub const BAD_SYSCALL: Self = Self(-13);
    /// An argument is outside the valid range for this object.
    pub const OUT_OF_RANGE: Self = Self(-14);
    /// The buffer, or the VMO, is too small.
    pub const BUFFER_TOO_SMALL: Self = Self(-15);
    /// The object is not in a state that allows the operation.
    pub const BAD_STATE: Self = Self(-20);
    /// The time limit passed first.
    pub const TIMED_OUT: Self = Self(-21);
    /// The operation would have to wait.
    pub const SHOULD_WAIT: Self = Self(-22);
    /// The operation was cancelled.
    pub const CANCELED: Self = Self(-23);
    /// The other end is closed.
    pub const PEER_CLOSED: Self = Self(-24);
    /// What was asked for does not exist.
    pub const NOT_FOUND: Self = Self(-25);
    /// It exists already.
    pub const ALREADY_EXISTS: Self = Self(-26);
    /// It is in use already, or was assigned already.
    pub const ALREADY_BOUND: Self = Self(-27);
    /// The object does not offer the operation.
    pub const UNAVAILABLE: Self = Self(-28);
    /// The handle lacks a right, or the kernel refuses.
    pub const ACCESS_DENIED: Self = Self(-30);
    /// An input or output error without a nearer name.
    pub const IO: Self = Self(-40);
    /// The device refused the operation.
    pub const IO_REFUSED: Self = Self(-41);
    /// The data failed an integrity check.
    pub const IO_DATA_INTEGRITY: Self = Self(-42);
    /// Data is lost and can't be had again.
    pub const IO_DATA_LOSS: Self = Self(-43);
    /// The device is not there.
    pub const IO_NOT_PRESENT: Self = Self(-44);
    /// More data arrived than there was room for.
    pub const IO_OVERRUN: Self = Self(-45);
    /// The operation missed its deadline.
    pub const IO_MISSED_DEADLINE: Self = Self(-46);
    /// The data is not valid.
    pub const IO_INVALID: Self = Self(-47);
    /// The path is malformed or too long.
    pub const BAD_PATH: Self = Self(-50);
    /// It is not a directory.
    pub const NOT_DIR: Self = Self(-51);
    /// It is a directory, not a file.
    pub const NOT_FILE: Self = Self(-52);
    /// The file would exceed a limit of the file system.
    pub const FILE_BIG: Self = Self(-53);
    /// No space is left.
    pub const NO_SPACE: Self = Self(-54);
    /// The directory is not empty.
    pub const NOT_EMPTY: Self = Self(-55);
    /// Do not call again.
    pub const STOP: Self = Self(-60);
    /// Go on with the next item.
    pub const NEXT: Self = Self(-61);
    /// The result comes later.
    pub const ASYNC: Self = Self(-62);
    /// The protocol is not supported.
    pub const PROTOCOL_NOT_SUPPORTED: Self = Self(-70);
    /// The host is unreachable.
    pub const ADDRESS_UNREACHABLE: Self = Self(-71);
    /// The address is in use.
    pub const ADDRESS_IN_USE: Self = Self(-72);
    /// The socket is not connected.
    pub const NOT_CONNECTED: Self = Self(-73);
    /// The connection was refused.
    pub const CONNECTION_REFUSED: Self = Self(-74);
    /// The connection was reset.
    pub const CONNECTION_RESET: Self = Self(-75);
    /// The connection was aborted.
    pub const CONNECTION_ABORTED: Self = Self(-76);

    /// `Ok` for `OK`, `Err` for every other number.
    ///
    /// # Errors
    ///
    /// The status itself, unless it is [`OK`](Self::OK).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::Status;
    /// assert_eq!(Status::ok(0), Ok(()));
    /// assert_eq!(Status::ok(-30), Err(Status::ACCESS_DENIED));
    /// ```
    pub const fn ok(raw: i32) -> Result<(), Self> {
        if raw == Self::OK.0 {
            Ok(())
        } else {
            Err(Self(raw))
        }
    }

    /// The status with this number, which need not have a name.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::Status;
    /// assert_eq!(Status::from_raw(-10), Status::INVALID_ARGS);
    /// assert_eq!(format!("{:?}", Status::from_raw(-5050)), "Status(-5050)");
    /// ```
    #[must_use]
    pub const fn from_raw(raw: i32) -> Self {
        Self(raw)
    }

    /// The number.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Status::NOT_FOUND.into_raw(), -25);
    /// ```
    #[must_use]
    pub const fn into_raw(self) -> i32 {
        self.0
    }

    /// This status as an [`io::Error`] of the nearest kind, which carries it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// let error = zx::Status::NOT_FOUND.into_io_error();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// assert_eq!(error.to_string(), "NOT_FOUND");
    /// ```
    #[must_use]
    pub fn into_io_error(self) -> io::Error {
        self.into()
    }

    /// The status of a result: `OK` or the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::Status;
    /// assert_eq!(Status::from_result(Ok(())), Status::OK);
    /// assert_eq!(Status::from_result(Err(Status::IO)), Status::IO);
    /// ```
    #[must_use]
    pub fn from_result(result: Result<(), Self>) -> Self {
        result.err().unwrap_or(Self::OK)
    }

    /// The name of the constant, or `None` for a number that has none.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Status::NO_MEMORY.name(), Some("NO_MEMORY"));
    /// assert_eq!(zx::Status::from_raw(7).name(), None);
    /// ```
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let row = names::NAMES.iter().find(|(status, _)| *status == self);
        row.map(|(_, name)| *name)
    }
}

/// [`Status::ok`] as a free function.
///
/// # Errors
///
/// As [`Status::ok`].
///
/// # Examples
///
/// ```
/// assert_eq!(zx::ok(0), Ok(()));
/// assert_eq!(zx::ok(-2), Err(zx::Status::NOT_SUPPORTED));
/// ```
pub const fn ok(raw: i32) -> Result<(), Status> {
    Status::ok(raw)
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "Status({name})"),
            None => write!(f, "Status({})", self.0),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "Unknown zircon status code: {}", self.0),
        }
    }
}

impl Error for Status {}

impl From<io::ErrorKind> for Status {
    fn from(kind: io::ErrorKind) -> Self {
        use io::ErrorKind as K;
        match kind {
            K::NotFound => Self::NOT_FOUND,
            K::PermissionDenied => Self::ACCESS_DENIED,
            K::ConnectionRefused => Self::IO_REFUSED,
            K::ConnectionAborted | K::BrokenPipe => Self::PEER_CLOSED,
            K::AddrInUse => Self::ALREADY_BOUND,
            K::AddrNotAvailable => Self::UNAVAILABLE,
            K::AlreadyExists => Self::ALREADY_EXISTS,
            K::WouldBlock => Self::SHOULD_WAIT,
            K::InvalidInput => Self::INVALID_ARGS,
            K::TimedOut => Self::TIMED_OUT,
            K::Interrupted => Self::INTERRUPTED_RETRY,
            K::InvalidData => Self::IO_DATA_INTEGRITY,
            K::OutOfMemory => Self::NO_MEMORY,
            K::Unsupported => Self::NOT_SUPPORTED,
            _ => Self::IO,
        }
    }
}

impl From<Status> for io::ErrorKind {
    fn from(status: Status) -> Self {
        match status {
            Status::INTERRUPTED_RETRY => Self::Interrupted,
            Status::BAD_HANDLE | Status::PEER_CLOSED => Self::BrokenPipe,
            Status::TIMED_OUT => Self::TimedOut,
            Status::SHOULD_WAIT => Self::WouldBlock,
            Status::NOT_FOUND => Self::NotFound,
            Status::ALREADY_EXISTS | Status::ALREADY_BOUND => Self::AlreadyExists,
            Status::UNAVAILABLE => Self::AddrNotAvailable,
            Status::ACCESS_DENIED => Self::PermissionDenied,
            Status::IO_REFUSED => Self::ConnectionRefused,
            Status::IO_DATA_INTEGRITY => Self::InvalidData,
            Status::NO_MEMORY => Self::OutOfMemory,
            Status::NOT_SUPPORTED => Self::Unsupported,
            Status::INVALID_ARGS | Status::OUT_OF_RANGE | Status::WRONG_TYPE | Status::BAD_PATH => {
                Self::InvalidInput
            }
            _ => Self::Other,
        }
    }
}

impl From<io::Error> for Status {
    fn from(error: io::Error) -> Self {
        if let Some(status) = error.get_ref().and_then(|e| e.downcast_ref::<Self>()) {
            return *status;
        }
        match error.raw_os_error() {
            Some(errno) => sys::status_of_errno(errno),
            None => error.kind().into(),
        }
    }
}

impl From<Status> for io::Error {
    fn from(status: Status) -> Self {
        Self::new(status.into(), status)
    }
}

impl From<NulError> for Status {
    fn from(_: NulError) -> Self {
        Self::INVALID_ARGS
    }
}

impl From<Infallible> for Status {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<Result<(), Self>> for Status {
    fn from(result: Result<(), Self>) -> Self {
        Self::from_result(result)
    }
}

impl From<Status> for Result<(), Status> {
    fn from(status: Status) -> Self {
        Status::ok(status.0)
    }
}
