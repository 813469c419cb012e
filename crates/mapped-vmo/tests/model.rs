// SPDX-License-Identifier: MIT OR Apache-2.0
//! A `Vec<u8>` beside the mapping: whatever is done to both, they stay the same.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use mapped_vmo::Mapping;
use mapped_vmo::zx::{VmarFlags, Vmo};
use proptest::collection::vec;
use proptest::prelude::*;

/// One thing that a program does to a mapping.
#[derive(Clone, Debug)]
enum Op {
    Write(usize, Vec<u8>),
    WriteAll(usize, Vec<u8>),
    Read(usize, usize),
    ReadExact(usize, usize),
    WriteInSlice(usize, usize, Vec<u8>),
    WriteInHalves(usize, Vec<u8>, Vec<u8>),
    VmoWrite(usize, Vec<u8>),
    VmoRead(usize, usize),
    Remap,
}

/// Offsets inside, at the end and past it.
fn offset() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..9000usize, 1 => Just(usize::MAX), 1 => Just(isize::MAX as usize)]
}

fn op() -> impl Strategy<Value = Op> {
    let bytes = || vec(any::<u8>(), 0..600);
    prop_oneof![
        (offset(), bytes()).prop_map(|(at, b)| Op::Write(at, b)),
        (offset(), bytes()).prop_map(|(at, b)| Op::WriteAll(at, b)),
        (offset(), 0..9000usize).prop_map(|(at, len)| Op::Read(at, len)),
        (offset(), 0..9000usize).prop_map(|(at, len)| Op::ReadExact(at, len)),
        (offset(), offset(), bytes()).prop_map(|(a, b, c)| Op::WriteInSlice(a, b, c)),
        (offset(), bytes(), bytes()).prop_map(|(at, a, b)| Op::WriteInHalves(at, a, b)),
        (offset(), bytes()).prop_map(|(at, b)| Op::VmoWrite(at, b)),
        (offset(), 0..9000usize).prop_map(|(at, len)| Op::VmoRead(at, len)),
        Just(Op::Remap),
    ]
}

/// The mapping, its VMO, and what both must hold.
struct Pair {
    mapping: Mapping,
    vmo: Vmo,
    /// The VMO's bytes, of which the mapping sees the first `mapping.len()`.
    model: Vec<u8>,
}

impl Pair {
    fn new(size: usize) -> Self {
        let (mapping, vmo) = Mapping::allocate(size).unwrap();
        let model = vec![0; vmo.get_size().unwrap() as usize];
        Self {
            mapping,
            vmo,
            model,
        }
    }

    /// The part of the mapping at `offset` that `len` bytes cover, if the offset is legal.
    fn clip(&self, offset: usize, len: usize) -> Option<core::ops::Range<usize>> {
        let size = self.mapping.len();
        (offset <= size).then(|| offset..offset.saturating_add(len).min(size))
    }

