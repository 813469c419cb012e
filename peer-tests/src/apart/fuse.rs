// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file whose server answers `open` and then nothing, ever: `fstat`, `pread` and even
//! `close` of it wait for as long as the server lives.
//!
//! ```text
//!   apart fuse ── mounts ──► /dev/full, in mounts of its own
//!      ├── starts ──► apart fuse-server: answers, or does not
//!      └── starts ──► apart fuse-victim: opens it, holds it out to the gate
//! ```
//!
//! The server is a process of its own, so that its end frees whoever hangs.

use core::time::Duration;
use std::ffi::CString;
use std::fs::OpenOptions;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Instant;

use mapped_vmo::zx::{AdoptPolicy, FdKind, Status, Vmo};
use rustix::mount::{MountFlags, mount};

use super::CannotTry;
use super::namespaces::private_mounts;
use crate::Peer;

/// What the file is mounted on: a path that is there everywhere and that nothing here uses.
const PLACE: &str = "/dev/full";

/// How long the gate may take for one descriptor.
const AT_MOST: Duration = Duration::from_secs(1);

/// Mounts the file, and has `program` serve it badly and hold it out to the gate.
///
/// # Errors
///
/// Where a FUSE file system can't be mounted.
///
/// # Panics
///
/// If the victim does not get on.
pub fn stall(program: &str) -> Result<String, CannotTry> {
    private_mounts()?;
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    let device = device.map_err(|error| CannotTry(format!("/dev/fuse: {error}")))?;
    let number = device.as_raw_fd();
    let options = format!("fd={number},rootmode=100000,user_id=0,group_id=0");
    let options = CString::new(options).expect("no NUL");
    let mounted = mount("stall", PLACE, "fuse", MountFlags::empty(), &*options);
    mounted.map_err(|errno| CannotTry(format!("no FUSE mount: {errno}")))?;
    let mut server = Peer::start(program, "fuse-server", device.as_fd());
    drop(device);
    let mut victim = Peer::start_alone(program, "fuse-victim");
    let said = victim.line();
    // Whatever the victim still waits for ends with the server.
    server.kill();
    let status = victim.ended();
    assert!(status.success(), "the victim: {status}: {said}");
    Ok(said)
}

/// Answers `INIT` and `OPEN` on its stdin, and leaves everybody else waiting.
///
/// # Panics
///
/// If the kernel's requests are no requests.
pub fn serve() {
    const INIT: u32 = 26;
    const OPEN: u32 = 14;
    let mut request = vec![0; 1 << 17];
    let device = std::io::stdin();
    while let Ok(len) = rustix::io::read(&device, &mut request) {
        let header = &request[..len.min(40)];
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four"));
        let body: Vec<u32> = match number(4) {
            // Version 7.31, no flags, no read-ahead, writes of a page.
            INIT => [7, 31, 0, 0, 0, 4096].into_iter().chain([0; 10]).collect(),
            // A handle of 0, no flags.
            OPEN => vec![0; 4],
            _ => continue,
        };
        let len = 16 + 4 * body.len();
        let mut reply = u32::try_from(len).expect("small").to_le_bytes().to_vec();
        reply.extend([0; 4]);
        reply.extend(&header[8..16]);
        reply.extend(body.iter().flat_map(|word| word.to_le_bytes()));
        let _ = rustix::io::write(&device, &reply);
    }
}

/// Holds the file out to the gate, under every policy.
///
/// # Panics
///
/// If the gate takes it, takes it for something else, or waits.
#[must_use]
pub fn victim(policies: &[AdoptPolicy]) -> String {
    let open = OpenOptions::new().read(true).write(true).open(PLACE);
    let file = OwnedFd::from(open.expect("a file that can be opened"));
    let mut longest = Duration::ZERO;
    for policy in policies {
        let offered = file.try_clone().expect("a descriptor");
        let start = Instant::now();
        let refused = Vmo::from_fd(offered, *policy).expect_err("the server is hostile");
        longest = longest.max(start.elapsed());
        assert_eq!(refused.status(), Status::WRONG_TYPE, "{refused}");
        assert_ne!(refused.kind(), FdKind::Memfd, "{refused}");
    }
    assert!(longest < AT_MOST, "the gate waited for {longest:?}");
    // Closing it here would be the very wait that the gate is spared.
    core::mem::forget(file);
    format!("refused at once: {} policies, {longest:?}", policies.len())
}
