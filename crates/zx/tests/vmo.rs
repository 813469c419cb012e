// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Vmo`: the rows of Zircon's conformance tests for create, size, resize, read and write.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::mem::MaybeUninit;

use zx::{Extent, Name, Rights, SealPlan, Status, Vmo, VmoOptions};

const PAGE: u64 = 4096;

fn resizable(size: u64) -> Vmo {
    Vmo::create_with_opts(VmoOptions::RESIZABLE, size).unwrap()
}

fn planned(seals: SealPlan, extent: Extent, size: u64) -> Vmo {
    Vmo::create_planned(&Name::default(), seals, extent, size).unwrap()
}

#[test]
fn create_takes_0_to_15_pages() {
    let vmos: Vec<Vmo> = (0..16)
        .map(|pages| Vmo::create(pages * PAGE).unwrap())
        .collect();
    for (pages, vmo) in (0..).zip(&vmos) {
        assert_eq!(vmo.get_size(), Ok(pages * PAGE));
    }
}

#[test]
fn every_size_is_rounded_up_to_the_page_and_remembered_as_content() {
    for size in 0..=4 * PAGE {
        let vmo = Vmo::create(size).unwrap();
        assert_eq!(vmo.get_size(), Ok(size.next_multiple_of(PAGE)), "{size}");
        assert_eq!(vmo.get_content_size(), Ok(size));
    }
}

#[test]
fn resizing_rounds_up_too() {
    let vmo = resizable(0);
    for size in (0..=4 * PAGE).step_by(97) {
        vmo.set_size(size).unwrap();
        assert_eq!(vmo.get_size(), Ok(size.next_multiple_of(PAGE)), "{size}");
        assert_eq!(vmo.get_content_size(), Ok(size));
    }
}

#[test]
fn sizes_that_no_file_can_have_are_out_of_range() {
    for size in [
        u64::MAX,
        u64::MAX - 4095,
        1 << 63,
        i64::MAX as u64,
        i64::MAX as u64 - 4094,
    ] {
        assert_eq!(
            Vmo::create(size).unwrap_err(),
            Status::OUT_OF_RANGE,
            "{size:#x}"
        );
        assert_eq!(
            resizable(0).set_size(size),
            Err(Status::OUT_OF_RANGE),
            "{size:#x}"
        );
    }
    let largest = i64::MAX as u64 & !4095;
    assert_eq!(Vmo::create(largest).unwrap().get_size(), Ok(largest));
}

#[test]
fn options_that_are_unknown_or_exclude_each_other_are_invalid_args() {
    let create = |bits| {
        let options = VmoOptions::from_bits_retain(bits);
        Vmo::create_with_opts(options, PAGE).unwrap_err()
    };
    for bits in [1, 1 << 2, 1 << 5, 1 << 31, u32::MAX] {
        assert_eq!(create(bits), Status::INVALID_ARGS, "{bits:#x}");
    }
    assert_eq!(create((1 << 4) | (1 << 1)), Status::INVALID_ARGS);
    assert_eq!(create(1 << 4), Status::NOT_SUPPORTED);
    assert_eq!(create(1 << 3), Status::NOT_SUPPORTED);
}

#[test]
fn a_fixed_vmo_keeps_its_size() {
    let vmo = Vmo::create(2 * PAGE).unwrap();
    for size in [0, PAGE, 2 * PAGE, 3 * PAGE, u64::MAX] {
        assert_eq!(vmo.set_size(size), Err(Status::UNAVAILABLE), "{size}");
    }
    assert_eq!(vmo.get_size(), Ok(2 * PAGE));
    let file = std::fs::File::from(std::os::fd::OwnedFd::from(vmo));
    assert!(file.set_len(0).is_err(), "the size is not sealed");
    assert!(file.set_len(3 * PAGE).is_err(), "the size is not sealed");
}

#[test]
fn each_plan_sets_its_seals_before_anybody_sees_the_descriptor() {
    let seals = |plan| {
        let vmo = planned(plan, Extent::Pages, PAGE);
        let seals = rustix::fs::fcntl_get_seals(&vmo).unwrap();
        // NOEXEC_SEAL adds this one where the kernel knows it.
        (seals.bits() & !0x20, vmo)
    };
    assert_eq!(seals(SealPlan::Fixed).0, 0x7, "SEAL, SHRINK, GROW");
    assert_eq!(seals(SealPlan::Resizable).0, 0x1, "SEAL");
    let (freezable, vmo) = seals(SealPlan::Freezable);
    assert_eq!(freezable, 0x6, "SHRINK, GROW");
    vmo.freeze().unwrap();
    let frozen = rustix::fs::fcntl_get_seals(&vmo).unwrap().bits();
    assert_eq!(frozen & !0x20, 0xf, "and WRITE, SEAL");
}

