// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the files of `/proc` say, hostile names included.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use proptest::prelude::*;
use vmo_census::parse::{fdinfo, file_system, link, maps_line, pid, stat, tmpfs_mount, unescape};
use vmo_census::{Access, Id, Kind, Seals, escape};

#[test]
fn a_line_of_maps_keeps_any_path() {
    let paths: [&[u8]; 6] = [
        b"/memfd: (deleted)",
        b"/memfd:a (deleted) (deleted)",
        b"/memfd:\x1b[2J\xff\xfe (deleted)",
        br"/memfd:a\012b (deleted)",
        b"/memfd:  two  blanks  (deleted)",
        b"/memfd:7f00-8f00 rw-s 0 00:01 4711 (deleted)",
    ];
    for path in paths {
        let mut text = b"7f00-8f00 r-xp 00000000 00:01 4711                       ".to_vec();
        text.extend(path);
        let line = maps_line(&text).unwrap();
        assert_eq!((line.path, line.ino), (path, 4711));
        assert!(line.perms.read && line.perms.exec && !line.perms.write && !line.perms.shared);
    }
}

#[test]
fn numbers_of_maps_may_be_as_large_as_there_are() {
    let line = b"fffffffffffffffe-ffffffffffffffff ---s ffffffffffffffff fff:fffff \
        18446744073709551615 x";
    let line = maps_line(line).unwrap();
    assert_eq!((line.start, line.end), (u64::MAX - 1, u64::MAX));
    assert_eq!((line.offset, line.ino), (u64::MAX, u64::MAX));
    assert_eq!(line.dev, (0xfff, 0xfffff));
}

#[test]
fn a_line_of_maps_that_is_none_is_refused() {
    let lines: [&[u8]; 12] = [
        b"",
        b"-",
        b"7f00",
        b"7f00-8f00",
        b"7f00-8f00 rw-s 00000000 00:01",
        b"7f00-8f00 rw-s 00000000 00:01 ",
        b"7f00-8f00 rw-s 00000000 00:01 4711x",
        b"7f00-8f00 rwzs 00000000 00:01 4711",
        b"8f00-7f00 rw-s 00000000 00:01 4711",
        b"7f00-7f00 rw-s 00000000 00:01 4711",
        b"10000000000000000-8f00 rw-s 00000000 00:01 4711",
        b"7f00-8f00 rw-s 00000000 00:01 18446744073709551616",
    ];
    for line in lines {
        assert_eq!(maps_line(line), None, "{}", escape(line));
    }
}

#[test]
fn a_path_says_what_it_could_be() {
    let memfd = |name: &'static [u8]| Some((Kind::Memfd, name));
    assert_eq!(link(b"/memfd: (deleted)"), memfd(b""));
    assert_eq!(link(b"/memfd:a (deleted) (deleted)"), memfd(b"a (deleted)"));
    assert_eq!(link(b"/memfd:a\nb/\xff (deleted)"), memfd(b"a\nb/\xff"));
    // A memfd never has a place in a folder: these are files.
    assert_eq!(link(b"/memfd:a"), None);
    assert_eq!(link(b"memfd:a (deleted)"), None);
    assert_eq!(link(b"/dev/shm/memfd:a (deleted)"), None);
    assert_eq!(link(b"/dmabuf:x"), Some((Kind::DmaBuf, b"x".as_slice())));
    assert_eq!(
        link(b"/secretmem (deleted)"),
        Some((Kind::Secret, b"".as_slice()))
    );
    assert_eq!(
        link(b"/dev/zero (deleted)"),
        Some((Kind::Anonymous, b"".as_slice()))
    );
    assert_eq!(link(b"socket:[1]"), None);
    assert_eq!(link(b""), None);
}

#[test]
fn a_name_in_stat_may_hold_what_ends_it() {
    let text = b"7 (x) Z 0 0 0 0 0 9\n) S 1 7 7 0 -1 2097152 0";
    let parsed = stat(text).unwrap();
    assert_eq!(parsed.name, b"x) Z 0 0 0 0 0 9\n");
    assert_eq!(parsed.state, b'S');
    assert!(parsed.kernel);
    for end in 0..text.len() - 8 {
        assert!(stat(&text[..end]).is_none_or(|it| !it.kernel), "{end}");
    }
    assert_eq!(stat(b"4294967296 (x) S 1 7 7 0 -1 0 0"), None);
}

