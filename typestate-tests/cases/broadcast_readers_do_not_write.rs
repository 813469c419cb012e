// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who reads a broadcast or a latest value has no method that writes.
use vmo_ring::{BroadcastReader, BroadcastWriter, LatestReader, LatestWriter, RingError};

// refused:
fn sends(reader: &mut BroadcastReader) -> Result<(), RingError> {
    reader.send(b"no") //~ E0599
}

fn sets(reader: &mut LatestReader) -> bool {
    reader.set(b"no").is_ok() //~ E0599
}

// accepted:
fn sends(writer: &mut BroadcastWriter) -> Result<(), RingError> {
    writer.send(b"yes")
}

fn sets(writer: &mut LatestWriter) -> bool {
    writer.set(b"yes").is_ok()
}
