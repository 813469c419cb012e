// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`WakeReaders`], and what the two kinds of writer have in common.

use mapped_vmo::WriterMapping;
use zx::{AddressSpace, Status};

use crate::protocol::Trouble;
use crate::protocol::published::{BELL, Bell, Description};
use crate::{RingError, RingStats};

/// Whether a writer wakes the readers that sleep.
///
/// It can't know whether any does: readers have no byte to say so. So it makes the system call
/// each time, or when you say so, or never.
///
/// # Examples
///
/// ```
/// use vmo_ring::{BroadcastWriter, RingOptions, WakeReaders};
/// let options = RingOptions::new().capacity(4096);
/// let (mut writer, _vmo) = BroadcastWriter::allocate(options, WakeReaders::ByHand)?;
/// for part in ["many", "small", "ones"] {
///     writer.send(part.as_bytes())?;
/// }
/// writer.wake()?; // once for all three
/// # Ok::<(), vmo_ring::RingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReaders {
    /// With each message or value: a system call each, asleep or not.
    EachTime,
    /// When you call `wake`. A reader that sleeps looks by itself ten times a second.
    ByHand,
    /// Never: a reader that sleeps looks by itself each millisecond.
    Never,
}

/// How many are woken by one call. The others look by themselves: somebody who sleeps with a
/// thousand threads does not cost more than this.
const MOST: u32 = 64;

/// What a writer has beside its memory.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) stats: RingStats,
    wakes: WakeReaders,
    bell: Bell,
    /// The address space that has the pages.
    owner: AddressSpace,
}

impl Publisher {
    pub(crate) fn new(wakes: WakeReaders) -> Self {
        Self {
            stats: RingStats::default(),
            wakes,
            bell: Bell::default(),
            owner: AddressSpace::current(),
        }
    }

    /// Memory that only this process can write, with the first words written.
    pub(crate) fn allocate(
        &self,
        size: usize,
        name: &str,
        description: Description,
    ) -> Result<(WriterMapping, zx::Vmo), RingError> {
        let (memory, vmo) = WriterMapping::allocate_with_name(size, name)?;
        memory.populate()?;
        let wakes = u64::from(self.wakes != WakeReaders::Never);
        let description = Description {
            wakes,
            ..description
        };
        note(description.write(&memory))?;
        Ok((memory, vmo))
    }

    /// Whether this process has the pages. A child has not.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), RingError> {
        if self.is_ours() {
            Ok(())
        } else {
            Err(RingError::WrongProcess)
        }
    }

    #[inline]
    pub(crate) fn is_ours(&self) -> bool {
        self.owner.is_current()
    }

    /// Something of `len` bytes is there to be seen.
    #[inline]
    pub(crate) fn published(
        &mut self,
        memory: &WriterMapping,
        len: usize,
    ) -> Result<(), RingError> {
        self.stats.count(len);
        match self.wakes {
            WakeReaders::EachTime => self.wake(memory),
            WakeReaders::ByHand | WakeReaders::Never => Ok(()),
        }
    }

    /// Wakes who sleeps.
    pub(crate) fn wake(&mut self, memory: &WriterMapping) -> Result<(), RingError> {
        note(self.bell.ring(memory))?;
        self.stats.wakes = self.stats.wakes.wrapping_add(1);
        let woken: Result<u32, Status> = memory.wake(BELL, MOST);
        Ok(woken.map(drop)?)
    }
}

/// An offset of our own that is outside, which is not met.
#[inline]
pub(crate) fn note<T>(step: Result<T, shared_buffer::AccessError>) -> Result<T, RingError> {
    step.map_err(|error| Trouble::from(error).into())
}
