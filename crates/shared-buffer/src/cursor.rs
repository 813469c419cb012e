// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Cursor`] and [`CursorMut`]: a place in shared bytes, for code that wants `std::io`.
//!
//! What `std::io` reads and writes is the caller's memory; the shared bytes pass through the
//! border as everywhere. There is no `BufRead`: it lends a `&[u8]` of the source. Wrap a
//! cursor in a [`BufReader`](std::io::BufReader), which copies.

extern crate std;

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use crate::{AccessError, SharedBufferSlice, SharedBufferSliceMut};

/// `PermissionDenied` for what the buffer does not permit, else `InvalidInput`. The error
/// itself is inside.
impl From<AccessError> for io::Error {
    fn from(error: AccessError) -> Self {
        let kind = match error {
            AccessError::Denied { .. } => ErrorKind::PermissionDenied,
            _ => ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

/// A place from which shared bytes are read: [`Read`] and [`Seek`].
///
/// # Hostile peer
///
/// As [`read`](SharedBufferSlice::read). Code that reads the same place twice sees two
/// different things if the peer wants it to: do not seek back to what was checked.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Seek, SeekFrom};
///
/// use shared_buffer::{Cursor, SharedBuffer};
///
/// let mut bytes = *b"from a peer";
/// // SAFETY: nothing else touches `bytes` while the buffer lives.
/// let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
/// let mut cursor = Cursor::new(&buffer);
/// cursor.seek(SeekFrom::End(-4))?;
/// let mut text = String::new();
/// cursor.read_to_string(&mut text)?;
/// assert_eq!(text, "peer");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Cursor<'a> {
    slice: SharedBufferSlice<'a>,
    position: u64,
}

impl<'a> Cursor<'a> {
    /// At the start of a buffer or a slice.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::{Cursor, SharedBuffer};
    /// # let mut bytes = *b"from a peer";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (whole, part) = (Cursor::new(&buffer), Cursor::new(buffer.slice(5..)));
    /// assert_eq!(whole.position(), part.position());
    /// ```
    #[must_use]
    pub fn new(source: impl Into<SharedBufferSlice<'a>>) -> Self {
        Self {
            slice: source.into(),
            position: 0,
        }
    }

    /// Where the next byte is read, in bytes from the start. It may be past the end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::io::Read;
    /// # use shared_buffer::{Cursor, SharedBuffer};
    /// # let mut bytes = *b"from a peer";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let mut cursor = Cursor::new(&buffer);
    /// cursor.read_exact(&mut [0; 4])?;
    /// assert_eq!(cursor.position(), 4);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }
}

impl Read for Cursor<'_> {
    #[cfg_attr(feature = "chaos", track_caller)]
    fn read(&mut self, dst: &mut [u8]) -> io::Result<usize> {
        let offset = offset(self.position, self.slice.len());
        let count = self.slice.try_read_at(offset, dst)?;
        self.position = advance(self.position, count);
        Ok(count)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = target(self.position, self.slice.len(), to)?;
        Ok(self.position)
    }
}

/// A place at which shared bytes are read and written: [`Read`], [`Write`] and [`Seek`].
///
/// A write at the end writes nothing, as one to a full slice: [`Write::write_all`] makes an
/// error of that.
///
/// # Hostile peer
///
/// As [`Cursor`]; and what was written may be something else when it is read back.
///
/// # Ordering
///
/// [`Write::flush`] does nothing. Call
/// [`release_writes`](crate::SharedBuffer::release_writes) before you signal.
///
/// # Examples
///
/// ```
/// use std::io::Write;
///
/// use shared_buffer::{CursorMut, SharedBuffer};
///
/// let mut bytes = [b'.'; 12];
/// // SAFETY: nothing else touches `bytes` while the buffer lives.
/// let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
/// let mut cursor = CursorMut::new(&mut buffer);
/// write!(cursor, "{}-{}", 6, "seven")?;
/// assert!(cursor.write_all(b"too long").is_err());
/// assert!(buffer.eq_at(0, b"6-seventoo l")?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct CursorMut<'a> {
    slice: SharedBufferSliceMut<'a>,
    position: u64,
}

impl<'a> CursorMut<'a> {
    /// At the start of a buffer or a writable slice.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::{CursorMut, SharedBuffer};
    /// # let mut bytes = *b"from a peer";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert_eq!(CursorMut::new(&mut buffer).position(), 0);
    /// assert_eq!(CursorMut::new(buffer.slice_mut(5..)).position(), 0);
    /// ```
    #[must_use]
    pub fn new(target: impl Into<SharedBufferSliceMut<'a>>) -> Self {
        Self {
            slice: target.into(),
            position: 0,
        }
    }

    /// Where the next byte is read or written, in bytes from the start. It may be past the
    /// end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::io::Write;
    /// # use shared_buffer::{CursorMut, SharedBuffer};
    /// # let mut bytes = *b"from a peer";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let mut cursor = CursorMut::new(&mut buffer);
    /// cursor.write_all(b"word")?;
    /// assert_eq!(cursor.position(), 4);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }
}

impl Read for CursorMut<'_> {
    #[cfg_attr(feature = "chaos", track_caller)]
    fn read(&mut self, dst: &mut [u8]) -> io::Result<usize> {
        let offset = offset(self.position, self.slice.len());
        let count = self.slice.try_read_at(offset, dst)?;
        self.position = advance(self.position, count);
        Ok(count)
    }
}

impl Write for CursorMut<'_> {
    fn write(&mut self, src: &[u8]) -> io::Result<usize> {
        let offset = offset(self.position, self.slice.len());
        let count = self.slice.try_write_at(offset, src)?;
        self.position = advance(self.position, count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for CursorMut<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = target(self.position, self.slice.len(), to)?;
        Ok(self.position)
    }
}

/// A position as an offset: past the end there is nothing, as at the end.
fn offset(position: u64, len: usize) -> usize {
    usize::try_from(position).map_or(len, |offset| offset.min(len))
}

/// The position after `count` bytes, which were there.
fn advance(position: u64, count: usize) -> u64 {
    position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Where a seek leads. Before the start or past what a `u64` can say is nowhere.
fn target(position: u64, len: usize, to: SeekFrom) -> io::Result<u64> {
    let end = u64::try_from(len).unwrap_or(u64::MAX);
    let target = match to {
        SeekFrom::Start(offset) => Some(offset),
        SeekFrom::Current(distance) => position.checked_add_signed(distance),
        SeekFrom::End(distance) => end.checked_add_signed(distance),
    };
    target.ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))
}
