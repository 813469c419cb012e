// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who takes a census is not found to hold what he only looks at. A program of its own: censuses
//! of others in this process would be seen.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use rustix::fs::{MemfdFlags, memfd_create};
use vmo_census::{Census, Kinds};

#[test]
fn who_looks_holds_nothing_of_what_he_looks_at() {
    // Not closed by exec: each child has all of them.
    let make = || memfd_create("itself", MemfdFlags::ALLOW_SEALING).unwrap();
    let memfds: Vec<OwnedFd> = (0..50).map(|_| make()).collect();
    let sleep = || Command::new("sleep").arg("60").spawn().unwrap();
    let mut children: Vec<Child> = (0..20).map(|_| sleep()).collect();
    drop(memfds);
    // To look at this process takes as long as to look at them.
    let null = File::open("/dev/null").unwrap();
    let _many: Vec<File> = (0..500).map(|_| null.try_clone().unwrap()).collect();
    let me = std::process::id();
    let mut found = Vec::new();
    for _ in 0..100 {
        let census = Census::take(Kinds::Memfds).unwrap();
        let objects = census.objects.into_iter();
        let mine = objects.filter(|it| it.holders.iter().any(|holder| holder.pid == me));
        found.extend(mine.map(|it| it.holders));
    }
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(found.is_empty(), "{} times: {:?}", found.len(), found[0]);
}
