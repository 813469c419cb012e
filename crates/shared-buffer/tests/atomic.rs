// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics in shared bytes: each access beside the same one of core, and what is refused.

mod common;

use core::fmt::Debug;
use core::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

use common::{aligned, aligned_with, contents, panic_message};
use proptest::collection::vec;
use proptest::prelude::*;
use shared_buffer::{Access, AccessError, AtomicInt, ReadOnlyAtomic, SharedAtomic, SharedBuffer};

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

const ANY: [Ordering; 5] = [Relaxed, Acquire, Release, AcqRel, SeqCst];
const LOADS: [Ordering; 3] = [Relaxed, Acquire, SeqCst];
const STORES: [Ordering; 3] = [Relaxed, Release, SeqCst];

const LONGEST: usize = 60;
const CASES: u32 = 300;

/// One access.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Load,
    Store,
    Swap,
    Exchange,
    ExchangeWeak,
    Add,
    Sub,
    And,
    Nand,
    Or,
    Xor,
    Min,
    Max,
    Update,
}

const KINDS: [Kind; 14] = [
    Kind::Load,
    Kind::Store,
    Kind::Swap,
    Kind::Exchange,
    Kind::ExchangeWeak,
    Kind::Add,
    Kind::Sub,
    Kind::And,
    Kind::Nand,
    Kind::Or,
    Kind::Xor,
    Kind::Min,
    Kind::Max,
    Kind::Update,
];

/// An access, its operands and its orderings. Where `hit`, an exchange finds what it wants.
#[derive(Clone, Copy, Debug)]
struct Op {
    kind: Kind,
    values: (u64, u64),
    hit: bool,
    order: Ordering,
    load: Ordering,
    store: Ordering,
}

/// Any number, with those around the borders of each size often.
fn value() -> impl Strategy<Value = u64> {
    let edge = (0..4_usize, 0..3_u64).prop_map(|(size, by)| {
        let sign = 1_u64 << ((8 << size) - 1);
        sign.wrapping_add(by).wrapping_sub(1)
    });
    prop_oneof![4 => any::<u64>(), 2 => edge, 1 => 0..3_u64, 1 => (0..3_u64).prop_map(|n| !n)]
}

fn op() -> impl Strategy<Value = Op> {
    let kind = prop::sample::select(&KINDS[..]);
    let orders = (
        prop::sample::select(&ANY[..]),
        prop::sample::select(&LOADS[..]),
        prop::sample::select(&STORES[..]),
    );
    let all = (kind, (value(), value()), any::<bool>(), orders);
    all.prop_map(|(kind, values, hit, (order, load, store))| Op {
        kind,
        values,
        hit,
        order,
        load,
        store,
    })
}

