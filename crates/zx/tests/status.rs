// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Status`: every constant, how it prints, and how it meets the standard library's errors.

use std::ffi::CString;
use std::io::{self, ErrorKind};

use zx::Status;

/// Zircon's numbers, written down a second time.
const NUMBERS: &[(&str, i32, Status)] = &[
    ("OK", 0, Status::OK),
    ("INTERNAL", -1, Status::INTERNAL),
    ("NOT_SUPPORTED", -2, Status::NOT_SUPPORTED),
    ("NO_RESOURCES", -3, Status::NO_RESOURCES),
    ("NO_MEMORY", -4, Status::NO_MEMORY),
    ("INTERRUPTED_RETRY", -6, Status::INTERRUPTED_RETRY),
    ("INVALID_ARGS", -10, Status::INVALID_ARGS),
    ("BAD_HANDLE", -11, Status::BAD_HANDLE),
    ("WRONG_TYPE", -12, Status::WRONG_TYPE),
    ("BAD_SYSCALL", -13, Status::BAD_SYSCALL),
    ("OUT_OF_RANGE", -14, Status::OUT_OF_RANGE),
    ("BUFFER_TOO_SMALL", -15, Status::BUFFER_TOO_SMALL),
    ("BAD_STATE", -20, Status::BAD_STATE),
    ("TIMED_OUT", -21, Status::TIMED_OUT),
    ("SHOULD_WAIT", -22, Status::SHOULD_WAIT),
    ("CANCELED", -23, Status::CANCELED),
    ("PEER_CLOSED", -24, Status::PEER_CLOSED),
    ("NOT_FOUND", -25, Status::NOT_FOUND),
    ("ALREADY_EXISTS", -26, Status::ALREADY_EXISTS),
    ("ALREADY_BOUND", -27, Status::ALREADY_BOUND),
    ("UNAVAILABLE", -28, Status::UNAVAILABLE),
    ("ACCESS_DENIED", -30, Status::ACCESS_DENIED),
    ("IO", -40, Status::IO),
    ("IO_REFUSED", -41, Status::IO_REFUSED),
    ("IO_DATA_INTEGRITY", -42, Status::IO_DATA_INTEGRITY),
    ("IO_DATA_LOSS", -43, Status::IO_DATA_LOSS),
    ("IO_NOT_PRESENT", -44, Status::IO_NOT_PRESENT),
    ("IO_OVERRUN", -45, Status::IO_OVERRUN),
    ("IO_MISSED_DEADLINE", -46, Status::IO_MISSED_DEADLINE),
    ("IO_INVALID", -47, Status::IO_INVALID),
    ("BAD_PATH", -50, Status::BAD_PATH),
    ("NOT_DIR", -51, Status::NOT_DIR),
    ("NOT_FILE", -52, Status::NOT_FILE),
    ("FILE_BIG", -53, Status::FILE_BIG),
    ("NO_SPACE", -54, Status::NO_SPACE),
    ("NOT_EMPTY", -55, Status::NOT_EMPTY),
    ("STOP", -60, Status::STOP),
    ("NEXT", -61, Status::NEXT),
    ("ASYNC", -62, Status::ASYNC),
    (
        "PROTOCOL_NOT_SUPPORTED",
        -70,
        Status::PROTOCOL_NOT_SUPPORTED,
    ),
    ("ADDRESS_UNREACHABLE", -71, Status::ADDRESS_UNREACHABLE),
    ("ADDRESS_IN_USE", -72, Status::ADDRESS_IN_USE),
    ("NOT_CONNECTED", -73, Status::NOT_CONNECTED),
    ("CONNECTION_REFUSED", -74, Status::CONNECTION_REFUSED),
    ("CONNECTION_RESET", -75, Status::CONNECTION_RESET),
    ("CONNECTION_ABORTED", -76, Status::CONNECTION_ABORTED),
];

