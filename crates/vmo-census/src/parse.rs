// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the files of `/proc` say: pure functions over bytes that others have chosen. None
//! panics, whatever it is given.

use crate::{Access, Kind, Perms};

/// A line of `/proc/PID/maps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MapsLine<'a> {
    /// The first address.
    pub start: u64,
    /// The address behind the last one: larger than `start`.
    pub end: u64,
    /// What the process may do.
    pub perms: Perms,
    /// Where in the file it begins.
    pub offset: u64,
    /// The device of the file.
    pub dev: (u32, u32),
    /// Its inode. 0 if there is no file, but also of the first System V segment: a device of
    /// 0:0 tells them apart.
    pub ino: u64,
    /// The path, as the kernel writes it: with `\012` for a newline.
    pub path: &'a [u8],
}

/// The words of a line of `maps`, without the newline.
///
/// # Examples
///
/// ```
/// use vmo_census::parse::maps_line;
///
/// let line = b"7f00-8f00 rw-s 00001000 00:01 4711                       /memfd:a b (deleted)";
/// let line = maps_line(line).ok_or("no line")?;
/// assert_eq!((line.start, line.offset, line.dev, line.ino), (0x7f00, 0x1000, (0, 1), 4711));
/// assert_eq!(line.path, b"/memfd:a b (deleted)");
/// assert!(maps_line(b"7f00-8f00 rw-s 000").is_none());
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn maps_line(line: &[u8]) -> Option<MapsLine<'_>> {
    let (start, rest) = hex(line)?;
    let (end, rest) = hex(rest.strip_prefix(b"-")?)?;
    let (perms, rest) = perms(rest.strip_prefix(b" ")?)?;
    let (offset, rest) = hex(rest.strip_prefix(b" ")?)?;
    let (major, rest) = hex(rest.strip_prefix(b" ")?)?;
    let (minor, rest) = hex(rest.strip_prefix(b":")?)?;
    let (ino, rest) = decimal(rest.strip_prefix(b" ")?)?;
    let path = match rest {
        [] => rest,
        [b' ', ..] => rest.trim_ascii_start(),
        _ => return None,
    };
    let dev = (u32::try_from(major).ok()?, u32::try_from(minor).ok()?);
    (start < end).then_some(MapsLine {
        start,
        end,
        perms,
        offset,
        dev,
        ino,
        path,
    })
}

fn perms(text: &[u8]) -> Option<(Perms, &[u8])> {
    let ([read, write, exec, shared], rest) = text.split_first_chunk()?;
    let flag = |byte: &u8, yes: u8, no: u8| match *byte {
        byte if byte == yes => Some(true),
        byte if byte == no => Some(false),
        _ => None,
    };
    let perms = Perms {
        read: flag(read, b'r', b'-')?,
        write: flag(write, b'w', b'-')?,
        exec: flag(exec, b'x', b'-')?,
        shared: flag(shared, b's', b'p')?,
    };
    Some((perms, rest))
}

fn hex(text: &[u8]) -> Option<(u64, &[u8])> {
    number(text, 16)
}

fn decimal(text: &[u8]) -> Option<(u64, &[u8])> {
    number(text, 10)
}

/// The number that `text` begins with, and what is behind it.
fn number(text: &[u8], radix: u32) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let Some(digit) = char::from(*first).to_digit(radix) else {
            break;
        };
        value = value.checked_mul(u64::from(radix))?;
        value = value.checked_add(u64::from(digit))?;
        rest = behind;
    }
    (rest.len() < text.len()).then_some((value, rest))
}

/// What `/proc/PID/stat` says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stat<'a> {
    /// The process.
    pub pid: u32,
    /// The name that it gave itself: any bytes, brackets and newlines included.
    pub name: &'a [u8],
    /// Its state: `R`, `S`, `Z` …
    pub state: u8,
    /// Whether it is a thread of the kernel.
    pub kernel: bool,
}

/// The words of `stat` that a census needs.
///
/// # Examples
///
/// ```
/// use vmo_census::parse::stat;
///
/// let stat = stat(b"12 (a) R (b) S 1 12 12 0 -1 4194560 100").ok_or("no stat")?;
/// assert_eq!((stat.pid, stat.name, stat.state), (12, b"a) R (b".as_slice(), b'S'));
/// assert!(!stat.kernel);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn stat(text: &[u8]) -> Option<Stat<'_>> {
    // Of the kernel's `PF_` flags.
    const KERNEL_THREAD: u64 = 0x0020_0000;
    let (pid, rest) = decimal(text)?;
    let rest = rest.strip_prefix(b" (")?;
    // No byte behind the name is a bracket; any byte of the name may be one.
    let end = rest.iter().rposition(|byte| *byte == b')')?;
    let (name, behind) = rest.split_at_checked(end)?;
    let mut words = behind.strip_prefix(b") ")?.split(|byte| *byte == b' ');
    let [state] = words.next()? else { return None };
    // Five numbers of parents, groups and terminals; then the flags.
    let (flags, _) = decimal(words.nth(5)?)?;
    Some(Stat {
        pid: u32::try_from(pid).ok()?,
        name,
        state: *state,
        kernel: flags & KERNEL_THREAD != 0,
    })
}

/// The number that a folder of `/proc` or `/proc/PID/fd` is called.
///
/// # Examples
///
/// ```
/// use vmo_census::parse::pid;
///
/// assert_eq!(pid(b"812"), Some(812));
/// assert_eq!(pid(b"self"), None);
/// ```
#[must_use]
pub fn pid(name: &[u8]) -> Option<u32> {
    match decimal(name)? {
        (value, []) => u32::try_from(value).ok(),
        _ => None,
    }
}

