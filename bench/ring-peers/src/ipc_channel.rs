// SPDX-License-Identifier: MIT OR Apache-2.0
//! ipc-channel: its channel of bytes, which has no serializer to pay for. It gives each message
//! as a vector of its own; the copy from there is part of what is measured.

use bench_ring::{Candidate, Failure, Link, Shape, Side};
use ipc_channel::ipc::{IpcBytesReceiver, IpcBytesSender, bytes_channel};

pub(crate) fn bytes(name: &str) -> Candidate {
    Candidate::new(name, |_: &Shape| {
        let (there, back) = (bytes_channel()?, bytes_channel()?);
        Ok(move |side| {
            let (to, from) = match side {
                Side::Near => (there.0, back.1),
                Side::Far => (back.0, there.1),
            };
            Ok(Bytes { to, from })
        })
    })
}

struct Bytes {
    to: IpcBytesSender,
    from: IpcBytesReceiver,
}

impl Link for Bytes {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.to.send(bytes)?)
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let bytes = self.from.recv()?;
        let buffer = buffer.get_mut(..bytes.len()).ok_or("too long a message")?;
        buffer.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
