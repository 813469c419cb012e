// SPDX-License-Identifier: MIT OR Apache-2.0
//! A compositor that nobody here wrote maps our memory, and we map that of its clients.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod client;
mod desk;
mod foreign;

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::LazyLock;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptOptions, AdoptPolicy, VmarFlags, Vmo};
use real_programs::picture::{Pixel, draw};
use rustix::fs::SealFlags;

use crate::client::Client;
use crate::desk::{Desk, Running, until};

/// What the clients draw first, and next: drawn once for all tests.
static PICTURES: [LazyLock<Vec<Pixel>>; 2] = [LazyLock::new(|| draw(0)), LazyLock::new(|| draw(1))];

#[test]
fn the_screen_shows_each_pixel_that_was_drawn_in_the_vmo() {
    let Some(mut desk) = Desk::open() else { return };
    let mut client = Client::open(&desk, &[]);
    desk.screenshot().shows(&PICTURES[0]);
    assert_eq!(client.obey("change"), "shown");
    desk.screenshot().shows(&PICTURES[1]);
}

#[test]
fn nothing_is_called_shown_before_the_compositor_showed_it() {
    let Some(desk) = Desk::open() else { return };
    let mut client = Client::open(&desk, &[]);
    desk.pause();
    client.obey("truncate");
    client.says_nothing();
    desk.go_on();
    assert_eq!(client.line(), "shown");
}

#[test]
fn a_client_that_truncates_a_sealed_vmo_gets_eperm_and_nobody_notices() {
    let Some(mut desk) = Desk::open() else { return };
    let mut other = Client::open(&desk, &[]);
    let mut client = Client::open(&desk, &[]);
    let place = desk.screenshot().shows(&PICTURES[0]);

    let answer = client.obey("truncate");
    assert_eq!(
        answer,
        "not truncated: Operation not permitted (os error 1)"
    );
    assert_eq!(client.line(), "shown");
    assert_eq!(desk.screenshot().shows(&PICTURES[0]), place);

    assert_eq!(client.obey("change"), "shown");
    assert_eq!(desk.screenshot().shows(&PICTURES[1]), place);
    assert_eq!(other.obey("change"), "shown");
    assert!(desk.lives());
}

#[test]
fn a_client_that_truncates_an_unsealed_memfd_is_told_off_and_others_live_on() {
    let Some(mut desk) = Desk::open() else { return };
    let mut other = Client::open(&desk, &[]);
    let mut hostile = Client::open(&desk, &["--unsealed"]);
    desk.screenshot().shows(&PICTURES[0]);

    assert_eq!(hostile.obey("truncate"), "truncated");
    let end = hostile.line_of("wayland-picture: ");
    let told_off = "the compositor ended the connection: \
                    wl_buffer, error 2: error accessing SHM buffer";
    assert_eq!(end, told_off);
    assert!(!hostile.process.end());

    assert_eq!(other.obey("change"), "shown");
    desk.screenshot().shows(&PICTURES[1]);
    assert!(desk.lives());
}

/// What lies in a buffer of weston-simple-shm.
fn pixels(buffer: &Mapping) -> Vec<Pixel> {
    let mut bytes = vec![0; SIMPLE * SIMPLE * 4];
    buffer.read_exact_at(0, &mut bytes).unwrap();
    let pixel = |bytes: &[u8]| match bytes {
        // A screenshot of it is transparent.
        [_, _, _, 0] => [0; 3],
        [blue, green, red, _] => [*red, *green, *blue],
        _ => unreachable!(),
    };
    bytes.chunks_exact(4).map(pixel).collect()
}

/// The window of weston-simple-shm has as many pixels in either direction.
const SIMPLE: usize = 250;

fn adopt(fd: OwnedFd) -> Mapping {
    let seals = rustix::fs::fcntl_get_seals(&fd).unwrap();
    assert!(seals.contains(SealFlags::SHRINK), "{seals:?}");
    let size = u64::try_from(SIMPLE * SIMPLE * 4).unwrap();
    let options = AdoptOptions::new(AdoptPolicy::Shrink);
    let vmo = Vmo::from_fd(fd, options.claimed_size(size).max_size(1 << 20)).unwrap();
    Mapping::create_from_vmo(&vmo, SIMPLE * SIMPLE * 4, VmarFlags::PERM_READ).unwrap()
}

#[test]
fn what_weston_simple_shm_draws_is_read_while_it_draws_and_after_its_end() {
    let Some(mut desk) = Desk::open() else { return };
    let mut command = desk.command("weston-simple-shm");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut simple = Running(command.spawn().unwrap());
    let files = until("two buffers that weston mapped", || {
        assert!(simple.lives(), "weston-simple-shm ended");
        let files = foreign::mapped_by_both(desk.pid(), simple.pid());
        (files.len() == 2).then_some(files)
    });
    let opened: Option<Vec<_>> = files.iter().map(foreign::open).collect();
    let Some(opened) = opened else { return };
    let buffers: Vec<_> = opened.into_iter().map(adopt).collect();

    let before: Vec<_> = buffers.iter().map(pixels).collect();
    until("other pixels in both buffers", || {
        let mut pairs = buffers.iter().zip(&before);
        pairs
            .all(|(buffer, before)| pixels(buffer) != *before)
            .then_some(())
    });

    simple.stop();
    let screen = desk.screenshot();
    let stopped: Vec<_> = buffers.iter().map(pixels).collect();
    let shown = stopped
        .iter()
        .any(|part| screen.find(part, SIMPLE).is_some());
    assert!(shown, "neither buffer is what is on the screen");

    drop(simple);
    let after: Vec<_> = buffers.iter().map(pixels).collect();
    assert!(after == stopped, "somebody still draws");
    assert!(desk.lives());
}
