// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every kind of descriptor, to read or to read and write, of twelve sizes, through the gate
//! under every policy; and what is accepted is used to its first and last byte, in the way
//! that its tier permits. One test, because it counts what the process holds, and a signal
//! would be the end of it.
//!
//! What must come out is worked out here from what was made, not from what the gate says.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use mapped_vmo::zx::{AdoptOptions, AdoptPolicy, Rights, Status, Tier, VmarFlags, Vmo};
use mapped_vmo::{Guarded, GuardedError, ImmutableMapping, Mapping, ReadOnlyMapping};
use peer_tests::{Held, message, seccomp};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

const MIB2: u64 = 2 << 20;
const LARGEST: u64 = i64::MAX as u64;
const SIZES: [u64; 12] = [
    0,
    1,
    4095,
    4096,
    4097,
    MIB2 - 1,
    MIB2,
    MIB2 + 1,
    1 << 30,
    1 << 40,
    1 << 62,
    LARGEST,
];

/// The largest file that is copied where the copy would have no holes.
const COPIED: u64 = 4 << 20;

/// What a kind of descriptor is, as far as a policy may care.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// A memfd with these seals.
    Sealed(u32),
    /// A memfd that was made without sealing.
    NoSealing,
    /// A memfd of huge pages with these seals.
    Huge(u32),
    /// A file of tmpfs.
    Tmpfs,
    /// A file on a disk of this machine.
    Disk,
    /// Secret memory.
    Secret,
    /// Without a size, or without bytes.
    Other(&'static str),
}

const KINDS: [Kind; 30] = [
    Kind::Sealed(0),
    Kind::Sealed(0x1),
    Kind::Sealed(0x2),
    Kind::Sealed(0x3),
    Kind::Sealed(0x4),
    Kind::Sealed(0x6),
    Kind::Sealed(0x7),
    Kind::Sealed(0xa),
    Kind::Sealed(0xf),
    Kind::Sealed(0x12),
    Kind::Sealed(0x17),
    Kind::Sealed(0x1f),
    Kind::Sealed(0x27),
    Kind::Sealed(0x37),
    Kind::NoSealing,
    Kind::Huge(0),
    Kind::Huge(0x7),
    Kind::Tmpfs,
    Kind::Disk,
    Kind::Secret,
    Kind::Other("pipe"),
    Kind::Other("socket"),
    Kind::Other("eventfd"),
    Kind::Other("epoll"),
    Kind::Other("/"),
    Kind::Other("/dev/zero"),
    Kind::Other("/dev/null"),
    Kind::Other("/proc/self/mem"),
    Kind::Other("/proc/self/maps"),
    Kind::Other("path"),
];

/// The policies, with the limits that keep this machine alive.
const POLICIES: [(AdoptPolicy, Huge, AdoptOptions); 8] = [
    ordinary(AdoptPolicy::Strict),
    ordinary(AdoptPolicy::Shrink),
    ordinary(AdoptPolicy::Copy),
    ordinary(AdoptPolicy::Immutable),
    ordinary(AdoptPolicy::Published),
    ordinary(AdoptPolicy::Guarded),
    huge(AdoptPolicy::Copy),
    huge(AdoptPolicy::Guarded),
];

const fn ordinary(policy: AdoptPolicy) -> (AdoptPolicy, Huge, AdoptOptions) {
    (policy, Huge::Refused, AdoptOptions::new(policy))
}

/// A copy of huge pages has no holes, so it has a limit.
const fn huge(policy: AdoptPolicy) -> (AdoptPolicy, Huge, AdoptOptions) {
    let options = AdoptOptions::new(policy).allow_huge_pages();
    let options = match policy {
        AdoptPolicy::Copy => options.max_size(COPIED),
        _ => options,
    };
    (policy, Huge::Allowed, options)
}

/// Whether the options allow huge pages.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Huge {
    Refused,
    Allowed,
}

/// One thing to hold out to the gate.
#[derive(Clone, Copy, Debug)]
struct Offer {
    kind: Kind,
    size: u64,
    writable: bool,
}

/// A descriptor as it is made, and the bytes at its ends.
struct Made {
    fd: OwnedFd,
    ends: [u8; 2],
}