/// What the kernel's own path of an object, of a descriptor or a mapping, says that it could
/// be, and its name. Whether it is that, its device must say: a file of a tmpfs may have the
/// same path.
///
/// # Examples
///
/// ```
/// use vmo_census::{Kind, parse::link};
///
/// assert_eq!(link(b"/memfd:a (deleted)"), Some((Kind::Memfd, b"a".as_slice())));
/// assert_eq!(link(b"/dev/shm/memfd:a (deleted)"), None);
/// assert_eq!(link(b"/SYSV00001234 (deleted)"), Some((Kind::Sysv, b"SYSV00001234".as_slice())));
/// ```
#[must_use]
pub fn link(path: &[u8]) -> Option<(Kind, &[u8])> {
    if let Some(name) = path.strip_prefix(b"/memfd:") {
        return Some((Kind::Memfd, name.strip_suffix(DELETED)?));
    }
    if let Some(name) = path.strip_prefix(b"/dmabuf:") {
        return Some((Kind::DmaBuf, name));
    }
    let bare = path.strip_suffix(DELETED).unwrap_or(path);
    match bare {
        b"/secretmem" => Some((Kind::Secret, b"")),
        b"/dev/zero" | b"/anon_hugepage" => Some((Kind::Anonymous, b"")),
        [b'/', name @ ..] if name.starts_with(b"SYSV") => Some((Kind::Sysv, name)),
        _ => None,
    }
}

/// What the kernel writes behind the path of a file that has no name any more.
pub(crate) const DELETED: &[u8] = b" (deleted)";

/// A path of `maps` as it is: the kernel writes a newline as `\012`, and nothing else so.
///
/// # Examples
///
/// ```
/// use vmo_census::parse::unescape;
///
/// assert_eq!(unescape(br"/memfd:a\012b\x"), b"/memfd:a\nb\\x");
/// ```
#[must_use]
pub fn unescape(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, behind @ ..] = rest {
        if let Some(behind) = rest.strip_prefix(br"\012") {
            plain.push(b'\n');
            rest = behind;
        } else {
            plain.push(*first);
            rest = behind;
        }
    }
    plain
}

/// What a descriptor was opened for, of its file in `/proc/PID/fdinfo`.
///
/// # Examples
///
/// ```
/// use vmo_census::{Access, parse::fdinfo};
///
/// assert_eq!(fdinfo(b"pos:\t0\nflags:\t0100002\nmnt_id:\t1\n"), Some(Access::ReadWrite));
/// assert_eq!(fdinfo(b"pos:\t0\nflags:\t010100000\n"), Some(Access::Path));
/// assert_eq!(fdinfo(b"pos:\t0\n"), None);
/// ```
#[must_use]
pub fn fdinfo(text: &[u8]) -> Option<Access> {
    const PATH: u64 = 0o10_000_000;
    let mut lines = text.split(|byte| *byte == b'\n');
    let flags = lines.find_map(|line| line.strip_prefix(b"flags:"))?;
    let (flags, rest) = number(flags.trim_ascii(), 8)?;
    if !rest.is_empty() {
        return None;
    }
    Some(match (flags & PATH, flags & 3) {
        (0, 0) => Access::Read,
        (0, 1) => Access::Write,
        (0, 2) => Access::ReadWrite,
        (0, _) => Access::Unknown,
        _ => Access::Path,
    })
}

/// The device of a line of `/proc/PID/mountinfo` that is a tmpfs.
///
/// # Examples
///
/// ```
/// use vmo_census::parse::tmpfs_mount;
///
/// let line = b"31 22 0:30 / /dev/shm rw,nosuid - tmpfs tmpfs rw";
/// assert_eq!(tmpfs_mount(line), Some((0, 30)));
/// assert_eq!(tmpfs_mount(b"22 1 8:1 / / rw - ext4 /dev/sda1 rw"), None);
/// ```
#[must_use]
pub fn tmpfs_mount(line: &[u8]) -> Option<(u32, u32)> {
    let mut words = line.split(|byte| *byte == b' ');
    let dev = words.nth(2)?;
    // Blanks in paths are written as `\040`: a lone dash is the separator.
    words.find(|word| *word == b"-")?;
    if words.next()? != b"tmpfs" {
        return None;
    }
    let (major, rest) = decimal(dev)?;
    match decimal(rest.strip_prefix(b":")?)? {
        (minor, []) => Some((u32::try_from(major).ok()?, u32::try_from(minor).ok()?)),
        _ => None,
    }
}

/// The number of the mount of a line of `/proc/PID/mountinfo`, and its file system.
///
/// # Examples
///
/// ```
/// use vmo_census::parse::file_system;
///
/// let line = b"31 22 0:30 / /media/host rw,nosuid shared:4 - fuse.sshfs host: rw";
/// assert_eq!(file_system(line), Some((31, &b"fuse.sshfs"[..])));
/// assert_eq!(file_system(b"31 22 0:30"), None);
/// ```
#[must_use]
pub fn file_system(line: &[u8]) -> Option<(u64, &[u8])> {
    let mut words = line.split(|byte| *byte == b' ');
    let (mount, []) = decimal(words.next()?)? else {
        return None;
    };
    words.find(|word| *word == b"-")?;
    Some((mount, words.next()?))
}
