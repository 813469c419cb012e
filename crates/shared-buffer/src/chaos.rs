// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ChaosBuffer`]: a peer for tests, which changes every byte as soon as you have read it.
//! Feature `chaos`.
//!
//! A protocol that reads a length, checks it and reads it again is broken, and no test with a
//! peer that behaves will say so. This is a [`SharedBuffer`] to the code under test, which
//! stays as it is; the bytes change after each fetch, by seed, and each byte that was fetched
//! twice is named with both places.
//!
//! ```text
//!   the test ── set ──►  ┌─────────────┐ ── read_… ──►  the code under test
//!            ◄─ peek ──  │ ChaosBuffer │ ◄── write_… ──
//!                        └──────┬──────┘
//!      double_fetches() ◄───────┘ bytes 0..4: fetched at src/parse.rs:12:9, and again at …
//! ```
//!
//! # What counts
//!
//! | access | counts as |
//! |---|---|
//! | a copy out, by whatever method, of bytes, values, rows, chunks, records; also `eq_at`, `compare_at` and a copy to other shared memory | a fetch of those bytes. The second is a double fetch |
//! | `find`, `find_byte` | one fetch, of what it looked at, up to the end of what it found |
//! | a write of the code under test, and [`set`](ChaosBuffer::set) | those bytes are new: stored as they are, and not fetched yet |
//! | an atomic load | nothing, as loops of a protocol do it again and again: but see [`AtomicLoads`]. It changes nothing |
//! | a read-modify-write that stored | a write |
//! | one that stored nothing | nothing |
//! | what the kernel or others do with `as_shared_ptr` | is not seen, but for what goes through [`border`](crate::border) |
//!
//! All accesses to chaos buffers happen one after the other, whatever thread they are of.
//! So a test with this can't show that an ordering is missing. Under Miri, a test in which
//! atomics and copies meet needs `-Zmiri-disable-weak-memory-emulation`.
//!
//! # Cost
//!
//! For tests. With the feature every access asks whether there is a chaos buffer (one relaxed
//! load). As long as there is one, each takes a lock.

extern crate std;

use core::fmt;
use core::ops::{Deref, DerefMut, RangeBounds};
use std::string::String;
use std::vec::Vec;

mod entry;
mod hook;
mod registry;
mod report;

pub use report::DoubleFetch;

pub(crate) use hook::{call, fetch, glance, load, modify, store, transfer};

use crate::raw::RawRange;
use crate::{Access, AccessError, SharedBuffer};
use entry::Entry;

/// What changes after a fetch.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chaos {
    /// Each byte that was fetched: to another value.
    #[default]
    FlipFetched,
    /// All bytes, fetched or not; but for words that an atomic has accessed, which change only
    /// when they are copied out.
    ScrambleAll,
    /// Nothing: double fetches are only named.
    Still,
}

/// Which atomic loads are fetches. Those inside read-modify-writes never are.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtomicLoads {
    /// None.
    #[default]
    Exempt,
    /// A load and a copy of the same byte are a double fetch; two loads are none.
    WithCopies,
    /// All: two loads of one word are a double fetch, too.
    Counted,
}

/// A [`SharedBuffer`] whose bytes change after they were read: see [the module](self).
///
/// Several may exist at once, in several threads. What is found does not depend on the seed;
/// what the bytes become depends on the seed, their offset and how often they changed, and
/// on nothing else.
///
/// # Examples
///
/// ```
/// use shared_buffer::SharedBuffer;
/// use shared_buffer::chaos::ChaosBuffer;
///
/// // The code under test: it checks one length and uses another.
/// fn parse(buffer: &SharedBuffer) -> Option<Vec<u8>> {
///     if buffer.read_le::<u32>(0).ok()? > 8 {
///         return None;
///     }
///     let mut message = vec![0; buffer.read_le::<u32>(0).ok()? as usize & 0xffff];
///     buffer.read_exact_at(4, &mut message).ok()?;
///     Some(message)
/// }
///
/// let buffer = ChaosBuffer::new(b"\x02\0\0\0hi", 7);
/// parse(&buffer);
/// let found = buffer.double_fetches();
/// assert_eq!((found[0].offset, found[0].len), (0, 4));
/// ```
pub struct ChaosBuffer {
    buffer: SharedBuffer,
    addr: usize,
}

