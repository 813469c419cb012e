// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file whose server never answers, offered to the gate under every policy.
//!
//! `fuse_stall` mounts a file system of its own in a namespace of its own, and serves it until
//! a file is open: from then on it answers nothing. It starts itself again as the victim, which
//! says what became of each policy. It ends with 77 where nothing can be mounted, and else when
//! it is killed, which frees the victim.
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
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::time::Instant;

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
    match std::env::args().nth(1) {
        Some(path) => offered(&PathBuf::from(path)),
        None => serve(),
    }
}

/// Mounts, starts the victim, and serves until that has ended.
fn serve() -> ExitCode {
    // Over what is there: nobody outside the namespace sees it, and nothing is left of it.
    let place = std::env::temp_dir();
    match server::mount(&place) {
        Ok(device) => {
            // By this name, since the program itself may be hidden by the mount.
            let mut victim = Command::new("/proc/self/exe")
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

/// The victim, to whom the file is offered.
fn offered(path: &Path) -> ExitCode {
    // Who serves the file may be killed: then everything that waits for it ends.
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let open = File::options().read(true).write(true).open(path);
    let file = OwnedFd::from(open.expect("an open file, to which the server answers"));
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
