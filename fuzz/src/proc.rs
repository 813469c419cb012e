// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a file of `/proc` says, where another process has chosen the names in it.

use vmo_census::parse::{fdinfo, file_system, link, maps_line, pid, stat, tmpfs_mount, unescape};
use vmo_census::{Id, escape};

/// Any bytes, to every parser; and as a name, in lines as the kernel writes them.
pub(crate) fn body(data: &[u8]) {
    for line in data.split(|byte| *byte == b'\n') {
        if let Some(line) = maps_line(line) {
            assert!(line.start < line.end);
            assert!(unescape(line.path).len() <= line.path.len());
        }
        let _ = (tmpfs_mount(line), file_system(line), pid(line));
    }
    let _ = (stat(data), link(data), fdinfo(data));
    if let Some(Ok(id)) = core::str::from_utf8(data).ok().map(str::parse::<Id>) {
        // The kernel has 12 and 20 bits for a device: others are no device of any object.
        let _ = id
            .to_string()
            .parse::<Id>()
            .expect("an id is what it is written as");
    }
    let shown = escape(data);
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    as_a_name(data);
}

fn as_a_name(name: &[u8]) {
    let path = [b"/memfd:", name, b" (deleted)"].concat();
    assert_eq!(link(&path).map(|it| it.1), Some(name));
    let line = [
        b"7f00-8f00 rw-s 00001000 00:01 4711       ",
        path.as_slice(),
    ]
    .concat();
    let line = maps_line(&line).expect("a line is one whatever the name");
    assert_eq!((line.ino, line.path), (4711, path.as_slice()));
    let text = [b"12 (", name, b") S 1 12 12 0 -1 4194560 100"].concat();
    let stat = stat(&text).expect("a process is one whatever its name");
    assert_eq!((stat.pid, stat.name, stat.kernel), (12, name, false));
}
