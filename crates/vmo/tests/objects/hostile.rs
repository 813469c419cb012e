// SPDX-License-Identifier: MIT OR Apache-2.0
//! What others offer may be anything, and may change at any moment.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::fs::{Mode, OFlags, ftruncate, open};

use crate::support::{
    Running, VMO, bad, fed, folder, good, memfd, names, pattern, place, until, vmo,
};

/// Runs `inner` while somebody truncates `fd` and gives it back its size, again and again.
fn while_truncated(fd: &OwnedFd, size: u64, inner: impl FnOnce()) {
    /// Ends the other thread when a test fails, too.
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                for now in [0, size / 3, size] {
                    ftruncate(fd, now).unwrap();
                    std::thread::sleep(Duration::from_micros(300));
                }
            }
        });
        let _end = End(&end);
        inner();
    });
}

#[test]
fn truncation_under_a_reader_is_an_error_and_never_a_signal() {
    let size = 8 << 20;
    let fd = memfd("hostile", size);
    let at = place(&fd);
    let folder = folder("truncated");
    let file = folder.join("file");
    let mut told = 0;
    while_truncated(&fd, size, || {
        for _ in 0..40 {
            fs::write(&file, "as it was").unwrap();
            for arguments in [
                &["cat", &at][..],
                &["hexdump", &at, "--len", "8M"],
                &["copy", &at, file.to_str().unwrap()],
                &["copy", &at, "-"],
            ] {
                let output = vmo(arguments);
                if output.status.code() != Some(0) {
                    let said = bad(&output, 1);
                    assert!(said.contains("became"), "{arguments:?}: {said}");
                    told += 1;
                }
                assert_eq!(names(&folder), ["file"]);
            }
            let copied = fs::read(&file).unwrap();
            // As large as it was when it was opened.
            let sizes = [0, size / 3, size];
            let whole = sizes.contains(&u64::try_from(copied.len()).unwrap())
                && copied.iter().all(|it| *it == 0);
            assert!(copied == b"as it was" || whole, "half of a copy is left");
        }
    });
    assert!(told > 0, "no verb ever met a truncation");
}

#[test]
fn truncation_under_a_writer_is_an_error_and_the_object_does_not_grow() {
    let size = 8 << 20;
    let fd = memfd("hostile", size);
    let bytes = pattern(usize::try_from(size).unwrap());
    let mut told = 0;
    while_truncated(&fd, size, || {
        for _ in 0..20 {
            let output = fed(&["write", &place(&fd)], &bytes);
            if output.status.code() != Some(0) {
                bad(&output, 1);
                told += 1;
            }
            assert!(rustix::fs::fstat(&fd).unwrap().st_size.unsigned_abs() <= size);
        }
    });
    assert!(told > 0, "no writer ever met a truncation");
}

#[test]
fn what_is_truncated_in_the_middle_does_not_grow_again() {
    let fd = memfd("hostile", 64 << 10);
    let mut write = Running::vmo(&["write", &place(&fd)]);
    let mut stdin = write.0.stdin.take().unwrap();
    stdin.write_all(&[7; 8192]).unwrap();
    let mut first = [0; 8192];
    until("the first bytes", || {
        rustix::io::pread(&fd, &mut first, 0).unwrap();
        first == [7; 8192]
    });
    ftruncate(&fd, 100).unwrap();
    stdin.write_all(&[7; 8192]).unwrap();
    drop(stdin);
    until("the end", || write.0.try_wait().unwrap().is_some());
    assert_eq!(rustix::fs::fstat(&fd).unwrap().st_size, 100, "it has grown");
    let said = std::io::read_to_string(write.0.stderr.take().unwrap()).unwrap();
    assert!(said.contains("its size became 100 meanwhile"), "{said}");
    assert_eq!(write.0.wait().unwrap().code(), Some(1));
}

#[test]
fn what_is_truncated_while_it_is_read_is_told() {
    let fd = memfd("hostile", 8 << 20);
    for verb in [&["cat", &place(&fd)][..], &["copy", &place(&fd), "-"]] {
        ftruncate(&fd, 8 << 20).unwrap();
        let mut cat = Running::vmo(verb);
        let mut stdout = cat.0.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 4096]).unwrap();
        // It waits for us now, with most of it still to come.
        ftruncate(&fd, 0).unwrap();
        let rest = std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
        assert!(rest < 4 << 20, "{rest} bytes of nothing");
        let said = std::io::read_to_string(cat.0.stderr.take().unwrap()).unwrap();
        assert!(said.contains("its size became 0 meanwhile"), "{said}");
        assert_eq!(cat.0.wait().unwrap().code(), Some(1));
    }
}

#[test]
fn a_watch_lives_through_truncations() {
    let size = 64 << 10;
    let fd = memfd("hostile", size);
    let mut watch = Running::vmo(&[
        "hexdump",
        "--watch",
        "--interval",
        "0.02",
        "--len",
        "64K",
        &place(&fd),
    ]);
    let mut stdout = watch.0.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut stdout).unwrap());
    while_truncated(&fd, size, || std::thread::sleep(Duration::from_millis(800)));
    assert!(watch.0.try_wait().unwrap().is_none(), "it has ended");
    assert_eq!(watch.interrupt(), Some(2));
    let text = reader.join().unwrap();
    assert!(text.contains(" size "), "it never met a truncation");
}

