// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process that lacks something: descriptors, address space, file size, a system call.
//!
//! `limited LIMIT` takes something from itself, tries to allocate, and prints the statuses
//! it got. It ends with 0 if nothing was left over, with 1 if something was, and with 77
//! where the limit can't be set here.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{Rights, Status, Vmo, VmoOptions};
use peer_tests::Held;
use peer_tests::seccomp::{Call, refuse};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    // What the first use of anything opens or maps is no leak.
    drop(Mapping::allocate(1));
    let before = Held::now();
    let statuses = match args[..] {
        ["files"] => files(),
        ["address-space"] => address_space(),
        ["file-size"] => file_size(),
        ["call", call, errno] => match call_refused(call, errno) {
            Some(statuses) => statuses,
            None => return ExitCode::from(77),
        },
        _ => panic!("no limit is called {args:?}"),
    };
    println!("{}", statuses.join(" "));
    let after = Held::now();
    if after != before {
        println!("left over: {before:?} became {after:?}");
        return ExitCode::from(1);
    }
    ExitCode::SUCCESS
}

/// The status of a result, in words.
fn word<T>(result: Result<T, Status>) -> String {
    result.map_or_else(|status| status.to_string(), |_| "OK".to_owned())
}

fn limit(resource: Resource, current: u64) {
    let maximum = getrlimit(resource).maximum;
    setrlimit(
        resource,
        Rlimit {
            current: Some(current),
            maximum,
        },
    )
    .expect("a lower limit");
}

/// Opens files up to the limit. A new VMO, a duplicate: neither can be had. What is foreign
/// is refused for what it is, and closed, as ever.
fn files() -> Vec<String> {
    let vmo = Vmo::create(4096).expect("one VMO");
    let (pipe, _other) = rustix::pipe::pipe().expect("a pipe");
    let unlimited = getrlimit(Resource::Nofile);
    limit(Resource::Nofile, 64);
    let mut fillers = Vec::new();
    while let Ok(file) = rustix::io::dup(std::io::stdout()) {
        fillers.push(file);
    }
    let statuses = vec![
        word(Mapping::allocate(4096)),
        word(vmo.duplicate_handle(Rights::SAME_RIGHTS)),
        word(Vmo::try_from(pipe).map_err(|error| error.status())),
        word(Mapping::create_from_vmo(
            &vmo,
            4096,
            mapped_vmo::zx::VmarFlags::PERM_READ,
        )),
    ];
    drop::<Vec<OwnedFd>>(fillers);
    setrlimit(Resource::Nofile, unlimited).expect("the old limit");
    statuses
}

/// Allows little more address space than is in use.
fn address_space() -> Vec<String> {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    limit(Resource::As, (kib.expect("a size") + 1024) << 10);
    vec![
        word(Mapping::allocate(64 << 20)),
        word(Mapping::allocate(4096)),
    ]
}

/// Allows small files only: past that the kernel would send SIGXFSZ.
fn file_size() -> Vec<String> {
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).expect("a VMO");
    let large = Vmo::create(1 << 20).expect("a VMO");
    limit(Resource::Fsize, 16384);
    vec![
        word(Mapping::allocate(1 << 20)),
        word(resizable.set_size(1 << 20)),
        word(large.write(b"past the limit", 1 << 19)),
        word(large.write(b"across the limit", 16380)),
        word(Mapping::allocate(16384)),
    ]
}

/// Lets one system call fail from now on.
fn call_refused(call: &str, errno: &str) -> Option<Vec<String>> {
    let call = match call {
        "memfd_create" => Call::MemfdCreate,
        "ftruncate" => Call::Ftruncate,
        "fchmod" => Call::Fchmod,
        "add_seals" => Call::AddSeals,
        "mmap_shared" => Call::MmapShared,
        other => panic!("no call is called {other}"),
    };
    refuse(call, errno.parse().expect("a number")).ok()?;
    Some(vec![word(Mapping::allocate(4096))])
}
