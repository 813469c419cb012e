// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a census costs: 130 processes of a usual shape, and how long it takes to look at all.
//!
//! ```sh
//! cargo run --release -p vmo-census --example cost
//! ```
//!
//! Each of the processes has 30 descriptors and 60 mappings beside those of its program; they
//! share memfds in pairs, and one has all of them.

#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

use core::error::Error;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use vmo_census::{Census, Kinds};

const PROCESSES: usize = 130;
const LOOKS: usize = 21;

/// The processes: they end when their standard input does.
struct Crowd(Vec<Child>);

impl Drop for Crowd {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that is gone already is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Ok(shared) = std::env::var("COST_SHARES") {
        return be_one(&shared);
    }
    let memfds: Vec<OwnedFd> = (0..PROCESSES / 2)
        .map(|_| memfd("shared"))
        .collect::<Result<_, _>>()?;
    let mut crowd = Crowd(Vec::new());
    for at in 0..PROCESSES {
        let fd = &memfds[at / 2];
        let number = std::os::fd::AsRawFd::as_raw_fd(fd);
        let path = format!("/proc/{}/fd/{number}", std::process::id());
        let child = Command::new(std::env::current_exe()?)
            .env("COST_SHARES", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        crowd.0.push(child);
    }
    for child in &mut crowd.0 {
        let stdout = child.stdout.as_mut().ok_or("no output")?;
        stdout.read_exact(&mut [0; 5])?;
    }
    for kinds in [Kinds::Memfds, Kinds::All] {
        measure(kinds)?;
    }
    Ok(())
}

fn measure(kinds: Kinds) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    let mut last = Census::take(kinds)?;
    for _ in 0..LOOKS {
        let begin = Instant::now();
        last = Census::take(kinds)?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let ms = |at: usize| times[at].as_secs_f64() * 1e3;
    println!(
        "{{\"kinds\": \"{kinds:?}\", \"processes\": {}, \"objects\": {}, \"looks\": {LOOKS}, \
         \"min_ms\": {:.2}, \"median_ms\": {:.2}, \"max_ms\": {:.2}}}",
        last.processes.len(),
        last.objects.len(),
        ms(0),
        ms(LOOKS / 2),
        ms(LOOKS - 1)
    );
    Ok(())
}

fn memfd(name: &str) -> rustix::io::Result<OwnedFd> {
    let fd = memfd_create(name, MemfdFlags::CLOEXEC)?;
    ftruncate(&fd, 1 << 20)?;
    Ok(fd)
}

/// What each of the processes does.
fn be_one(shared: &str) -> Result<(), Box<dyn Error>> {
    let shared = OwnedFd::from(
        std::fs::File::options()
            .read(true)
            .write(true)
            .open(shared)?,
    );
    let own = memfd("own")?;
    map(&shared, ProtFlags::READ | ProtFlags::WRITE)?;
    map(&own, ProtFlags::READ | ProtFlags::WRITE)?;
    let program = OwnedFd::from(std::fs::File::open(std::env::current_exe()?)?);
    // By turns, so that the kernel makes no one mapping of two.
    for at in 0..58 {
        let access = if at % 2 == 0 {
            ProtFlags::READ
        } else {
            ProtFlags::empty()
        };
        map(&program, access)?;
    }
    let mut held = vec![shared, own, program];
    while held.len() < 15 {
        held.push(std::fs::File::open("/dev/null")?.into());
        let (one, two) = rustix::pipe::pipe()?;
        held.extend([one, two]);
    }
    while held.len() < 27 {
        held.push(std::fs::File::open("/etc/passwd")?.into());
    }
    std::io::stdout().write_all(b"ready")?;
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn map(fd: &OwnedFd, access: ProtFlags) -> rustix::io::Result<()> {
    // SAFETY: a new mapping, at a place that the kernel picks; nothing here touches it.
    unsafe { mmap(core::ptr::null_mut(), 4096, access, MapFlags::SHARED, fd, 0) }?;
    Ok(())
}
