// SPDX-License-Identifier: MIT OR Apache-2.0
//! What it costs to pass a VMO: written, read, adopted, and the old descriptor closed.
//!
//! Both ends are near's, so that no wake-up is part of it: that one has a table of its own.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::zx::{AdoptPolicy, Channel, Handle, HandleBased, MessageBuf, Vmo};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use crate::Failure;
use crate::candidate::{Candidate, Opened};
use crate::drive::Work;
use crate::task::What;

/// How large the memory is.
const SIZE: u64 = 64 << 10;

/// Something that passes a VMO once.
trait Pass {
    fn pass(&mut self) -> Result<(), Failure>;
}

impl<P: Pass> Work for P {
    fn near(&mut self, _: What, count: u32) -> Result<(), Failure> {
        (0..count).try_for_each(|_| self.pass())
    }

    fn far(&mut self, _: What, _: u32) -> Result<(), Failure> {
        Ok(())
    }
}

fn candidate<P: Pass + 'static>(name: &str, open: fn() -> Result<P, Failure>) -> Candidate {
    Candidate::with_work(name, move |_| {
        let opened: Opened = Box::new(move |_| Ok(Box::new(open()?)));
        Ok(opened)
    })
}

/// A message over a [`Channel`], and the strictest gate.
pub(crate) fn channel(name: &str) -> Candidate {
    candidate(name, || {
        let (from, to) = Channel::create()?;
        Ok(Ours {
            from,
            to,
            message: MessageBuf::new(),
            vmo: vec![Vmo::create(SIZE)?.into_handle()],
        })
    })
}

struct Ours {
    from: Channel,
    to: Channel,
    message: MessageBuf,
    vmo: Vec<Handle>,
}

impl Pass for Ours {
    fn pass(&mut self) -> Result<(), Failure> {
        self.from.write(b"8 bytes.", &mut self.vmo)?;
        self.to.read_with(&mut self.message, AdoptPolicy::Strict)?;
        let vmo = self.message.take_handle(0).ok_or("no handle came")?;
        if self.message.bytes() != b"8 bytes." {
            return Err("the bytes are wrong".into());
        }
        self.vmo.push(vmo);
        Ok(())
    }
}

/// The fewest system calls, and no check.
pub(crate) fn bare(name: &str) -> Candidate {
    candidate(name, || {
        let kind = SocketType::SEQPACKET;
        let (from, to) = socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        let vmo = OwnedFd::from(Vmo::create(SIZE)?);
        Ok(Bare { from, to, vmo })
    })
}

struct Bare {
    from: OwnedFd,
    to: OwnedFd,
    vmo: OwnedFd,
}

impl Pass for Bare {
    fn pass(&mut self) -> Result<(), Failure> {
        let fds = [self.vmo.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut out = SendAncillaryBuffer::new(&mut space);
        out.push(SendAncillaryMessage::ScmRights(&fds));
        sendmsg(
            &self.from,
            &[IoSlice::new(b"8 bytes.")],
            &mut out,
            SendFlags::empty(),
        )?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; 8];
        let mut parts = [IoSliceMut::new(&mut bytes)];
        recvmsg(&self.to, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(mut fds) = message {
                self.vmo = fds.next().ok_or("no descriptor came")?;
                return Ok(());
            }
        }
        Err("no descriptor came".into())
    }
}
