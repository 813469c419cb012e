// SPDX-License-Identifier: MIT OR Apache-2.0
//! The victims: one loop, and one way into the memory per crate.

use std::fs::File;
use std::hint::black_box;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use mapped_vmo::zx::{AdoptPolicy, VmarFlags, Vmo};
use mapped_vmo::{Mapping, SharedBuffer};
use memmap2::MmapRaw;
use vm_memory::{FileOffset, MmapRegion, VolatileMemory, VolatileSlice};

use crate::{Failure, SIZE, memory};

/// The crates.
pub const NAMES: [&str; 3] = ["mapped-vmo", "memmap2", "vm-memory"];

/// Where the byte is that says whether a message is valid: late in it.
const FLAG: usize = 4001;

/// How long a race takes.
const TIME: Duration = Duration::from_secs(2);

/// Whether a message may be used. A function of its own, as validators are, which looks where
/// the message's kind tells it to.
#[inline(never)]
fn valid(message: &[u8; SIZE], at: usize) -> bool {
    message.get(at) == Some(&0)
}

/// Copies a message out, checks the copy, and hands the copy on.
#[inline(always)]
fn receive(copy_out: impl Fn(&mut [u8; SIZE]) -> bool, at: usize, out: &mut [u8; SIZE]) -> bool {
    let mut copy = [0; SIZE];
    if !copy_out(&mut copy) || !valid(&copy, at) {
        return false;
    }
    *out = copy;
    true
}

#[inline(never)]
fn receive_ours(shared: &SharedBuffer, at: usize, out: &mut [u8; SIZE]) -> bool {
    receive(|copy| shared.read_at(0, copy) == SIZE, at, out)
}

/// memmap2 gives a pointer, or a slice whose user promises that nobody else writes.
#[inline(never)]
fn receive_memmap2(shared: &MmapRaw, at: usize, out: &mut [u8; SIZE]) -> bool {
    receive(
        |copy| {
            // SAFETY: the map has SIZE bytes; that others write is what this is about.
            unsafe {
                shared
                    .as_ptr()
                    .copy_to_nonoverlapping(copy.as_mut_ptr(), SIZE)
            };
            true
        },
        at,
        out,
    )
}

#[inline(never)]
fn receive_vm_memory(shared: &VolatileSlice<'_>, at: usize, out: &mut [u8; SIZE]) -> bool {
    if shared.len() < SIZE {
        return false;
    }
    receive(|copy| shared.copy_to(&mut copy[..]) == SIZE, at, out)
}

/// Receives for a while; says how many messages were accepted although they are invalid.
fn race(mut receive: impl FnMut(usize, &mut [u8; SIZE]) -> bool) {
    let (mut taken, mut invalid) = (0u64, 0u64);
    let mut out = [0; SIZE];
    let at = black_box(FLAG);
    let start = Instant::now();
    while start.elapsed() < TIME {
        for _ in 0..1000 {
            taken += 1;
            if receive(at, &mut out) {
                invalid += u64::from(black_box(&out)[FLAG] != 0);
            }
        }
    }
    let seen = match invalid {
        0 => "none".to_owned(),
        some => some.to_string(),
    };
    println!("{seen} accepted but invalid, of {taken}");
}

fn ours(fd: OwnedFd) -> Result<Mapping, Failure> {
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Shrink)?;
    Ok(Mapping::create_from_vmo(
        &vmo,
        SIZE,
        VmarFlags::PERM_READ | VmarFlags::PERM_WRITE,
    )?)
}

fn with_vm_memory(fd: OwnedFd) -> Result<MmapRegion<()>, Failure> {
    let file = FileOffset::new(File::from(fd), 0);
    Ok(MmapRegion::from_file(file, SIZE)?)
}

/// Copy, check, use, through the crate called `name`.
pub fn take(name: &str) -> Result<(), Failure> {
    match name {
        "mapped-vmo" => {
            let mapping = ours(memory()?)?;
            race(|at, out| receive_ours(&mapping, at, out));
        }
        "memmap2" => {
            let map = MmapRaw::map_raw(&memory()?)?;
            race(|at, out| receive_memmap2(&map, at, out));
        }
        "vm-memory" => {
            let region = with_vm_memory(memory()?)?;
            let slice = region.as_volatile_slice();
            race(|at, out| receive_vm_memory(&slice, at, out));
        }
        other => return Err(format!("no victim is called {other}").into()),
    }
    Ok(())
}

/// Maps unsealed memory through the crate called `name`; it is truncated; the first byte is
/// read.
pub fn touch(name: &str) -> Result<(), Failure> {
    let peer = memory()?;
    let truncate = || rustix::fs::ftruncate(&peer, 0);
    let mut byte = [0];
    match name {
        "mapped-vmo" => match Vmo::from_fd(memory()?, AdoptPolicy::Shrink) {
            Ok(_) => println!("takes it"),
            Err(error) => println!("refuses it: {}", error.status()),
        },
        "memmap2" => {
            let map = MmapRaw::map_raw(&memory()?)?;
            truncate()?;
            // SAFETY: the map has a byte, as far as this process was told.
            byte = [unsafe { map.as_ptr().read_volatile() }];
        }
        "vm-memory" => {
            let region = with_vm_memory(memory()?)?;
            truncate()?;
            region.as_volatile_slice().copy_to(&mut byte[..]);
        }
        other => return Err(format!("no victim is called {other}").into()),
    }
    if name != "mapped-vmo" {
        println!("reads {byte:?}");
    }
    Ok(())
}

/// The peer that flips.
pub fn flip() -> Result<(), Failure> {
    let mapping = ours(memory()?)?;
    loop {
        mapping.write_at(FLAG, &[1]);
        mapping.write_at(FLAG, &[0]);
    }
}
