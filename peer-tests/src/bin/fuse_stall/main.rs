// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file whose server never answers, offered to the gate under every policy.
//!
//! `fuse_stall` mounts a file system of its own in a namespace of its own, and serves it until
//! a file is open: from then on it answers nothing. It starts itself again as the victim, which
//! says what became of each policy. It ends with 77 where nothing can be mounted, and else when
//! it is killed, which frees the victim.
//!
//! With the word `exec` the victim is a villain itself: it replaces its program, which closes
//! such a file, which never ends. It says who it is, and which descriptors it keeps: of such a
//! file as well, and of a memfd. With the word `holds` it does nothing but that.
//!
//! ```text
//!   victim ── open("f") ──► kernel ──► /dev/fuse ──► server
//!   victim ── fstat(fd) ──► kernel ──► /dev/fuse ──► … (nobody answers)
//! ```
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

mod server;

use core::time::Duration;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::time::Instant;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};

use mapped_vmo::zx::{AdoptPolicy, FdKind, Status, Vmo};

/// How long a call that waits for nobody may take, on a machine that has other work.
const AT_ONCE: Duration = Duration::from_secs(2);

const POLICIES: [AdoptPolicy; 6] = [
    AdoptPolicy::Strict,
    AdoptPolicy::Shrink,
    AdoptPolicy::Copy,
    AdoptPolicy::Immutable,
    AdoptPolicy::Published,
    AdoptPolicy::Guarded,
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => serve("offered"),
        ["exec"] => serve("executes"),
        ["holds"] => serve("holding"),
        ["offered", path] => offered(Path::new(path)),
        ["executes", path] => executes(Path::new(path)),
        ["holding", path] => holding(Path::new(path)),
        _ => ExitCode::from(2),
    }
}

/// Mounts, starts the victim, and serves until that has ended.
fn serve(deed: &str) -> ExitCode {
    // Over what is there: nobody outside the namespace sees it, and nothing is left of it.
    let place = std::env::temp_dir();
    match server::mount(&place) {
        Ok(device) => {
            // By this name, since the program itself may be hidden by the mount.
            let mut victim = Command::new("/proc/self/exe")
                .arg(deed)
                .arg(place.join("f"))
                .spawn()
                .expect("this program");
            let status = server::serve(&device, || victim.try_wait().expect("our own child"));
            ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
        }
        Err(error) => {
            println!("no FUSE here: {error}");
            ExitCode::from(77)
        }
    }
}

/// The file. Who serves it may be killed: then everything that waits for it ends.
fn open(path: &Path) -> OwnedFd {
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let open = File::options().read(true).write(true).open(path);
    open.expect("an open file, to which the server answers")
        .into()
}

/// Has the file and a memfd, and does nothing.
fn holding(path: &Path) -> ExitCode {
    let (file, memory) = (open(path), memfd());
    tell(&file, &memory);
    loop {
        std::thread::park();
    }
}

fn tell(file: &OwnedFd, memory: &OwnedFd) {
    let (file, memory) = (file.as_raw_fd(), memory.as_raw_fd());
    println!("{} {file} {memory}", std::process::id());
}

/// Replaces its program while it has the file open.
fn executes(path: &Path) -> ExitCode {
    let (kept, memory) = (open(path), memfd());
    let _closed = open(path);
    for stays in [&kept, &memory] {
        fcntl_setfd(stays, FdFlags::empty()).expect("a descriptor that stays");
    }
    tell(&kept, &memory);
    let error = Command::new("/proc/self/exe").exec();
    println!("it is not replaced: {error}");
    ExitCode::FAILURE
}

fn memfd() -> OwnedFd {
    let memory = memfd_create(c"executes", MemfdFlags::CLOEXEC).expect("a memfd");
    rustix::io::write(&memory, b"memory").expect("six bytes");
    memory
}

/// The victim, to whom the file is offered.
fn offered(path: &Path) -> ExitCode {
    let file = open(path);
    let stalls = stalls(&file);
    println!("fstat on it stalls: {stalls}");
    let mut good = stalls;
    for policy in POLICIES {
        let fd = file.try_clone().expect("a descriptor");
        let start = Instant::now();
        let error = Vmo::from_fd(fd, policy).expect_err("a file on FUSE");
        let took = start.elapsed();
        println!("{policy:?}: {error} ({took:?})");
        good &= took < AT_ONCE
            && error.kind() == FdKind::FuseFile
            && error.status() == Status::WRONG_TYPE;
    }
    println!("{}", if good { "all good" } else { "not good" });
    // It can't end while it holds the file, for the server will not answer that either:
    // it is killed, and freed when the server has gone.
    loop {
        std::thread::park();
    }
}

/// Whether an `fstat` on it waits for the server, which is what all of this is about.
fn stalls(file: &OwnedFd) -> bool {
    let file = file.try_clone().expect("a descriptor");
    let (done, waits) = mpsc::channel();
    std::thread::spawn(move || {
        let stat = rustix::fs::fstat(&file);
        let _ = done.send(stat.is_ok());
    });
    waits.recv_timeout(Duration::from_millis(300)).is_err()
}
