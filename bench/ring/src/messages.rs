// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Messages`]: what is sent, so that a message that was lost, kept or torn is noticed.
//!
//! Neighbours differ. Small ones come from a pool that fits in the first cache, as a store
//! just before the copy would slow the copy down; large ones are stamped at both ends.

use crate::link::Shape;

/// How much the pool may take of the first cache.
const POOL: usize = 16 << 10;
/// What is looked at of each end of each message.
const STAMP: usize = 8;
const PAGE: usize = 4096;

/// Bytes that start at a page, so that all candidates copy with the same alignment.
#[derive(Debug)]
pub(crate) struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// So many, all of them touched.
    pub(crate) fn new(len: usize) -> Self {
        let bytes = vec![1; len + PAGE];
        let start = bytes.as_ptr().align_offset(PAGE);
        Self { bytes, start, len }
    }

    pub(crate) fn get(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    pub(crate) fn get_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }
}

/// All messages of one size: both sides have the same.
#[derive(Debug)]
pub(crate) struct Messages {
    size: usize,
    count: usize,
    pool: Aligned,
}

impl Messages {
    pub(crate) fn new(shape: &Shape) -> Self {
        let size = shape.size;
        let count = (POOL / size).clamp(1, 16);
        let mut pool = Aligned::new(size * count);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for byte in pool.get_mut() {
            // xorshift: no byte tells the next.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[3];
        }
        Self { size, count, pool }
    }

    /// The message of that number.
    #[inline]
    pub(crate) fn get(&mut self, number: u32) -> &[u8] {
        if self.count == 1 && self.size >= 2 * STAMP {
            let (stamp, last) = (stamp(number), self.size - STAMP);
            let bytes = self.pool.get_mut();
            bytes[..STAMP].copy_from_slice(&stamp);
            bytes[last..].copy_from_slice(&stamp);
        }
        let start = number as usize % self.count * self.size;
        &self.pool.get()[start..start + self.size]
    }

    /// Whether that looks like the message of that number: its length and both ends.
    #[inline]
    pub(crate) fn resembles(&mut self, number: u32, bytes: &[u8]) -> bool {
        let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
            return false;
        };
        if bytes.len() != self.size {
            return false;
        }
        if self.count == 1 {
            let stamp = stamp(number);
            return *first == stamp && *last == stamp;
        }
        let message = self.get(number);
        message.first_chunk::<STAMP>() == Some(first) && message.last_chunk::<STAMP>() == Some(last)
    }
}

fn stamp(number: u32) -> [u8; STAMP] {
    (u64::from(number) ^ 0x5bd1_e995_0000_0000).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(size: usize) -> Messages {
        Messages::new(&Shape { size, slots: 4 })
    }

    #[test]
    fn a_message_is_not_taken_for_its_neighbour() {
        for size in [64, 4096, 65_536, 1 << 20] {
            let (mut sent, mut received) = (messages(size), messages(size));
            for number in 0..20 {
                let bytes = sent.get(number).to_vec();
                assert!(received.resembles(number, &bytes), "{size}");
                assert_eq!(received.get(number), bytes, "{size}");
                assert!(!received.resembles(number + 1, &bytes), "{size}");
                assert!(!received.resembles(number, &bytes[..size - 1]), "{size}");
            }
        }
    }

    #[test]
    fn both_ends_are_looked_at() {
        for size in [64, 65_536] {
            let mut all = messages(size);
            for at in [0, size - 1] {
                let mut bytes = all.get(3).to_vec();
                bytes[at] ^= 1;
                assert!(!all.resembles(3, &bytes), "{size} {at}");
            }
        }
    }

    #[test]
    fn buffers_start_at_a_page() {
        assert_eq!(Aligned::new(100).get().as_ptr() as usize % PAGE, 0);
        assert_eq!(Aligned::new(100).get().len(), 100);
    }
}
