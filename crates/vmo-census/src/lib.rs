// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who on this machine shares memory with whom.
//!
//! A memfd has no path: neither `ls /dev/shm` nor `ipcs` shows it. What holds it, a descriptor
//! or a mapping, does show, in `/proc` of each process. A [`Census`] reads both of all
//! processes and puts together what is the same object: the same device and inode, never the
//! same name, which whoever makes an object chooses as he likes.
//!
//! ```text
//!   /proc/812/fd/12 -> /memfd:wl_shm (deleted)  --+
//!   /proc/812/maps     ... s ... 00:01 4711 ...   +--> Object { id: 4711, holders: [812, 830] }
//!   /proc/830/maps     ... s ... 00:01 4711 ...  -+
//! ```
//!
//! # Hostile peer
//!
//! All that is read here is written by others. A name may hold any byte: [`escape`] it before
//! it goes to a terminal. No file of another process is opened for more than its place in the
//! file system before it is known to be memory, and none is asked for anything that a file
//! system of that process would have to answer. What the kernel keeps to itself while a process
//! replaces its program, which can be for ever, is waited for in a thread that may be left behind:
//! such a process takes two seconds once, then none, and is [`Sight::Silent`].
//!
//! # Examples
//!
//! ```
//! use vmo_census::{Census, Kinds, escape};
//!
//! let census = Census::take(Kinds::Memfds)?;
//! for object in &census.objects {
//!     println!("{} {}: {} sharers", object.id, escape(&object.name), object.holders.len());
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
#![forbid(unsafe_code)]

use std::io;
use std::path::Path;

mod devices;
mod error;
mod escape;
mod gather;
mod inspect;
mod object;
pub mod parse;
mod patience;
mod reach;
mod scan;
mod seals;

pub use error::ReachError;
pub use escape::escape;
pub use inspect::inspect_path;
pub use object::{
    Access, HeldFd, Holder, Id, Kind, Kinds, Mapped, NotAnId, Object, Perms, Process, Sight,
};
pub use reach::{NotAPlace, Place, id_of, reach_object, reach_path};
pub use seals::Seals;

/// One look at all processes.
///
/// Racy by nature: processes come and go meanwhile, and what one does between two reads shows
/// in one of them only. What is gone before it was read is left out.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Census {
    /// What is shared, or could be, by id.
    pub objects: Vec<Object>,
    /// Every process that was met but those of the kernel, by pid.
    pub processes: Vec<Process>,
}

impl Census {
    /// Looks at all processes of this machine, or of this container.
    ///
    /// # Cost
    ///
    /// Some 0.1 ms for a process with 29 descriptors, in a thread for each core, up to four, and
    /// in one more for each process that makes it wait (x86-64, Linux 6.18).
    ///
    /// # Errors
    ///
    /// If `/proc` can't be read. A process that can't be looked at is no error: see
    /// [`Process::sight`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_census::{Census, Kinds};
    ///
    /// let census = Census::take(Kinds::Memfds)?;
    /// assert!(census.processes.iter().any(|it| it.pid == std::process::id()));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn take(kinds: Kinds) -> io::Result<Self> {
        Self::of_proc(Path::new("/proc"), kinds)
    }

    /// Looks at all processes that the `proc` file system at `root` shows.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use vmo_census::{Census, Kinds};
    ///
    /// assert!(Census::of_proc(Path::new("/no/such/place"), Kinds::All).is_err());
    /// ```
    pub fn of_proc(root: &Path, kinds: Kinds) -> io::Result<Self> {
        gather::all(root, kinds)
    }
}
