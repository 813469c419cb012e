// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seed's API, signature by signature: what compiles here compiled there.
#![allow(clippy::type_complexity, reason = "signatures, written out")]

use core::fmt::Debug;
use core::ops::RangeFrom;

use shared_buffer::{AccessError, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};

type Buffer = SharedBuffer;
type Slice<'a> = SharedBufferSlice<'a>;
type SliceMut<'a> = SharedBufferSliceMut<'a>;
type Rest = RangeFrom<usize>;

const _: unsafe fn(*mut u8, usize) -> Buffer = Buffer::new;
const _: fn(&Buffer, &mut [u8]) -> usize = Buffer::read;
const _: fn(&Buffer, usize, &mut [u8]) -> usize = Buffer::read_at;
const _: fn(&Buffer, &[u8]) -> usize = Buffer::write;
const _: fn(&Buffer, usize, &[u8]) -> usize = Buffer::write_at;
const _: fn(&Buffer) = Buffer::acquire_writes;
const _: fn(&mut Buffer) = Buffer::release_writes;
const _: fn(&Buffer) -> usize = Buffer::len;
const _: for<'a> fn(&'a Buffer, Rest) -> Slice<'a> = Buffer::slice::<Rest>;
const _: for<'a> fn(&'a mut Buffer, Rest) -> SliceMut<'a> = Buffer::slice_mut::<Rest>;
const _: for<'a> fn(&'a Buffer, usize) -> (Slice<'a>, Slice<'a>) = Buffer::split_at;
const _: for<'a> fn(&'a mut Buffer, usize) -> (SliceMut<'a>, SliceMut<'a>) = Buffer::split_at_mut;
const _: fn(&mut Buffer) -> (*mut u8, usize) = Buffer::as_ptr_len;
const _: fn(Buffer) -> (*mut u8, usize) = Buffer::consume;

/// The views: a part of a part lives as long as the whole is borrowed.
#[allow(
    clippy::extra_unused_lifetimes,
    reason = "it is used in the body, where the lint does not look"
)]
const fn views<'a>() {
    let _: fn(&Slice<'a>, &mut [u8]) -> usize = Slice::<'a>::read;
    let _: fn(&Slice<'a>, usize, &mut [u8]) -> usize = Slice::<'a>::read_at;
    let _: fn(&Slice<'a>) = Slice::<'a>::acquire_writes;
    let _: fn(&Slice<'a>) -> usize = Slice::<'a>::len;
    let _: fn(&Slice<'a>, Rest) -> Slice<'a> = Slice::<'a>::slice::<Rest>;
    let _: fn(&Slice<'a>, usize) -> (Slice<'a>, Slice<'a>) = Slice::<'a>::split_at;

    let _: fn(&SliceMut<'a>, &mut [u8]) -> usize = SliceMut::<'a>::read;
    let _: fn(&SliceMut<'a>, usize, &mut [u8]) -> usize = SliceMut::<'a>::read_at;
    let _: fn(&SliceMut<'a>, &[u8]) -> usize = SliceMut::<'a>::write;
    let _: fn(&SliceMut<'a>, usize, &[u8]) -> usize = SliceMut::<'a>::write_at;
    let _: fn(&SliceMut<'a>) = SliceMut::<'a>::acquire_writes;
    let _: fn(&mut SliceMut<'a>) = SliceMut::<'a>::release_writes;
    let _: fn(&SliceMut<'a>) -> usize = SliceMut::<'a>::len;
    let _: fn(&SliceMut<'a>, Rest) -> Slice<'a> = SliceMut::<'a>::slice::<Rest>;
    let _: fn(&mut SliceMut<'a>, Rest) -> SliceMut<'a> = SliceMut::<'a>::slice_mut::<Rest>;
    let _: fn(&SliceMut<'a>, usize) -> (Slice<'a>, Slice<'a>) = SliceMut::<'a>::split_at;
    let _: fn(&mut SliceMut<'a>, usize) -> (SliceMut<'a>, SliceMut<'a>) =
        SliceMut::<'a>::split_at_mut;
}
const _: () = views();

const fn auto_traits<T: Send + Sync + Debug + Unpin>() {}
const _: () = auto_traits::<Buffer>();
const _: () = auto_traits::<Slice<'static>>();
const _: () = auto_traits::<SliceMut<'static>>();
const _: () = auto_traits::<AccessError>();

/// Which of two `answer`s is found says whether `T` is `Clone`.
struct Probe<T>(core::marker::PhantomData<T>);

trait NotClone {
    fn is_clone(&self) -> bool {
        false
    }
}

impl<T> NotClone for &Probe<T> {}

impl<T: Clone> Probe<T> {
    fn is_clone(&self) -> bool {
        true
    }
}

#[test]
fn neither_the_buffer_nor_its_views_can_be_cloned() {
    use core::marker::PhantomData;
    assert!(
        Probe::<u8>(PhantomData).is_clone(),
        "the probe finds nothing"
    );
    assert!(!(&Probe::<Buffer>(PhantomData)).is_clone());
    assert!(!(&Probe::<Slice<'static>>(PhantomData)).is_clone());
    assert!(!(&Probe::<SliceMut<'static>>(PhantomData)).is_clone());
}

#[test]
fn a_part_of_a_part_outlives_the_part() {
    let mut bytes = *b"0123456789";
    // SAFETY: nothing else touches `bytes` while the buffer lives.
    let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    let inner = {
        let outer = buffer.slice(2..8);
        outer.slice(1..3)
    };
    let mut copy = [0; 2];
    inner.read(&mut copy);
    assert_eq!(&copy, b"34");
    let inner = {
        let mut outer = buffer.slice_mut(2..8);
        outer.slice_mut(1..3)
    };
    assert_eq!(inner.write(b"xyz"), 2);
}
