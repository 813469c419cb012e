// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of a [`Vmo`], copied by the kernel; and what can be done to a range of them.
//!
//! ```text
//!   0           content size        file size        size (whole pages)
//!   ├────────────────┴───────────────────┴───────────────┤
//!   read: anywhere up to the size; past the file, zeros (only exact VMOs end inside a page)
//!   write: anywhere up to the end of the file
//! ```
#![allow(unsafe_code, reason = "buffers that the kernel filled are initialised")]

use core::mem::MaybeUninit;

use super::Vmo;
use crate::value::{bytes_of, filled, vec_filled};
use crate::{FromBytes, Rights, Status, VmoOp};

impl Vmo {
    /// Copies `data.len()` bytes out, from `offset` on: all of them, or none.
    ///
    /// Up to [`get_size`](Self::get_size), so beyond the content size there are zeros.
    ///
    /// # Hostile peer
    ///
    /// A peer that writes meanwhile can leave any mixture of old and new bytes in `data`, and
    /// can't change them afterwards.
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `READ` is missing.
    /// - [`Status::OUT_OF_RANGE`]: `offset + data.len()` is more than the size; `data` is
    ///   untouched, unless a resizable VMO became smaller meanwhile.
    ///
    /// # Cost
    ///
    /// One system call: about 0.6 microseconds, and a copy.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(4096)?;
    /// let mut bytes = [1; 4];
    /// vmo.read(&mut bytes, 4092)?;
    /// assert_eq!(bytes, [0; 4]);
    /// assert_eq!(vmo.read(&mut bytes, 4093), Err(zx::Status::OUT_OF_RANGE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read(&self, data: &mut [u8], offset: u64) -> Result<(), Status> {
        self.readable(offset, data.len())?;
        let len = data.len();
        // SAFETY: the same memory, borrowed for as long, and `read` only ever initialises.
        let data = unsafe { core::slice::from_raw_parts_mut(data.as_mut_ptr().cast(), len) };
        self.memory().read(data, offset)
    }

    /// [`read`](Self::read) into memory that need not be initialised.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// let vmo = zx::Vmo::create(4096)?;
    /// let mut space = [MaybeUninit::<u32>::uninit(); 4];
    /// assert_eq!(vmo.read_uninit(&mut space, 0)?, &[0; 4]);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read_uninit<'a, T: FromBytes>(
        &self,
        data: &'a mut [MaybeUninit<T>],
        offset: u64,
    ) -> Result<&'a mut [T], Status> {
        self.readable(offset, size_of_val(data))?;
        self.memory().read(bytes_of(data), offset)?;
        // SAFETY: `read` filled all of it, or there was an error.
        Ok(unsafe { filled(data) })
    }

    /// Copies `length` values of `T` out, starting `offset` bytes into the VMO.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`Status::NO_MEMORY`] if there is none for the result.
    /// The range is checked first: a length that a peer sent allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(4096)?;
    /// vmo.write(&[1, 0, 2, 0], 6)?;
    /// assert_eq!(vmo.read_to_vec::<[u8; 2]>(6, 2)?, [[1, 0], [2, 0]]);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read_to_vec<T: FromBytes>(&self, offset: u64, length: u64) -> Result<Vec<T>, Status> {
        let len = usize::try_from(length).map_err(|_| Status::OUT_OF_RANGE)?;
        let bytes = len
            .checked_mul(size_of::<T>())
            .ok_or(Status::OUT_OF_RANGE)?;
        self.readable(offset, bytes)?;
        let mut values = Vec::new();
        values
            .try_reserve_exact(len)
            .map_err(|_| Status::NO_MEMORY)?;
        let space = values.spare_capacity_mut().get_mut(..len);
        self.read_uninit(space.unwrap_or_default(), offset)?;
        // SAFETY: the vector was empty, and its first `len` elements were just filled.
        Ok(unsafe { vec_filled(values, len) })
    }

    /// Copies `N` values of `T` out, starting `offset` bytes into the VMO.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Vmo::create(8)?.read_to_array::<u16, 4>(0)?, [0; 4]);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read_to_array<T: FromBytes, const N: usize>(
        &self,
        offset: u64,
    ) -> Result<[T; N], Status> {
        self.read_to_object(offset)
    }

    /// Copies one value of `T` out, starting `offset` bytes into the VMO.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(8)?;
    /// vmo.write(&0.5f64.to_ne_bytes(), 0)?;
    /// assert_eq!(vmo.read_to_object::<f64>(0)?, 0.5);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read_to_object<T: FromBytes>(&self, offset: u64) -> Result<T, Status> {
        let mut space = [MaybeUninit::uninit()];
        let [value] = self.read_uninit(&mut space, offset)? else {
            return Err(Status::INTERNAL);
        };
        Ok(*value)
    }

    /// Copies `data` in at `offset`: all of it, or nothing.
    ///
    /// # Hostile peer
    ///
    /// A peer can change the bytes again at once. It can't redirect the write by setting
    /// `O_APPEND` on the descriptor that it shares with you. If it shrinks a resizable VMO
    /// during the call, the write can make it larger again:
    /// [`write_some`](Self::write_some) never does.
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `WRITE` is missing, or a seal forbids it.
    /// - [`Status::OUT_OF_RANGE`]: `offset + data.len()` is more than the size, or than the
    ///   content size of a VMO whose [`Extent`](crate::Extent) is exact. Nothing was written,
    ///   unless a resizable VMO became smaller meanwhile.
    /// - [`Status::NO_MEMORY`], [`Status::NO_SPACE`]: there is none for a page that is
    ///   touched for the first time.
    ///
    /// # Cost
    ///
    /// One system call: about 0.7 microseconds, and a copy. Filling fresh memory this way is
    /// twice as fast as touching it through a mapping. Five more calls before Linux 6.9.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(4096)?;
    /// vmo.write(b"hello", 0)?;
    /// assert_eq!(vmo.write(b"hello", 4092), Err(zx::Status::OUT_OF_RANGE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn write(&self, data: &[u8], offset: u64) -> Result<(), Status> {
        self.require(Rights::WRITE)?;
        self.inside(offset, data.len())?;
        self.memory().write(data, offset)
    }

    /// Does something to `size` bytes at `offset`.
    ///
    /// | op | right | does |
    /// |---|---|---|
    /// | `COMMIT` | `WRITE` | takes the memory now |
    /// | `DECOMMIT` | `WRITE` | gives whole pages back, which then are zero |
    /// | `ZERO` | `WRITE` | makes the bytes zero, and gives whole pages back |
    /// | `CACHE_INVALIDATE` | `WRITE` | nothing: memory is coherent here |
    /// | `CACHE_SYNC`, `CACHE_CLEAN`, `CACHE_CLEAN_INVALIDATE` | `READ` | nothing |
    /// | `DONT_NEED`, `ALWAYS_NEED`, `PREFETCH` | none | nothing: hints |
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right is missing, or a seal forbids it.
    /// - [`Status::OUT_OF_RANGE`]: the range is not inside the VMO.
    /// - [`Status::INVALID_ARGS`]: an unknown operation, a range for `DECOMMIT` that is not
    ///   in whole pages, or an empty one for a cache.
    /// - [`Status::NOT_SUPPORTED`]: `LOCK`, `TRY_LOCK`, `UNLOCK`: nothing is discardable.
    /// - [`Status::NO_MEMORY`]: `COMMIT`, and there is not enough. What was taken until then
    ///   stays taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Status, Vmo, VmoOp};
    /// let vmo = Vmo::create(8192)?;
    /// vmo.op_range(VmoOp::COMMIT, 0, 8192)?;
    /// assert_eq!(vmo.op_range(VmoOp::DECOMMIT, 1, 4096), Err(Status::INVALID_ARGS));
    /// # Ok::<(), Status>(())
    /// ```
    pub fn op_range(&self, op: VmoOp, offset: u64, size: u64) -> Result<(), Status> {
        match op {
            VmoOp::COMMIT | VmoOp::DECOMMIT | VmoOp::ZERO => self.change_range(op, offset, size),
            VmoOp::CACHE_INVALIDATE => {
                self.require(Rights::WRITE)?;
                self.cache_range(offset, size)
            }
            VmoOp::CACHE_SYNC | VmoOp::CACHE_CLEAN | VmoOp::CACHE_CLEAN_INVALIDATE => {
                self.require(Rights::READ)?;
                self.cache_range(offset, size)
            }
            VmoOp::DONT_NEED | VmoOp::ALWAYS_NEED | VmoOp::PREFETCH => {
                self.inside_u64(offset, size)
            }
            VmoOp::LOCK | VmoOp::TRY_LOCK | VmoOp::UNLOCK => {
                if !self.rights().intersects(Rights::IO) {
                    return Err(Status::ACCESS_DENIED);
                }
                Err(Status::NOT_SUPPORTED)
            }
            _ => Err(Status::INVALID_ARGS),
        }
    }

    /// The operations that take memory or give it back.
    fn change_range(&self, op: VmoOp, offset: u64, size: u64) -> Result<(), Status> {
        self.require(Rights::WRITE)?;
        self.inside_u64(offset, size)?;
        let page = u64::try_from(crate::sys::page_size()).map_err(|_| Status::INTERNAL)?;
        let whole = offset % page == 0 && size % page == 0;
        match op {
            VmoOp::DECOMMIT if !whole => Err(Status::INVALID_ARGS),
            VmoOp::COMMIT => self.memory().commit(offset, size),
            _ => self.memory().zero(offset, size),
        }
    }

    /// The operations on caches, which are coherent.
    fn cache_range(&self, offset: u64, size: u64) -> Result<(), Status> {
        if size == 0 {
            return Err(Status::INVALID_ARGS);
        }
        self.inside_u64(offset, size)
    }

    fn readable(&self, offset: u64, len: usize) -> Result<(), Status> {
        self.require(Rights::READ)?;
        self.inside(offset, len)
    }

    fn inside(&self, offset: u64, len: usize) -> Result<(), Status> {
        let len = u64::try_from(len).map_err(|_| Status::OUT_OF_RANGE)?;
        self.inside_u64(offset, len)
    }

    /// Whether `offset .. offset + len` is inside the size in pages.
    fn inside_u64(&self, offset: u64, len: u64) -> Result<(), Status> {
        let end = offset.checked_add(len).ok_or(Status::OUT_OF_RANGE)?;
        if end > self.get_size()? {
            return Err(Status::OUT_OF_RANGE);
        }
        Ok(())
    }
}
