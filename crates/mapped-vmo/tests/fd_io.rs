// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files, pipes and sockets straight from and to a mapping.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::thread::JoinHandleExt;
use std::sync::mpsc;
use std::thread;

use mapped_vmo::zx::{VmarFlags, Vmo};
use mapped_vmo::{AccessError, Mapping, fd};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe, pipe_with};

const PAGE: usize = 4096;

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 256) as u8).collect()
}

/// A file in memory with these bytes, to be read from the start.
fn file_with(bytes: &[u8]) -> File {
    let mut file = File::from(memfd_create("fd-io", MemfdFlags::CLOEXEC).unwrap());
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn contents(mapping: &Mapping) -> Vec<u8> {
    let mut bytes = vec![0; mapping.len()];
    mapping.read_exact_at(0, &mut bytes).unwrap();
    bytes
}

/// Reads or writes again until nothing is left, or the end of the file.
fn to_the_end(len: usize, mut call: impl FnMut(usize) -> std::io::Result<usize>) -> usize {
    let mut done = 0;
    while done < len {
        match call(done).unwrap() {
            0 => break,
            count => done += count,
        }
    }
    done
}

#[test]
fn a_large_file_arrives_and_leaves_again_byte_for_byte() {
    let len = (16 << 20) + 123;
    let bytes = pattern(len);
    let source = file_with(&bytes);
    let (mapping, _vmo) = Mapping::allocate(len + 2 * PAGE).unwrap();
    let done = to_the_end(len, |done| {
        mapping.read_from_fd(&source, PAGE + done, len - done)
    });
    assert_eq!(done, len);
    let all = contents(&mapping);
    assert!(all[PAGE..PAGE + len] == bytes[..], "other bytes arrived");
    let around = all[..PAGE].iter().chain(&all[PAGE + len..]);
    assert!(
        around.into_iter().all(|byte| *byte == 0),
        "more was written"
    );

    let mut copy = file_with(b"");
    let done = to_the_end(len, |done| {
        mapping.write_to_fd(&copy, PAGE + done, len - done)
    });
    assert_eq!(done, len);
    copy.rewind().unwrap();
    let mut arrived = Vec::new();
    copy.read_to_end(&mut arrived).unwrap();
    assert!(arrived == bytes, "other bytes left");
}

#[test]
fn short_counts_are_returned_as_they_are() {
    let (mapping, _vmo) = Mapping::allocate(1 << 20).unwrap();
    let file = file_with(b"short");
    assert_eq!(mapping.read_from_fd(&file, 10, 100).unwrap(), 5);
    assert_eq!(mapping.read_from_fd(&file, 10, 100).unwrap(), 0, "the end");
    assert!(mapping.eq_at(9, b"\0short\0").unwrap());

    let (from, to) = pipe_with(PipeFlags::NONBLOCK).unwrap();
    fcntl_setpipe_size(&to, PAGE).unwrap();
    let error = mapping.read_from_fd(&from, 0, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert_eq!(mapping.write_to_fd(&to, 0, 1 << 20).unwrap(), PAGE);
    let error = mapping.write_to_fd(&to, 0, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert_eq!(
        mapping.read_from_fd(&from, 4 * PAGE, 1 << 19).unwrap(),
        PAGE
    );
    drop(to);
    assert_eq!(mapping.read_from_fd(&from, 0, 1).unwrap(), 0, "closed");
}

#[test]
fn slices_and_whole_mappings_are_sources_and_targets() {
    let (mut mapping, _vmo) = Mapping::allocate(64).unwrap();
    let (left, mut right) = UnixStream::pair().unwrap();
    right.write_all(b"to the slice").unwrap();
    assert_eq!(fd::read(&left, mapping.slice_mut(8..10)).unwrap(), 2);
    assert_eq!(fd::read(left.as_fd(), &mut mapping).unwrap(), 10);
    assert!(mapping.eq_at(0, b" the slice\0").unwrap());
    assert_eq!(fd::write(&left, mapping.slice(5..10)).unwrap(), 5);
    assert_eq!(fd::write(&left, &mapping).unwrap(), 64);
    let mut arrived = [0; 69];
    right.read_exact(&mut arrived).unwrap();
    assert_eq!(&arrived[..15], b"slice the slice");
}

#[test]
fn what_is_out_of_range_never_reaches_the_kernel() {
    let (mapping, _vmo) = Mapping::allocate(1000).unwrap();
    let mut file = file_with(&[7; 4096]);
    for (offset, len) in [
        (0, 1001),
        (1000, 1),
        (999, 2),
        (1001, 0),
        (1, usize::MAX),
        (usize::MAX, 1),
        (usize::MAX, usize::MAX),
    ] {
        for result in [
            mapping.read_from_fd(&file, offset, len),
            mapping.write_to_fd(&file, offset, len),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{offset}, {len}");
            let inner = error
                .get_ref()
                .and_then(|e| e.downcast_ref::<AccessError>());
            assert!(
                matches!(inner, Some(AccessError::OutOfBounds { offset: o, size: 1000, .. }) if *o == offset),
                "{inner:?}"
            );
        }
    }
    assert_eq!(contents(&mapping), [0; 1000]);
    assert_eq!(file.stream_position().unwrap(), 0, "the kernel was asked");
    // No bytes are fine, also at the end.
    assert_eq!(mapping.read_from_fd(&file, 1000, 0).unwrap(), 0);
}

#[test]
fn what_the_mapping_does_not_permit_never_reaches_the_kernel() {
    let vmo = Vmo::create(4096).unwrap();
    let mut file = file_with(&[7; 4096]);
    let read_only = Mapping::create_from_vmo(&vmo, 4096, VmarFlags::PERM_READ).unwrap();
    let closed = Mapping::create_from_vmo(&vmo, 4096, VmarFlags::empty()).unwrap();
    for result in [
        read_only.read_from_fd(&file, 0, 10),
        closed.read_from_fd(&file, 0, 10),
        closed.write_to_fd(&file, 0, 10),
        closed.read_from_fd(&file, 0, 0),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        let inner = error
            .get_ref()
            .and_then(|e| e.downcast_ref::<AccessError>());
        assert!(
            matches!(inner, Some(AccessError::Denied { .. })),
            "{inner:?}"
        );
    }
    assert_eq!(contents(&read_only), [0; 4096]);
    assert_eq!(file.stream_position().unwrap(), 0, "the kernel was asked");
    assert_eq!(read_only.write_to_fd(&file, 0, 10).unwrap(), 10);
}

#[test]
fn a_descriptor_of_the_wrong_kind_is_an_error_with_its_number() {
    let (mapping, _vmo) = Mapping::allocate(4096).unwrap();
    let (from, to) = pipe().unwrap();
    let error = mapping.read_from_fd(&to, 0, 10).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EBADF));
    let error = mapping.write_to_fd(&from, 0, 10).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EBADF));
}

