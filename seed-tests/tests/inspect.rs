// SPDX-License-Identifier: MIT OR Apache-2.0
//! A heap of small blocks in the manner of the seed's era: the writer holds an
//! `Arc<Mapping>` in each block, a reader knows nothing but the VMO.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use fuchsia_zircon as zx;
#[allow(
    unused_imports,
    reason = "the method is found without it here; source of the era imports the trait"
)]
use fuchsia_zircon::HandleBased;
use mapped_vmo::Mapping;

/// A block is a header of 16 bytes, which says what it is, and its payload.
///
/// ```text
///   0      1      2          8                16
///   ┌──────┬──────┬──────────┬────────────────┬──────────────
///   │ order│ kind │ reserved │ value          │ payload …
///   └──────┴──────┴──────────┴────────────────┴──────────────
/// ```
const HEADER: usize = 16;
const VALUE: usize = 8;

/// A block of order n has 16 << n bytes, header included.
const ORDERS: u8 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Free = 0,
    Counter = 1,
    Text = 2,
}

/// What blocks can be in: the writer's mapping, the reader's VMO or a copy of it.
trait Container {
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) -> Result<(), zx::Status>;
}

impl Container for Arc<Mapping> {
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) -> Result<(), zx::Status> {
        match self.read_at(offset, bytes) {
            read if read == bytes.len() => Ok(()),
            _ => Err(zx::Status::OUT_OF_RANGE),
        }
    }
}

impl Container for zx::Vmo {
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) -> Result<(), zx::Status> {
        self.read(bytes, offset as u64)
    }
}

