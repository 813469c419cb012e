// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`DoubleFetch`]: what was found.

use core::fmt;
use core::panic::Location;

/// Bytes that were fetched at two places. Between the two a peer may change them.
///
/// The places are lines of the code that called this crate. Where it was called by the
/// standard library (a [`Cursor`](crate::Cursor) in `std::io::copy`, an iterator in `sum`),
/// they are lines of that.
///
/// # Examples
///
/// ```
/// use shared_buffer::chaos::ChaosBuffer;
///
/// let buffer = ChaosBuffer::new(&[1; 8], 0);
/// let _ = (buffer.read_value::<u32>(0), buffer.read_value::<u8>(2));
/// let found = buffer.double_fetches();
/// assert_eq!((found[0].offset, found[0].len), (2, 1));
/// println!("{}", found[0]);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoubleFetch {
    /// Where the bytes start, in bytes from the start of the buffer.
    pub offset: usize,
    /// How many they are.
    pub len: usize,
    /// Where they were fetched first.
    pub first: &'static Location<'static>,
    /// Where they were fetched again.
    pub second: &'static Location<'static>,
}

impl fmt::Display for DoubleFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.offset.saturating_add(self.len);
        write!(
            f,
            "bytes {}..{end}: fetched at {}, and again at {}",
            self.offset, self.first, self.second
        )
    }
}
