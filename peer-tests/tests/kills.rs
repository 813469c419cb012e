// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer that dies in the middle of what it was doing. One test, because it counts what
//! the process holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use core::time::Duration;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

use mapped_vmo::Mapping;
use peer_tests::{Held, Peer};

const PEER: &str = env!("CARGO_BIN_EXE_peer");
const SIZE: usize = 1 << 16;
const KILLS: u32 = 300;

#[test]
fn a_peer_killed_in_mid_write_leaves_us_able_to_go_on() {
    let before = Held::now();
    let (mapping, vmo) = Mapping::allocate_with_name(SIZE, "victim").unwrap();
    let mut ours = vec![0; SIZE];
    let (mut torn, mut kills) = (0, 0);
    let start = Instant::now();
    // On a slow machine fewer have to do, but some there must be.
    while kills < KILLS && (kills < 20 || start.elapsed() < Duration::from_secs(5)) {
        let mut peer = Peer::start(PEER, "hammer", vmo.as_fd());
        assert_eq!(peer.line(), "ready");
        // Another moment of its loop each time.
        std::thread::sleep(Duration::from_micros(u64::from(kills * 7 % 400)));
        let status = peer.kill();
        assert_eq!(
            status.signal(),
            Some(9),
            "it was not running any more: {status}"
        );

        mapping.read_exact_at(0, &mut ours).unwrap();
        torn += u32::from(ours.iter().any(|byte| *byte != ours[0]));
        let mark = kills.to_le_bytes();
        assert_eq!(mapping.write_at(SIZE - 4, &mark), 4);
        assert_eq!(vmo.read_to_array::<u8, 4>(SIZE as u64 - 4), Ok(mark));
        vmo.write(&mark, 0).unwrap();
        let mut read = [0; 4];
        assert_eq!(mapping.read(&mut read), 4);
        assert_eq!(read, mark);
        kills += 1;
    }
    println!(
        "{kills} kills in {:?}, {torn} left a torn buffer",
        start.elapsed()
    );
    drop((mapping, vmo));
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}