/// An integer and the atomic of core that it is compared with.
trait Oracle: AtomicInt + Debug + PartialEq {
    type Core;
    fn core(value: u64) -> Self::Core;
    fn value(core: &Self::Core) -> Self;
    /// Does `op` to both and compares what they give and what they hold after.
    fn both(ours: SharedAtomic<'_, Self>, core: &Self::Core, op: Op);
}

/// [`SharedAtomic::compare_exchange_weak`] until it fails with a reason or does not.
fn weak<T: AtomicInt>(ours: SharedAtomic<'_, T>, words: [T; 2], op: Op) -> Result<T, T> {
    loop {
        match ours.compare_exchange_weak(words[0], words[1], op.order, op.load) {
            Err(found) if found == words[0] => {}
            result => return result,
        }
    }
}

/// Does the accesses to a word in the middle of others, which stay as they are.
fn beside_core<T: Oracle>(ops: &[Op], start: u64, word: usize) {
    let size = size_of::<T>();
    let at = 8 + word * size;
    let buffer = aligned(48);
    buffer.write_at(0, &[0xa5; 48]);
    buffer.write_at(at, &start.to_le_bytes()[..size]);
    let ours = buffer.atomic::<T>(at).expect("aligned and inside");
    let core = T::core(start);
    for op in ops {
        T::both(ours, &core, *op);
        let bytes = contents(&buffer);
        let mut outside = bytes[..at].iter().chain(&bytes[at + size..]);
        assert!(outside.all(|byte| *byte == 0xa5), "{op:?}: {bytes:x?}");
    }
}

/// Each access once with each ordering, from a value in which each byte is another.
fn every_ordering<T: Oracle>() {
    let start = 0x8091_a2b3_c4d5_e6f7;
    for (i, kind) in KINDS.into_iter().enumerate() {
        for (order, hit) in ANY.into_iter().zip([true, false].into_iter().cycle()) {
            for (load, store) in LOADS.into_iter().zip(STORES) {
                let op = Op {
                    kind,
                    values: (0x7f6e_5d4c_3b2a_1900 + i as u64, 3),
                    hit,
                    order,
                    load,
                    store,
                };
                let buffer = aligned(16);
                let ours = buffer.atomic(8).expect("inside");
                let core = T::core(start);
                ours.store(T::value(&core), Relaxed);
                T::both(ours, &core, op);
            }
        }
    }
}

macro_rules! oracle {
    ($($int:ty, $core:ty, $test:ident;)+) => {$(
        impl Oracle for $int {
            type Core = $core;

            fn core(value: u64) -> $core {
                <$core>::new(value as $int)
            }

            fn value(core: &$core) -> $int {
                core.load(Relaxed)
            }

            fn both(ours: SharedAtomic<'_, $int>, core: &$core, op: Op) {
                let (a, b, order) = (op.values.0 as $int, op.values.1 as $int, op.order);
                let current = if op.hit { core.load(Relaxed) } else { a };
                let change = |old: $int| (old & 1 == b & 1).then_some(old ^ a);
                match op.kind {
                    Kind::Load => assert_eq!(ours.load(op.load), core.load(op.load)),
                    Kind::Store => {
                        ours.store(a, op.store);
                        core.store(a, op.store);
                    }
                    Kind::Swap => assert_eq!(ours.swap(a, order), core.swap(a, order)),
                    Kind::Exchange => assert_eq!(
                        ours.compare_exchange(current, b, order, op.load),
                        core.compare_exchange(current, b, order, op.load)
                    ),
                    Kind::ExchangeWeak => assert_eq!(
                        weak(ours, [current, b], op),
                        core.compare_exchange(current, b, order, op.load)
                    ),
                    Kind::Add => assert_eq!(ours.fetch_add(a, order), core.fetch_add(a, order)),
                    Kind::Sub => assert_eq!(ours.fetch_sub(a, order), core.fetch_sub(a, order)),
                    Kind::And => assert_eq!(ours.fetch_and(a, order), core.fetch_and(a, order)),
                    Kind::Nand => assert_eq!(ours.fetch_nand(a, order), core.fetch_nand(a, order)),
                    Kind::Or => assert_eq!(ours.fetch_or(a, order), core.fetch_or(a, order)),
                    Kind::Xor => assert_eq!(ours.fetch_xor(a, order), core.fetch_xor(a, order)),
                    Kind::Min => assert_eq!(ours.fetch_min(a, order), core.fetch_min(a, order)),
                    Kind::Max => assert_eq!(ours.fetch_max(a, order), core.fetch_max(a, order)),
                    Kind::Update => assert_eq!(
                        ours.fetch_update(order, op.load, change),
                        core.fetch_update(order, op.load, change)
                    ),
                }
                let now = core.load(SeqCst);
                assert_eq!(ours.load(op.load), now, "after {op:?}");
                assert_eq!(ours.read_only().load(op.load), now, "after {op:?}");
            }
        }

        proptest! {
            #![proptest_config(ProptestConfig {
                cases: CASES,
                failure_persistence: None,
                ..ProptestConfig::default()
            })]

            #[test]
            #[cfg_attr(miri, ignore = "copies and atomics of the same bytes break Miri itself")]
            fn $test(ops in vec(op(), 1..LONGEST), start in value(), word in 0..3_usize) {
                beside_core::<$int>(&ops, start, word);
            }
        }
    )+};
}

oracle! {
    u8, AtomicU8, u8_behaves_as_the_atomic_of_core;
    i8, AtomicI8, i8_behaves_as_the_atomic_of_core;
    u16, AtomicU16, u16_behaves_as_the_atomic_of_core;
    i16, AtomicI16, i16_behaves_as_the_atomic_of_core;
    u32, AtomicU32, u32_behaves_as_the_atomic_of_core;
    i32, AtomicI32, i32_behaves_as_the_atomic_of_core;
    u64, AtomicU64, u64_behaves_as_the_atomic_of_core;
    i64, AtomicI64, i64_behaves_as_the_atomic_of_core;
}

#[test]
fn every_access_takes_every_ordering() {
    every_ordering::<u8>();
    every_ordering::<i8>();
    every_ordering::<u16>();
    every_ordering::<i16>();
    every_ordering::<u32>();
    every_ordering::<i32>();
    every_ordering::<u64>();
    every_ordering::<i64>();
}

#[test]
fn an_atomic_and_the_bytes_are_the_same_memory() {
    let mut buffer = aligned(16);
    let word = buffer.atomic::<u32>(4).expect("aligned");
    word.store(u32::from_ne_bytes(*b"abcd"), Release);
    let mut bytes = [0; 4];
    buffer.read_exact_at(4, &mut bytes).expect("inside");
    assert_eq!(&bytes, b"abcd");
    let mut slice = buffer.slice_mut(4..);
    slice.write(b"efgh");
    let (part, copy) = (slice.slice_mut(..4), [slice.atomic::<u32>(0); 2]);
    let read = part.read_only_atomic::<u32>(0).expect("aligned");
    for word in copy {
        let word = word.expect("aligned");
        assert_eq!(word.fetch_add(0, AcqRel), u32::from_ne_bytes(*b"efgh"));
    }
    assert_eq!(read.load(Acquire).to_ne_bytes(), *b"efgh");
}