impl ChaosBuffer {
    /// A buffer with these bytes, which change by this seed.
    ///
    /// # Panics
    ///
    /// If there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(b"\x2a", 0);
    /// assert_eq!(buffer.read_value::<u8>(0)?, 42);
    /// assert_ne!(buffer.read_value::<u8>(0)?, 42);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[must_use]
    pub fn new(bytes: &[u8], seed: u64) -> Self {
        let entry = Entry::new(bytes, seed);
        let (ptr, addr) = (entry.ptr(), entry.addr());
        registry::lock().add(entry);
        // SAFETY: the registry keeps the memory until the buffer has released it, wherever it
        // was moved to meanwhile; only the engines touch it.
        let buffer =
            unsafe { SharedBuffer::with_release(ptr, bytes.len(), Access::READ_WRITE, release) };
        Self { buffer, addr }
    }

    /// Chooses what changes after a fetch.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::{Chaos, ChaosBuffer};
    /// let buffer = ChaosBuffer::new(b"\x2a", 0).chaos(Chaos::Still);
    /// let twice = (buffer.read_value::<u8>(0)?, buffer.read_value::<u8>(0)?);
    /// assert_eq!((twice, buffer.double_fetches().len()), ((42, 42), 1));
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[must_use]
    pub fn chaos(self, chaos: Chaos) -> Self {
        self.with(|entry| entry.chaos = chaos);
        self
    }

    /// Chooses which atomic loads are fetches.
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::chaos::{AtomicLoads, ChaosBuffer};
    /// let buffer = ChaosBuffer::new(&[0; 4], 0).atomic_loads(AtomicLoads::Counted);
    /// let index = buffer.atomic::<u32>(0)?;
    /// let _ = (index.load(Ordering::Acquire), index.load(Ordering::Acquire));
    /// assert_eq!(buffer.double_fetches().len(), 1);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[must_use]
    pub fn atomic_loads(self, loads: AtomicLoads) -> Self {
        self.with(|entry| entry.loads = loads);
        self
    }

    /// Lets bytes hold still: they don't change, and fetching them twice is fine. For what
    /// both sides have agreed that it never changes, or what your code reads again on purpose.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] or [`AccessError::Reversed`] if the range is not inside
    /// the buffer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(b"magic, and more", 0);
    /// buffer.hold_still(..5)?;
    /// assert!(buffer.eq_at(0, b"magic")? && buffer.eq_at(0, b"magic")?);
    /// buffer.assert_no_double_fetch();
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    pub fn hold_still(&self, range: impl RangeBounds<usize>) -> Result<(), AccessError> {
        self.with(|entry| {
            let all = all_of(entry);
            let part = all.slice(range)?;
            let start = part.ptr().addr().saturating_sub(entry.addr());
            entry.hold_still(&(start..start.saturating_add(part.len())));
            Ok(())
        })
    }

    /// Stores bytes as the peer would. They are a new message: not fetched yet.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if they are not all inside. Nothing is stored.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(&[0; 8], 0);
    /// for message in [b"first   ", b"second  "] {
    ///     buffer.set(0, message)?;
    ///     assert!(buffer.eq_at(0, message)?);
    /// }
    /// buffer.assert_no_double_fetch();
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    pub fn set(&self, offset: usize, bytes: &[u8]) -> Result<(), AccessError> {
        self.with(|entry| {
            all_of(entry).writable(offset, bytes.len())?;
            entry.set(offset, bytes);
            Ok(())
        })
    }

    /// Looks at bytes as the peer would: it is no fetch, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if they are not all inside. `dst` is untouched.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(&[0; 8], 0);
    /// buffer.write_at(2, b"answer");
    /// let mut answer = [0; 6];
    /// buffer.peek(2, &mut answer)?;
    /// assert_eq!(&answer, b"answer");
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    pub fn peek(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
        self.with(|entry| {
            all_of(entry).readable(offset, dst.len())?;
            dst.copy_from_slice(&entry.get(&(offset..offset.saturating_add(dst.len()))));
            Ok(())
        })
    }

    /// Forgets what was fetched, and leaves the bytes as they are by now. What was found
    /// already stays found.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(b"\x2a", 0);
    /// let before = buffer.read_value::<u8>(0)?;
    /// buffer.forget();
    /// assert_ne!(buffer.read_value::<u8>(0)?, before);
    /// buffer.assert_no_double_fetch();
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    pub fn forget(&self) {
        self.with(Entry::forget);
    }

