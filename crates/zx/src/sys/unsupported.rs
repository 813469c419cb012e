// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel that has no VMOs yet: everything type-checks, nothing can be made.

use core::convert::Infallible;
use core::mem::MaybeUninit;
use core::ops::Range;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::{Adopted, At, Placement, Plan, Prot};
use crate::adopt::Reason;
use crate::{AdoptError, AdoptOptions, FdKind, Status, Tier};

/// A VMO, of which there are none.
#[derive(Debug)]
pub(crate) struct Memory(Infallible);

impl Memory {
    pub(crate) fn create(plan: Plan<'_>) -> Result<Self, Status> {
        let _ = (plan.name, plan.seals, plan.extent, plan.size);
        Err(Status::NOT_SUPPORTED)
    }

    pub(crate) fn adopt(_fd: OwnedFd, options: &AdoptOptions) -> Result<Adopted, AdoptError> {
        let AdoptOptions {
            policy,
            max_size,
            claimed_size,
            max_holes,
            huge_pages,
        } = options;
        let _ = (policy, max_size, claimed_size, max_holes, huge_pages);
        let reason = Reason::Failed(Status::NOT_SUPPORTED);
        Err(AdoptError::new(FdKind::Other, reason))
    }

    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        match self.0 {}
    }

    pub(crate) fn size(&self) -> Result<u64, Status> {
        match self.0 {}
    }

    pub(crate) fn file_size(&self) -> Result<u64, Status> {
        match self.0 {}
    }

    pub(crate) fn loses_pages(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn has_ordinary_pages(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn has_fixed_size(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn set_size(&self, _size: u64) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn freeze(&self) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn publish(self) -> Result<Self, Status> {
        match self.0 {}
    }

    pub(crate) fn is_immutable(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn tier(&self) -> Tier {
        match self.0 {}
    }

    pub(crate) fn read(&self, _dst: &mut [MaybeUninit<u8>], _offset: u64) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn write(&self, _src: &[u8], _offset: u64) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn read_some(
        &self,
        _dst: &mut [MaybeUninit<u8>],
        _offset: u64,
    ) -> Result<usize, Status> {
        match self.0 {}
    }

    pub(crate) fn write_some(&self, _src: &[u8], _offset: u64) -> Result<usize, Status> {
        match self.0 {}
    }

    pub(crate) fn can_grow(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn commit(&self, _offset: u64, _len: u64) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn zero(&self, _offset: u64, _len: u64) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn next_data(&self, _offset: u64) -> Result<Option<Range<u64>>, Status> {
        match self.0 {}
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

impl From<Memory> for OwnedFd {
    fn from(memory: Memory) -> Self {
        match memory.0 {}
    }
}

pub(crate) fn map(memory: &Memory, placement: Placement) -> Result<usize, Status> {
    let (At::Anywhere { align: at } | At::Exactly(at)) = placement.at;
    let _ = (placement.offset, placement.len, placement.prot, at);
    match memory.0 {}
}

#[allow(unsafe_code, reason = "the contract is that of the kernel that has it")]
pub(crate) unsafe fn unmap(_addr: usize, _len: usize) -> Result<(), Status> {
    Err(Status::NOT_SUPPORTED)
}

#[allow(unsafe_code, reason = "the contract is that of the kernel that has it")]
pub(crate) unsafe fn protect(_addr: usize, _len: usize, _prot: Prot) -> Result<(), Status> {
    Err(Status::NOT_SUPPORTED)
}

pub(crate) fn address_space() -> u64 {
    std::process::id().into()
}

#[allow(unsafe_code, reason = "the contract is that of the kernel that has it")]
pub(crate) unsafe fn dont_fork(_addr: usize, _len: usize) -> Result<(), Status> {
    Err(Status::NOT_SUPPORTED)
}

#[allow(unsafe_code, reason = "the contract is that of the kernel that has it")]
pub(crate) unsafe fn write_memory(_addr: usize, _bytes: &[u8]) -> Result<usize, Status> {
    Err(Status::NOT_SUPPORTED)
}

pub(crate) fn populate(_addr: usize, _len: usize) -> Result<(), Status> {
    Err(Status::NOT_SUPPORTED)
}

pub(crate) fn root() -> (usize, usize) {
    (0, 0)
}

pub(crate) fn page_size() -> usize {
    rustix::param::page_size()
}

pub(crate) fn status_of_errno(errno: i32) -> Status {
    io::Error::from_raw_os_error(errno).kind().into()
}
