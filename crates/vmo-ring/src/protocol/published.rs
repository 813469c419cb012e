// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the two kinds of published memory have in common: the first words, and the word that
//! readers sleep on.
//!
//! ```text
//!      0  kind        128  words of the kind        256  the word that readers sleep on
//!      8  size
//!     16  wakes
//! ```

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use shared_buffer::AccessError;

use super::Trouble;
use super::area::{Area, OwnArea};

const KIND: usize = 0;
const SIZE: usize = 8;
const WAKES: usize = 16;

/// Where a kind has words of its own.
pub(crate) const OWN_WORDS: usize = 128;

/// Where the word is that readers sleep on, which has 32 bits. Both halves of these 64 are the
/// same, so the first four bytes are right whatever the order of bytes.
pub(crate) const BELL: usize = 256;

/// How often a reader looks again for a state that holds still.
pub(crate) const TRIES: u32 = 64;

/// What the first words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    /// Which kind of memory it is, and of which version.
    pub(crate) kind: [u8; 8],
    /// How large: what this means depends on the kind.
    pub(crate) size: u64,
    /// Whether the writer wakes: 1 if so.
    pub(crate) wakes: u64,
}

impl Description {
    /// Before anybody else has the memory.
    pub(crate) fn write(self, own: &impl OwnArea) -> Result<(), AccessError> {
        own.store(SIZE, self.size, Relaxed)?;
        own.store(WAKES, self.wakes, Relaxed)?;
        own.store(KIND, u64::from_ne_bytes(self.kind), Release)
    }

    /// Each word is loaded once.
    pub(crate) fn read(peer: &impl Area) -> Result<Self, AccessError> {
        Ok(Self {
            kind: peer.load(KIND, Acquire)?.to_ne_bytes(),
            size: peer.load(SIZE, Relaxed)?,
            wakes: peer.load(WAKES, Relaxed)?,
        })
    }
}

/// The writer's side of the word that readers sleep on.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: u32,
}

impl Bell {
    /// Changes the word, after what it tells of. Then the kernel is to wake who sleeps.
    pub(crate) fn ring(&mut self, own: &impl OwnArea) -> Result<(), AccessError> {
        self.rung = self.rung.wrapping_add(1);
        let half = u64::from(self.rung);
        own.store(BELL, (half << 32) | half, Release)
    }
}

/// What there is; or, in `Err`, nothing, and what the word says.
///
/// Who sleeps then as long as the word is the same misses nothing. The word is loaded *before*
/// the look: what was published before the bell rang was there to be seen.
pub(crate) fn look_or_sleep<R, P: Area, T>(
    reader: &mut R,
    area: impl Fn(&R) -> &P,
    look: impl FnOnce(&mut R) -> Result<T, Trouble>,
) -> Result<Result<T, u32>, Trouble> {
    let word = area(reader).load(BELL, Acquire)?.to_ne_bytes();
    match look(reader) {
        Ok(found) => Ok(Ok(found)),
        Err(Trouble::Wait) => {
            let [a, b, c, d, ..] = word;
            Ok(Err(u32::from_ne_bytes([a, b, c, d])))
        }
        Err(trouble) => Err(trouble),
    }
}