#[test]
fn every_constant_has_zircons_number_and_name() {
    assert_eq!(NUMBERS.len(), 46);
    for &(name, raw, status) in NUMBERS {
        assert_eq!(status.into_raw(), raw, "{name}");
        assert_eq!(Status::from_raw(raw), status);
        assert_eq!(status.to_string(), name);
        assert_eq!(format!("{status:?}"), format!("Status({name})"));
        assert_eq!(status.name(), Some(name));
    }
}

#[test]
fn a_number_without_a_name_prints_as_a_number() {
    let status = Status::from_raw(-5050);
    assert_eq!(format!("{status:?}"), "Status(-5050)");
    assert_eq!(status.to_string(), "Unknown zircon status code: -5050");
    assert_eq!(status.name(), None);
}

#[test]
fn results_and_statuses_turn_into_each_other() {
    assert_eq!(Status::ok(0), Ok(()));
    assert_eq!(zx::ok(-25), Err(Status::NOT_FOUND));
    assert_eq!(Status::from(Ok(())), Status::OK);
    assert_eq!(Status::from(Err(Status::IO)), Status::IO);
    assert_eq!(Result::from(Status::OK), Ok(()));
    assert_eq!(Result::from(Status::NO_SPACE), Err(Status::NO_SPACE));
    assert_eq!(Status::from_result(Err(Status::STOP)), Status::STOP);
}

/// The table of `Status`'s documentation, written down a second time.
const ERRNOS: &[(&[i32], Status)] = &[
    (
        &[libc::EINVAL, libc::E2BIG, libc::EDOM],
        Status::INVALID_ARGS,
    ),
    (
        &[libc::EFAULT, libc::ENOENT, libc::ESRCH],
        Status::NOT_FOUND,
    ),
    (&[libc::EBADF], Status::BAD_HANDLE),
    (&[libc::EACCES, libc::EPERM], Status::ACCESS_DENIED),
    (&[libc::ENOMEM], Status::NO_MEMORY),
    (
        &[libc::EMFILE, libc::ENFILE, libc::EDQUOT, libc::EFBIG],
        Status::NO_RESOURCES,
    ),
    (&[libc::ETOOMANYREFS], Status::NO_RESOURCES),
    (&[libc::ENOSYS, libc::EOPNOTSUPP], Status::NOT_SUPPORTED),
    (
        &[libc::EOVERFLOW, libc::ERANGE, libc::ENXIO],
        Status::OUT_OF_RANGE,
    ),
    (&[libc::EEXIST], Status::ALREADY_EXISTS),
    (&[libc::EBUSY, libc::ETXTBSY], Status::BAD_STATE),
    (&[libc::EAGAIN], Status::SHOULD_WAIT),
    (&[libc::EINTR], Status::INTERRUPTED_RETRY),
    (&[libc::ETIMEDOUT], Status::TIMED_OUT),
    (&[libc::ECANCELED], Status::CANCELED),
    (&[libc::EPIPE], Status::PEER_CLOSED),
    (&[libc::ENOSPC], Status::NO_SPACE),
    (&[libc::EIO], Status::IO),
    (&[libc::ENODEV], Status::IO_NOT_PRESENT),
    (&[libc::ENAMETOOLONG, libc::ELOOP], Status::BAD_PATH),
    (&[libc::ENOTDIR], Status::NOT_DIR),
    (&[libc::EISDIR], Status::NOT_FILE),
    (&[libc::ENOTEMPTY], Status::NOT_EMPTY),
    (
        &[libc::EPROTONOSUPPORT, libc::EAFNOSUPPORT],
        Status::PROTOCOL_NOT_SUPPORTED,
    ),
    (
        &[libc::EHOSTUNREACH, libc::ENETUNREACH],
        Status::ADDRESS_UNREACHABLE,
    ),
    (&[libc::EADDRINUSE], Status::ADDRESS_IN_USE),
    (&[libc::EADDRNOTAVAIL], Status::UNAVAILABLE),
    (&[libc::ENOTCONN], Status::NOT_CONNECTED),
    (&[libc::ECONNREFUSED], Status::CONNECTION_REFUSED),
    (&[libc::ECONNRESET], Status::CONNECTION_RESET),
    (&[libc::ECONNABORTED], Status::CONNECTION_ABORTED),
    (&[libc::EUCLEAN, 0, -1, i32::MAX, i32::MIN], Status::IO),
];

