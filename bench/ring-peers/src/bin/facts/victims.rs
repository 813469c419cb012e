// SPDX-License-Identifier: MIT OR Apache-2.0
//! The victims: each does what its crate's users do, with memory that somebody else has too.
//!
//! The other process is played by the victim itself, through another descriptor: what it does
//! comes at the worst moment then.

use std::fs::{File, OpenOptions};
use std::io::{Write, stdout};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use iceoryx2::prelude::*;
use ipc_channel::ipc::{self, IpcSharedMemory};
use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptPolicy, Vmo};
use memfd::{FileSeal, MemfdOptions};
use shared_memory::ShmemConf;

use crate::Failure;

pub(crate) const NAMES: [&str; 5] = [
    "mapped-vmo",
    "shared_memory",
    "shmem-ipc",
    "ipc-channel",
    "iceoryx2",
];

/// How much is shared: more than a page.
const SIZE: usize = 65536;

/// The files that this process has mapped, or holds, under such a path.
fn mapped(start: &str) -> Vec<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let paths = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5));
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.starts_with(start))
        .map(PathBuf::from)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The memfds that this process holds.
fn memfds() -> Vec<PathBuf> {
    let fds = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    let paths = fds.flatten().map(|entry| entry.path());
    let is_memfd = |path: &PathBuf| {
        let link = std::fs::read_link(path).unwrap_or_default();
        link.to_string_lossy().starts_with("/memfd:")
    };
    paths.filter(is_memfd).collect()
}

fn open(path: &PathBuf) -> Result<File, Failure> {
    Ok(OpenOptions::new().read(true).write(true).open(path)?)
}

/// Truncates the largest of them, in which the payload is.
fn truncate(paths: &[PathBuf]) -> Result<(), Failure> {
    let size = |path: &&PathBuf| std::fs::metadata(path).map_or(0, |facts| facts.len());
    let largest = paths.iter().max_by_key(size).ok_or("no memory found")?;
    Ok(open(largest)?.set_len(0)?)
}

/// Writes 99 over every 1 in all of them.
fn overwrite(paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        let file = open(path)?;
        let mut bytes = vec![0; usize::try_from(file.metadata()?.len())?];
        file.read_exact_at(&mut bytes, 0)?;
        // Runs only: a lone 1 belongs to whoever manages the memory.
        let runs = bytes.windows(16).enumerate();
        let runs: Vec<usize> = runs
            .filter(|(_, run)| run.iter().all(|byte| *byte == 1))
            .map(|(at, _)| at)
            .collect();
        for at in runs {
            file.write_all_at(&[99; 16], u64::try_from(at)?)?;
        }
    }
    Ok(())
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(stdout(), "{text}")?)
}

fn changed(bytes: &[u8], change: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let before = std::hint::black_box(bytes)[100];
    change()?;
    let after = std::hint::black_box(bytes)[100];
    say(&format!("a safe `&[u8]` changes from {before} to {after}"))
}

/// Memory that is less than it was said to be, or becomes it.
pub(crate) fn less(name: &str) -> Result<(), Failure> {
    match name {
        "mapped-vmo" => {
            let memory = MemfdOptions::default().allow_sealing(true).create("m")?;
            memory.as_file().set_len(u64::try_from(SIZE)?)?;
            let file = memory.into_file();
            match Vmo::from_fd(file.into(), AdoptPolicy::default()) {
                Ok(_) => say("takes it"),
                Err(error) => say(&format!("refuses it: {}", error.status())),
            }
        }
        "shared_memory" => {
            let owner = ShmemConf::new().size(SIZE).create()?;
            let user = ShmemConf::new().os_id(owner.get_os_id()).open()?;
            truncate(&mapped("/dev/shm/"))?;
            // SAFETY: it was mapped with this size; what becomes of it is the question.
            let byte = unsafe { user.as_ptr().read_volatile() };
            say(&format!("reads {byte}"))
        }
        "shmem-ipc" => {
            let memory = MemfdOptions::default().allow_sealing(true).create("m")?;
            memory.as_file().set_len(4096)?;
            let seals = [FileSeal::SealShrink, FileSeal::SealGrow, FileSeal::SealSeal];
            memory.add_seals(&seals)?;
            let (a, b) = (event()?, event()?);
            // The peer says that it is a megabyte.
            let sender =
                shmem_ipc::sharedring::Sender::<u8>::open(1 << 20, memory.into_file(), a, b);
            let sent = sender?.send_raw(|to, len| {
                for i in 0..len {
                    // SAFETY: the crate gave so many bytes to be written.
                    unsafe { to.add(i).write_volatile(1) };
                }
                len
            });
            say(&format!("sends: {}", sent.is_ok()))
        }
        "ipc-channel" => {
            let memory = received()?;
            truncate(&memfds())?;
            say(&format!("reads {}", std::hint::black_box(&memory[..])[100]))
        }
        "iceoryx2" => with_sample(|bytes| {
            truncate(&mapped("/dev/shm/"))?;
            say(&format!("reads {}", std::hint::black_box(bytes)[100]))
        }),
        _ => Err("no such crate".into()),
    }
}

