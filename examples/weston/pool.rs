// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory of the pictures: a sealed VMO, or a memfd without seals, as many programs send.

use core::error::Error;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use mapped_vmo::Mapping;
use mapped_vmo::shared_buffer::Rows;
use mapped_vmo::zx::Vmo;
use real_programs::picture::{self, HEIGHT, WIDTH};
use rustix::fs::MemfdFlags;

/// Bytes from one row to the next.
pub(crate) const PITCH: usize = WIDTH * 4;
/// Bytes of one picture.
pub(crate) const PICTURE: usize = PITCH * HEIGHT;
/// There is room for two: the compositor reads one while the next is drawn.
pub(crate) const SLOTS: usize = 2;

/// What the compositor maps.
#[derive(Debug)]
pub(crate) enum Pool {
    /// Its size is sealed: it can't be taken away from whoever mapped it.
    Sealed(Mapping, Vmo),
    /// Anybody who holds it can truncate it, so it is written by system call here: a
    /// `Mapping` of it would be refused.
    Unsealed(File),
}

impl Pool {
    pub(crate) fn sealed() -> Result<Self, Box<dyn Error>> {
        let (mapping, vmo) = Mapping::allocate_with_name(PICTURE * SLOTS, "pictures")?;
        Ok(Self::Sealed(mapping, vmo))
    }

    pub(crate) fn unsealed() -> Result<Self, Box<dyn Error>> {
        let memfd = rustix::fs::memfd_create("pictures", MemfdFlags::CLOEXEC)?;
        let file = File::from(memfd);
        file.set_len(u64::try_from(PICTURE * SLOTS)?)?;
        Ok(Self::Unsealed(file))
    }

    /// Draws a picture in its slot.
    pub(crate) fn draw(&self, number: u32, slot: usize) -> Result<(), Box<dyn Error>> {
        let offset = PICTURE * slot;
        // The format ignores the last byte of a pixel; weston's screenshots take it for opacity.
        let pixels: Vec<u8> = picture::draw(number)
            .into_iter()
            .flat_map(|[red, green, blue]| [blue, green, red, 255])
            .collect();
        match self {
            Self::Sealed(mapping, _) => {
                let rows = Rows {
                    offset,
                    pitch: PITCH,
                    row_len: PITCH,
                    rows: HEIGHT,
                };
                mapping.write_rows(rows, &pixels, PITCH)?;
            }
            Self::Unsealed(file) => file.write_all_at(&pixels, u64::try_from(offset)?)?,
        }
        Ok(())
    }

    /// Takes all of the memory away from whoever mapped it, if the kernel lets us.
    pub(crate) fn truncate(&self) -> Result<(), rustix::io::Errno> {
        rustix::fs::ftruncate(self, 0)
    }
}

impl AsFd for Pool {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Sealed(_, vmo) => vmo.as_fd(),
            Self::Unsealed(file) => file.as_fd(),
        }
    }
}
