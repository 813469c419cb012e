// SPDX-License-Identifier: MIT OR Apache-2.0
//! errno → [`Status`]: the table of [`Status`]'s documentation, row by row.

use rustix::io::Errno;

use crate::Status;

/// The status of an errno, as a number.
pub(crate) fn status_of_errno(errno: i32) -> Status {
    // A number that no system call answers with: an `io::Error` can be made of any.
    if !(1..4096).contains(&errno) {
        return Status::IO;
    }
    status(Errno::from_raw_os_error(errno))
}

/// The status of an errno. Where the call knows more, the call says more.
pub(super) fn status(errno: Errno) -> Status {
    memory(errno)
        .or_else(|| files(errno))
        .or_else(|| sockets(errno))
        .unwrap_or(Status::IO)
}

/// What any call can answer.
fn memory(errno: Errno) -> Option<Status> {
    Some(match errno {
        Errno::INVAL | Errno::TOOBIG | Errno::DOM => Status::INVALID_ARGS,
        Errno::FAULT | Errno::NOENT | Errno::SRCH => Status::NOT_FOUND,
        Errno::BADF => Status::BAD_HANDLE,
        Errno::ACCESS | Errno::PERM => Status::ACCESS_DENIED,
        Errno::NOMEM => Status::NO_MEMORY,
        Errno::MFILE | Errno::NFILE | Errno::DQUOT | Errno::FBIG | Errno::TOOMANYREFS => {
            Status::NO_RESOURCES
        }
        Errno::NOSYS | Errno::OPNOTSUPP => Status::NOT_SUPPORTED,
        Errno::OVERFLOW | Errno::RANGE | Errno::NXIO => Status::OUT_OF_RANGE,
        Errno::EXIST => Status::ALREADY_EXISTS,
        Errno::BUSY | Errno::TXTBSY => Status::BAD_STATE,
        Errno::AGAIN => Status::SHOULD_WAIT,
        Errno::INTR => Status::INTERRUPTED_RETRY,
        Errno::TIMEDOUT => Status::TIMED_OUT,
        Errno::CANCELED => Status::CANCELED,
        _ => return None,
    })
}

/// What files and pipes answer.
fn files(errno: Errno) -> Option<Status> {
    Some(match errno {
        Errno::PIPE => Status::PEER_CLOSED,
        Errno::NOSPC => Status::NO_SPACE,
        Errno::IO => Status::IO,
        Errno::NODEV => Status::IO_NOT_PRESENT,
        Errno::NAMETOOLONG | Errno::LOOP => Status::BAD_PATH,
        Errno::NOTDIR => Status::NOT_DIR,
        Errno::ISDIR => Status::NOT_FILE,
        Errno::NOTEMPTY => Status::NOT_EMPTY,
        _ => return None,
    })
}

/// What sockets answer.
fn sockets(errno: Errno) -> Option<Status> {
    Some(match errno {
        Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT => Status::PROTOCOL_NOT_SUPPORTED,
        Errno::HOSTUNREACH | Errno::NETUNREACH => Status::ADDRESS_UNREACHABLE,
        Errno::ADDRINUSE => Status::ADDRESS_IN_USE,
        Errno::ADDRNOTAVAIL => Status::UNAVAILABLE,
        Errno::NOTCONN => Status::NOT_CONNECTED,
        Errno::CONNREFUSED => Status::CONNECTION_REFUSED,
        Errno::CONNRESET => Status::CONNECTION_RESET,
        Errno::CONNABORTED => Status::CONNECTION_ABORTED,
        _ => return None,
    })
}
