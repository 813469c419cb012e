// SPDX-License-Identifier: MIT OR Apache-2.0
//! shmem-ipc: a ring of items, each as long as a message, so that it needs no lengths.
#![allow(unsafe_code, reason = "its safe interface hands out raw pointers")]

use bench_ring::{Candidate, Failure, Link, Opened, Shape, Side, drive};
use shmem_ipc::sharedring::{Receiver, Sender};

/// Its low-level interface, tried again and again.
pub(crate) fn spin(name: &str) -> Candidate {
    Candidate::with_work(name, |shape| opened(shape, Mode::Spin))
}

/// The one that sleeps on eventfds.
pub(crate) fn blocking(name: &str) -> Candidate {
    Candidate::with_work(name, |shape| opened(shape, Mode::Block))
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Spin,
    Block,
}

/// The length of an item is part of its type.
fn opened(shape: &Shape, mode: Mode) -> Result<Opened, Failure> {
    match shape.size {
        8 => items::<8>(shape, mode),
        64 => items::<64>(shape, mode),
        4096 => items::<4096>(shape, mode),
        65_536 => items::<65_536>(shape, mode),
        1_048_576 => items::<1_048_576>(shape, mode),
        _ => Err("no item is that long".into()),
    }
}

fn items<const SIZE: usize>(shape: &Shape, mode: Mode) -> Result<Opened, Failure> {
    let shape = *shape;
    let there = way::<SIZE>(&shape)?;
    let back = way::<SIZE>(&shape)?;
    Ok(Box::new(move |side| {
        let (to, from) = match side {
            Side::Near => (there.0, back.1),
            Side::Far => (back.0, there.1),
        };
        Ok(match mode {
            Mode::Spin => drive(Spin { to, from }, &shape),
            Mode::Block => drive(Block { to, from }, &shape),
        })
    }))
}

type Way<const SIZE: usize> = (Sender<[u8; SIZE]>, Receiver<[u8; SIZE]>);

fn way<const SIZE: usize>(shape: &Shape) -> Result<Way<SIZE>, Failure> {
    let sender = Sender::new(shape.slots)?;
    let receiver = Receiver::open(
        shape.slots,
        sender.memfd().as_file().try_clone()?,
        sender.empty_signal().try_clone()?,
        sender.full_signal().try_clone()?,
    )?;
    Ok((sender, receiver))
}

struct Spin<const SIZE: usize> {
    to: Sender<[u8; SIZE]>,
    from: Receiver<[u8; SIZE]>,
}

impl<const SIZE: usize> Link for Spin<SIZE> {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let bytes: &[u8; SIZE] = bytes.try_into()?;
        let mut sent = false;
        loop {
            self.to.sender_mut().send(|items, _| {
                put(items, bytes);
                sent = true;
                1
            })?;
            if sent {
                return Ok(());
            }
            std::hint::spin_loop();
        }
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let buffer: &mut [u8; SIZE] = buffer.try_into()?;
        let mut received = false;
        loop {
            self.from.receiver_mut().recv(|items, _| {
                take(items, buffer);
                received = true;
                1
            })?;
            if received {
                return Ok(SIZE);
            }
            std::hint::spin_loop();
        }
    }
}

struct Block<const SIZE: usize> {
    to: Sender<[u8; SIZE]>,
    from: Receiver<[u8; SIZE]>,
}

impl<const SIZE: usize> Link for Block<SIZE> {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let bytes: &[u8; SIZE] = bytes.try_into()?;
        self.to.block_until_writable()?;
        self.to.send_raw(|items, _| {
            put(items, bytes);
            1
        })?;
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let buffer: &mut [u8; SIZE] = buffer.try_into()?;
        self.from.block_until_readable()?;
        self.from.receive_raw(|items, _| {
            take(items, buffer);
            1
        })?;
        Ok(SIZE)
    }
}

#[inline]
fn put<const SIZE: usize>(items: *mut [u8; SIZE], bytes: &[u8; SIZE]) {
    // SAFETY: the closure is called with room for one item at least, which is this side's
    // until it says that it wrote it.
    unsafe { items.copy_from_nonoverlapping(bytes, 1) }
}

#[inline]
fn take<const SIZE: usize>(items: *const [u8; SIZE], buffer: &mut [u8; SIZE]) {
    // SAFETY: the closure is called with one item at least, which is this side's until it says
    // that it read it.
    unsafe { items.copy_to_nonoverlapping(buffer, 1) }
}
