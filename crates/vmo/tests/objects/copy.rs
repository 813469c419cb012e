// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo copy`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{fstat, ftruncate};
use rustix::io::{pread, pwrite};
use serde_json::Value;

use crate::support::{
    Kept, Running, bad, fed, folder, good, memfd, names, pattern, place, text, until, vmo,
};

#[test]
fn objects_and_files_are_copied_both_ways() {
    let folder = folder("ways");
    let file = folder.join("file");
    let path = file.to_str().unwrap();
    let bytes = pattern(300_001);
    let fd = memfd("from", 0);
    pwrite(&fd, &bytes, 0).unwrap();
    let at = place(&fd);
    good(vmo(&["copy", &at, path]));
    assert!(fs::read(&file).unwrap() == bytes);
    assert!(good(vmo(&["copy", &at, "-"])) == bytes);
    let to = memfd("to", 300_005);
    good(vmo(&["copy", path, &place(&to)]));
    let other = memfd("other", 300_001);
    good(vmo(&["copy", &at, &place(&other)]));
    for fd in [&to, &other] {
        let mut got = vec![1; 300_001];
        pread(fd, &mut got, 0).unwrap();
        assert!(got == bytes);
    }
    assert_eq!(fstat(&to).unwrap().st_size, 300_005);
    good(fed(&["copy", "-", path], b"short"));
    assert_eq!(fs::read(&file).unwrap(), b"short");
    good(vmo(&["copy", &at, "/dev/null"]));
    assert_eq!(names(&folder), ["file"]);
}

#[test]
fn holes_stay_holes() {
    let folder = folder("holes");
    let file = folder.join("file");
    let size = 64 << 20;
    let fd = memfd("sparse", size);
    for at in [4096, 1 << 20, size - 5] {
        pwrite(&fd, b"data!", at).unwrap();
    }
    good(vmo(&["copy", &place(&fd), file.to_str().unwrap()]));
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.len(), size);
    assert!(
        metadata.blocks() * 512 < 1 << 20,
        "{} blocks",
        metadata.blocks()
    );
    let copied = fs::read(&file).unwrap();
    assert!(copied == good(vmo(&["cat", &place(&fd)])));
    // What was there is not left over where the source has nothing.
    let to = memfd("full", size);
    let full = vec![7; usize::try_from(size).unwrap()];
    pwrite(&to, &full, 0).unwrap();
    good(vmo(&["copy", &place(&fd), &place(&to)]));
    assert!(good(vmo(&["cat", &place(&to)])) == copied);
    assert!(fstat(&to).unwrap().st_blocks * 512 < 1 << 20);
    // A hole is all there is.
    let nothing = memfd("nothing", 1 << 20);
    good(vmo(&["copy", &place(&nothing), file.to_str().unwrap()]));
    assert!(fs::read(&file).unwrap() == vec![0; 1 << 20]);
}

#[test]
fn holes_of_a_file_stay_holes_wherever_they_go() {
    let folder = folder("holes_of_files");
    let (from, file) = (folder.join("from"), folder.join("to"));
    let size = 64 << 20;
    let source = fs::File::create(&from).unwrap();
    source.set_len(size).unwrap();
    for at in (1 << 20..4 << 20).step_by(64 << 10) {
        pwrite(&source, b"data!", at).unwrap();
    }
    let whole = fs::read(&from).unwrap();
    let (from, to) = (from.to_str().unwrap(), file.to_str().unwrap());
    let object = memfd("full", size);
    pwrite(&object, &vec![7; usize::try_from(size).unwrap()], 0).unwrap();
    good(vmo(&["copy", from, to]));
    good(vmo(&["copy", from, &place(&object)]));
    assert!(fs::read(&file).unwrap() == whole);
    assert!(good(vmo(&["cat", &place(&object)])) == whole);
    let blocks = fs::metadata(&file).unwrap().blocks();
    assert!(blocks * 512 < 1 << 20, "{blocks} blocks of the file");
    let blocks = fstat(&object).unwrap().st_blocks;
    assert!(blocks * 512 < 1 << 20, "{blocks} blocks of the object");
    // From where standard input stands, and up to its end.
    let mut standing = fs::File::open(from).unwrap();
    std::io::Seek::seek(&mut standing, std::io::SeekFrom::Start(3_000_000)).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vmo"));
    let status = command.args(["copy", "-", to]).stdin(standing).status();
    assert!(status.unwrap().success());
    assert!(fs::read(&file).unwrap() == whole[3_000_000..]);
}

