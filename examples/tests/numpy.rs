// SPDX-License-Identifier: MIT OR Apache-2.0
//! numpy on our memory, both ways and without a copy.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Command, Output};

use mapped_vmo::Mapping;
use mapped_vmo::zx::{Extent, HandleBased, Name, Rights, SealPlan, StartupHandles, VmarFlags, Vmo};

const COUNT: u32 = 4096;
const SIZE: usize = 32768;

/// python3, if it has numpy.
fn python() -> Option<PathBuf> {
    let python = real_programs::find("python3", "python3", "numpy")?;
    // The folder `numpy` here would be an empty package of that name.
    let has = Command::new(&python)
        .args(["-c", "import numpy; numpy.float64"])
        .output();
    if has.unwrap().status.success() {
        return Some(python);
    }
    let needed = std::env::var("REAL_PROGRAMS").unwrap_or_default();
    let line = "numpy is not installed (apt-get install python3-numpy, or pip install numpy)";
    assert!(!needed.split(',').any(|name| name == "numpy"), "{line}");
    eprintln!("skipped: {line}");
    None
}

fn numbers() -> Vec<u8> {
    (0..COUNT)
        .flat_map(|n| f64::from(n).to_ne_bytes())
        .collect()
}

fn sum() -> String {
    let sum: f64 = (0..COUNT).map(f64::from).sum();
    format!("{sum:?}\n")
}

/// Runs attach.py, under a deadline, with the VMO and nothing else.
fn attach(python: PathBuf, vmo: &Vmo, mode: &str) -> Output {
    let theirs = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let path = format!("/proc/self/fd/{}", theirs.as_raw_fd());
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "60"]).arg(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/numpy/attach.py"));
    command.arg(path).arg(mode);
    command.startup_handle(0, theirs.into_handle()).unwrap();
    command.output().unwrap()
}

fn saw_the_numbers(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), sum());
}

#[test]
fn numpy_sees_what_we_wrote_and_we_see_what_it_changed() {
    let Some(python) = python() else { return };
    let vmo = Vmo::create(u64::try_from(SIZE).unwrap()).unwrap();
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(&vmo, SIZE, flags).unwrap();
    mapping.write_all_at(0, &numbers()).unwrap();
    saw_the_numbers(&attach(python, &vmo, "double"));
    let mut after = vec![0; SIZE];
    assert_eq!(mapping.read_at(0, &mut after), SIZE);
    for (bytes, n) in after.chunks_exact(8).zip(0..COUNT) {
        let seen = f64::from_ne_bytes(bytes.try_into().unwrap());
        assert_eq!(seen.to_bits(), (f64::from(n) * 2.0).to_bits());
    }
}

fn planned(plan: SealPlan) -> Vmo {
    let size = u64::try_from(SIZE).unwrap();
    let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Pages, size).unwrap();
    vmo.write(&numbers(), 0).unwrap();
    vmo
}

#[test]
fn numpy_can_only_look_at_a_frozen_vmo() {
    let Some(python) = python() else { return };
    let vmo = planned(SealPlan::Freezable);
    vmo.freeze().unwrap();
    saw_the_numbers(&attach(python, &vmo, "look"));
}

#[test]
fn numpy_can_only_look_at_a_published_vmo() {
    let Some(python) = python() else { return };
    let vmo = planned(SealPlan::Published).publish().unwrap();
    saw_the_numbers(&attach(python, &vmo, "look"));
}