#[test]
fn the_vmo_that_is_mapped_may_be_the_file_that_is_read() {
    let (mapping, vmo) = Mapping::allocate(3 * PAGE).unwrap();
    mapping.write_all_at(0, &pattern(PAGE)).unwrap();
    let file = File::from(vmo.as_fd().try_clone_to_owned().unwrap());
    // From the start of the VMO to its second page.
    assert_eq!(mapping.read_from_fd(&file, PAGE, PAGE).unwrap(), PAGE);
    assert!(mapping.eq_at(PAGE, &pattern(PAGE)).unwrap());
    // Onto itself, a few bytes further on: unspecified bytes, and no fault.
    let count = mapping.write_to_fd(&file, PAGE - 9, PAGE).unwrap();
    assert!(count <= PAGE);
}

extern "C" fn on_signal(_number: libc::c_int) {}

#[test]
fn a_signal_interrupts_and_nothing_was_transferred() {
    // SAFETY: all zeros is a `sigaction` without flags, so calls are not restarted.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    action.sa_sigaction = on_signal as *const () as usize;
    // SAFETY: the handler does nothing at all; the old action is not asked for.
    let set = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, core::ptr::null_mut()) };
    assert_eq!(set, 0);

    let (mapping, _vmo) = Mapping::allocate(4096).unwrap();
    let (from, to) = pipe().unwrap();
    let (say, hear) = mpsc::channel();
    let reader = thread::spawn(move || {
        let result = mapping
            .read_from_fd(&from, 0, 10)
            .map_err(|error| error.kind());
        say.send(result).unwrap();
        (mapping, from)
    });
    // The signal may come before the call, so it comes until it was heard.
    let result = loop {
        // SAFETY: the thread has not been joined, so it is still there.
        unsafe { libc::pthread_kill(reader.as_pthread_t(), libc::SIGUSR1) };
        if let Ok(result) = hear.recv_timeout(Duration::from_millis(10)) {
            break result;
        }
    };
    assert_eq!(result, Err(ErrorKind::Interrupted));
    let (mapping, from) = reader.join().unwrap();
    assert_eq!(contents(&mapping), [0; 4096]);

    File::from(to).write_all(b"later").unwrap();
    assert_eq!(mapping.read_from_fd(&from, 0, 10).unwrap(), 5);
}