#[test]
fn descriptors_of_any_flags_have_an_access() {
    let cases = [
        ("0", Access::Read),
        ("01", Access::Write),
        ("02", Access::ReadWrite),
    ];
    for (flags, access) in cases {
        assert_eq!(
            fdinfo(format!("pos:\t0\nflags:\t{flags}\n").as_bytes()),
            Some(access)
        );
    }
    assert_eq!(fdinfo(b"flags:\t03\n"), Some(Access::Unknown));
    assert_eq!(fdinfo(b"flags:\t012000000"), Some(Access::Path));
    for wrong in [
        "",
        "flags:",
        "flags:\t8",
        "flags:\t7777777777777777777777777",
        "xflags:\t0",
    ] {
        assert_eq!(fdinfo(wrong.as_bytes()), None, "{wrong}");
    }
}

#[test]
fn a_mount_is_a_tmpfs_by_its_type_alone() {
    let line = br"31 22 0:30 / /a\040-\040tmpfs rw shared:1 - ext4 tmpfs rw";
    assert_eq!(tmpfs_mount(line), None);
    assert_eq!(
        tmpfs_mount(b"31 22 0:30 / /x rw shared:1 master:2 - tmpfs x rw"),
        Some((0, 30))
    );
    assert_eq!(tmpfs_mount(b"31 22 0:30x / /x rw - tmpfs x rw"), None);
    // The source is called like a file system, the place like a separator.
    let line = b"31 22 0:30 / /x\\040-\\040ext4 rw shared:1 - fuse ext4 rw";
    assert_eq!(file_system(line), Some((31, &b"fuse"[..])));
    assert_eq!(file_system(b"31x 22 0:30 / /x rw - ext4 x rw"), None);
    assert_eq!(file_system(b"31 22 0:30 / /x rw -"), None);
}

#[test]
fn words_for_seals_are_all_that_are_set() {
    assert_eq!(Seals::NONE.to_string(), "none");
    assert_eq!(
        Seals::from_bits(63).to_string(),
        "shrink grow write future-write seal exec"
    );
    assert_eq!(Seals::from_bits(64).to_string(), "0x40");
    assert_eq!(Seals::from_bits(66).to_string(), "shrink 0x40");
}

#[test]
fn what_is_no_id_is_refused() {
    for text in [
        "",
        ":",
        "1:2",
        "1:2:3:4",
        "+1",
        "-1",
        "0x1",
        "1 ",
        "4294967296:0:1",
        "::",
    ] {
        assert!(text.parse::<Id>().is_err(), "{text}");
    }
    assert!("18446744073709551616".parse::<Id>().is_err());
    assert_eq!("18446744073709551615".parse::<Id>().unwrap().ino, u64::MAX);
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(text in any::<Vec<u8>>()) {
        let _ = (maps_line(&text), stat(&text), pid(&text), link(&text));
        let _ = (fdinfo(&text), tmpfs_mount(&text), file_system(&text), unescape(&text));
    }

    #[test]
    fn a_damaged_line_makes_no_parser_panic(at in 0usize..80, byte: u8, end in 0usize..90) {
        let mut text = b"7f00-8f00 rw-s 00001000 00:01 4711              /memfd:a (deleted)".to_vec();
        if let Some(place) = text.get_mut(at) {
            *place = byte;
        }
        text.truncate(end);
        if let Some(line) = maps_line(&text) {
            prop_assert!(line.start < line.end);
        }
    }

    #[test]
    fn what_is_escaped_acts_on_no_terminal(name in any::<Vec<u8>>()) {
        let shown = escape(&name);
        prop_assert!(shown.chars().all(|it| !it.is_control()), "{shown:?}");
    }

    #[test]
    fn any_text_escapes_to_what_is_seen(name: String) {
        let shown = escape(name.as_bytes());
        let hidden = ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{a0}', '\u{e0041}'];
        prop_assert!(!shown.contains(hidden));
    }

    #[test]
    fn an_id_is_what_it_is_written_as(major: u16, minor: u16, ino: u64) {
        // The kernel has 12 bits and 20 bits.
        let text = format!("{}:{minor}:{ino}", major & 0xfff);
        let id: Id = text.parse().unwrap();
        prop_assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
    }

    #[test]
    fn a_newline_comes_back_from_maps(name: Vec<u8>) {
        // Where the name does not hold what the kernel writes for one.
        prop_assume!(!name.contains(&b'\\'));
        let written: Vec<u8> = name
            .iter()
            .flat_map(|byte| if *byte == b'\n' { br"\012".to_vec() } else { vec![*byte] })
            .collect();
        prop_assert_eq!(unescape(&written), name);
    }
}

#[test]
fn characters_without_a_look_are_written_out() {
    for char in [
        '\u{202e}',
        '\u{200b}',
        '\u{2066}',
        '\u{feff}',
        '\u{a0}',
        '\u{9b}',
        '\u{e0041}',
    ] {
        let code = u32::from(char);
        assert_eq!(
            escape(char.to_string().as_bytes()),
            format!("\\u{{{code:x}}}")
        );
    }
    assert_eq!(escape("漢字 é".as_bytes()), "漢字 é");
}
