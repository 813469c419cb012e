// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo seal`.

use std::fs;
use std::os::fd::AsFd;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{Extent, Name, SealPlan, VmarFlags, Vmo};
use rustix::fs::{SealFlags, fcntl_get_seals};

use crate::support::{bad, memfd, place, text, vmo};

#[test]
fn seals_are_shown_in_words_and_added() {
    let fd = memfd("\x1b[31mred", 4096);
    let at = place(&fd);
    let shown = text(vmo(&["seal", &at]));
    assert!(shown.contains(r#""\x1b[31mred": "#), "{shown}");
    assert!(shown.contains("open   shrink"), "{shown}");
    assert!(shown.contains("dies of SIGBUS"), "{shown}");
    let added = text(vmo(&["seal", &at, "shrink,grow"]));
    assert!(added.contains(": shrink grow"), "{added}");
    let seals = fcntl_get_seals(&fd).unwrap();
    assert!(seals.contains(SealFlags::SHRINK | SealFlags::GROW));
    assert!(!seals.intersects(SealFlags::WRITE | SealFlags::SEAL));
    let shown = text(vmo(&["seal", &at]));
    assert!(
        shown.contains("sealed shrink        nobody makes it smaller"),
        "{shown}"
    );
    text(vmo(&["seal", &at, "write,seal"]));
    assert!(
        fcntl_get_seals(&fd)
            .unwrap()
            .contains(SealFlags::WRITE | SealFlags::SEAL)
    );
}

#[test]
fn what_is_sealed_against_sealing_says_so_and_what_it_has_is_no_error() {
    let fixed = Vmo::create(4096).unwrap();
    let at = place(&fixed.as_fd());
    let said = bad(&vmo(&["seal", &at, "write"]), 1);
    assert!(
        said.contains("sealed against sealing") && said.contains("vmo copy"),
        "{said}"
    );
    text(vmo(&["seal", &at, "shrink,grow"]));
}

#[test]
fn who_has_it_mapped_is_named() {
    fs::write("/proc/self/comm", "\x1b[31mmapper").unwrap();
    let plan = SealPlan::Freezable;
    let vmo_of_ours = Vmo::create_planned(&Name::default(), plan, Extent::Pages, 4096).unwrap();
    let access = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(&vmo_of_ours, 4096, access).unwrap();
    let at = place(&vmo_of_ours.as_fd());
    let said = bad(&vmo(&["seal", &at, "write,seal"]), 1);
    let me = format!(r"\x1b[31mmapper:{} (rw)", std::process::id());
    assert!(
        said.contains(&me) && said.contains("future-write"),
        "{said}"
    );
    let seals = fcntl_get_seals(vmo_of_ours.as_fd()).unwrap();
    assert!(
        !seals.intersects(SealFlags::WRITE | SealFlags::SEAL),
        "half of it was added"
    );
    text(vmo(&["seal", &at, "future-write"]));
    drop(mapping);
    text(vmo(&["seal", &at, "write"]));
}

#[test]
fn what_is_no_seal_is_exit_code_2() {
    let fd = memfd("seal", 1);
    let at = place(&fd);
    for words in ["x", "", "shrink;grow", "\x1b[31m"] {
        let said = bad(&vmo(&["seal", &at, words]), 2);
        assert!(said.contains("shrink"), "{said}");
    }
    // A memfd that was made without sealing.
    let fd = rustix::fs::memfd_create("unsealable", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    let said = bad(&vmo(&["seal", &place(&fd), "grow"]), 1);
    assert!(said.contains("sealed against sealing"), "{said}");
}
