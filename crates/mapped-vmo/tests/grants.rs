// SPDX-License-Identifier: MIT OR Apache-2.0
//! Grants within one process: what the owner has, what a receiver gets, and what neither can.
//! What other processes can't do is in the two-process tests.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::zx::{
    AdoptPolicy, Extent, Name, Rights, SealPlan, Status, Tier, VmarFlags, Vmo, VmoOp, VmoOptions,
};
use mapped_vmo::{Mapping, ReadOnlyMapping, SharedBufferSlice, WriterMapping, Writers, fd};

const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

// The signatures are as documented, and both ends can move to other threads.
type Grant = Result<(WriterMapping, Vmo), Status>;
const _: fn(usize) -> Grant = WriterMapping::allocate;
const _: fn(usize, &str) -> Grant = WriterMapping::allocate_with_name;
const _: fn(&Vmo, usize) -> Result<ReadOnlyMapping, Status> = ReadOnlyMapping::create_from_vmo;
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<WriterMapping>();
    shared::<ReadOnlyMapping>();
};

fn received(vmo: &Vmo, policy: AdoptPolicy) -> Vmo {
    let fd = vmo.as_fd().try_clone_to_owned().unwrap();
    Vmo::from_fd(fd, policy).unwrap()
}

#[test]
fn a_grant_is_as_large_as_asked_for_and_zero() {
    for (size, file) in [(1, 4096), (4096, 4096), (4097, 8192), (70_000, 73_728)] {
        let (writer, vmo) = WriterMapping::allocate(size).unwrap();
        assert_eq!(writer.len(), size);
        assert_eq!(vmo.get_size(), Ok(file));
        assert_eq!(vmo.exact_size(), Ok(file));
        assert_eq!(vmo.get_content_size(), Ok(size as u64));
        assert_eq!(writer.eq_at(0, &vec![0; size]), Ok(true));
        assert!(writer.try_read_at(size + 1, &mut [0]).is_err());
    }
}

#[test]
fn what_the_owner_writes_the_receiver_reads() {
    let (mut writer, vmo) = WriterMapping::allocate_with_name(9000, "live").unwrap();
    assert_eq!(vmo.get_name().unwrap(), "live");
    let theirs = received(&vmo, AdoptPolicy::Published);
    let reader = ReadOnlyMapping::create_from_vmo(&theirs, 9000).unwrap();
    assert_eq!(reader.writers(), Writers::Owner);
    for round in 0..100_u64 {
        writer.write_le(8992, round).unwrap();
        assert_eq!(reader.read_le(8992), Ok(round));
    }
    let (left, right) = writer.split_at_mut(4096);
    left.write(b"left");
    right.write(b"right");
    writer.slice_mut(100..104).fill(.., 9).unwrap();
    assert_eq!(reader.eq_at(0, b"left"), Ok(true));
    assert_eq!(reader.eq_at(4096, b"right"), Ok(true));
    assert_eq!(reader.eq_at(99, &[0, 9, 9, 9, 9, 0]), Ok(true));
    assert!(writer.try_slice_mut(9000..9001).is_err());
    assert!(writer.try_split_at_mut(9001).is_err());
}

#[test]
fn a_published_handle_can_neither_write_nor_get_the_right_to() {
    let (writer, vmo) = WriterMapping::allocate(4096).unwrap();
    writer.write(b"kept");
    assert!(!vmo.rights().intersects(Rights::WRITE | Rights::RESIZE));
    let denied = Err(Status::ACCESS_DENIED);
    assert_eq!(vmo.write(b"no", 0), denied);
    assert_eq!(vmo.set_size(0), denied);
    assert_eq!(vmo.set_content_size(&0), denied);
    for op in [VmoOp::ZERO, VmoOp::DECOMMIT, VmoOp::COMMIT] {
        assert_eq!(vmo.op_range(op, 0, 4096), denied, "{op:?}");
    }
    assert_eq!(vmo.freeze(), denied);
    let more = vmo.duplicate_handle(Rights::VMO_DEFAULT);
    assert_eq!(more.unwrap_err(), Status::INVALID_ARGS);
    let second = Mapping::create_from_vmo(&vmo, 4096, READ_WRITE);
    assert_eq!(second.unwrap_err(), Status::ACCESS_DENIED);
    assert_eq!(writer.eq_at(0, b"kept"), Ok(true));
}

#[test]
fn no_policy_gives_a_receiver_the_right_to_write_it() {
    let (_writer, vmo) = WriterMapping::allocate(4096).unwrap();
    for policy in [
        AdoptPolicy::Strict,
        AdoptPolicy::Shrink,
        AdoptPolicy::Published,
    ] {
        let theirs = received(&vmo, policy);
        assert!(!theirs.rights().contains(Rights::WRITE), "{policy:?}");
        assert_eq!(theirs.tier(), Tier::Published, "{policy:?}");
        let writable = Mapping::create_from_vmo(&theirs, 4096, READ_WRITE);
        assert_eq!(writable.unwrap_err(), Status::ACCESS_DENIED, "{policy:?}");
        assert!(ReadOnlyMapping::create_from_vmo(&theirs, 4096).is_ok());
    }
}

