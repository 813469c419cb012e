// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file system with one file, which answers until that is open (fuse(4), version 7.31).
#![allow(
    unsafe_code,
    reason = "a process leaves the namespaces of its parent by an unsafe call"
)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountFlags, MountPropagationFlags, mount as mount_at, mount_change};
use rustix::thread::UnshareFlags;

const LOOKUP: u32 = 1;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const INIT: u32 = 26;

const ROOT: u64 = 1;
const FILE: u64 = 2;

/// The header of a request: its length, what it is, its number, what it is about.
const REQUEST: usize = 40;

/// Mounts it at `place`, in a namespace of its own. The device to serve it through.
pub(crate) fn mount(place: &Path) -> io::Result<OwnedFd> {
    let root = rustix::process::geteuid().is_root();
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let mut flags = UnshareFlags::NEWNS;
    if !root {
        flags |= UnshareFlags::NEWUSER;
    }
    // SAFETY: no other thread runs yet, and no descriptor of ours depends on the namespace.
    unsafe { rustix::thread::unshare_unsafe(flags) }?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private)?;
    let device = rustix::fs::open("/dev/fuse", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let (user, group) = match root {
        true => (user.as_raw(), group.as_raw()),
        false => (0, 0),
    };
    let fd = device.as_raw_fd();
    let data = format!("fd={fd},rootmode=40000,user_id={user},group_id={group}");
    let data = CString::new(data)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount_at("stall", place, "fuse", flags, data.as_c_str())?;
    Ok(device)
}

/// Answers what leads to an open file, and nothing else, until `ended` has an answer itself.
pub(crate) fn serve<T>(device: &OwnedFd, mut ended: impl FnMut() -> Option<T>) -> T {
    let mut request = vec![0; 1 << 17];
    let patience = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    loop {
        if let Some(end) = ended() {
            return end;
        }
        let ready = poll(&mut [PollFd::new(device, PollFlags::IN)], Some(&patience));
        if ready != Ok(1) {
            continue;
        }
        let Ok(len) = rustix::io::read(device, &mut request) else {
            continue;
        };
        if let Some(answer) = request.get(..len).and_then(answer) {
            let _ = rustix::io::write(device, &answer);
        }
    }
}

/// The answer to a request, if it gets one.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    let header = request.get(..REQUEST)?;
    let word = |at: usize| Some(u32::from_ne_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let long = |at: usize| Some(u64::from_ne_bytes(header.get(at..at + 8)?.try_into().ok()?));
    let (operation, number, node) = (word(4)?, long(8)?, long(16)?);
    let body = match (operation, node) {
        (INIT, _) => init(),
        (LOOKUP, ROOT) => [&entry()[..], &attributes(FILE)].concat(),
        (GETATTR, ROOT) => [&[0; 16][..], &attributes(ROOT)].concat(),
        (OPEN, FILE) => vec![0; 16],
        _ => return None,
    };
    let len = u32::try_from(16 + body.len()).ok()?;
    let mut answer = [len.to_ne_bytes(), 0_i32.to_ne_bytes()].concat();
    answer.extend(number.to_ne_bytes());
    answer.extend(body);
    Some(answer)
}

/// Version 7.31, and no features.
fn init() -> Vec<u8> {
    let mut body = vec![0; 64];
    body[0..4].copy_from_slice(&7_u32.to_ne_bytes());
    body[4..8].copy_from_slice(&31_u32.to_ne_bytes());
    body[20..24].copy_from_slice(&4096_u32.to_ne_bytes());
    body
}

/// Node 2, nothing of which may be remembered: whoever wants to know has to ask.
fn entry() -> [u8; 40] {
    let mut body = [0; 40];
    body[0..8].copy_from_slice(&FILE.to_ne_bytes());
    body
}

fn attributes(node: u64) -> [u8; 88] {
    let mode: u32 = if node == ROOT { 0o40_755 } else { 0o100_666 };
    let mut body = [0; 88];
    body[0..8].copy_from_slice(&node.to_ne_bytes());
    body[8..16].copy_from_slice(&4096_u64.to_ne_bytes());
    body[60..64].copy_from_slice(&mode.to_ne_bytes());
    body[64..68].copy_from_slice(&1_u32.to_ne_bytes());
    body
}
