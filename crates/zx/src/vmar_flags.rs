// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`VmarFlags`]: how a VMO is mapped.

bitflags::bitflags! {
    /// How [`Vmar::map`](crate::Vmar::map) maps.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::VmarFlags;
    /// let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE | VmarFlags::ALIGN_2MB;
    /// let vmo = zx::Vmo::create(4096)?;
    /// let addr = zx::vmar_root_self().map(0, &vmo, 0, 4096, flags)?;
    /// assert_eq!(addr % (2 << 20), 0);
    /// # // SAFETY: nobody else knows the address.
    /// # unsafe { zx::vmar_root_self().unmap(addr, 4096)? };
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: <https://fuchsia.dev/reference/syscalls/vmar_map>.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(transparent)]
    pub struct VmarFlags: u32 {
        /// The pages can be read.
        const PERM_READ = 1 << 0;
        /// The pages can be written; needs `PERM_READ` too.
        const PERM_WRITE = 1 << 1;
        /// The pages can be executed. Never granted.
        const PERM_EXECUTE = 1 << 2;
        /// A hint to place mappings close together. Ignored.
        const COMPACT = 1 << 3;
        /// At the offset that is given, and nowhere else.
        const SPECIFIC = 1 << 4;
        /// For sub-ranges, which do not exist yet.
        const CAN_MAP_SPECIFIC = 1 << 6;
        /// For sub-ranges, which do not exist yet.
        const CAN_MAP_READ = 1 << 7;
        /// For sub-ranges, which do not exist yet.
        const CAN_MAP_WRITE = 1 << 8;
        /// For sub-ranges, which do not exist yet.
        const CAN_MAP_EXECUTE = 1 << 9;
        /// A hint to enter pages that exist already. Ignored.
        const MAP_RANGE = 1 << 10;
        /// Refuse a VMO that can be shrunk.
        const REQUIRE_NON_RESIZABLE = 1 << 11;
        /// Accept that a part of the range may not be there.
        const ALLOW_FAULTS = 1 << 12;
        /// The offset bounds the address from above. Not supported.
        const OFFSET_IS_UPPER_LIMIT = 1 << 13;
        /// Read where execute-only does not exist.
        const PERM_READ_IF_XOM_UNSUPPORTED = 1 << 14;
        /// Fault past the content size. Not supported.
        const FAULT_BEYOND_STREAM_SIZE = 1 << 15;

        /// At a multiple of 1 KiB.
        const ALIGN_1KB = 10 << 24;
        /// At a multiple of 2 KiB.
        const ALIGN_2KB = 11 << 24;
        /// At a multiple of 4 KiB.
        const ALIGN_4KB = 12 << 24;
        /// At a multiple of 8 KiB.
        const ALIGN_8KB = 13 << 24;
        /// At a multiple of 16 KiB.
        const ALIGN_16KB = 14 << 24;
        /// At a multiple of 32 KiB.
        const ALIGN_32KB = 15 << 24;
        /// At a multiple of 64 KiB.
        const ALIGN_64KB = 16 << 24;
        /// At a multiple of 128 KiB.
        const ALIGN_128KB = 17 << 24;
        /// At a multiple of 256 KiB.
        const ALIGN_256KB = 18 << 24;
        /// At a multiple of 512 KiB.
        const ALIGN_512KB = 19 << 24;
        /// At a multiple of 1 MiB.
        const ALIGN_1MB = 20 << 24;
        /// At a multiple of 2 MiB.
        const ALIGN_2MB = 21 << 24;
        /// At a multiple of 4 MiB.
        const ALIGN_4MB = 22 << 24;
        /// At a multiple of 8 MiB.
        const ALIGN_8MB = 23 << 24;
        /// At a multiple of 16 MiB.
        const ALIGN_16MB = 24 << 24;
        /// At a multiple of 32 MiB.
        const ALIGN_32MB = 25 << 24;
        /// At a multiple of 64 MiB.
        const ALIGN_64MB = 26 << 24;
        /// At a multiple of 128 MiB.
        const ALIGN_128MB = 27 << 24;
        /// At a multiple of 256 MiB.
        const ALIGN_256MB = 28 << 24;
        /// At a multiple of 512 MiB.
        const ALIGN_512MB = 29 << 24;
        /// At a multiple of 1 GiB.
        const ALIGN_1GB = 30 << 24;
        /// At a multiple of 2 GiB.
        const ALIGN_2GB = 31 << 24;
        /// At a multiple of 4 GiB.
        const ALIGN_4GB = 32 << 24;
    }
}

impl VmarFlags {
    /// Where the exponent of the alignment starts.
    pub(crate) const ALIGN_SHIFT: u32 = 24;

    /// What pages can permit.
    pub(crate) const PERMISSIONS: Self = Self::PERM_READ
        .union(Self::PERM_WRITE)
        .union(Self::PERM_EXECUTE);

    /// What only sub-ranges are made with.
    pub(crate) const CAN_MAP: Self = Self::CAN_MAP_SPECIFIC
        .union(Self::CAN_MAP_READ)
        .union(Self::CAN_MAP_WRITE)
        .union(Self::CAN_MAP_EXECUTE);
}
