// SPDX-License-Identifier: MIT OR Apache-2.0
//! A parser with a double fetch, its repaired twin, and the chaos buffer that tells them
//! apart. Ends with an error if it does not.
//!
//! ```sh
//! cargo run -p vmo-shared-buffer --features chaos --example chaos
//! ```
#![allow(clippy::print_stdout, reason = "a demonstration")]

use std::process::ExitCode;

use shared_buffer::chaos::ChaosBuffer;
use shared_buffer::{AccessError, SharedBuffer};

const HEADER: usize = 4;
const MAX: usize = 16;

type Parser = fn(&SharedBuffer) -> Result<Option<Vec<u8>>, AccessError>;

fn length(header: [u8; HEADER]) -> usize {
    usize::try_from(u32::from_le_bytes(header)).unwrap_or(usize::MAX)
}

/// Checks one length, and uses another: the peer has all the time between the two reads.
fn broken(shared: &SharedBuffer) -> Result<Option<Vec<u8>>, AccessError> {
    if length(shared.read_value(0)?) > MAX {
        return Ok(None);
    }
    let mut message = vec![0; HEADER];
    shared.read_exact_at(0, &mut message)?; // the header, once more
    let len = length([message[0], message[1], message[2], message[3]]);
    println!("    checked a length of {MAX} at most, used {len}");
    shared.slice(HEADER..).try_read_at(0, &mut message)?;
    Ok(Some(message))
}

/// Reads the header once, and goes on with the copy.
fn repaired(shared: &SharedBuffer) -> Result<Option<Vec<u8>>, AccessError> {
    let len = length(shared.read_value(0)?);
    if len > MAX {
        return Ok(None);
    }
    println!("    checked a length of {MAX} at most, used {len}");
    let mut message = vec![0; len];
    shared.read_exact_at(HEADER, &mut message)?;
    Ok(Some(message))
}

/// How many double fetches a parser makes. It sees a `SharedBuffer` and nothing else.
fn double_fetches(name: &str, parse: Parser) -> Result<usize, AccessError> {
    println!("{name}:");
    let buffer = ChaosBuffer::new(b"\x05\0\0\0hello, and what else there is", 2026);
    parse(&buffer)?;
    let found = buffer.double_fetches();
    for one in &found {
        println!("    DOUBLE FETCH: {one}");
    }
    if found.is_empty() {
        println!("    every byte was fetched once");
    }
    Ok(found.len())
}

fn main() -> Result<ExitCode, AccessError> {
    let planted = double_fetches("the parser with a double fetch", broken)?;
    let none = double_fetches("the repaired parser", repaired)?;
    if (planted, none) == (1, 0) {
        println!("chaos found the one and passed the other");
        return Ok(ExitCode::SUCCESS);
    }
    println!("expected 1 and 0 double fetches, found {planted} and {none}");
    Ok(ExitCode::FAILURE)
}
