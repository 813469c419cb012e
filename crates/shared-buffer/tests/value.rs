// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values by copy: what was written is what is read, at any offset, and never half of it.

mod common;

use core::fmt::Debug;
#[cfg(not(miri))]
use core::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(miri))]
use std::thread;

use common::{buffer_of, buffer_with, contents};
use proptest::collection::vec;
use proptest::prelude::*;
use shared_buffer::{Access, AccessError, SharedBuffer, Value};

const SIZE: usize = 160;

/// Bytes that differ from their neighbours, with all bits in use.
fn pattern() -> Vec<u8> {
    (0..SIZE).map(|i| (i * 151 + 7) as u8).collect()
}

/// Writing to an offset, reading from it, and the bytes that a value is made of there.
type Way<T> = (
    fn(&SharedBuffer, usize, T) -> Result<(), AccessError>,
    fn(&SharedBuffer, usize) -> Result<T, AccessError>,
    Vec<u8>,
);

/// Every offset below 64, and those at which the value does not fit.
fn round_trips<T: Value + PartialEq + Debug>(value: T, (write, read, bytes): Way<T>) {
    let len = size_of::<T>();
    let buffer = buffer_of(&pattern());
    for offset in (0..64).step_by(if cfg!(miri) { 13 } else { 1 }) {
        let mut model = pattern();
        model[offset..offset + len].copy_from_slice(&bytes);
        assert_eq!(write(&buffer, offset, value), Ok(()));
        assert_eq!(contents(&buffer), model, "{value:?} at {offset}");
        assert_eq!(read(&buffer, offset), Ok(value), "at {offset}");
        buffer.write(&pattern());
    }
    let past = [usize::MAX, usize::MAX - len + 1, isize::MAX as usize];
    for offset in (SIZE - len + 1..SIZE + 3).chain(past) {
        let (len, size) = (len, SIZE);
        let error = AccessError::OutOfBounds { offset, len, size };
        assert_eq!(write(&buffer, offset, value), Err(error));
        assert_eq!(read(&buffer, offset), Err(error));
    }
    assert_eq!(contents(&buffer), pattern(), "a refused write wrote");
    assert_eq!(write(&buffer, SIZE - len, value), Ok(()));
    assert_eq!(read(&buffer, SIZE - len), Ok(value), "at the end");
}

/// The three byte orders of one value, against what the standard library says they are.
macro_rules! all_orders {
    ($($value:expr),+ $(,)?) => {$({
        let value = $value;
        let native = value.to_ne_bytes().to_vec();
        round_trips(value, (SharedBuffer::write_value, SharedBuffer::read_value, native));
        let little = value.to_le_bytes().to_vec();
        round_trips(value, (SharedBuffer::write_le, SharedBuffer::read_le, little));
        let big = value.to_be_bytes().to_vec();
        round_trips(value, (SharedBuffer::write_be, SharedBuffer::read_be, big));
    })+};
}

#[test]
fn a_number_is_read_as_it_was_written_at_every_offset_and_in_every_order() {
    let wide = 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10_u128;
    all_orders!(
        0xa1u8,
        0xa1b2u16,
        0xa1b2_c3d4u32,
        0xa1b2_c3d4_e5f6_0718u64,
        wide
    );
    all_orders!(-7i8, -300i16, -70_000i32, i64::MIN + 3, -(wide as i128));
    all_orders!(
        usize::MAX - 0x1234,
        isize::MIN + 0x1234,
        1.25e-3f32,
        -9.5e200f64
    );
}

#[test]
fn each_number_of_an_array_has_the_byte_order() {
    let value = [[1u16, 0x0203], [0xff00, 4], [5, 6]];
    let flat = || value.into_iter().flatten();
    let native = flat().flat_map(u16::to_ne_bytes).collect();
    round_trips(
        value,
        (SharedBuffer::write_value, SharedBuffer::read_value, native),
    );
    let little = flat().flat_map(u16::to_le_bytes).collect();
    round_trips(
        value,
        (SharedBuffer::write_le, SharedBuffer::read_le, little),
    );
    let big = flat().flat_map(u16::to_be_bytes).collect();
    round_trips(value, (SharedBuffer::write_be, SharedBuffer::read_be, big));
}

