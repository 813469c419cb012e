// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer that keeps a VMO from being frozen: by a mapping, or by pages that it has pinned.
//!
//! `holder map|pin [MILLISECONDS]`, with the VMO as stdin. Says `ready` when it holds on, or
//! `unavailable` where the kernel has no io_uring for it; says `gone` when it let go, and
//! waits to be killed.
#![deny(unsafe_code)]
#![allow(
    unsafe_code,
    reason = "io_uring has no safe interface in the standard library"
)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::time::Duration;
use std::io;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use mapped_vmo::Mapping;
use mapped_vmo::zx::{VmarFlags, Vmo};

/// `IORING_REGISTER_BUFFERS` and `IORING_UNREGISTER_BUFFERS`.
const REGISTER: libc::c_uint = 0;
const UNREGISTER: libc::c_uint = 1;

fn main() {
    let vmo = peer_tests::vmo_from_stdin();
    let mut args = std::env::args().skip(1);
    let way = args.next().unwrap_or_default();
    let time = args.next().and_then(|arg| arg.parse().ok());
    let hold = || {
        say("ready");
        time.map_or_else(wait, |time| std::thread::sleep(Duration::from_millis(time)));
    };
    match way.as_str() {
        "map" => {
            let mapping = map(&vmo);
            hold();
            drop(mapping);
        }
        "pin" => match pin(map(&vmo)) {
            Ok(ring) => {
                hold();
                register(&ring, UNREGISTER, None).expect("they were registered");
            }
            Err(error) => {
                eprintln!("io_uring: {error}");
                return say("unavailable");
            }
        },
        other => panic!("no way to hold on is called {other:?}"),
    }
    say("gone");
    wait();
}

fn say(line: &str) {
    println!("{line}");
    io::stdout().flush().expect("the test listens");
}

fn wait() {
    loop {
        std::thread::park();
    }
}

fn map(vmo: &Vmo) -> Mapping {
    let size = usize::try_from(vmo.get_size().expect("a size")).expect("a size that fits");
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    Mapping::create_from_vmo(vmo, size, flags).expect("a mapping")
}

/// Registers the pages as a buffer of a new ring, and unmaps them: what is left is a pin.
fn pin(mut mapping: Mapping) -> io::Result<OwnedFd> {
    // `struct io_uring_params`, all of it zero.
    let mut params = [0_u32; 30];
    // SAFETY: the kernel fills the parameters in and keeps no pointer to them.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr()) };
    let ring = match i32::try_from(ring) {
        // SAFETY: the kernel just made it for us, and nobody else knows it.
        Ok(fd) if fd >= 0 => unsafe { OwnedFd::from_raw_fd(fd) },
        _ => return Err(io::Error::last_os_error()),
    };
    let (ptr, len) = mapping.as_ptr_len();
    register(&ring, REGISTER, Some((ptr, len)))?;
    Ok(ring)
}

fn register(ring: &OwnedFd, what: libc::c_uint, bytes: Option<(*mut u8, usize)>) -> io::Result<()> {
    let buffers = bytes.map(|(ptr, len)| libc::iovec {
        iov_base: ptr.cast(),
        iov_len: len,
    });
    let array = buffers
        .as_ref()
        .map_or(core::ptr::null(), core::ptr::from_ref);
    let count = libc::c_uint::from(buffers.is_some());
    let (call, ring) = (libc::SYS_io_uring_register, ring.as_raw_fd());
    // SAFETY: the kernel pins the pages of the one buffer, which are mapped; no request will
    // ever use it.
    let result = unsafe { libc::syscall(call, ring, what, array, count) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