#[test]
fn memory_that_holders_can_write_or_shrink_is_no_grant() {
    let name = Name::default();
    let shared = Vmo::create(4096).unwrap();
    let read_only_handle = shared.duplicate_handle(Rights::READ | Rights::MAP).unwrap();
    let planned = |plan| Vmo::create_planned(&name, plan, Extent::Pages, 4096).unwrap();
    let not_yet_frozen = planned(SealPlan::Freezable);
    let not_yet_published = planned(SealPlan::Published);
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    for vmo in [
        shared,
        read_only_handle,
        not_yet_frozen,
        not_yet_published,
        planned(SealPlan::Growable),
        resizable,
    ] {
        let refused = ReadOnlyMapping::create_from_vmo(&vmo, 4096);
        assert_eq!(refused.unwrap_err(), Status::NOT_SUPPORTED, "{vmo:?}");
    }
}

#[test]
fn sealed_by_others_it_is_what_its_seals_say() {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
    let rows = [
        (0x02, Err(Status::NOT_SUPPORTED)), // SHRINK
        (0x0a, Ok(Writers::Nobody)),        // SHRINK, WRITE
        (0x12, Ok(Writers::Owner)),         // SHRINK, FUTURE_WRITE
        (0x17, Ok(Writers::Owner)),
        (0x1f, Ok(Writers::Nobody)),
    ];
    for (seals, expected) in rows {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let fd: OwnedFd = memfd_create("theirs", flags).unwrap();
        ftruncate(&fd, 5000).unwrap();
        fcntl_add_seals(&fd, SealFlags::from_bits_retain(seals)).unwrap();
        let vmo = Vmo::from_fd(fd, AdoptPolicy::Shrink).unwrap();
        let mapped = ReadOnlyMapping::create_from_vmo(&vmo, 5000);
        let writers = mapped.map(|reader| reader.writers());
        assert_eq!(writers, expected, "{seals:#x}");
    }
}

#[test]
fn the_seals_are_asked_when_it_is_mapped_and_not_when_it_was_adopted() {
    let name = Name::default();
    let plan = SealPlan::Freezable;
    let vmo = Vmo::create_planned(&name, plan, Extent::Pages, 4096).unwrap();
    let theirs = received(&vmo, AdoptPolicy::Shrink);
    assert!(ReadOnlyMapping::create_from_vmo(&theirs, 4096).is_err());
    vmo.freeze().unwrap();
    let reader = ReadOnlyMapping::create_from_vmo(&theirs, 4096).unwrap();
    assert_eq!(reader.writers(), Writers::Nobody);
}

#[test]
fn a_reader_of_too_much_or_nothing_is_refused() {
    let (_writer, vmo) = WriterMapping::allocate(5000).unwrap();
    let map = |size| ReadOnlyMapping::create_from_vmo(&vmo, size).map(|reader| reader.len());
    assert_eq!(map(8192), Ok(8192));
    assert_eq!(map(8193), Err(Status::BUFFER_TOO_SMALL));
    assert_eq!(map(usize::MAX), Err(Status::BUFFER_TOO_SMALL));
    assert_eq!(map(0), Err(Status::INVALID_ARGS));
    for rights in [Rights::READ, Rights::MAP] {
        let less = vmo.duplicate_handle(rights).unwrap();
        let refused = ReadOnlyMapping::create_from_vmo(&less, 4096);
        assert_eq!(refused.unwrap_err(), Status::ACCESS_DENIED, "{rights:?}");
    }
}

#[test]
fn a_reader_outlives_the_owner_and_every_handle() {
    let (writer, vmo) = WriterMapping::allocate(4096).unwrap();
    writer.write(b"the last word");
    let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096).unwrap();
    drop((writer, vmo));
    assert_eq!(reader.eq_at(0, b"the last word"), Ok(true));
    let (first, second) = (reader, WriterMapping::allocate(1).unwrap().1);
    let mut other = ReadOnlyMapping::create_from_vmo(&second, 1).unwrap();
    drop(core::mem::replace(&mut other, first));
    assert_eq!(other.eq_at(4, b"last"), Ok(true), "swapped, not unmapped");
}

#[test]
fn both_ends_go_where_shared_bytes_go() {
    let (mut writer, vmo) = WriterMapping::allocate(4096).unwrap();
    let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096).unwrap();
    assert_eq!(
        fd::read(File::open("/dev/zero").unwrap(), &mut writer).unwrap(),
        4096
    );
    writer.write(b"out");
    let mut file = File::from(OwnedFd::from(Vmo::create(4096).unwrap()));
    assert_eq!(fd::write(&file, &reader).unwrap(), 4096);
    let mut start = [0; 3];
    file.rewind().unwrap();
    file.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"out");
    let views: [SharedBufferSlice<'_>; 2] = [(&writer).into(), (&reader).into()];
    assert!(views.iter().all(|view| view.eq_at(0, b"out") == Ok(true)));
    let text = format!("{writer:?} {reader:?}");
    assert!(
        text.contains("PERM_READ | PERM_WRITE") && text.contains("writers: Owner"),
        "{text}"
    );
}
