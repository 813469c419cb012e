// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process in the background that does nothing but hold an object.
//!
//! ```text
//!   vmo create ──► this program again, as keeper: the object is its stdin
//!       │             │ a group of its own, no terminal, cwd /, nothing inherited
//!       │ ◄── "FD" ── │ has the object under that number
//!   prints PID:FD     │ /dev/null for the rest
//!       │ ─── "." ──► │ keeps it until SIGTERM, SIGINT or its time is over
//! ```
//!
//! Where the place can't be printed, or Ctrl-C comes before, nobody would know whom to kill:
//! the line ends without a word, and so does the keeper.
#![allow(
    unsafe_code,
    reason = "to let nothing be inherited, and to be ended by signals that were ignored"
)]

use core::time::Duration;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write, stdout};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use vmo_census::Place;

use crate::Failure;
use crate::villain::Role;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// `seconds` of `--for`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|it| (0.0..=1e9).contains(it))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "write seconds, such as 60 or 0.5".to_owned())
}

/// Leaves `object` with a process of its own, and prints where it is.
pub(crate) fn keep(object: OwnedFd, time: Option<Duration>) -> Result<(), Failure> {
    inherit_nothing();
    let (mut ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(PATIENCE))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["villain", Role::Keeper.word()])
        .args(time.map(|it| it.as_secs_f64().to_string()))
        .current_dir("/")
        .env_clear()
        .stdin(Stdio::from(object))
        .stdout(Stdio::from(OwnedFd::from(theirs)))
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| format!("the process that would keep it can't be started: {error}"))?;
    // What is left of it here is its end of the line.
    drop(command);
    let Some(fd) = fd_of(&ours) else {
        return Err(failed(&mut child));
    };
    let pid = child.id();
    writeln!(stdout().lock(), "{}", Place { pid, fd })?;
    // An error here is one of a keeper that was killed meanwhile: its place is printed.
    let _ = ours.write_all(b".");
    Ok(())
}

/// What it says when it has the object.
fn fd_of(line: &UnixStream) -> Option<u32> {
    let mut said = String::new();
    BufReader::new(line.take(16)).read_line(&mut said).ok()?;
    said.strip_suffix('\n')?.parse().ok()
}

fn failed(child: &mut Child) -> Failure {
    // Both fail only if it is gone already.
    let _ = child.kill();
    let ended = child.wait();
    let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
    format!("the process that would keep it did not start ({how})").into()
}

/// Of all that this process has, none goes to what it starts: not the lock of a shell that
/// waits for it, nor the end of a pipe.
fn inherit_nothing() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let names = entries.flatten().map(|it| it.file_name());
    let fds = names.filter_map(|it| it.to_str()?.parse().ok());
    for fd in fds.filter(|fd: &i32| *fd > 2) {
        // SAFETY: this sets a flag that only a program started later notices; what is no
        // descriptor any more is an error that changes nothing.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// The process in the background.
pub(crate) fn keeper() -> Result<(), Failure> {
    // What started it may have ignored them, as a shell does for what runs in its background.
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: there is no handler that could be replaced, and no other thread.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // Fails only if it leads a group already.
    let _ = rustix::process::setsid();
    let time = std::env::args().nth(3);
    let time = time.map(|it| seconds(&it)).transpose()?;
    let object = std::io::stdin().as_fd().try_clone_to_owned()?;
    let mut line = UnixStream::from(stdout().as_fd().try_clone_to_owned()?);
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    drop(null);
    writeln!(line, "{}", object.as_raw_fd())?;
    // However long it takes to print: the end of whoever prints is an end of the line.
    line.read_exact(&mut [0])?;
    drop(line);
    hold(time);
    drop(object);
    Ok(())
}

/// Waits, for ever if there is no time.
pub(crate) fn hold(time: Option<Duration>) {
    match time {
        Some(time) => std::thread::sleep(time),
        None => loop {
            std::thread::park();
        },
    }
}
