// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes that are copied: both processes know them, and each copy differs from the last.

/// How many bytes come again: no power of two, so that pages differ.
const PERIOD: usize = 4093;

/// How many bytes at either end tell one copy from another.
pub(super) const END: usize = 8;

/// The first `len` of them.
pub(super) fn pattern(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        // xorshift: no byte tells the next.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    let period: Vec<u8> = (0..PERIOD).map(|_| byte()).collect();
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        let rest = len.saturating_sub(bytes.len()).min(PERIOD);
        bytes.extend(period.iter().take(rest));
    }
    bytes
}

/// Private memory that begins with a page, as a mapping does: where either side lies in its
/// page changes what a copy takes, and what malloc gives lies 16 bytes behind the start.
#[derive(Debug)]
pub(super) struct Pages {
    bytes: Vec<u8>,
    skip: usize,
    len: usize,
}

impl Pages {
    /// With those bytes, so many pages from where they could be.
    ///
    /// Memory of a round size lies at round distances from other such memory, and the first
    /// cache of some processors takes lines at such distances for the same one: without a
    /// difference who copies from one to the other is half as fast, or not, by where the
    /// kernel has put them in this run.
    pub(super) fn new(content: &[u8], pages: usize) -> Self {
        const PAGE: usize = 4096;
        const MOST: usize = 32;
        let room = MOST.saturating_add(1).saturating_mul(PAGE);
        let mut bytes = vec![1; content.len().saturating_add(room)];
        let start = bytes.as_ptr().addr().wrapping_neg() % PAGE;
        let skip = start.saturating_add(pages.min(MOST).saturating_mul(PAGE));
        if let Some(mine) = bytes.get_mut(skip..skip.saturating_add(content.len())) {
            mine.copy_from_slice(content);
        }
        let len = content.len();
        Self { bytes, skip, len }
    }

    /// The first `len` of them, where there are so many.
    pub(super) fn first(&self, len: usize) -> Option<&[u8]> {
        let len = Some(len).filter(|len| *len <= self.len())?;
        self.bytes.get(self.skip..)?.get(..len)
    }

    pub(super) fn first_mut(&mut self, len: usize) -> Option<&mut [u8]> {
        let len = Some(len).filter(|len| *len <= self.len())?;
        self.bytes.get_mut(self.skip..)?.get_mut(..len)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// The first and the last bytes of the first `len` of the pattern.
pub(super) fn ends(len: usize) -> [Vec<u8>; 2] {
    let bytes = pattern(PERIOD.saturating_add(END));
    let last = len.saturating_sub(END) % PERIOD;
    let from = |at: usize| bytes.iter().skip(at).take(END).copied().collect();
    [from(0), from(last)]
}

/// What both ends of the copy of that number are.
pub(super) fn stamp(number: u32) -> [u8; END] {
    let number = u64::from(number).wrapping_add(1);
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()
}

/// Makes `bytes` those of that number.
pub(super) fn mark(bytes: &mut [u8], number: u32) {
    let stamp = stamp(number);
    if let Some(first) = bytes.first_chunk_mut() {
        *first = stamp;
    }
    if let Some(last) = bytes.last_chunk_mut() {
        *last = stamp;
    }
}

/// Whether both ends of `bytes` are those of that number.
pub(super) fn is_marked(bytes: &[u8], number: u32) -> bool {
    let stamp = Some(stamp(number));
    bytes.first_chunk().copied() == stamp && bytes.last_chunk().copied() == stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_not_taken_for_the_one_before_or_for_a_part_of_it() {
        for len in [64, 4096, 10_000] {
            let mut bytes = pattern(len);
            assert_eq!(bytes.len(), len);
            assert!(!is_marked(&bytes, 0));
            for number in 0..5 {
                mark(&mut bytes, number);
                assert!(is_marked(&bytes, number));
                assert!(!is_marked(&bytes, number + 1));
                assert!(!is_marked(&bytes[1..], number));
                assert!(!is_marked(&bytes[..len - 1], number));
            }
        }
    }

    #[test]
    fn private_memory_begins_with_a_page_and_has_no_byte_more() {
        let content = pattern(10_000);
        let mut pages = Pages::new(&content, 7);
        assert_eq!(pages.first(10_000), Some(&content[..]));
        assert_eq!(pages.first(64), Some(&content[..64]));
        assert_eq!(pages.first(1).map(|it| it.as_ptr().addr() % 4096), Some(0));
        assert_eq!(pages.first(10_001), None);
        assert_eq!(pages.first_mut(10_001), None);
    }

    #[test]
    fn what_was_marked_can_be_put_back() {
        for len in [64, 4096, 1 << 20] {
            let bytes = pattern(len);
            let [first, last] = ends(len);
            assert_eq!(
                (&bytes[..END], &bytes[len - END..]),
                (&first[..], &last[..])
            );
        }
    }

    #[test]
    fn no_page_is_like_the_next() {
        let bytes = pattern(1 << 16);
        let pages: std::collections::HashSet<&[u8]> = bytes.chunks(4096).collect();
        assert_eq!(pages.len(), 16);
    }
}