/// What both kinds of atomic say at an offset.
fn refusal<T: AtomicInt>(buffer: &SharedBuffer, offset: usize) -> Option<AccessError> {
    let error = buffer.atomic::<T>(offset).err();
    let reading = buffer.read_only_atomic::<T>(offset).err();
    assert_eq!(error, reading, "at {offset}");
    let slice = buffer.slice(..);
    assert_eq!(error, slice.read_only_atomic::<T>(offset).err());
    error
}

fn refusals<T: AtomicInt>() {
    let (align, size) = (size_of::<T>(), 24);
    let buffer = aligned(size);
    for offset in (0..size + 10).chain([usize::MAX - 7, usize::MAX, isize::MAX as usize]) {
        let expected = if offset > size || size - offset < align {
            Some(AccessError::OutOfBounds {
                offset,
                len: align,
                size,
            })
        } else if offset % align > 0 {
            Some(AccessError::Misaligned {
                offset,
                align,
                excess: offset % align,
            })
        } else {
            None
        };
        assert_eq!(refusal::<T>(&buffer, offset), expected, "at {offset}");
    }
}

#[test]
fn a_word_outside_or_between_two_is_refused() {
    refusals::<u8>();
    refusals::<i8>();
    refusals::<u16>();
    refusals::<i16>();
    refusals::<u32>();
    refusals::<i32>();
    refusals::<u64>();
    refusals::<i64>();
}

#[test]
fn the_address_is_aligned_and_not_the_offset() {
    let mut buffer = aligned(16);
    let mut odd = buffer.slice_mut(3..);
    odd.atomic::<u32>(1).expect("address 4").store(7, Relaxed);
    let error = odd.atomic::<u32>(4).expect_err("address 7");
    let expected = AccessError::Misaligned {
        offset: 4,
        align: 4,
        excess: 3,
    };
    assert_eq!(error, expected);
    assert_eq!(odd.slice_mut(4..).atomic::<u32>(0).ok().map(|_| ()), None);
    assert_eq!(buffer.atomic::<u32>(4).expect("address 4").load(Relaxed), 7);
}

#[test]
fn an_atomic_needs_both_permissions_and_a_load_one() {
    for held in [Access::NONE, Access::READ, Access::WRITE] {
        let buffer = aligned_with(8, held);
        let needed = Access::READ_WRITE;
        let denied = |needed| AccessError::Denied { needed, held };
        assert_eq!(buffer.atomic::<u32>(0).err(), Some(denied(needed)));
        let load = buffer.read_only_atomic::<u32>(0);
        match held.can_read() {
            true => assert_eq!(load.expect("readable").load(Acquire), 0),
            false => assert_eq!(load.err(), Some(denied(Access::READ))),
        }
        let outside = buffer.atomic::<u64>(1).expect_err("outside and denied");
        assert_eq!(outside.raw_status(), -14);
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let buffer = aligned_with(8, Access::WRITE);
    let denied = buffer.atomic::<u8>(0).expect_err("not readable");
    assert!(denied.to_string().starts_with("read from a buffer"));
    assert_eq!(denied.raw_status(), -30);
    let odd = aligned(8).atomic::<u16>(5).expect_err("misaligned");
    assert_eq!(odd.raw_status(), -10);
    assert_eq!(
        odd.to_string(),
        "offset 5 is at an address 1 past a multiple of 2: an atomic access needs that multiple"
    );
}

#[test]
fn an_ordering_that_there_is_not_panics_as_in_core() {
    let (buffer, core) = (aligned(8), AtomicU32::new(0));
    let ours = buffer.atomic::<u32>(0).expect("aligned");
    for order in [Release, AcqRel] {
        let message = panic_message(|| core.load(order));
        assert_eq!(panic_message(|| ours.load(order)), message);
        assert_eq!(panic_message(|| ours.read_only().load(order)), message);
        let update = || ours.fetch_update(SeqCst, order, Some);
        assert_eq!(panic_message(update), message);
        let message = panic_message(|| core.compare_exchange(0, 1, SeqCst, order));
        let strong = || ours.compare_exchange(0, 1, SeqCst, order);
        assert_eq!(panic_message(strong), message);
        let weak = || ours.compare_exchange_weak(0, 1, SeqCst, order);
        assert_eq!(panic_message(weak), message);
    }
    for order in [Acquire, AcqRel] {
        let message = panic_message(|| core.store(1, order));
        assert_eq!(panic_message(|| ours.store(1, order)), message);
    }
    assert_eq!(ours.load(Relaxed), 0, "nothing was stored");
}

#[test]
fn a_handle_goes_to_other_threads_and_shows_no_value() {
    fn goes<T: Send + Sync + Copy>(_: T) {}
    let buffer = aligned(8);
    let ours = buffer.atomic::<i32>(4).expect("aligned");
    goes(ours);
    goes::<ReadOnlyAtomic<'_, u64>>(buffer.read_only_atomic(0).expect("aligned"));
    ours.store(987_654_321, Relaxed);
    for text in [format!("{ours:?}"), format!("{:?}", ours.read_only())] {
        assert!(text.contains("Atomic(0x") && !text.contains("987654321"));
    }
}
