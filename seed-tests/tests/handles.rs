// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handles, rights, the root VMAR and statuses, as source of the seed's era used them.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(clippy::std_instead_of_core, reason = "source of the era says std")]

use std::error::Error;
use std::fmt::Debug;
use std::io;

use fuchsia_runtime::vmar_root_self;
use fuchsia_zircon as zx;
use fuchsia_zircon::{AsHandleRef, HandleBased, Status};
use mapped_vmo::Mapping;
use shared_buffer::SharedBuffer;

const SIZE: usize = 4096;

#[test]
fn a_duplicate_is_the_same_memory() {
    let vmo = zx::Vmo::create(SIZE as u64).unwrap();
    let twin = vmo.duplicate_handle(zx::Rights::SAME_RIGHTS).unwrap();
    assert_ne!(vmo.raw_handle(), twin.raw_handle());
    twin.write(b"through the twin", 7).unwrap();
    drop(twin);
    let mut seen = [0u8; 16];
    vmo.read(&mut seen, 7).unwrap();
    assert_eq!(&seen, b"through the twin");
}

/// Generic over the kind of object, as the era's helpers were.
fn keep_one<T: HandleBased + Debug>(object: &T) -> Result<T, Status> {
    object.duplicate_handle(zx::Rights::SAME_RIGHTS)
}

fn name_of<T: AsHandleRef>(object: &T) -> String {
    object.get_name().unwrap().to_string()
}

#[test]
fn generic_code_duplicates_and_names() {
    let (_mapping, vmo) = Mapping::allocate_with_name(SIZE, "shared").unwrap();
    let kept = keep_one(&vmo).unwrap();
    kept.set_name("still shared").unwrap();
    assert_eq!(name_of(&vmo), "still shared");
    assert_eq!(name_of(&vmo.as_handle_ref()), "still shared");
}

#[test]
fn rights_only_shrink() {
    let vmo = zx::Vmo::create(SIZE as u64).unwrap();
    let reader = vmo
        .duplicate_handle(zx::Rights::BASIC | zx::Rights::READ | zx::Rights::MAP)
        .unwrap();
    assert_eq!(reader.write(b"x", 0), Err(zx::Status::ACCESS_DENIED));
    assert_eq!(reader.read(&mut [0u8; 1], 0), Ok(()));
    let more = reader.duplicate_handle(zx::Rights::READ | zx::Rights::WRITE);
    assert_eq!(more.unwrap_err(), zx::Status::INVALID_ARGS);

    let both = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    let writable = Mapping::create_from_vmo(&reader, SIZE, both);
    assert_eq!(writable.unwrap_err(), zx::Status::ACCESS_DENIED);
    let mapping = Mapping::create_from_vmo(&reader, SIZE, zx::VmarFlags::PERM_READ).unwrap();
    vmo.write(b"seen", 0).unwrap();
    let mut seen = [0u8; 4];
    mapping.read(&mut seen);
    assert_eq!(&seen, b"seen");
}

#[test]
fn a_handle_forgets_its_type_and_remembers_it() {
    let vmo = zx::Vmo::create(SIZE as u64).unwrap();
    vmo.write(b"kept", 0).unwrap();
    let handle: zx::Handle = vmo.into_handle();
    let vmo = zx::Vmo::try_from(handle).unwrap();
    let vmo = vmo.replace_handle(zx::Rights::READ).unwrap();
    let mut seen = [0u8; 4];
    vmo.read(&mut seen, 0).unwrap();
    assert_eq!(&seen, b"kept");
    assert_eq!(vmo.write(b"lost", 0), Err(zx::Status::ACCESS_DENIED));
}

#[test]
fn a_vmo_is_mapped_by_hand() {
    let vmo = zx::Vmo::create(2 * SIZE as u64).unwrap();
    vmo.write(b"second page", SIZE as u64).unwrap();
    let flags =
        zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE | zx::VmarFlags::REQUIRE_NON_RESIZABLE;
    let addr = vmar_root_self()
        .map(0, &vmo, SIZE as u64, SIZE, flags)
        .unwrap();
    assert_eq!(addr % SIZE, 0);

    // SAFETY: `map` has put `SIZE` bytes there, readable and writable, that nothing but this
    // buffer touches; they are unmapped below, after the buffer is gone.
    let buffer = unsafe { SharedBuffer::new(addr as *mut u8, SIZE) };
    let mut seen = [0u8; 11];
    assert_eq!(buffer.read(&mut seen), 11);
    assert_eq!(&seen, b"second page");
    buffer.write_at(7, b"word");
    vmo.read(&mut seen, SIZE as u64).unwrap();
    assert_eq!(&seen, b"second word");

    let (ptr, len) = buffer.consume();
    assert_eq!(ptr as usize, addr);
    // SAFETY: the range that was mapped above; the buffer was consumed.
    unsafe { vmar_root_self().unmap(addr, len) }.unwrap();
}

/// An error of the caller's own, as each service had one.
fn explain(result: Result<Mapping, zx::Status>) -> &'static str {
    match result {
        Ok(_) => "mapped",
        Err(zx::Status::NOT_SUPPORTED) => "can be resized",
        Err(zx::Status::BUFFER_TOO_SMALL) => "too small",
        Err(zx::Status::INVALID_ARGS) => "asked wrongly",
        Err(status) => panic!("no mapping: {status}"),
    }
}

#[test]
fn statuses_are_matched() {
    let read = zx::VmarFlags::PERM_READ;
    let map = |vmo: &zx::Vmo, size| Mapping::create_from_vmo(vmo, size, read);
    let vmo = zx::Vmo::create(SIZE as u64).unwrap();
    assert_eq!(explain(map(&vmo, SIZE)), "mapped");
    assert_eq!(explain(map(&vmo, 2 * SIZE)), "too small");
    assert_eq!(explain(map(&vmo, 0)), "asked wrongly");
    let resizable = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, SIZE as u64).unwrap();
    assert_eq!(explain(map(&resizable, SIZE)), "can be resized");
}

#[test]
fn statuses_travel_as_numbers_and_as_errors() {
    assert_eq!(zx::Status::from_raw(0), zx::Status::OK);
    assert_eq!(zx::Status::OK.into_raw(), 0);
    assert_eq!(zx::Status::ok(0), Ok(()));
    assert_eq!(zx::ok(-14), Err(zx::Status::OUT_OF_RANGE));
    assert_eq!(zx::Status::from_raw(-10), zx::Status::INVALID_ARGS);

    fn outside() -> Result<(), Box<dyn Error>> {
        let vmo = zx::Vmo::create(SIZE as u64)?;
        vmo.write(b"too far", SIZE as u64)?;
        Ok(())
    }
    let error = outside().unwrap_err();
    assert_eq!(error.to_string(), "OUT_OF_RANGE");
    assert_eq!(
        error.downcast_ref::<zx::Status>(),
        Some(&zx::Status::OUT_OF_RANGE)
    );

    fn as_io() -> io::Result<()> {
        let (_mapping, vmo) = Mapping::allocate_with_name(SIZE, "no\0name")?;
        vmo.write(b"never", 0)?;
        Ok(())
    }
    assert_eq!(as_io().unwrap_err().kind(), io::ErrorKind::InvalidInput);
}
