// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that weston maps and somebody else made.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::process::Pid;

/// A line of /proc/PID/maps about shared memory of a client of weston's.
struct Line {
    range: String,
    inode: String,
}

fn lines(pid: Pid) -> Vec<Line> {
    let maps = fs::read(format!("/proc/{pid}/maps")).unwrap_or_default();
    let maps = String::from_utf8_lossy(&maps);
    let line = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let range = words.next()?.to_owned();
        let inode = words.nth(3)?.to_owned();
        let shared = words.next()? == "/memfd:weston-shared";
        shared.then_some(Line { range, inode })
    };
    maps.lines().filter_map(line).collect()
}

/// Where weston has mapped what `client` has mapped too. Neither holds a descriptor of it any
/// more.
pub(crate) fn mapped_by_both(weston: Pid, client: Pid) -> Vec<PathBuf> {
    let theirs = lines(client);
    let both = |line: &Line| theirs.iter().any(|their| their.inode == line.inode);
    let file = |line: Line| format!("/proc/{weston}/map_files/{}", line.range).into();
    lines(weston).into_iter().filter(both).map(file).collect()
}

/// Opens what is mapped there. `None`, and a line that says so, if this takes more privilege
/// than we have.
pub(crate) fn open(file: &PathBuf) -> Option<OwnedFd> {
    match File::open(file) {
        Ok(file) => Some(file.into()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            eprintln!("skipped: what is mapped and held by no descriptor takes root to open");
            None
        }
        Err(error) => panic!("{}: {error}", file.display()),
    }
}