impl Kind {
    fn has_size(self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// An open file of this kind, or nothing where there is none to be had here.
    fn open(self, mode: OFlags) -> Option<OwnedFd> {
        let plain = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        match self {
            Self::Sealed(seals) if seals & 0x20 != 0 => {
                memfd_create("theirs", plain | MemfdFlags::NOEXEC_SEAL).ok()
            }
            Self::Sealed(_) => memfd_create("theirs", plain).ok(),
            Self::NoSealing => memfd_create("theirs", MemfdFlags::CLOEXEC).ok(),
            Self::Huge(_) => memfd_create("theirs", plain | MemfdFlags::HUGETLB).ok(),
            Self::Tmpfs => nameless(Path::new("/dev/shm")),
            Self::Disk => nameless(Path::new(env!("CARGO_TARGET_TMPDIR"))).filter(is_on_disk),
            Self::Secret => seccomp::memfd_secret().ok(),
            Self::Other(name) => other(name, mode),
        }
    }

    fn seals(self) -> u32 {
        match self {
            Self::Sealed(seals) | Self::Huge(seals) => seals,
            Self::NoSealing | Self::Tmpfs => 1,
            _ => 0,
        }
    }
}

fn nameless(directory: &Path) -> Option<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::open(directory, flags, Mode::RUSR | Mode::WUSR).ok()
}

/// ext4, XFS and Btrfs by their numbers. Whatever else a build may lie on is not tried.
fn is_on_disk(fd: &OwnedFd) -> bool {
    let number = rustix::fs::fstatfs(fd).unwrap().f_type;
    [0xef53, 0x5846_5342, 0x9123_683e].contains(&number)
}

/// What has no size, opened to read or to read and write where that makes a difference. The
/// other end of a pipe is the one to write.
fn other(name: &str, mode: OFlags) -> Option<OwnedFd> {
    use rustix::event::epoll;
    let reads = mode == OFlags::RDONLY;
    let path = matches!(name.chars().next(), Some('/'));
    if reads && !path && name != "pipe" {
        return None;
    }
    let mut pipe = <[OwnedFd; 2]>::from(rustix::pipe::pipe().ok()?).into_iter();
    Some(match name {
        "pipe" if reads => pipe.next()?,
        "pipe" => pipe.next_back()?,
        "socket" => message::pair().0,
        "eventfd" => eventfd(0, EventfdFlags::CLOEXEC).ok()?,
        "epoll" => epoll::create(epoll::CreateFlags::CLOEXEC).ok()?,
        "path" => reopened(
            &memfd_create("path", MemfdFlags::CLOEXEC).ok()?,
            OFlags::PATH,
        )?,
        path => rustix::fs::open(path, mode | OFlags::CLOEXEC, Mode::empty()).ok()?,
    })
}

fn reopened(fd: &OwnedFd, mode: OFlags) -> Option<OwnedFd> {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, mode | OFlags::CLOEXEC, Mode::empty()).ok()
}

impl Offer {
    /// Makes it, or nothing where the kind has no such size.
    fn make(self) -> Option<Made> {
        let mode = match self.writable {
            true => OFlags::RDWR,
            false => OFlags::RDONLY,
        };
        let fd = self.kind.open(mode)?;
        if !self.kind.has_size() {
            let ends = [0; 2];
            return Some(Made { fd, ends });
        }
        ftruncate(&fd, self.size).ok()?;
        // The last byte first: of a file of one byte it is also the first one.
        let write = |byte: u8, at: u64| rustix::io::pwrite(&fd, &[byte], at).is_ok();
        let last = self.size > 0 && write(0x22, self.size - 1);
        let first = self.size > 1 && write(0x11, 0);
        let ends = [
            if first {
                0x11
            } else if self.size == 1 && last {
                0x22
            } else {
                0
            },
            if last { 0x22 } else { 0 },
        ];
        let seals = SealFlags::from_bits_retain(self.kind.seals());
        if matches!(self.kind, Kind::Sealed(_) | Kind::Huge(_)) {
            fcntl_add_seals(&fd, seals.difference(SealFlags::from_bits_retain(0x20))).unwrap();
        }
        let fd = if self.writable {
            fd
        } else {
            reopened(&fd, OFlags::RDONLY)?
        };
        Some(Made { fd, ends })
    }

    /// What must come out: the tier, or the status.
    fn expected(self, policy: AdoptPolicy, huge: Huge) -> Result<Tier, Status> {
        use AdoptPolicy as P;
        let loose = matches!(policy, P::Copy | P::Guarded);
        match self.kind {
            Kind::Other(_) | Kind::Secret => return Err(Status::WRONG_TYPE),
            Kind::Disk if !loose => return Err(Status::WRONG_TYPE),
            Kind::Huge(_) if !(loose && huge == Huge::Allowed) => {
                return Err(Status::NOT_SUPPORTED);
            }
            _ => {}
        }
        let has = |bits: u32| self.kind.seals() & bits == bits;
        let enough = match policy {
            P::Strict => has(0x7),
            P::Shrink => has(0x2),
            P::Published => has(0x12) || has(0xa),
            P::Immutable => has(0xa),
            _ => true,
        };
        if !enough {
            return Err(Status::NOT_SUPPORTED);
        }
        self.sized(policy, huge)
    }

