// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ImmutableMapping` over sealed memory: the VMO's own pages, which nobody changes; and
//! what becomes of VMOs that are not sealed.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::os::fd::OwnedFd;

use mapped_vmo::zx::{
    AdoptPolicy, Extent, Name, Rights, SealPlan, Status, Tier, VmarFlags, Vmo, vmar_root_self,
};
use mapped_vmo::{
    ImmutableMapping, ImmutableMappingError, Mapping, TruncatedImmutableMapping,
    TruncatedImmutableMappingError,
};
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::io::Errno;

fn freezable(name: &str, extent: Extent, size: u64) -> Vmo {
    let name = Name::new(name).unwrap();
    Vmo::create_planned(&name, SealPlan::Freezable, extent, size).unwrap()
}

/// A frozen VMO that is a file of `size` bytes, all of them `x`, with `T` in the tail of its
/// last page.
fn frozen(name: &str, size: u64) -> Vmo {
    let vmo = freezable(name, Extent::Exact, size);
    let whole = usize::try_from(vmo.get_size().unwrap()).unwrap();
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(&vmo, whole, flags).unwrap();
    mapping.write_at(0, &vec![b'T'; whole]);
    mapping.write_at(0, &vec![b'x'; usize::try_from(size).unwrap()]);
    drop(mapping);
    vmo.freeze().unwrap();
    vmo
}

/// A memfd of `size` bytes of `x` with these seals, as somebody else would send it.
fn foreign(size: usize, seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("foreign", flags).unwrap();
    rustix::io::pwrite(&fd, &vec![b'x'; size], 0).unwrap();
    rustix::fs::fcntl_add_seals(&fd, seals).unwrap();
    fd
}

fn map(vmo: &Vmo) -> ImmutableMapping {
    ImmutableMapping::create_from_vmo(vmo, false).unwrap()
}

/// The lines of /proc/self/maps that name a memfd.
fn maps_of(name: &str) -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let name = format!("/memfd:{name} ");
    let lines = maps.lines().filter(|line| line.contains(&name));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_frozen_vmo_is_mapped_and_not_copied() {
    let vmo = frozen("zc-mapped", 8192);
    for immediately_page in [false, true] {
        let mapping = ImmutableMapping::create_from_vmo(&vmo, immediately_page).unwrap();
        assert_eq!(&*mapping, [b'x'; 8192]);
        assert!(mapping.is_zero_copy());
        assert!(format!("{mapping:?}").contains("zero_copy: true"));
        let lines = maps_of("zc-mapped");
        let [line] = &lines[..] else {
            panic!("not one mapping of the VMO: {lines:?}")
        };
        let addr = format!("{:x}-", mapping.as_ptr().addr());
        assert!(line.starts_with(&addr) && line.contains(" r--s "), "{line}");
        drop(mapping);
        assert_eq!(maps_of("zc-mapped"), [""; 0], "it is still mapped");
    }
}

#[test]
fn what_is_not_sealed_is_copied() {
    let vmo = freezable("zc-copied", Extent::Pages, 4096);
    vmo.write(b"before", 0).unwrap();
    let mapping = map(&vmo);
    assert!(!mapping.is_zero_copy());
    assert!(format!("{mapping:?}").contains("zero_copy: false"));
    assert_eq!(maps_of("zc-copied"), [""; 0]);
    vmo.write(b"after!", 0).unwrap();
    assert!(mapping.starts_with(b"before"));
}

#[test]
fn half_of_the_seals_are_not_enough() {
    use SealFlags as S;
    for seals in [
        S::SHRINK,
        S::SHRINK | S::GROW | S::SEAL,
        S::SHRINK | S::GROW | S::FUTURE_WRITE,
    ] {
        let vmo = Vmo::from_fd(foreign(5000, seals), AdoptPolicy::Shrink).unwrap();
        let mapping = map(&vmo);
        assert!(!mapping.is_zero_copy(), "{seals:?}");
        assert_eq!(mapping.len(), 8192, "a snapshot is of whole pages");
    }
    // It can be written no more, and can still be cut off.
    let vmo = Vmo::from_fd(foreign(5000, S::WRITE), AdoptPolicy::Guarded).unwrap();
    let mapping = map(&vmo);
    assert!(!mapping.is_zero_copy());
    rustix::fs::ftruncate(OwnedFd::from(vmo), 0).unwrap();
    assert_eq!(&mapping[..5000], [b'x'; 5000]);
}

#[test]
fn the_seals_are_asked_for_anew() {
    let vmo = freezable("zc-anew", Extent::Pages, 4096);
    let older = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    assert!(!map(&older).is_zero_copy());
    vmo.freeze().unwrap();
    assert!(map(&older).is_zero_copy(), "made before the VMO was frozen");
}

