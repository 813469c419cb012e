// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel that has no VMOs yet: everything type-checks, nothing can be made.

use core::convert::Infallible;
use core::mem::MaybeUninit;
use core::ops::Range;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::time::Instant;

use super::{Adopted, At, Awaited, Placement, Plan, Prot, Reach, Received, Source};
use crate::address::{Place, is_in_shared_memory};
use crate::adopt::Reason;
use crate::{AdoptError, AdoptOptions, FdKind, MonotonicInstant, Status, Tier};

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

/// One end of a channel, of which there are none.
#[derive(Debug)]
pub(crate) struct Socket(Infallible);

impl Socket {
    pub(crate) fn pair() -> Result<(Self, Self), Status> {
        Err(Status::NOT_SUPPORTED)
    }

    pub(crate) fn adopt(_fd: OwnedFd) -> Result<Self, AdoptError> {
        let reason = Reason::Failed(Status::NOT_SUPPORTED);
        Err(AdoptError::new(FdKind::Other, reason))
    }

    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        match self.0 {}
    }

    pub(crate) fn send(&self, _parts: [&[u8]; 2], _fds: &[BorrowedFd<'_>]) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn receive(
        &self,
        _buffer: &mut [u8],
        _fds: &mut Vec<OwnedFd>,
    ) -> Result<Received, Status> {
        match self.0 {}
    }

    pub(crate) fn drain(&self) -> Result<bool, Status> {
        match self.0 {}
    }

    pub(crate) fn refuse(self) {
        match self.0 {}
    }

    pub(crate) fn events(&self, _process: Option<&Process>) -> Result<Events, Status> {
        match self.0 {}
    }

    pub(crate) fn unread(&self) -> Result<u64, Status> {
        match self.0 {}
    }

    pub(crate) fn peer_credentials(&self) -> Result<[u32; 3], Status> {
        match self.0 {}
    }

    pub(crate) fn is_closed(&self) -> Result<bool, Status> {
        match self.0 {}
    }

    pub(crate) fn peer_process(&self) -> Result<Process, Status> {
        match self.0 {}
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

impl From<Socket> for OwnedFd {
    fn from(socket: Socket) -> Self {
        match socket.0 {}
    }
}

/// A process, of which no descriptors are known here.
#[derive(Debug)]
pub(crate) struct Process(Infallible);

impl Process {
    pub(crate) fn current() -> Result<Self, Status> {
        Err(Status::NOT_SUPPORTED)
    }

    pub(crate) fn of_child(_pid: u32) -> Result<Self, Status> {
        Err(Status::NOT_SUPPORTED)
    }

    pub(crate) fn adopt(_fd: OwnedFd) -> Result<Self, AdoptError> {
        let reason = Reason::Failed(Status::NOT_SUPPORTED);
        Err(AdoptError::new(FdKind::Other, reason))
    }

    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        match self.0 {}
    }

    pub(crate) fn is_terminated(&self) -> Result<bool, Status> {
        match self.0 {}
    }

    pub(crate) fn pid(&self) -> Result<u32, Status> {
        match self.0 {}
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

impl From<Process> for OwnedFd {
    fn from(process: Process) -> Self {
        match process.0 {}
    }
}

/// As [`wait`].
pub(crate) fn sleep(item: &Awaited<'_>, deadline: MonotonicInstant) -> Result<bool, Status> {
    wait(&mut item.clone(), deadline).map(|()| false)
}

/// There is nothing to wait on.
pub(crate) fn wait(item: &mut Awaited<'_>, deadline: MonotonicInstant) -> Result<(), Status> {
    let _ = (deadline.left(), item.interest);
    match item.on {
        Source::Socket(_, Some(process)) => match process.0 {},
        Source::Socket(socket, None) => match socket.0 {},
        Source::Process(process) => match process.0 {},
    }
}

/// Nothing but time.
pub(crate) fn wait_many(
    items: &mut [Awaited<'_>],
    deadline: MonotonicInstant,
) -> Result<(), Status> {
    items.iter_mut().try_for_each(|item| wait(item, deadline))?;
    match deadline.left() {
        Some(left) => std::thread::sleep(left),
        None => return Err(Status::NOT_SUPPORTED),
    }
    Ok(())
}

/// Where others connect to, of which there are none.
#[derive(Debug)]
pub(crate) struct Listener(Infallible);

impl Listener {
    pub(crate) fn bind(place: &Place, reach: Reach) -> Result<Self, Status> {
        refuse(place, reach)
    }

    pub(crate) fn accept(&self) -> Result<Socket, Status> {
        match self.0 {}
    }

    pub(crate) fn wait(&self, _deadline: MonotonicInstant) -> Result<(), Status> {
        match self.0 {}
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

fn refuse<T>(place: &Place, reach: Reach) -> Result<T, Status> {
    match (place, reach) {
        (Place::Path(path), _) if is_in_shared_memory(path) => Err(Status::BAD_PATH),
        (Place::Path(_) | Place::Abstract(_), Reach::Owner | Reach::Everybody) => {
            Err(Status::NOT_SUPPORTED)
        }
    }
}

pub(crate) fn connect(place: &Place, _deadline: MonotonicInstant) -> Result<Socket, Status> {
    refuse(place, Reach::Owner)
}

pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(crate) fn is_one_user(_uid: u32) -> bool {
    true
}

/// What happens to a socket.
#[derive(Debug)]
pub(crate) struct Events(Infallible);

impl Events {
    pub(crate) fn wait(&self, _deadline: MonotonicInstant) -> Result<(), Status> {
        match self.0 {}
    }
}

/// An eventfd, of which there are none.
#[derive(Debug)]
pub(crate) struct Counter(Infallible);

impl Counter {
    pub(crate) fn create() -> Result<Self, Status> {
        Err(Status::NOT_SUPPORTED)
    }

    pub(crate) fn adopt(_fd: OwnedFd) -> Result<Self, AdoptError> {
        let reason = Reason::Failed(Status::NOT_SUPPORTED);
        Err(AdoptError::new(FdKind::Other, reason))
    }

    pub(crate) fn notify(&self) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn use_thread(&self) -> Result<(), Status> {
        match self.0 {}
    }

    pub(crate) fn take(&self) -> Result<u64, Status> {
        match self.0 {}
    }

    pub(crate) fn wait(&self, deadline: MonotonicInstant) -> Result<u64, Status> {
        let _ = deadline.left();
        match self.0 {}
    }
}

impl AsFd for Counter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

impl From<Counter> for OwnedFd {
    fn from(counter: Counter) -> Self {
        match counter.0 {}
    }
}

/// Closes a descriptor of which nothing is known.
pub(crate) fn close_unknown(fd: OwnedFd) {
    drop(fd);
}

/// Nanoseconds since the first call: this kernel's clock is not asked.
pub(crate) fn monotonic_nanos() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed().as_nanos();
    // The start of the clock is before the first call.
    i64::try_from(passed).unwrap_or(i64::MAX).saturating_add(1)
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

/// None is kept.
pub(crate) fn address_space_word() -> Option<&'static core::sync::atomic::AtomicU64> {
    None
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

pub(crate) fn futex_wait(
    _addr: usize,
    _expected: u32,
    deadline: MonotonicInstant,
) -> Result<(), Status> {
    let _ = deadline.left();
    Err(Status::NOT_SUPPORTED)
}

pub(crate) fn futex_wake(_addr: usize, _count: u32) -> Result<u32, Status> {
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