    /// Starts the next message: forgets what was fetched, and all bytes are again as they
    /// were last stored, by the code under test or by [`set`](Self::set).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(b"\x2a", 0);
    /// for _ in 0..3 {
    ///     assert_eq!(buffer.read_value::<u8>(0)?, 42);
    ///     buffer.next_message();
    /// }
    /// buffer.assert_no_double_fetch();
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    pub fn next_message(&self) {
        self.with(|entry| {
            entry.forget();
            entry.calm();
        });
    }

    /// Hands the buffer to code that wants to own it, and leaves an empty one. This value
    /// goes on to be the peer and to know what was found.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::{SharedBuffer, chaos::ChaosBuffer};
    /// struct Reader(SharedBuffer);
    ///
    /// let mut peer = ChaosBuffer::new(b"\x2a", 0);
    /// let reader = Reader(peer.take());
    /// let _ = (reader.0.read_value::<u8>(0)?, reader.0.read_value::<u8>(0)?);
    /// drop(reader);
    /// assert_eq!(peer.double_fetches().len(), 1);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[must_use = "the buffer is released when it is dropped"]
    pub fn take(&mut self) -> SharedBuffer {
        // SAFETY: no byte is there, so none is accessed.
        let empty = unsafe { SharedBuffer::new(core::ptr::null_mut(), 0) };
        core::mem::replace(&mut self.buffer, empty)
    }

    /// All double fetches so far: bytes that lie side by side and were fetched at the same two
    /// places are one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(&[0; 8], 0);
    /// let _ = (buffer.read_value::<u64>(0)?, buffer.read_value::<u16>(4)?);
    /// let found = buffer.double_fetches();
    /// assert_eq!((found[0].offset, found[0].len), (4, 2));
    /// assert!(found[0].first.line() > 0);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[must_use]
    pub fn double_fetches(&self) -> Vec<DoubleFetch> {
        self.with(|entry| entry.double_fetches())
    }

    /// Panics if a byte was fetched twice.
    ///
    /// # Panics
    ///
    /// With all bytes that were, both places, and the seed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::chaos::ChaosBuffer;
    /// let buffer = ChaosBuffer::new(&[0; 8], 0);
    /// let _ = (buffer.read_value::<u32>(0)?, buffer.read_value::<u32>(4)?);
    /// buffer.assert_no_double_fetch();
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[track_caller]
    pub fn assert_no_double_fetch(&self) {
        let found = self.double_fetches();
        if found.is_empty() {
            return;
        }
        let mut list = String::new();
        for one in &found {
            list.push_str("\n  ");
            list.push_str(&std::string::ToString::to_string(one));
        }
        panic!("a peer can change bytes between check and use ({self:?}):{list}");
    }

    /// What the registry knows of this buffer, under its lock.
    fn with<T>(&self, look: impl FnOnce(&mut Entry) -> T) -> T {
        let mut registry = registry::lock();
        match registry.get(self.addr) {
            Some(entry) => look(entry),
            None => unreachable!("the entry stays as long as its handle"),
        }
    }
}

/// A range for its checks alone.
fn all_of(entry: &Entry) -> RawRange {
    // SAFETY: live, size and border: the memory of the entry, for as long as that is borrowed.
    unsafe { RawRange::new(entry.ptr(), entry.len(), Access::READ_WRITE) }
}

/// # Safety
///
/// Called once, by the buffer that was made for this memory.
unsafe fn release(ptr: *mut u8, _: usize) {
    registry::let_go(ptr.addr());
}

impl Drop for ChaosBuffer {
    fn drop(&mut self) {
        registry::let_go(self.addr);
    }
}

impl Deref for ChaosBuffer {
    type Target = SharedBuffer;

    fn deref(&self) -> &SharedBuffer {
        &self.buffer
    }
}

/// The memory lives as long as the [`SharedBuffer`], so this one can be swapped for another.
impl DerefMut for ChaosBuffer {
    fn deref_mut(&mut self) -> &mut SharedBuffer {
        &mut self.buffer
    }
}

/// Shows how many bytes there are and how they change, and none of them.
impl fmt::Debug for ChaosBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, seed, chaos) = self.with(|entry| (entry.len(), entry.seed, entry.chaos));
        f.debug_struct("ChaosBuffer")
            .field("len", &len)
            .field("seed", &seed)
            .field("chaos", &chaos)
            .finish_non_exhaustive()
    }
}