    /// What must come out of what has the seals.
    fn sized(self, policy: AdoptPolicy, huge: Huge) -> Result<Tier, Status> {
        use AdoptPolicy as P;
        match policy {
            P::Copy if huge == Huge::Allowed && self.size > COPIED => Err(Status::FILE_BIG),
            P::Copy | P::Immutable if self.size > LARGEST - 4095 => Err(Status::OUT_OF_RANGE),
            // Two pages are written, the first and the last: there are no more up to here.
            P::Immutable if self.size > 2 * 4096 => Err(Status::NOT_SUPPORTED),
            P::Copy => Ok(Tier::Shared),
            _ => Ok(self.tier()),
        }
    }

    fn tier(self) -> Tier {
        let has = |bits: u32| self.kind.seals() & bits == bits;
        match self.kind {
            Kind::Sealed(_) if has(0xa) => Tier::Immutable,
            Kind::Sealed(_) if has(0x12) => Tier::Published,
            Kind::Sealed(_) if has(0x2) => Tier::Shared,
            _ => Tier::Guarded,
        }
    }
}

/// Counts, by what came out.
type Counts = BTreeMap<String, u64>;

fn count(counts: &mut Counts, what: impl Into<String>) {
    *counts.entry(what.into()).or_default() += 1;
}

/// Holds one offer out under one policy, and uses what is accepted.
fn through_the_gate(offer: Offer, index: usize, counts: &mut Counts) {
    let (policy, huge, options) = POLICIES[index];
    let Some(made) = offer.make() else {
        return count(counts, "no such thing");
    };
    let what = format!("{offer:?}, {policy:?}, huge pages {huge:?}");
    let expected = offer.expected(policy, huge);
    match (Vmo::from_fd(made.fd, options), expected) {
        (Ok(vmo), Ok(tier)) => {
            assert_eq!(vmo.tier(), tier, "{what}");
            let writable = offer.writable || policy == AdoptPolicy::Copy;
            let sealed = policy != AdoptPolicy::Copy && offer.kind.seals() & 0x18 != 0;
            let write = vmo.rights().contains(Rights::WRITE);
            assert_eq!(write, writable && !sealed, "{what}");
            assert_eq!(vmo.exact_size(), exact(offer, policy), "{what}");
            count(counts, format!("accepted: {tier:?}"));
            use_it(&vmo, offer.size, made.ends, &what);
        }
        (Err(refused), Err(status)) => {
            assert_eq!(refused.status(), status, "{what}: {refused}");
            let sentence = refused.to_string();
            let whole = sentence.starts_with("this is ") && sentence.len() > 40;
            assert!(whole, "{what}: {sentence}");
            count(counts, format!("refused: {status}"));
        }
        (got, expected) => panic!("{what}: {got:?}, and it should be {expected:?}"),
    }
}

/// A copy is a VMO of our own, in whole pages.
fn exact(offer: Offer, policy: AdoptPolicy) -> Result<u64, Status> {
    Ok(match policy {
        AdoptPolicy::Copy => offer.size.next_multiple_of(4096),
        _ => offer.size,
    })
}

/// Its first and its last byte, as the tier permits.
fn use_it(vmo: &Vmo, size: u64, ends: [u8; 2], what: &str) {
    let mut flags = VmarFlags::PERM_READ;
    flags.set(VmarFlags::PERM_WRITE, vmo.rights().contains(Rights::WRITE));
    let len = usize::try_from(size).unwrap();
    let mapped = Mapping::create_from_vmo(vmo, len, flags);
    if vmo.tier() == Tier::Guarded {
        assert_eq!(mapped.unwrap_err(), Status::NOT_SUPPORTED, "{what}");
        by_system_call(vmo, size, ends, what);
        return guarded(vmo, size, ends, what);
    }
    read_only(vmo, size, ends, what);
    match (mapped, size) {
        (Err(status), 0) => assert_eq!(status, Status::INVALID_ARGS, "{what}"),
        (Err(status), LARGEST) => assert_eq!(status, Status::OUT_OF_RANGE, "{what}"),
        (Err(status), 0x1_0000_0000_0000..) => assert_eq!(status, Status::NO_MEMORY, "{what}"),
        (Err(status), _) => panic!("{what}: {status}"),
        (Ok(mapping), _) => {
            for (at, byte) in [(0, ends[0]), (len - 1, ends[1])] {
                assert!(
                    mapping.eq_at(at, &[byte]).unwrap(),
                    "{what}: the byte at {at}"
                );
                let written = mapping.try_write_at(at, &[byte]);
                assert_eq!(
                    written.is_ok(),
                    flags.contains(VmarFlags::PERM_WRITE),
                    "{what}"
                );
            }
        }
    }
    if vmo.tier() == Tier::Immutable && size <= COPIED {
        let still = ImmutableMapping::create_from_vmo(vmo, true).unwrap();
        let last = still.get(len.wrapping_sub(1)).copied();
        let there = (size > 0).then_some(ends);
        let expected = (there.map(|e| e[0]), there.map(|e| e[1]));
        assert_eq!((still.first().copied(), last), expected, "{what}");
    }
}