#[test]
fn a_sealed_copy_never_changes_and_has_no_holes() {
    let fd = memfd("from", 0);
    pwrite(&fd, &pattern(9000), 0).unwrap();
    ftruncate(&fd, 20_000).unwrap();
    let before = good(vmo(&["cat", &place(&fd)]));
    let kept = Kept::by(vmo(&["copy", "--seal", &place(&fd), "--name", "frozen"]));
    pwrite(&fd, b"changed", 0).unwrap();
    assert!(good(vmo(&["cat", &kept.0])) == before);
    bad(&fed(&["write", &kept.0], b"x"), 1);
    let info: Value = serde_json::from_str(&text(vmo(&["info", "--json", &kept.0]))).unwrap();
    assert_eq!(info["best"], "Immutable", "{info}");
    let kept = Kept::by(fed(&["copy", "-", "--seal", "--for", "60"], b"piped"));
    assert_eq!(good(vmo(&["cat", &kept.0])), b"piped");
}

#[test]
fn a_copy_that_is_broken_off_leaves_the_file_that_was_there() {
    let folder = folder("broken");
    let file = folder.join("file");
    fs::write(&file, "as it was").unwrap();
    let mut copy = Running::vmo(&["copy", "-", file.to_str().unwrap()]);
    let mut stdin = copy.0.stdin.take().unwrap();
    stdin.write_all(&pattern(1 << 20)).unwrap();
    assert_eq!(copy.interrupt(), Some(2));
    assert_eq!(fs::read(&file).unwrap(), b"as it was");
    assert_eq!(names(&folder), ["file"]);
    // A target that a link leads to, and its permissions, stay what they are.
    let link = folder.join("link");
    std::os::unix::fs::symlink("file", &link).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    fs::set_permissions(&file, mode).unwrap();
    good(fed(&["copy", "-", link.to_str().unwrap()], b"new"));
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_file_may_be_called_as_long_as_files_are() {
    let folder = folder("long");
    let name = "n".repeat(255);
    let file = folder.join(&name);
    for bytes in ["new", "and again"] {
        good(fed(
            &["copy", "-", file.to_str().unwrap()],
            bytes.as_bytes(),
        ));
        assert_eq!(fs::read(&file).unwrap(), bytes.as_bytes());
    }
    assert_eq!(names(&folder), [name]);
}

#[test]
fn a_target_that_is_a_pipe_stays_one() {
    let fifo = folder("fifo").join("fifo");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let fd = memfd("from", 0);
    pwrite(&fd, b"through", 0).unwrap();
    let mut copy = Running::vmo(&["copy", &place(&fd), fifo.to_str().unwrap()]);
    assert_eq!(fs::read(&fifo).unwrap(), b"through");
    until("the end", || copy.0.try_wait().unwrap().is_some());
    assert!(copy.0.wait().unwrap().success());
}

#[test]
fn copies_that_make_no_sense_are_one_line() {
    let fd = memfd("from", 5000);
    let small = memfd("to", 4999);
    let (at, to) = (place(&fd), place(&small));
    for (arguments, code, part) in [
        (&["copy", &at, &to][..], 1, "only 4999"),
        (&["copy", &at, &at], 1, "the same object"),
        (&["copy", &at, "/tmp"], 1, "a directory"),
        (&["copy", "/tmp", &to], 1, "a directory"),
        (&["copy", &at, "/no/such/folder/x"], 1, "/no/such/folder/x"),
        (&["copy", "/no/such/file", &to], 1, "/no/such/file"),
        (&["copy", &at, "/dev/full"], 1, "/dev/full: No space"),
        (
            &["copy", "/proc/self/mem", "/dev/null"],
            1,
            "the input can't be read",
        ),
        (&["copy", &at], 2, "TO"),
        (&["copy", &at, &to, "--seal"], 2, "--seal"),
        (&["copy", &at, &to, "--for", "1"], 2, "--for"),
        (&["copy", "4194305:1", "-"], 1, "there is no process"),
    ] {
        let said = bad(&vmo(arguments), code);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}
