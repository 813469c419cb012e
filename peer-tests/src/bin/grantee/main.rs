// SPDX-License-Identifier: MIT OR Apache-2.0
//! The grantee: holds a VMO that was granted to it for reading, and wants to write.
//!
//! `grantee USER DEED`, with the VMO as stdin. `USER` is `same`, or `nobody`: then it first
//! becomes a user who owns nothing, which only root can. A deed prints one line: what the
//! kernel answered to each try, 0 or the number of the error.
//!
//! ```text
//!   grantee USER write|map|reopen|punch|truncate|seal|pour|uring|userfault|remap|early
//!   grantee USER own dumpable|hidden        an owner, who says where its pages are
//!   grantee USER trace PID ADDR FD          a peer who tries its power over that owner
//!   grantee same fork|nested                an owner with children
//!   grantee same count                      the system calls of an owner
//! ```
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;

mod count;
mod deeds;
mod owner;
mod power;
mod uring;

/// The user who owns nothing.
const NOBODY: u32 = 65534;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (user, deed) = args.split_first().expect("a user and a deed");
    if *user == "nobody" {
        power::become_user(NOBODY).expect("root may become anybody");
    }
    match *deed {
        ["own", how] => owner::own(u64::from(how == "dumpable")),
        ["trace", pid, addr, fd] => power::trace(number(pid), number(addr), number(fd)),
        ["fork"] => owner::fork(),
        ["nested"] => owner::nested(),
        ["count"] => count::count(),
        [deed] => attack(deed),
        _ => panic!("no deed is called {args:?}"),
    }
}

fn number<T: core::str::FromStr>(word: &str) -> T {
    let Ok(number) = word.parse() else {
        panic!("{word} is no number");
    };
    number
}

fn attack(deed: &str) {
    // Nobody is there to end this process once the one who started it is gone.
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let vmo: OwnedFd = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .expect("a VMO");
    let answers = match deed {
        "write" => deeds::write(&vmo),
        "map" => deeds::map(&vmo),
        "reopen" => deeds::reopen(&vmo),
        "punch" => deeds::punch(&vmo),
        "truncate" => deeds::truncate(&vmo),
        "seal" => deeds::seal(&vmo),
        "pour" => deeds::pour(&vmo),
        "uring" => uring::uring(&vmo),
        "userfault" => uring::userfault(&vmo),
        "remap" => deeds::remap(&vmo),
        "early" => return owner::early(&vmo),
        other => panic!("no deed is called {other:?}"),
    };
    answer(&answers);
}

/// What the kernel answered: 0, or the number of the error.
fn code<T>(result: Result<T, Errno>) -> i32 {
    result.map_or_else(Errno::raw_os_error, |_| 0)
}

/// The same for a call of libc, right after it: negative is an error.
fn libc_code(result: i64) -> i32 {
    if result >= 0 {
        return 0;
    }
    let error = std::io::Error::last_os_error();
    error.raw_os_error().expect("the kernel said no")
}

fn answer(codes: &[i32]) {
    let words: Vec<String> = codes.iter().map(ToString::to_string).collect();
    say(&words.join(" "));
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test listens");
}