#[test]
fn nobody_can_change_it() {
    let vmo = frozen("zc-still", 5000);
    let mapping = map(&vmo);
    let fd = OwnedFd::from(vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap());
    let refused = Err(Errno::PERM);
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    assert_eq!(rustix::io::pwrite(&fd, b"no", 0), refused.map(|()| 0));
    assert_eq!(rustix::fs::fallocate(&fd, punch, 0, 4096), refused);
    assert_eq!(rustix::fs::ftruncate(&fd, 0), refused);
    assert_eq!(rustix::fs::ftruncate(&fd, 4999), refused);
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let writable = Mapping::create_from_vmo(&vmo, 5000, flags);
    assert_eq!(writable.unwrap_err(), Status::ACCESS_DENIED);
    let addr = mapping.as_ptr().addr();
    // SAFETY: refused by the seal; if it were not, nobody would write all the same.
    #[allow(unsafe_code, reason = "our own pages, for which it is refused")]
    let raised = unsafe { vmar_root_self().protect(addr, 5000, flags) };
    assert_eq!(raised, Err(Status::ACCESS_DENIED));
    assert_eq!(&*mapping, [b'x'; 5000]);
}

#[test]
fn the_slice_ends_at_the_end_of_the_file_because_the_tail_can_be_zeroed() {
    let vmo = frozen("zc-tail", 5000);
    let mapping = map(&vmo);
    assert_eq!(mapping.len(), 5000);
    let tail = Mapping::create_from_vmo(&vmo, 8192, VmarFlags::PERM_READ).unwrap();
    let mut byte = [0];
    tail.read_at(5000, &mut byte);
    assert_eq!(&byte, b"T");
    let fd = OwnedFd::from(vmo);
    rustix::fs::ftruncate(&fd, 5000).unwrap(); // allowed, in spite of every seal
    tail.read_at(5000, &mut byte);
    assert_eq!(
        &byte,
        &[0],
        "the tail could not be zeroed: is the rule still needed?"
    );
    assert_eq!(&*mapping, [b'x'; 5000]);
}

#[test]
fn a_vmo_of_whole_pages_is_seen_in_whole_pages() {
    let name = Name::new("zc-pages").unwrap();
    let plan = SealPlan::Freezable;
    let vmo = Vmo::create_planned(&name, plan, Extent::Pages, 5000).unwrap();
    vmo.write(&[b'x'; 5000], 0).unwrap();
    vmo.freeze().unwrap();
    let mapping = map(&vmo);
    assert!(mapping.is_zero_copy());
    assert_eq!(mapping.len(), 8192);
    assert_eq!(
        (&mapping[..5000], &mapping[5000..]),
        (&[b'x'; 5000][..], &[0; 3192][..])
    );
}

#[test]
fn a_file_that_grows_later_leaves_the_slice_as_it_is() {
    let fd = foreign(5000, SealFlags::SHRINK | SealFlags::WRITE);
    let theirs = rustix::io::dup(&fd).unwrap();
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Shrink).unwrap();
    assert_eq!(vmo.tier(), Tier::Immutable);
    let mapping = map(&vmo);
    rustix::fs::ftruncate(&theirs, 1 << 20).unwrap();
    assert!(mapping.is_zero_copy());
    assert_eq!(&*mapping, [b'x'; 5000]);
    assert_eq!(map(&vmo).len(), 1 << 20);
}

#[test]
fn truncated_shows_less_and_never_more_than_the_file() {
    let vmo = frozen("zc-truncated", 5000);
    let mapping = TruncatedImmutableMapping::create_from_vmo(&vmo, true, 4999).unwrap();
    assert!(mapping.is_zero_copy());
    assert_eq!(&*mapping, [b'x'; 4999]);
    let error = TruncatedImmutableMapping::create_from_vmo(&vmo, false, 5001).unwrap_err();
    let (vmo_len, truncated_len) = (5000, 5001);
    let expected = TruncatedImmutableMappingError::VmoSmallerThanLen {
        vmo_len,
        truncated_len,
    };
    assert_eq!(error, expected);
    drop(mapping);
    assert_eq!(maps_of("zc-truncated"), [""; 0]);
}

#[test]
fn a_handle_that_may_not_map_gets_a_copy() {
    let vmo = frozen("zc-rights", 4096);
    let rights = Rights::READ | Rights::DUPLICATE;
    let mapping = map(&vmo.duplicate_handle(rights).unwrap());
    assert!(!mapping.is_zero_copy());
    assert_eq!(&*mapping, [b'x'; 4096]);
    for rights in [Rights::READ | Rights::MAP, Rights::DUPLICATE | Rights::MAP] {
        let handle = vmo.duplicate_handle(rights).unwrap();
        let error = ImmutableMapping::create_from_vmo(&handle, false).unwrap_err();
        let denied = ImmutableMappingError::CreateChildVmo(Status::ACCESS_DENIED);
        assert_eq!(error, denied, "{rights:?}");
    }
}

