// SPDX-License-Identifier: MIT OR Apache-2.0
//! A message in a ring is no Rust slice, can't be written, and is gone when the next one is asked for.
use vmo_ring::{Receiver, RingError};

// refused:
fn as_slice(receiver: &mut Receiver) -> Result<u8, RingError> {
    let message = receiver.try_peek()?;
    let bytes: &[u8] = &message; //~ E0308
    Ok(bytes[0])
}

fn written(receiver: &mut Receiver) -> Result<usize, RingError> {
    let message = receiver.try_peek()?;
    Ok(message.slice().write(b"no")) //~ E0599
}

fn two(receiver: &mut Receiver) -> Result<bool, RingError> {
    let first = receiver.try_peek()?;
    let second = receiver.try_peek()?; //~ E0499
    Ok(first.len() == second.len())
}

fn view_outlives(receiver: &mut Receiver) -> Result<u8, RingError> {
    let message = receiver.try_peek()?;
    let view = message.slice();
    drop(message); //~ E0505
    Ok(view.read_value(0).unwrap_or(0))
}

// accepted:
fn as_slice(receiver: &mut Receiver) -> Result<u8, RingError> {
    let mut bytes = Vec::new();
    receiver.try_recv_to_vec(&mut bytes)?;
    let bytes: &[u8] = &bytes;
    Ok(bytes[0])
}

fn written(receiver: &mut Receiver) -> Result<usize, RingError> {
    let message = receiver.try_peek()?;
    Ok(message.slice().read(&mut [0; 2]))
}

fn two(receiver: &mut Receiver) -> Result<bool, RingError> {
    let first = receiver.try_peek()?.len();
    let second = receiver.try_peek()?.len();
    Ok(first == second)
}

fn view_outlives(receiver: &mut Receiver) -> Result<u8, RingError> {
    let message = receiver.try_peek()?;
    let view = message.slice();
    Ok(view.read_value(0).unwrap_or(0))
}
