// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fuzz targets of handshakes and packets, over random bytes; and what is left over.

#[path = "../../fuzz/src/handshake.rs"]
mod handshake;
#[path = "../../fuzz/src/packet.rs"]
mod packet;

use peer_tests::{Held, alone};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Runs `body` over random bytes, and sees that it leaves nothing behind.
fn over_random_bytes(body: fn(&[u8])) {
    let _alone = alone();
    let before = Held::now();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2000));
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let run = runner.run(&bytes, |bytes| {
        body(&bytes);
        Ok(())
    });
    run.expect("no panic");
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}

#[test]
fn a_handshake_of_any_bytes_and_handles_is_taken_or_refused_and_leaves_nothing() {
    over_random_bytes(handshake::body);
}

#[test]
fn a_packet_of_any_bytes_and_descriptors_is_one_message_or_none_and_leaves_nothing() {
    over_random_bytes(packet::body);
}
