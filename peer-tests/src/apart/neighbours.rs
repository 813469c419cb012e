// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two threads that map and drop as fast as they can: who unmaps twice hits the other one.

use core::time::Duration;
use std::time::Instant;

use mapped_vmo::Mapping;

/// Catalogue row 37: nothing is unmapped that somebody else has there by now.
///
/// # Panics
///
/// If a byte is not what was written to it; a page that is gone is a SIGSEGV.
#[must_use]
pub fn unharmed(time: Duration) -> String {
    let start = Instant::now();
    let rounds = std::thread::scope(|scope| {
        let threads = [1_u8, 2].map(|mark| {
            scope.spawn(move || {
                let mut rounds = 0_u64;
                while start.elapsed() < time {
                    let (mapping, _vmo) = Mapping::allocate(8192).expect("a VMO");
                    for at in [0, 4096, 8191] {
                        assert_eq!(mapping.write_at(at, &[mark]), 1);
                    }
                    let mut byte = [0];
                    mapping.read_at(4096, &mut byte);
                    assert_eq!(byte, [mark], "another thread's memory");
                    rounds += 1;
                }
                rounds
            })
        });
        threads.map(|thread| thread.join().expect("a thread that lives"))
    });
    format!("{rounds:?} mappings came and went")
}