#[test]
fn the_errno_table_holds_row_by_row() {
    for (errnos, expected) in ERRNOS {
        for errno in *errnos {
            let error = io::Error::from_raw_os_error(*errno);
            assert_eq!(Status::from(error), *expected, "errno {errno}");
        }
    }
}

#[test]
fn kinds_of_io_errors_have_statuses() {
    let rows = [
        (ErrorKind::NotFound, Status::NOT_FOUND),
        (ErrorKind::PermissionDenied, Status::ACCESS_DENIED),
        (ErrorKind::WouldBlock, Status::SHOULD_WAIT),
        (ErrorKind::TimedOut, Status::TIMED_OUT),
        (ErrorKind::Interrupted, Status::INTERRUPTED_RETRY),
        (ErrorKind::AlreadyExists, Status::ALREADY_EXISTS),
        (ErrorKind::InvalidInput, Status::INVALID_ARGS),
        (ErrorKind::InvalidData, Status::IO_DATA_INTEGRITY),
        (ErrorKind::BrokenPipe, Status::PEER_CLOSED),
        (ErrorKind::ConnectionAborted, Status::PEER_CLOSED),
        (ErrorKind::AddrNotAvailable, Status::UNAVAILABLE),
        (ErrorKind::OutOfMemory, Status::NO_MEMORY),
        (ErrorKind::Unsupported, Status::NOT_SUPPORTED),
        (ErrorKind::UnexpectedEof, Status::IO),
        (ErrorKind::Other, Status::IO),
    ];
    for (kind, expected) in rows {
        assert_eq!(Status::from(kind), expected, "{kind:?}");
        assert_eq!(Status::from(io::Error::from(kind)), expected, "{kind:?}");
    }
}

#[test]
fn statuses_have_kinds_and_survive_the_way_through_an_io_error() {
    let rows = [
        (Status::NOT_FOUND, ErrorKind::NotFound),
        (Status::ACCESS_DENIED, ErrorKind::PermissionDenied),
        (Status::SHOULD_WAIT, ErrorKind::WouldBlock),
        (Status::ALREADY_EXISTS, ErrorKind::AlreadyExists),
        (Status::ALREADY_BOUND, ErrorKind::AlreadyExists),
        (Status::BAD_HANDLE, ErrorKind::BrokenPipe),
        (Status::PEER_CLOSED, ErrorKind::BrokenPipe),
        (Status::OUT_OF_RANGE, ErrorKind::InvalidInput),
        (Status::WRONG_TYPE, ErrorKind::InvalidInput),
        (Status::BAD_PATH, ErrorKind::InvalidInput),
        (Status::INVALID_ARGS, ErrorKind::InvalidInput),
        (Status::UNAVAILABLE, ErrorKind::AddrNotAvailable),
        (Status::IO_DATA_INTEGRITY, ErrorKind::InvalidData),
        (Status::INTERNAL, ErrorKind::Other),
    ];
    for (status, kind) in rows {
        assert_eq!(ErrorKind::from(status), kind, "{status}");
        assert_eq!(status.into_io_error().kind(), kind, "{status}");
    }
    for &(_, _, status) in NUMBERS {
        assert_eq!(Status::from(io::Error::from(status)), status);
        assert_eq!(io::Error::from(status).to_string(), status.to_string());
    }
}

#[test]
fn a_nul_inside_a_string_is_invalid_args() {
    let error = CString::new("a\0b").unwrap_err();
    assert_eq!(Status::from(error), Status::INVALID_ARGS);
}