#[test]
fn resizing_needs_the_right_to_write_and_then_the_right_to_resize() {
    let vmo = resizable(PAGE);
    assert!(vmo.rights().contains(Rights::RESIZE));
    assert!(!Vmo::create(PAGE).unwrap().rights().contains(Rights::RESIZE));
    let no_resize = vmo.duplicate_handle(Rights::IO).unwrap();
    assert_eq!(no_resize.set_size(0), Err(Status::ACCESS_DENIED));
    let no_write = vmo.duplicate_handle(Rights::READ | Rights::RESIZE).unwrap();
    assert_eq!(no_write.set_size(0), Err(Status::ACCESS_DENIED));
    let fixed = Vmo::create(PAGE).unwrap();
    let reader = fixed.duplicate_handle(Rights::READ).unwrap();
    assert_eq!(reader.set_size(0), Err(Status::ACCESS_DENIED));
    assert_eq!(vmo.get_size(), Ok(PAGE));
}

#[test]
fn what_was_cut_off_is_zero_when_it_comes_back() {
    let vmo = resizable(2 * PAGE);
    vmo.write(&[7; 8192], 0).unwrap();
    vmo.set_size(100).unwrap();
    vmo.set_size(2 * PAGE).unwrap();
    let bytes = vmo.read_to_vec::<u8>(0, 2 * PAGE).unwrap();
    assert!(bytes[..100].iter().all(|byte| *byte == 7));
    assert!(bytes[100..].iter().all(|byte| *byte == 0));
}

#[test]
fn lengths_near_the_largest_are_out_of_range() {
    let vmo = Vmo::create(PAGE).unwrap();
    for length in [u64::MAX, u64::MAX - 1, u64::MAX / 2, 1 << 63, PAGE + 1] {
        let read = vmo.read_to_vec::<u8>(0, length);
        assert_eq!(read, Err(Status::OUT_OF_RANGE), "{length:#x}");
        let words = vmo.read_to_vec::<u64>(0, length);
        assert_eq!(words, Err(Status::OUT_OF_RANGE), "{length:#x}");
    }
    assert_eq!(vmo.read_to_vec::<u8>(0, PAGE), Ok(vec![0; 4096]));
}

#[test]
fn fresh_bytes_are_zero_and_written_ones_come_back() {
    let vmo = Vmo::create(4 * PAGE).unwrap();
    assert_eq!(vmo.read_to_vec::<u8>(0, 4 * PAGE), Ok(vec![0; 16384]));
    vmo.write(b"across the border of two pages", PAGE - 15)
        .unwrap();
    let back = vmo.read_to_vec::<u8>(PAGE - 15, 30).unwrap();
    assert_eq!(back, b"across the border of two pages");
    vmo.write(b"overlap", PAGE - 11).unwrap();
    let back = vmo.read_to_vec::<u8>(PAGE - 15, 30).unwrap();
    assert_eq!(back, b"acrooverlapborder of two pages");
}

#[test]
fn ranges_are_inside_or_out_of_range_and_nothing_is_touched() {
    let vmo = Vmo::create(2 * PAGE).unwrap();
    let end = 2 * PAGE;
    let bad = [
        (end, 1),
        (end - 1, 2),
        (end + 1, 0),
        (end + 1, 1),
        (u64::MAX, 0),
    ];
    let wrapping = [(u64::MAX, 1), (u64::MAX - 7, 8), (u64::MAX - 7, 9)];
    for (offset, len) in bad.into_iter().chain(wrapping) {
        let mut bytes = vec![42; len];
        assert_eq!(
            vmo.read(&mut bytes, offset),
            Err(Status::OUT_OF_RANGE),
            "{offset} {len}"
        );
        assert_eq!(
            bytes,
            vec![42; len],
            "a refused read touched its destination"
        );
        assert_eq!(
            vmo.write(&bytes, offset),
            Err(Status::OUT_OF_RANGE),
            "{offset} {len}"
        );
    }
    assert_eq!(vmo.read(&mut [], end), Ok(()));
    assert_eq!(vmo.write(&[], end), Ok(()));
    assert_eq!(vmo.read_to_vec::<u8>(0, end), Ok(vec![0; 8192]));
}