/// What is no memory, with a word that says so.
fn no_memory(folder: &std::path::Path) -> Vec<(&'static str, OwnedFd)> {
    let fifo = folder.join("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let both = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();
    let path = |name: &str| open(name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let (pipe, _writer) = rustix::pipe::pipe().unwrap();
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let event = rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).unwrap();
    let disk = folder.join("file");
    fs::write(&disk, "bytes").unwrap();
    vec![
        ("a pipe", both.into()),
        ("a pipe", path(fifo.to_str().unwrap())),
        ("a pipe", pipe),
        ("a device", File::open("/dev/zero").unwrap().into()),
        ("a device", path("/dev/zero")),
        ("a socket", socket.into()),
        ("anon_inode:[eventfd]", event),
        ("a directory", File::open("/").unwrap().into()),
        ("a file of a disk", File::open(disk).unwrap().into()),
        (
            "a file of a disk",
            File::open("/proc/self/status").unwrap().into(),
        ),
    ]
}

#[test]
fn what_is_no_memory_is_refused_by_every_verb_and_nobody_waits() {
    let folder = folder("no-memory");
    for (what, fd) in no_memory(&folder) {
        // A file of memory, where the folder is one, can't be told apart from shared memory.
        if what == "a file of a disk" && rustix::fs::fcntl_get_seals(&fd).is_ok() {
            continue;
        }
        let at = place(&fd);
        for (arguments, code) in [
            (&["cat", &at][..], 1),
            (&["write", &at], 1),
            (&["hexdump", &at], 1),
            (&["hexdump", "--watch", &at], 1),
            (&["seal", &at], 1),
            (&["seal", &at, "grow"], 1),
            (&["hold", &at], 1),
            (&["copy", &at, "-"], 1),
            (&["copy", "-", &at], 1),
            (&["copy", &at, "--seal"], 1),
            (&["attach", &at, "--", "true"], 125),
        ] {
            let said = bad(&vmo(arguments), code);
            assert!(said.contains(what), "{arguments:?}: no {what:?} in {said}");
        }
    }
    let fifo = folder.join("fifo");
    let fifo = fifo.to_str().unwrap();
    assert!(bad(&vmo(&["cat", fifo]), 1).contains("a pipe"));
    assert!(bad(&vmo(&["write", "/dev/zero"]), 1).contains("a device"));
}

#[test]
fn what_is_not_there_says_so() {
    let mine = format!("{}:999999", std::process::id());
    for (object, part) in [
        (mine.as_str(), "has no descriptor 999999"),
        ("4194305:1", "there is no process 4194305"),
        ("4294967295:4294967295", "there is no process"),
        ("18446744073709551615", "vmo ls --all"),
        ("/no/such/file", "/no/such/file"),
        ("/\x1b[31m", r"\x1b[31m"),
    ] {
        let said = bad(&vmo(&["cat", object]), 1);
        assert!(said.contains(part), "{object}: {said}");
    }
}

#[test]
fn names_never_reach_a_terminal_as_they_are() {
    let fd = memfd("\x1b[31mred\u{202e}\n", 64);
    for arguments in [&["seal"][..], &["seal", "--json"]] {
        let shown = good(vmo(&[arguments, &[&place(&fd)]].concat()));
        let shown = String::from_utf8(shown).unwrap();
        assert!(
            !shown.contains('\x1b') && !shown.contains('\u{202e}'),
            "{shown}"
        );
    }
    let folder = folder("names");
    let file = folder.join("a\x1b[31m");
    let said = bad(&vmo(&["copy", file.to_str().unwrap(), "-"]), 1);
    assert!(said.contains(r"a\x1b[31m"), "{said}");
}

/// `vmo` as a user that may do nothing, if we may become one, and it may run it.
fn as_nobody(arguments: &[&str]) -> Option<std::process::Output> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can be nobody");
        return None;
    }
    let mut command = Command::new("timeout");
    let command = command.args(["20", VMO]).args(arguments);
    let output = command
        .uid(65534)
        .gid(65534)
        .current_dir("/")
        .output()
        .ok()?;
    if output.status.code() == Some(126) {
        eprintln!("skipped: nobody may not run the program");
        return None;
    }
    Some(output)
}

#[test]
fn a_process_of_somebody_else_is_refused_with_the_way_out() {
    let Some(output) = as_nobody(&["cat", "1:0"]) else {
        return;
    };
    let said = bad(&output, 1);
    for part in ["not permitted", "process 1", "user 0", "CAP_SYS_PTRACE"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn what_can_not_be_opened_anew_is_read_by_a_duplicate_and_not_written() {
    use std::os::unix::fs::PermissionsExt;
    let Some(output) = as_nobody(&["create", "4096"]) else {
        return;
    };
    let kept = crate::support::Kept::by(output);
    let number = kept.0.split(':').nth(1).unwrap().to_owned();
    let path = format!("/proc/{}/fd/{number}", kept.pid());
    good(fed(&["write", &kept.0], b"hello"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    let read = as_nobody(&["cat", "--len", "5", &kept.0]).unwrap();
    assert_eq!(good(read), b"hello");
    let said = bad(&as_nobody(&["write", &kept.0, "/etc/passwd"]).unwrap(), 1);
    assert!(said.contains("can't be opened for writing"), "{said}");
    kept.signal(rustix::process::Signal::TERM);
    until("the end", || !crate::support::runs(kept.pid()));
}