#[test]
fn arrays_of_every_length_keep_their_bytes() {
    fn check<const N: usize>() {
        let bytes: [u8; N] = core::array::from_fn(|i| !(i as u8));
        let way = (
            SharedBuffer::write_value as fn(&_, _, _) -> _,
            bytes.to_vec(),
        );
        round_trips(bytes, (way.0, SharedBuffer::read_value, way.1));
    }
    check::<1>();
    check::<2>();
    check::<3>();
    check::<5>();
    check::<7>();
    check::<9>();
    check::<15>();
    check::<17>();
    check::<31>();
    check::<33>();
    check::<63>();
    check::<65>();
    check::<96>();
}

#[test]
fn a_value_of_no_bytes_needs_a_place_and_no_room() {
    let buffer = buffer_of(&[1, 2, 3]);
    assert_eq!(buffer.read_value::<[u64; 0]>(3), Ok([]));
    assert_eq!(buffer.write_value(3, [0u64; 0]), Ok(()));
    assert!(buffer.read_value::<[u64; 0]>(4).is_err());
    assert!(buffer.write_value(4, [0u64; 0]).is_err());
}

#[test]
fn a_signalling_nan_keeps_its_bits() {
    let buffer = buffer_of(&[0; 16]);
    for bits in [0x7fa0_0001u32, 0xffa0_0001, 0x7f80_0000, 0x0000_0001] {
        buffer.write_be(4, bits).expect("room");
        let float: f32 = buffer.read_be(4).expect("room");
        buffer.write_le(8, float).expect("room");
        assert_eq!(buffer.read_le::<u32>(8), Ok(bits));
    }
}

#[test]
fn without_the_permission_nothing_is_read_or_written() {
    let reader = buffer_with(&pattern(), Access::READ);
    let (needed, held) = (Access::WRITE, Access::READ);
    let denied = Err(AccessError::Denied { needed, held });
    assert_eq!(reader.write_value(0, 0u64), denied);
    assert_eq!(reader.write_le(0, 0u64), denied);
    assert_eq!(reader.write_be(0, [0u16; 40]), denied);
    assert_eq!(contents(&reader), pattern());
    assert_eq!(reader.read_value::<u8>(1), Ok(pattern()[1]));

    let writer = buffer_with(&pattern(), Access::WRITE);
    let (needed, held) = (Access::READ, Access::WRITE);
    let denied = Err(AccessError::Denied { needed, held });
    assert_eq!(writer.read_value::<u64>(0), denied);
    assert_eq!(writer.read_le::<u64>(0), denied);
    assert_eq!(writer.read_be::<u64>(0), denied);
    assert_eq!(writer.write_value(0, 1u64), Ok(()));
}

#[test]
fn views_have_the_values_of_their_part() {
    let mut buffer = buffer_of(&pattern());
    let view = buffer.slice_mut(8..24);
    assert_eq!(view.write_value(8, u64::MAX), Ok(()));
    assert_eq!(view.write_le(0, 1u32), Ok(()));
    assert_eq!(view.write_be(4, 1u32), Ok(()));
    assert!(view.write_value(9, 0u64).is_err());
    assert_eq!(view.read_le::<u32>(0), Ok(1));
    let part = buffer.slice(8..24);
    assert_eq!(part.read_value::<u64>(8), Ok(u64::MAX));
    assert_eq!(part.read_be::<u64>(0), Ok(0x0100_0000_0000_0001));
    assert!(part.read_value::<u64>(9).is_err());
}

/// A writer alternates two values and a reader must see one of them. Both are of one size:
/// accesses of different sizes must not race where the memory is Rust's.
#[cfg(not(miri))] // which copies values byte by byte
fn is_never_torn<T: Value + PartialEq + Debug + Send + Sync>(one: T, other: T) {
    const READS: usize = 100_000;
    // A multiple of 8 from which to count: a vector of bytes may start anywhere.
    let mut buffer = buffer_of(&[0; 48]);
    let start = buffer.as_ptr_len().0.addr().next_multiple_of(8) - buffer.as_ptr_len().0.addr();
    let (buffer, stop) = (&buffer, &AtomicBool::new(false));
    buffer.write_value(start + 16, one).expect("room");
    thread::scope(|scope| {
        scope.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                buffer.write_value(start + 16, other).expect("room");
                buffer.write_value(start + 16, one).expect("room");
            }
        });
        let torn = (0..READS).find_map(|_| {
            let seen: T = buffer.read_value(start + 16).expect("room");
            (seen != one && seen != other).then_some(seen)
        });
        stop.store(true, Ordering::Relaxed);
        assert_eq!(torn, None, "neither {one:?} nor {other:?}");
    });
}