/// What a reference sees that safe code has.
pub(crate) fn change(name: &str) -> Result<(), Failure> {
    match name {
        "mapped-vmo" => {
            let (mapping, vmo) = Mapping::allocate(SIZE)?;
            let mut copy = [0; 128];
            mapping.read_at(0, &mut copy);
            vmo.write(&[99; 128], 0)?;
            assert_eq!(copy, [0; 128]);
            say("lends no reference; copies hold still")
        }
        "shared_memory" => say("`as_slice` is unsafe: the caller's promise"),
        "shmem-ipc" => say("`receive_raw` gives a pointer; `receive_trusted` is unsafe"),
        "ipc-channel" => {
            let memory = received()?;
            changed(&memory, || overwrite(&memfds()))
        }
        "iceoryx2" => with_sample(|bytes| changed(bytes, || overwrite(&mapped("/dev/shm/")))),
        _ => Err("no such crate".into()),
    }
}

/// Makes something, says so, and waits to be killed.
pub(crate) fn leave(name: &str) -> Result<(), Failure> {
    let wait = || -> Result<(), Failure> {
        say("ready")?;
        loop {
            std::thread::park();
        }
    };
    match name {
        "mapped-vmo" => {
            let _made = Mapping::allocate(SIZE)?;
            wait()
        }
        "shared_memory" => {
            let _made = ShmemConf::new().size(SIZE).create()?;
            wait()
        }
        "shmem-ipc" => {
            let _made = shmem_ipc::sharedring::Sender::<u8>::new(SIZE)?;
            wait()
        }
        "ipc-channel" => {
            let _made = received()?;
            wait()
        }
        "iceoryx2" => with_sample(|_| wait()),
        _ => Err("no such crate".into()),
    }
}

fn event() -> Result<File, Failure> {
    let event = rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC)?;
    Ok(File::from(event))
}

/// Shared memory as its receiver has it.
fn received() -> Result<IpcSharedMemory, Failure> {
    let (to, from) = ipc::channel()?;
    to.send(IpcSharedMemory::from_bytes(&[1; SIZE]))?;
    Ok(from.recv()?)
}

/// A sample as its subscriber has it.
fn with_sample(then: impl FnOnce(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
    set_log_level(LogLevel::Error);
    let node = NodeBuilder::new();
    let node = node.signal_handling_mode(SignalHandlingMode::Disabled);
    let node = node.create::<iceoryx2::prelude::ipc::Service>()?;
    let name = format!("facts/{}", std::process::id());
    let service = node.service_builder(&name.as_str().try_into()?);
    let service = service.publish_subscribe::<[u8]>().open_or_create()?;
    let publisher = service.publisher_builder();
    let publisher = publisher.initial_max_slice_len(SIZE).create()?;
    let subscriber = service.subscriber_builder().create()?;
    let sample = publisher.loan_slice_uninit(SIZE)?;
    sample.write_from_slice(&[1; SIZE]).send()?;
    let sample = subscriber.receive()?.ok_or("no sample")?;
    then(sample.payload())
}
