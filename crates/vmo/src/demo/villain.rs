// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other process: it draws when asked to, and attacks when asked to.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicBool, Ordering};

use mapped_vmo::zx::{VmarFlags, Vmo};
use mapped_vmo::{Mapping, SharedBuffer};
use rustix::fs::{FallocateFlags, SealFlags, fallocate, fcntl_add_seals, ftruncate};

use super::{frames, inherited_vmo, race};
use crate::Failure;
use crate::link::Link;

/// Draws and attacks until the line is closed.
pub(crate) fn peer() -> Result<(), Failure> {
    let vmo = inherited_vmo()?;
    let size = usize::try_from(vmo.get_size()?)?;
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(&vmo, size, flags)?;
    let mut link = Link::inherited()?;
    while let Some(request) = link.receive()? {
        let (verb, argument) = request.split_once(' ').unwrap_or((&request, ""));
        match verb {
            "draw" => {
                frames::draw(&mapping, argument.parse()?)?;
                mapping.publish_writes();
                link.send("drawn")?;
            }
            "flip" => until_the_next_line(&mut link, || race::flip(&mapping))?,
            "scribble" => until_the_next_line(&mut link, || scribble(&mapping))?,
            _ => link.send(&attack(&vmo, verb, argument)?.to_string())?,
        }
    }
    Ok(())
}

/// A system call on the memory that we share; its errno, 0 if it succeeded.
fn attack(vmo: &Vmo, verb: &str, argument: &str) -> Result<i32, Failure> {
    let result = match verb {
        "truncate" => ftruncate(vmo, argument.parse()?),
        "seal" => fcntl_add_seals(vmo, SealFlags::WRITE),
        "punch" => {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            fallocate(vmo, flags, 0, vmo.get_size()?)
        }
        other => return Err(format!("the villain can't {other}").into()),
    };
    Ok(result.err().map_or(0, rustix::io::Errno::raw_os_error))
}

/// Does something over and over until the other side says that it is enough, or is gone.
fn until_the_next_line(link: &mut Link, work: impl Fn() + Sync) -> Result<(), Failure> {
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !enough.load(Ordering::Relaxed) {
                work();
            }
        });
        // Also where nobody is there any more to be told: the thread ends by this alone.
        let next = link.send("started").and_then(|()| link.receive());
        enough.store(true, Ordering::Relaxed);
        next
    })?;
    link.send("stopped")
}

/// Writes all of the memory, each time something else.
fn scribble(mapping: &SharedBuffer) {
    for value in 0..=255 {
        mapping.write(&vec![value; mapping.len()]);
        spin_loop();
    }
}