/// Through the type that has no way to write: where nobody else begins to, and nowhere else.
fn read_only(vmo: &Vmo, size: u64, ends: [u8; 2], what: &str) {
    let len = usize::try_from(size).unwrap();
    match ReadOnlyMapping::create_from_vmo(vmo, len) {
        Ok(mapping) => {
            for (at, byte) in [(0, ends[0]), (len - 1, ends[1])] {
                let same = mapping.eq_at(at, &[byte]).unwrap();
                assert!(same, "{what}: the byte at {at}, read only");
            }
        }
        Err(status) => {
            let expected = match (vmo.tier(), size) {
                (Tier::Shared, _) => Status::NOT_SUPPORTED,
                (_, 0) => Status::INVALID_ARGS,
                (_, LARGEST) => Status::OUT_OF_RANGE,
                (_, 0x1_0000_0000_0000..) => Status::NO_MEMORY,
                (_, _) => panic!("{what}: {status}, read only"),
            };
            assert_eq!(status, expected, "{what}, read only");
        }
    }
}

/// Through the type for what may go away; a byte past the end is lost, and is no signal.
fn guarded(vmo: &Vmo, size: u64, ends: [u8; 2], what: &str) {
    let len = usize::try_from(size).unwrap();
    let room = len.saturating_add(1).min(isize::MAX.unsigned_abs());
    let guarded = match Guarded::create_from_vmo(vmo, room, VmarFlags::PERM_READ) {
        Ok(guarded) => guarded,
        Err(status) => panic!("{what}: {status}, guarded"),
    };
    let mut byte = [0xff];
    for (at, expected) in [(0, ends[0]), (len.wrapping_sub(1), ends[1])] {
        if size > 0 {
            assert_eq!(
                guarded.read_exact_at(at, &mut byte),
                Ok(()),
                "{what}: at {at}"
            );
            assert_eq!(byte, [expected], "{what}: the byte at {at}, guarded");
        }
    }
    if room > len {
        let lost = Err(GuardedError::Lost { offset: len });
        assert_eq!(guarded.read_exact_at(len, &mut byte), lost, "{what}");
    }
}

fn by_system_call(vmo: &Vmo, size: u64, ends: [u8; 2], what: &str) {
    let mut byte = [0xff];
    if size == 0 {
        assert_eq!(vmo.read(&mut byte, 0), Err(Status::OUT_OF_RANGE), "{what}");
        return;
    }
    for (at, expected) in [(0, ends[0]), (size - 1, ends[1])] {
        match vmo.read(&mut byte, at) {
            Ok(()) => assert_eq!(byte, [expected], "{what}: the byte at {at}"),
            // Its size in whole pages is more than any file can have.
            Err(status) => assert_eq!((status, size), (Status::OUT_OF_RANGE, LARGEST), "{what}"),
        }
    }
}

#[test]
fn every_kind_of_descriptor_of_every_size_is_refused_by_name_or_used_to_its_last_byte() {
    let before = Held::now();
    let (mut counts, mut combinations) = (Counts::new(), 0);
    for kind in KINDS {
        for size in SIZES {
            if !kind.has_size() && size > 0 {
                continue;
            }
            for writable in [false, true] {
                for policy in 0..POLICIES.len() {
                    let offer = Offer {
                        kind,
                        size,
                        writable,
                    };
                    through_the_gate(offer, policy, &mut counts);
                    combinations += 1;
                }
            }
        }
        assert!(before.is_back(), "{kind:?}: {before:?}, {:?}", Held::now());
    }
    for (what, count) in &counts {
        println!("{count:6} {what}");
    }
    println!("{combinations:6} combinations of {} kinds", KINDS.len());
    let skipped = counts.get("no such thing").copied().unwrap_or(0);
    assert!(combinations - skipped > 2000, "too little was tried");
}
