// SPDX-License-Identifier: MIT OR Apache-2.0
//! A handshake of which every byte and each handle is the peer's.

use mapped_vmo::WriterMapping;
use vmo_ring::zx::{Channel, EventPair, Handle, HandleBased, MonotonicInstant, Vmo};
use vmo_ring::{Receiver, RingError, RingOptions, Sender};

fn handle(kind: u8) -> Handle {
    match kind {
        0 => WriterMapping::allocate(4096)
            .expect("memory")
            .1
            .into_handle(),
        1 => WriterMapping::allocate(9216)
            .expect("memory")
            .1
            .into_handle(),
        2 => EventPair::create().expect("a pair").0.into_handle(),
        3 => Vmo::create(16384).expect("memory").into_handle(),
        _ => Channel::create().expect("a pair").0.into_handle(),
    }
}

/// The first byte says how much of a good handshake is kept and what the victim does, the
/// second one which handles come, three bits each; the rest is the message, laid over a good one.
pub(crate) fn body(data: &[u8]) {
    let [how, kinds, rest @ ..] = data else {
        return;
    };
    let flags = [13_u8, 14, 15][usize::from(how >> 6) % 3];
    let mut message = b"vmoring1".to_vec();
    message.extend([flags, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0]);
    let kept = usize::from(how & 31).min(24);
    message.truncate(kept);
    message.extend(rest);
    message.truncate(60_000);
    let (ours, theirs) = Channel::create().expect("a channel");
    let kinds = (0..kinds >> 6).map(|at| handle((kinds >> (2 * at)) & 7));
    theirs.write(&message, &mut kinds.collect()).expect("room");
    let options = RingOptions::new().capacity(4096).max_capacity(8192);
    let now = MonotonicInstant::INFINITE_PAST;
    let error = match how & 32 {
        0 => Sender::connect(&ours, options, now).map(drop).err(),
        _ => Receiver::connect(&ours, options, now).map(drop).err(),
    };
    assert!(
        matches!(error, None | Some(RingError::Refused(_))),
        "{error:?}"
    );
}
