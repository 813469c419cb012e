// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows 42 and 43 of the catalogue: what comes in a message, and from whom.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptPolicy, Status, VmarFlags, Vmo};
use peer_tests::message::{self, MAX_FDS, Refused, receive, receive_vmos, vmos};
use peer_tests::{Held, Peer, alone};
use rustix::io::Errno;
use rustix::net::RecvFlags;

const APART: &str = env!("CARGO_BIN_EXE_apart");
const STRICT: AdoptPolicy = AdoptPolicy::Strict;
const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

/// Sends `fds` in one message and gives the socket to receive from.
fn sent(fds: &[BorrowedFd<'_>]) -> OwnedFd {
    let (here, there) = message::pair();
    message::send(&there, b"here you are", fds).unwrap();
    here
}

/// Does `step` and asserts that it left no descriptor and no mapping behind.
fn leaves_nothing(what: &str, step: impl FnOnce()) {
    let before = Held::now();
    step();
    assert!(
        before.is_back(),
        "{what}: {before:?} became {:?}",
        Held::now()
    );
}

/// Catalogue row 43: no descriptor where one should be.
#[test]
fn a_message_without_a_descriptor_is_an_error_and_leaves_nothing() {
    let _alone = alone();
    leaves_nothing("no descriptor", || {
        let refused = receive_vmos(sent(&[]), 1, STRICT).unwrap_err();
        assert!(matches!(refused, Refused::Count(0)), "{refused:?}");
    });
    leaves_nothing("no message", || {
        let (here, there) = message::pair();
        drop(there);
        let refused = receive_vmos(here, 1, STRICT).unwrap_err();
        assert!(
            matches!(refused, Refused::Nothing(Errno::PIPE)),
            "{refused:?}"
        );
    });
}

/// Catalogue row 43: another number of descriptors than the protocol says.
#[test]
fn a_message_with_two_descriptors_instead_of_one_is_an_error_and_both_are_closed() {
    let _alone = alone();
    let (first, second) = (Vmo::create(4096).unwrap(), Vmo::create(4096).unwrap());
    leaves_nothing("two for one", || {
        let refused = receive_vmos(sent(&[first.as_fd(), second.as_fd()]), 1, STRICT);
        assert!(matches!(refused, Err(Refused::Count(2))), "{refused:?}");
    });
    leaves_nothing("one for two", || {
        let refused = receive_vmos(sent(&[first.as_fd()]), 2, STRICT);
        assert!(matches!(refused, Err(Refused::Count(1))), "{refused:?}");
    });
    leaves_nothing("two for two", || {
        let got = receive_vmos(sent(&[first.as_fd(), second.as_fd()]), 2, STRICT).unwrap();
        first.write(b"first", 0).unwrap();
        assert_eq!(got[0].read_to_array::<u8, 5>(0), Ok(*b"first"));
        assert_eq!(got[1].read_to_array::<u8, 5>(0), Ok([0; 5]));
    });
}

/// Catalogue row 43: as many descriptors as a message can carry.
#[test]
fn a_message_with_253_descriptors_is_owned_whole_and_one_bad_one_closes_all() {
    let _alone = alone();
    let vmo = Vmo::create(4096).unwrap();
    let all = vec![vmo.as_fd(); MAX_FDS];
    leaves_nothing("253 VMOs", || {
        let got = receive_vmos(sent(&all), MAX_FDS, STRICT).unwrap();
        assert_eq!(got.len(), MAX_FDS);
    });
    let (pipe, _end) = rustix::pipe::pipe().unwrap();
    for bad in [0, 100, MAX_FDS - 1] {
        let mut fds = all.clone();
        fds[bad] = pipe.as_fd();
        leaves_nothing("a pipe among 253", || {
            match receive_vmos(sent(&fds), MAX_FDS, STRICT) {
                Err(Refused::Gate(error)) => assert_eq!(error.status(), Status::WRONG_TYPE),
                other => panic!("a pipe was taken for a VMO: {other:?}"),
            }
        });
    }
    leaves_nothing("254 of them", || {
        let (_here, there) = message::pair();
        let too_many = vec![vmo.as_fd(); MAX_FDS + 1];
        assert_eq!(message::send(&there, b"x", &too_many), Err(Errno::INVAL));
    });
}

/// Catalogue row 43: control data that did not fit. The kernel then gives some of the
/// descriptors, and, for the padding, one more than there seemed to be room for.
#[test]
fn a_message_with_truncated_control_data_is_an_error_and_what_came_is_closed() {
    let _alone = alone();
    let vmo = Vmo::create(4096).unwrap();
    let fds = vec![vmo.as_fd(); 40];
    for (control, fewest) in [(0, 0), (16, 0), (20, 1), (24, 1), (28, 2), (64, 8)] {
        leaves_nothing("truncated", || {
            let got = receive(sent(&fds), control, RecvFlags::DONTWAIT).unwrap();
            assert!(got.truncated, "{control} bytes had room for 40 descriptors");
            assert!(got.fds.len() >= fewest, "{control}: {}", got.fds.len());
            let count = got.fds.len();
            let refused = vmos(got, count, STRICT);
            assert!(matches!(refused, Err(Refused::Truncated)), "{refused:?}");
        });
    }
    leaves_nothing("a receiver that reads and takes no descriptors", || {
        let here = sent(&fds);
        let mut bytes = [0; 64];
        assert_eq!(rustix::io::read(&here, &mut bytes), Ok(12));
    });
}

/// Catalogue row 42: the sender is gone, whichever way it went.
#[test]
fn a_vmo_whose_sender_has_exited_or_was_killed_stays_usable() {
    let _alone = alone();
    for deed in ["send", "send-and-stay"] {
        let (here, there) = message::pair();
        let mut peer = Peer::start(APART, deed, there.as_fd());
        drop(there);
        assert_eq!(peer.line(), "sent");
        let vmo = receive_vmos(&here, 1, STRICT).unwrap().remove(0);
        let status = if deed == "send" {
            peer.ended()
        } else {
            peer.kill()
        };
        let expected = (deed != "send").then_some(9);
        assert_eq!(status.signal(), expected, "{status}");
        drop((here, peer));

        assert_eq!(vmo.read_to_array::<u8, 9>(0), Ok(*b"from afar"));
        let mapping = Mapping::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
        assert_eq!(mapping.write_at(8188, b"last"), 4);
        assert_eq!(vmo.read_to_array::<u8, 4>(8188), Ok(*b"last"));
        vmo.write(b"anew", 0).unwrap();
        let mut bytes = [0; 9];
        mapping.read_exact_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"anew afar");
    }
}
