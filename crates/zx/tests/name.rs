// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Name`: 31 bytes, no NUL, and equal to every kind of string.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::ffi::CString;

use proptest::prelude::*;
use zx::{AsName, Name, Status};

#[test]
fn empty() {
    let name = Name::new("").unwrap();
    assert!(name.is_empty());
    assert_eq!(name, Name::default());
    assert_eq!(name, "");
    assert_eq!(name.as_bytes(), b"");
}

#[test]
fn short_names_equal_strings_of_every_kind_both_ways() {
    let name = Name::new("short").unwrap();
    assert_eq!(name.len(), 5);
    assert_eq!(name, *"short");
    assert_eq!(*"short", name);
    assert_eq!(name, "short");
    assert_eq!("short", name);
    assert_eq!(name, *c"short");
    assert_eq!(*c"short", name);
    assert_eq!(name, c"short");
    assert_eq!(c"short", name);
    let (string, c_string) = (String::from("short"), CString::new("short").unwrap());
    assert_eq!(name, string);
    assert_eq!(string, name);
    assert_eq!(name, c_string);
    assert_eq!(c_string, name);
    assert!(name != "shor" && name != "short " && c"shorT" != name);
}

#[test]
fn thirty_one_bytes_are_a_name_and_thirty_two_are_not() {
    let longest = "x".repeat(31);
    assert_eq!(Name::new(&longest).unwrap(), longest.as_str());
    assert_eq!(Name::new(&"x".repeat(32)), Err(Status::INVALID_ARGS));
    assert_eq!(
        Name::try_from("x".repeat(32).as_str()),
        Err(Status::INVALID_ARGS)
    );
}

#[test]
fn a_nul_is_no_part_of_a_name() {
    for bytes in [&b"\0"[..], b"a\0", b"\0a", b"a\0b"] {
        assert_eq!(
            Name::from_bytes(bytes),
            Err(Status::INVALID_ARGS),
            "{bytes:?}"
        );
    }
    assert_eq!(Name::from_bytes_lossy(b"a\0b\0"), "ab");
}

#[test]
fn lossy_names_are_cut() {
    assert_eq!(Name::new_lossy(&"ab".repeat(30)), &"ab".repeat(16)[..31]);
    // The cut goes through the second byte of the 16th ü.
    let cut = Name::new_lossy(&"ü".repeat(20));
    assert_eq!(cut.len(), 31);
    assert!(cut.to_str().is_err());
    assert!(cut.to_string_lossy().ends_with('\u{fffd}'));
}

#[test]
fn printing_a_name_cannot_control_the_terminal() {
    let name = Name::from_bytes(b"a\x1b[2J\n\xff").unwrap();
    let shown = format!("{name} {name:?}");
    assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
    assert_eq!(Name::new("käse").unwrap().to_string(), "käse");
}

#[test]
fn what_names_an_object_may_be_any_string() {
    let expected = Name::new("n").unwrap();
    assert_eq!(AsName::as_name("n"), Ok(expected));
    assert_eq!(String::from("n").as_name(), Ok(expected));
    assert_eq!(c"n".as_name(), Ok(expected));
    assert_eq!(CString::new("n").unwrap().as_name(), Ok(expected));
    assert_eq!(expected.as_name(), Ok(expected));
    assert_eq!(
        CString::new("n".repeat(32)).unwrap().as_name(),
        Err(Status::INVALID_ARGS)
    );
}

proptest! {
    #[test]
    fn any_bytes_become_a_name_that_keeps_what_it_can(bytes: Vec<u8>) {
        let kept: Vec<u8> = bytes.iter().copied().filter(|b| *b != 0).take(31).collect();
        let lossy = Name::from_bytes_lossy(&bytes);
        prop_assert_eq!(lossy.as_bytes(), &kept);
        prop_assert_eq!(Name::from_bytes(&kept), Ok(lossy));
        let fits = bytes.len() <= 31 && !bytes.contains(&0);
        prop_assert_eq!(Name::from_bytes(&bytes).is_ok(), fits);
    }
}