impl Container for Vec<u8> {
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) -> Result<(), zx::Status> {
        let there = self.get(offset..offset + bytes.len());
        bytes.copy_from_slice(there.ok_or(zx::Status::OUT_OF_RANGE)?);
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Block<C> {
    container: C,
    offset: usize,
}

impl<C: Container> Block<C> {
    fn order(&self) -> Result<u8, zx::Status> {
        let mut order = [0; 1];
        self.container.read_bytes(self.offset, &mut order)?;
        match order {
            [order] if order < ORDERS => Ok(order),
            _ => Err(zx::Status::IO_DATA_INTEGRITY),
        }
    }

    fn kind(&self) -> Result<Kind, zx::Status> {
        let mut kind = [0; 1];
        self.container.read_bytes(self.offset + 1, &mut kind)?;
        match kind[0] {
            0 => Ok(Kind::Free),
            1 => Ok(Kind::Counter),
            2 => Ok(Kind::Text),
            _ => Err(zx::Status::IO_DATA_INTEGRITY),
        }
    }

    fn size(&self) -> Result<usize, zx::Status> {
        Ok(HEADER << self.order()?)
    }

    fn value(&self) -> Result<u64, zx::Status> {
        let mut value = [0; 8];
        self.container.read_bytes(self.offset + VALUE, &mut value)?;
        Ok(u64::from_le_bytes(value))
    }

    /// The length in the header is the writer's word for it: it is checked before use.
    fn text(&self) -> Result<String, zx::Status> {
        let len = self.value()? as usize;
        if len > self.size()? - HEADER {
            return Err(zx::Status::IO_DATA_INTEGRITY);
        }
        let mut text = vec![0; len];
        self.container.read_bytes(self.offset + HEADER, &mut text)?;
        String::from_utf8(text).map_err(|_| zx::Status::IO_DATA_INTEGRITY)
    }
}

impl Block<Arc<Mapping>> {
    fn become_kind(&self, order: u8, kind: Kind) {
        let mut header = [0; HEADER];
        header[0] = order;
        header[1] = kind as u8;
        self.container.write_at(self.offset, &header);
    }

    fn set_value(&self, value: u64) {
        self.container
            .write_at(self.offset + VALUE, &value.to_le_bytes());
    }

    fn add(&self, more: u64) {
        self.set_value(self.value().unwrap() + more);
    }
}

/// Blocks of powers of two; a free one is split until it fits and joined with its twin when
/// it is given back.
struct Heap {
    mapping: Arc<Mapping>,
    free: [BTreeSet<usize>; ORDERS as usize],
}

impl Heap {
    fn new(size: usize) -> Result<(Self, zx::Vmo), zx::Status> {
        let (mapping, vmo) = Mapping::allocate_with_name(size, "InspectHeap")?;
        let mapping = Arc::new(mapping);
        let mut heap = Self {
            mapping,
            free: Default::default(),
        };
        for offset in (0..size).step_by(HEADER << (ORDERS - 1)) {
            heap.put(offset, ORDERS - 1);
        }
        Ok((heap, vmo))
    }

    fn block(&self, offset: usize) -> Block<Arc<Mapping>> {
        let container = Arc::clone(&self.mapping);
        Block { container, offset }
    }

    fn put(&mut self, offset: usize, order: u8) {
        self.block(offset).become_kind(order, Kind::Free);
        self.free[usize::from(order)].insert(offset);
    }

    fn allocate(&mut self, payload: usize, kind: Kind) -> Result<Block<Arc<Mapping>>, zx::Status> {
        let wanted = (0..ORDERS)
            .find(|order| HEADER << order >= HEADER + payload)
            .ok_or(zx::Status::INVALID_ARGS)?;
        let (order, offset) = (wanted..ORDERS)
            .find_map(|order| Some((order, self.free[usize::from(order)].pop_first()?)))
            .ok_or(zx::Status::NO_MEMORY)?;
        for half in (wanted..order).rev() {
            self.put(offset + (HEADER << half), half);
        }
        let block = self.block(offset);
        block.become_kind(wanted, kind);
        Ok(block)
    }

    fn text(&mut self, text: &str) -> Result<Block<Arc<Mapping>>, zx::Status> {
        let block = self.allocate(text.len(), Kind::Text)?;
        self.mapping
            .write_at(block.offset + HEADER, text.as_bytes());
        block.set_value(text.len() as u64);
        Ok(block)
    }

    fn give_back(&mut self, block: Block<Arc<Mapping>>) -> Result<(), zx::Status> {
        let (mut offset, mut order) = (block.offset, block.order()?);
        while order < ORDERS - 1 {
            let twin = offset ^ (HEADER << order);
            if !self.free[usize::from(order)].remove(&twin) {
                break;
            }
            offset = offset.min(twin);
            order += 1;
        }
        self.put(offset, order);
        Ok(())
    }
}

/// Walks from block to block, as a reader does that trusts no header.
fn scan<C: Container + Clone>(container: &C, size: usize) -> Result<Vec<Block<C>>, zx::Status> {
    let mut blocks = Vec::new();
    let mut offset = 0;
    while offset < size {
        let container = container.clone();
        let block = Block { container, offset };
        block.kind()?;
        offset += block.size()?;
        blocks.push(block);
    }
    Ok(blocks)
}

const SIZE: usize = 4096;

#[test]
fn the_reader_finds_what_the_writer_keeps() {
    let (mut heap, vmo) = Heap::new(SIZE).unwrap();
    let requests = heap.allocate(0, Kind::Counter).unwrap();
    let greeting = heap.text("hello, reader").unwrap();
    requests.add(40);
    requests.add(2);

    let copy = vmo.read_to_vec::<u8>(0, SIZE as u64).unwrap();
    let of_kind = |kind| {
        let blocks = scan(&copy, SIZE).unwrap();
        let found = blocks.into_iter().find(|b| b.kind() == Ok(kind));
        found.expect("a block of this kind")
    };
    assert_eq!(of_kind(Kind::Counter).value(), Ok(42));
    assert_eq!(of_kind(Kind::Text).text().unwrap(), "hello, reader");

    let container = vmo.duplicate_handle(zx::Rights::SAME_RIGHTS).unwrap();
    let offset = greeting.offset;
    let live = Block { container, offset };
    assert_eq!(live.text(), greeting.text());
    heap.mapping.write_at(offset + HEADER, b"HELLO");
    assert_eq!(live.text().unwrap(), "HELLO, reader");
    assert_eq!(of_kind(Kind::Text).text().unwrap(), "hello, reader");
}

#[test]
fn a_reader_maps_without_the_right_to_write() {
    let (mut heap, vmo) = Heap::new(SIZE).unwrap();
    let counter = heap.allocate(0, Kind::Counter).unwrap();
    let reader = Mapping::create_from_vmo(&vmo, SIZE, zx::VmarFlags::PERM_READ).unwrap();
    let container = Arc::new(reader);
    let offset = counter.offset;
    let seen = Block { container, offset };
    for expected in 1..=3 {
        counter.add(1);
        assert_eq!(seen.value(), Ok(expected));
    }
}

#[test]
fn blocks_do_not_overlap_and_are_joined_again() {
    let (mut heap, _vmo) = Heap::new(SIZE).unwrap();
    let mut blocks = Vec::new();
    let full = loop {
        match heap.allocate(blocks.len() % 200, Kind::Counter) {
            Ok(block) => blocks.push(block),
            Err(status) => break status,
        }
    };
    assert_eq!(full, zx::Status::NO_MEMORY);
    for (index, block) in blocks.iter().enumerate() {
        block.set_value(index as u64);
    }
    for (index, block) in blocks.iter().enumerate() {
        assert_eq!(block.value(), Ok(index as u64));
    }
    for block in blocks {
        heap.give_back(block).unwrap();
    }
    let left = scan(&heap.mapping, SIZE).unwrap();
    assert_eq!(left.len(), SIZE / (HEADER << (ORDERS - 1)));
    let all_free = left.iter().all(|block| block.kind() == Ok(Kind::Free));
    assert!(all_free);
}

#[test]
fn a_header_that_lies_is_an_error() {
    let (mut heap, vmo) = Heap::new(SIZE).unwrap();
    let text = heap.text("short").unwrap();
    let integrity = Some(zx::Status::IO_DATA_INTEGRITY);
    text.set_value(u64::MAX >> 1);
    assert_eq!(text.text().err(), integrity);
    vmo.write(&[200], text.offset as u64).unwrap();
    assert_eq!(scan(&heap.mapping, SIZE).err(), integrity);
    // A block that the end of the VMO cuts off.
    let cut = |container| Block {
        container,
        offset: SIZE - 12,
    };
    let outside = Err(zx::Status::OUT_OF_RANGE);
    assert_eq!(cut(Arc::clone(&heap.mapping)).value(), outside);
}

#[test]
fn threads_write_through_their_own_blocks() {
    let (mut heap, vmo) = Heap::new(SIZE).unwrap();
    let writers: Vec<_> = (0..4u64)
        .map(|writer| {
            let block = heap.allocate(0, Kind::Counter).unwrap();
            let offset = block.offset;
            let thread = thread::spawn(move || {
                for _ in 0..100 {
                    block.add(writer);
                }
            });
            (offset, thread)
        })
        .collect();
    for (writer, (offset, thread)) in (0..).zip(writers) {
        thread.join().unwrap();
        let value = vmo.read_to_array::<u8, 8>((offset + VALUE) as u64).unwrap();
        assert_eq!(u64::from_le_bytes(value), 100 * writer);
    }
}