#[test]
fn holes_of_a_sealed_vmo_stay_unless_pages_are_wanted_at_once() {
    let vmo = freezable("zc-holes", Extent::Pages, 64 * 4096);
    vmo.write(b"x", 10 * 4096).unwrap();
    vmo.freeze().unwrap();
    let only = Ok(Some(10 * 4096..11 * 4096));
    let lazy = map(&vmo);
    assert_eq!(vmo.next_data(0), only);
    assert_eq!((lazy[0], lazy[10 * 4096]), (0, b'x'));
    let populated = ImmutableMapping::create_from_vmo(&vmo, true).unwrap();
    assert_eq!(vmo.next_data(0), Ok(Some(0..64 * 4096)));
    assert!(populated.is_zero_copy());
    assert_eq!(*lazy, *populated);
}

#[test]
fn nothing_and_far_too_much() {
    let empty = freezable("zc-empty", Extent::Pages, 0);
    empty.freeze().unwrap();
    assert_eq!(&*map(&empty), b"");
    let giant = freezable("zc-giant", Extent::Pages, 1 << 60);
    giant.freeze().unwrap();
    for immediately_page in [false, true] {
        let error = ImmutableMapping::create_from_vmo(&giant, immediately_page).unwrap_err();
        assert_eq!(error, ImmutableMappingError::MapChildVmo(Status::NO_MEMORY));
    }
}

#[test]
fn a_freeze_that_failed_can_be_tried_again() {
    let (mapping, vmo) = Mapping::allocate_freezable(5000).unwrap();
    mapping.write_at(0, b"kept");
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let holder = Mapping::create_from_vmo(&vmo, 1, flags).unwrap();
    let failed = ImmutableMapping::freeze(mapping, &vmo, Duration::from_millis(1));
    assert_eq!(failed.unwrap_err(), Status::BAD_STATE);
    vmo.write(b"kept, and changed", 0).unwrap();
    let fixed = TruncatedImmutableMapping::freeze(holder, &vmo, Duration::ZERO).unwrap();
    assert_eq!(&*fixed, b"k");
    let fixed = map(&vmo);
    assert!(fixed.is_zero_copy() && fixed.starts_with(b"kept, and changed"));
    assert_eq!(fixed.len(), 8192);
}

#[test]
fn a_mapping_of_another_vmo_does_no_harm() {
    let (other, other_vmo) = Mapping::allocate(8192).unwrap();
    let vmo = freezable("zc-other", Extent::Pages, 4096);
    let fixed = TruncatedImmutableMapping::freeze(other, &vmo, Duration::ZERO);
    assert_eq!(fixed.unwrap_err(), Status::BUFFER_TOO_SMALL);
    assert!(!other_vmo.is_immutable());
    assert_eq!(maps_of("zc-other"), [""; 0]);
}

#[cfg(feature = "bytes")]
mod bytes {
    use super::{ImmutableMapping, TruncatedImmutableMapping, frozen, map, maps_of};
    use ::bytes::Bytes;

    #[test]
    fn bytes_outlive_everything_and_unmap_with_the_last_clone() {
        let vmo = frozen("zc-bytes", 5000);
        let mapping = map(&vmo);
        let addr = mapping.as_ptr().addr();
        let bytes = Bytes::from(mapping);
        drop(vmo);
        assert_eq!((bytes.as_ptr().addr(), bytes.len()), (addr, 5000));
        let last = bytes.slice(4096..);
        let clones = vec![bytes.clone(); 10];
        drop(bytes);
        drop(clones);
        assert_eq!(maps_of("zc-bytes").len(), 1);
        let read = std::thread::spawn(move || {
            assert_eq!(last, [b'x'; 904][..]);
            last.len()
        });
        assert_eq!(read.join().unwrap(), 904);
        assert_eq!(maps_of("zc-bytes"), [""; 0], "it is still mapped");
    }

    #[test]
    fn truncated_and_empty_ones_become_bytes_too() {
        let vmo = frozen("zc-bytes-short", 5000);
        let mapping = TruncatedImmutableMapping::create_from_vmo(&vmo, false, 3).unwrap();
        let bytes = Bytes::from(mapping);
        assert_eq!(bytes, "xxx");
        drop(bytes);
        assert_eq!(maps_of("zc-bytes-short"), [""; 0], "it is still mapped");
        let nothing = mapped_vmo::zx::Vmo::create(0).unwrap();
        let empty = ImmutableMapping::create_from_vmo(&nothing, true).unwrap();
        assert!(Bytes::from(empty).is_empty());
    }
}
