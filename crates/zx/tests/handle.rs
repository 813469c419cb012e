// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Handle`, `HandleRef`, `Unowned`, and the traits that every handle has.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::HashSet;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use zx::{AsHandleRef, Handle, HandleBased, Name, Rights, Status, Unowned, Vmo, VmoOptions};

const fn auto_traits<T: Send + Sync + core::fmt::Debug>() {}
const _: () = auto_traits::<Vmo>();
const _: () = auto_traits::<Handle>();
const _: () = auto_traits::<zx::HandleRef<'static>>();
const _: () = auto_traits::<Unowned<'static, zx::Vmar>>();

#[test]
fn a_new_vmo_has_the_default_rights() {
    let vmo = Vmo::create(1).unwrap();
    assert_eq!(vmo.rights(), Rights::VMO_DEFAULT);
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 1).unwrap();
    assert_eq!(resizable.rights(), Rights::VMO_DEFAULT | Rights::RESIZE);
    assert_eq!(
        Rights::VMO_DEFAULT.bits(),
        0xd0ff & !(1 << 4) & !(1 << 9) & !(1 << 8)
    );
}

#[test]
fn duplicates_have_the_rights_asked_for_and_never_more() {
    let vmo = Vmo::create(4096).unwrap();
    let same = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    assert_eq!(same.rights(), vmo.rights());
    let fewer = vmo.duplicate_handle(Rights::BASIC | Rights::READ).unwrap();
    assert_eq!(fewer.rights(), Rights::BASIC | Rights::READ);
    let more = fewer.duplicate_handle(Rights::READ | Rights::WRITE);
    assert_eq!(more.unwrap_err(), Status::INVALID_ARGS);
    let alone = vmo.duplicate_handle(Rights::READ).unwrap();
    let again = alone.duplicate_handle(Rights::READ);
    assert_eq!(again.unwrap_err(), Status::ACCESS_DENIED);
}

#[test]
fn a_duplicate_is_another_descriptor_of_the_same_memory() {
    let vmo = Vmo::create(4096).unwrap();
    let other = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    assert_ne!(vmo, other);
    assert_ne!(vmo.as_raw_fd(), other.as_raw_fd());
    vmo.write(b"both", 0).unwrap();
    drop(vmo);
    assert_eq!(other.read_to_array::<u8, 4>(0), Ok(*b"both"));
}

#[test]
fn replacing_takes_rights_away() {
    let vmo = Vmo::create(4096).unwrap();
    let reader = vmo.replace_handle(Rights::READ).unwrap();
    assert_eq!(reader.rights(), Rights::READ);
    assert_eq!(
        reader.replace_handle(Rights::IO).unwrap_err(),
        Status::INVALID_ARGS
    );
}

#[test]
fn names_are_shared_by_the_handles_of_an_object_and_gated_by_rights() {
    let vmo = Vmo::create(4096).unwrap();
    assert!(vmo.get_name().unwrap().is_empty());
    let other = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    vmo.set_name(&Name::new("frames").unwrap()).unwrap();
    assert_eq!(other.get_name().unwrap(), *c"frames");
    assert_eq!(vmo.set_name(&"x".repeat(32)), Err(Status::INVALID_ARGS));
    assert_eq!(vmo.set_name(c"now a C string"), Ok(()));
    let nameless = vmo.duplicate_handle(Rights::READ).unwrap();
    assert_eq!(nameless.get_name().unwrap_err(), Status::ACCESS_DENIED);
    assert_eq!(nameless.set_name("x"), Err(Status::ACCESS_DENIED));
    assert_eq!(other.get_name().unwrap(), "now a C string");
}

#[test]
fn a_handle_forgets_its_type_and_gets_it_back() {
    let vmo = Vmo::create(4096).unwrap();
    let number = vmo.as_raw_fd();
    let handle: Handle = vmo.into_handle();
    assert_eq!(handle.raw_handle(), number);
    assert_eq!(handle.rights(), Rights::VMO_DEFAULT);
    assert!(format!("{handle:?}").contains("vmo"));
    let duplicate = handle
        .as_handle_ref()
        .duplicate(Rights::SAME_RIGHTS)
        .unwrap();
    let vmo = Vmo::try_from(handle).unwrap();
    assert_eq!(vmo.as_raw_fd(), number);
    assert_eq!(Vmo::try_from(duplicate).unwrap().get_size(), Ok(4096));
}

#[test]
fn borrowed_handles_close_nothing() {
    let vmo = Vmo::create(4096).unwrap();
    {
        let unowned = Unowned::new(&vmo);
        let copy = unowned;
        assert_eq!(copy.get_size(), Ok(4096));
        assert_eq!(vmo.as_handle_ref().raw_handle(), unowned.as_raw_fd());
    }
    assert_eq!(vmo.write(b"open", 0), Ok(()));
}

#[test]
#[allow(
    clippy::mutable_key_type,
    reason = "the hash is the descriptor's number, which does not change"
)]
fn handles_order_and_hash_by_number() {
    let first = Vmo::create(1).unwrap();
    let second = Vmo::create(1).unwrap();
    assert_eq!(first < second, first.as_raw_fd() < second.as_raw_fd());
    let set: HashSet<&Vmo> = [&first, &second, &first].into_iter().collect();
    assert_eq!(set.len(), 2);
}

#[test]
fn every_descriptor_is_closed_on_exec() {
    let vmo = Vmo::create(1).unwrap();
    let duplicate = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    for fd in [vmo.as_fd(), duplicate.as_fd()] {
        let flags = rustix::io::fcntl_getfd(fd).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    }
}

#[test]
fn only_its_owner_may_open_a_vmo_by_path() {
    let vmo = Vmo::create(1).unwrap();
    let mode = rustix::fs::fstat(vmo.as_fd()).unwrap().st_mode & 0o777;
    assert_eq!(mode, 0o600);
    let fd = OwnedFd::from(vmo);
    assert!(
        rustix::io::fcntl_getfd(&fd).is_ok(),
        "the descriptor was closed on the way"
    );
}