#[test]
fn typed_reads_count_elements() {
    let vmo = Vmo::create(5).unwrap();
    vmo.write(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 0).unwrap();
    assert_eq!(vmo.read_to_array::<u8, 5>(1), Ok([2, 3, 4, 5, 6]));
    assert_eq!(
        vmo.read_to_vec::<[u8; 3]>(0, 3),
        Ok(vec![[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    );
    let word = u32::from_ne_bytes([3, 4, 5, 6]);
    assert_eq!(vmo.read_to_object::<u32>(2), Ok(word));
    assert_eq!(vmo.read_to_vec::<u32>(2, 1), Ok(vec![word]));
    assert_eq!(
        vmo.read_to_object::<u64>(PAGE - 7),
        Err(Status::OUT_OF_RANGE)
    );
    assert_eq!(vmo.read_to_vec::<u64>(0, 513), Err(Status::OUT_OF_RANGE));
    let mut space = [MaybeUninit::<u16>::uninit(); 2];
    let [first, second] = *vmo.read_uninit(&mut space, 0).unwrap() else {
        panic!("two were asked for");
    };
    assert_eq!(
        [first.to_ne_bytes(), second.to_ne_bytes()],
        [[1, 2], [3, 4]]
    );
}

#[test]
fn rights_gate_reading_and_writing() {
    let vmo = Vmo::create(PAGE).unwrap();
    let reader = vmo.duplicate_handle(Rights::READ).unwrap();
    let writer = vmo.duplicate_handle(Rights::WRITE).unwrap();
    let neither = vmo.duplicate_handle(Rights::NONE).unwrap();
    assert_eq!(reader.write(b"x", 0), Err(Status::ACCESS_DENIED));
    assert_eq!(reader.read(&mut [0], 0), Ok(()));
    assert_eq!(writer.read(&mut [0], 0), Err(Status::ACCESS_DENIED));
    assert_eq!(writer.write(b"x", 0), Ok(()));
    assert_eq!(neither.read(&mut [0], 0), Err(Status::ACCESS_DENIED));
    // Before the range: who may not read learns nothing.
    assert_eq!(neither.read(&mut [0], u64::MAX), Err(Status::ACCESS_DENIED));
    assert_eq!(neither.get_size(), Ok(PAGE));
    assert_eq!(neither.get_content_size(), Err(Status::ACCESS_DENIED));
    assert_eq!(reader.set_content_size(&1), Err(Status::ACCESS_DENIED));
}

#[test]
fn the_content_size_is_a_note_that_duplicates_share() {
    let vmo = Vmo::create(1024).unwrap();
    let other = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    assert_eq!(other.get_content_size(), Ok(1024));
    for size in [0, 1, 5000, u64::MAX] {
        vmo.set_content_size(&size).unwrap();
        assert_eq!(other.get_content_size(), Ok(size));
        assert_eq!(vmo.get_size(), Ok(PAGE));
    }
    vmo.set_content_size(&0).unwrap();
    vmo.write(b"x", 100).unwrap();
    assert_eq!(
        vmo.get_content_size(),
        Ok(0),
        "a write moved the content size"
    );
}

#[test]
fn an_exact_vmo_ends_at_its_byte_and_reads_zeros_to_the_page() {
    let vmo = planned(SealPlan::Fixed, Extent::Exact, 11);
    vmo.write(b"the-content", 0).unwrap();
    assert_eq!(vmo.get_size(), Ok(PAGE));
    assert_eq!(vmo.write(b"x", 11), Err(Status::OUT_OF_RANGE));
    let bytes = vmo.read_to_vec::<u8>(0, PAGE).unwrap();
    assert_eq!(&bytes[..11], b"the-content");
    assert!(bytes[11..].iter().all(|byte| *byte == 0));
    let mut dirty = [9; 4096];
    vmo.read(&mut dirty, 0).unwrap();
    assert_eq!(
        dirty[..],
        bytes,
        "what lies past the end was left as it was"
    );
    let file = std::fs::File::from(std::os::fd::OwnedFd::from(vmo));
    assert_eq!(file.metadata().unwrap().len(), 11);
}

#[test]
fn a_frozen_vmo_can_not_be_written_by_anybody() {
    let vmo = planned(SealPlan::Freezable, Extent::Pages, PAGE);
    vmo.write(b"for ever", 0).unwrap();
    assert!(!vmo.is_immutable());
    vmo.freeze().unwrap();
    assert!(vmo.is_immutable());
    assert_eq!(vmo.freeze(), Ok(()), "freezing twice");
    assert_eq!(vmo.write(b"no", 0), Err(Status::ACCESS_DENIED));
    assert_eq!(
        vmo.op_range(zx::VmoOp::ZERO, 0, PAGE),
        Err(Status::ACCESS_DENIED)
    );
    assert_eq!(vmo.read_to_array::<u8, 8>(0), Ok(*b"for ever"));
}

#[test]
fn only_a_freezable_vmo_freezes() {
    assert_eq!(
        Vmo::create(PAGE).unwrap().freeze(),
        Err(Status::NOT_SUPPORTED)
    );
    assert_eq!(resizable(PAGE).freeze(), Err(Status::NOT_SUPPORTED));
    let vmo = planned(SealPlan::Freezable, Extent::Pages, PAGE);
    let reader = vmo.duplicate_handle(Rights::READ).unwrap();
    assert_eq!(reader.freeze(), Err(Status::ACCESS_DENIED));
    assert_eq!(vmo.set_size(0), Err(Status::UNAVAILABLE));
}

#[test]
fn a_reader_and_a_writer_and_two_decommitters_harm_nobody() {
    let vmo = Vmo::create(4 * PAGE).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2u8 {
            let vmo = &vmo;
            scope.spawn(move || {
                for round in 0..5_000u64 {
                    vmo.write(&[thread; 512], (round * 640) % (3 * PAGE))
                        .unwrap();
                }
            });
            scope.spawn(move || {
                for round in 0..5_000u64 {
                    let page = (round + u64::from(thread)) % 4;
                    vmo.op_range(zx::VmoOp::DECOMMIT, page * PAGE, PAGE)
                        .unwrap();
                }
            });
        }
    });
    let bytes = vmo.read_to_vec::<u8>(0, 4 * PAGE).unwrap();
    assert!(
        bytes.iter().all(|byte| *byte <= 1),
        "bytes that nobody wrote"
    );
}
