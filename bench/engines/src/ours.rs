// SPDX-License-Identifier: MIT OR Apache-2.0
//! This project, through its public methods.

use mapped_vmo::Mapping;

use crate::{Area, Engine};

/// All or an error: what new code uses.
#[derive(Debug)]
pub struct Ours<'a>(&'a Mapping);

/// A count, or a panic: what Fuchsia's crate has.
#[derive(Debug)]
pub struct OursAsTheSeed<'a>(&'a Mapping);

impl<'a> Ours<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area.mapping())
    }
}

impl<'a> OursAsTheSeed<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area.mapping())
    }
}

impl Engine for Ours<'_> {
    const NAME: &'static str = "ours";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        if self.0.read_exact_at(at, dst).is_err() {
            refused(at);
        }
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        if self.0.write_all_at(at, src).is_err() {
            refused(at);
        }
    }
}

impl Engine for OursAsTheSeed<'_> {
    const NAME: &'static str = "ours, as the seed";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        if self.0.read_at(at, dst) != dst.len() {
            refused(at);
        }
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        if self.0.write_at(at, src) != src.len() {
            refused(at);
        }
    }
}

#[cold]
fn refused(at: usize) {
    panic!("a copy at {at} was refused");
}