#[cfg(not(miri))]
#[test]
fn an_aligned_value_is_never_torn() {
    is_never_torn(0u16, u16::MAX);
    is_never_torn(0u32, u32::MAX);
    is_never_torn(0usize, usize::MAX);
    is_never_torn([0u8; 4], [0xff; 4]);
    is_never_torn(0f32, f32::from_bits(0x7f7f_7f7f));
}

/// One thing that a program does with values.
#[derive(Clone, Debug)]
enum Op {
    U8(usize, u8),
    U32(usize, u32),
    Le(usize, u64),
    Be(usize, i128),
    Array(usize, [u16; 3]),
}

fn op() -> impl Strategy<Value = Op> {
    let offset = || prop_oneof![9 => 0..SIZE + 20, 1 => usize::MAX - 20..=usize::MAX];
    prop_oneof![
        (offset(), any::<u8>()).prop_map(|(at, v)| Op::U8(at, v)),
        (offset(), any::<u32>()).prop_map(|(at, v)| Op::U32(at, v)),
        (offset(), any::<u64>()).prop_map(|(at, v)| Op::Le(at, v)),
        (offset(), any::<i128>()).prop_map(|(at, v)| Op::Be(at, v)),
        (offset(), any::<[u16; 3]>()).prop_map(|(at, v)| Op::Array(at, v)),
    ]
}

/// The same on a vector. Returns whether there was room, and what was there before.
fn on_model(model: &mut [u8], at: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    let place = model.get_mut(at..at.checked_add(bytes.len())?)?;
    let before = place.to_vec();
    place.copy_from_slice(bytes);
    Some(before)
}

/// Applies one operation to both; the bytes that the buffer read before, as the model has them.
fn apply(buffer: &SharedBuffer, model: &mut [u8], op: &Op) {
    let (before, written, expected) = match *op {
        Op::U8(at, v) => (
            buffer
                .read_value::<u8>(at)
                .map(|v| v.to_ne_bytes().to_vec()),
            buffer.write_value(at, v),
            on_model(model, at, &v.to_ne_bytes()),
        ),
        Op::U32(at, v) => (
            buffer
                .read_value::<u32>(at)
                .map(|v| v.to_ne_bytes().to_vec()),
            buffer.write_value(at, v),
            on_model(model, at, &v.to_ne_bytes()),
        ),
        Op::Le(at, v) => (
            buffer.read_le::<u64>(at).map(|v| v.to_le_bytes().to_vec()),
            buffer.write_le(at, v),
            on_model(model, at, &v.to_le_bytes()),
        ),
        Op::Be(at, v) => (
            buffer.read_be::<i128>(at).map(|v| v.to_be_bytes().to_vec()),
            buffer.write_be(at, v),
            on_model(model, at, &v.to_be_bytes()),
        ),
        Op::Array(at, v) => (
            buffer
                .read_value::<[u16; 3]>(at)
                .map(|v| v.map(u16::to_ne_bytes).concat()),
            buffer.write_value(at, v),
            on_model(model, at, &v.map(u16::to_ne_bytes).concat()),
        ),
    };
    assert_eq!(before.ok(), expected, "{op:?}");
    assert_eq!(written.is_ok(), expected.is_some(), "{op:?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 400 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn values_in_a_buffer_behave_as_bytes_in_a_vector(ops in vec(op(), 1..40)) {
        let mut model = pattern();
        let buffer = buffer_of(&model);
        for op in ops {
            apply(&buffer, &mut model, &op);
            prop_assert!(contents(&buffer) == model);
        }
    }
}