    fn exact(&self, size: usize, offset: usize, len: usize) -> Option<core::ops::Range<usize>> {
        let end = offset.checked_add(len)?;
        (end <= size).then_some(offset..end)
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Write(at, bytes) => self.write(at, &bytes),
            Op::WriteAll(at, bytes) => self.write_all(at, &bytes),
            Op::Read(at, len) => self.read(at, len),
            Op::ReadExact(at, len) => self.read_exact(at, len),
            Op::WriteInSlice(start, end, bytes) => self.write_in_slice(start, end, &bytes),
            Op::WriteInHalves(at, left, right) => self.write_in_halves(at, &left, &right),
            Op::VmoWrite(at, bytes) => self.vmo_write(at, &bytes),
            Op::VmoRead(at, len) => self.vmo_read(at, len),
            Op::Remap => self.remap(),
        }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), TestCaseError> {
        let range = self.clip(at, bytes.len());
        let written = self.mapping.try_write_at(at, bytes).ok();
        prop_assert_eq!(written, range.clone().map(|r| r.len()));
        if let Some(range) = range {
            let len = range.len();
            self.model[range].copy_from_slice(&bytes[..len]);
        }
        Ok(())
    }

    fn write_all(&mut self, at: usize, bytes: &[u8]) -> Result<(), TestCaseError> {
        let range = self.exact(self.mapping.len(), at, bytes.len());
        prop_assert_eq!(
            self.mapping.write_all_at(at, bytes).is_ok(),
            range.is_some()
        );
        if let Some(range) = range {
            self.model[range].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn read(&mut self, at: usize, len: usize) -> Result<(), TestCaseError> {
        let mut dst = vec![0xEE; len];
        let mut expected = dst.clone();
        let range = self.clip(at, len);
        if let Some(range) = range.clone() {
            expected[..range.len()].copy_from_slice(&self.model[range]);
        }
        let read = self.mapping.try_read_at(at, &mut dst).ok();
        prop_assert_eq!(read, range.map(|r| r.len()));
        prop_assert!(dst == expected);
        Ok(())
    }

    fn read_exact(&mut self, at: usize, len: usize) -> Result<(), TestCaseError> {
        let mut dst = vec![0xEE; len];
        let mut expected = dst.clone();
        let range = self.exact(self.mapping.len(), at, len);
        if let Some(range) = range.clone() {
            expected.copy_from_slice(&self.model[range]);
        }
        prop_assert_eq!(
            self.mapping.read_exact_at(at, &mut dst).is_ok(),
            range.is_some()
        );
        prop_assert!(dst == expected);
        Ok(())
    }

    fn write_in_slice(
        &mut self,
        start: usize,
        end: usize,
        bytes: &[u8],
    ) -> Result<(), TestCaseError> {
        let size = self.mapping.len();
        let legal = start <= end && end <= size;
        let Ok(slice) = self.mapping.try_slice_mut(start..end) else {
            prop_assert!(!legal);
            return Ok(());
        };
        prop_assert!(legal);
        let written = slice.write(bytes);
        prop_assert_eq!(written, bytes.len().min(end - start));
        self.model[start..start + written].copy_from_slice(&bytes[..written]);
        Ok(())
    }

    fn write_in_halves(
        &mut self,
        at: usize,
        left: &[u8],
        right: &[u8],
    ) -> Result<(), TestCaseError> {
        let size = self.mapping.len();
        let Ok((first, second)) = self.mapping.try_split_at_mut(at) else {
            prop_assert!(at > size);
            return Ok(());
        };
        let (left_len, right_len) = (first.write(left), second.write(right));
        prop_assert_eq!(
            (left_len, right_len),
            (left.len().min(at), right.len().min(size - at))
        );
        self.model[..left_len].copy_from_slice(&left[..left_len]);
        self.model[at..at + right_len].copy_from_slice(&right[..right_len]);
        Ok(())
    }

    fn vmo_write(&mut self, at: usize, bytes: &[u8]) -> Result<(), TestCaseError> {
        let range = self.exact(self.model.len(), at, bytes.len());
        prop_assert_eq!(self.vmo.write(bytes, at as u64).is_ok(), range.is_some());
        if let Some(range) = range {
            self.model[range].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn vmo_read(&mut self, at: usize, len: usize) -> Result<(), TestCaseError> {
        let mut dst = vec![0xEE; len];
        let range = self.exact(self.model.len(), at, len);
        prop_assert_eq!(self.vmo.read(&mut dst, at as u64).is_ok(), range.is_some());
        if let Some(range) = range {
            prop_assert!(dst == self.model[range]);
        }
        Ok(())
    }

    fn remap(&mut self) -> Result<(), TestCaseError> {
        let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
        self.mapping = Mapping::create_from_vmo(&self.vmo, self.mapping.len(), flags).unwrap();
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mapping_and_its_vmo_are_a_vector_of_bytes(
        size in 1..9000usize,
        ops in vec(op(), 1..40),
    ) {
        let mut pair = Pair::new(size);
        for op in ops {
            pair.apply(op)?;
            prop_assert!(pair.vmo.read_to_vec::<u8>(0, pair.model.len() as u64).unwrap() == pair.model);
        }
    }
}
