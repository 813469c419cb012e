// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo hexdump`, once and again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use rustix::fs::ftruncate;
use rustix::io::pwrite;

use crate::support::{PATIENCE, Running, VMO, bad, folder, good, memfd, pattern, place, vmo};

#[test]
fn a_dump_is_as_hexdump_has_it() {
    if Command::new("hexdump").arg("-V").output().is_err() {
        eprintln!("skipped: hexdump is not installed (apt-get install bsdextrautils)");
        return;
    }
    let mut bytes = pattern(300);
    bytes.extend([0; 100]);
    bytes.extend(b"\x1b[31mred\x7f");
    bytes.extend([7; 200_000]);
    let file = folder("hexdump").join("file");
    for len in [1, 15, 16, 17, 300, 400, 412, 512, bytes.len()] {
        fs::write(&file, &bytes[..len]).unwrap();
        let expected = Command::new("hexdump")
            .arg("-C")
            .arg(&file)
            .output()
            .unwrap();
        let fd = memfd("dump", 0);
        pwrite(&fd, &bytes[..len], 0).unwrap();
        let shown = good(vmo(&["hexdump", "--len", "1M", &place(&fd)]));
        assert!(
            shown == expected.stdout,
            "{len}: {}",
            String::from_utf8_lossy(&shown)
        );
    }
    let fd = memfd("dump", 0);
    pwrite(&fd, &bytes, 0).unwrap();
    let at = place(&fd);
    let part = good(vmo(&["hexdump", "--offset", "16", "--len", "20", &at]));
    let part = String::from_utf8(part).unwrap();
    assert!(
        part.starts_with("00000010  ") && part.ends_with("\n00000024\n"),
        "{part}"
    );
    // One screen, if nothing is said.
    let default = String::from_utf8(good(vmo(&["hexdump", &at]))).unwrap();
    assert!(default.ends_with("\n00000100\n"), "{default}");
    assert_eq!(
        good(vmo(&["hexdump", &place(&memfd("empty", 0))])),
        b"00000000\n"
    );
}

/// The lines of a process, as they come.
fn lines(running: &mut Running) -> Receiver<String> {
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in stdout.lines() {
            if line.is_err() || sender.send(line.unwrap_or_default()).is_err() {
                return;
            }
        }
    });
    lines
}

#[test]
fn a_watch_prints_what_changed_and_ends_with_ctrl_c() {
    let fd = memfd("watch", 64);
    let mut watch = Running::vmo(&["hexdump", "--watch", "--interval", "0.02", &place(&fd)]);
    let lines = lines(&mut watch);
    let next = || lines.recv_timeout(PATIENCE).unwrap();
    for offset in ["00000000", "00000010", "00000020", "00000030"] {
        let line = next();
        assert!(line.contains(&format!(" {offset}  00 00")), "{line}");
    }
    pwrite(&fd, b"A", 0x21).unwrap();
    let line = next();
    assert!(line.contains(" >00000020  00[41]00 "), "{line}");
    let time: f64 = line
        .trim_start()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(time > 0.0, "{line}");
    ftruncate(&fd, 33).unwrap();
    assert!(next().ends_with(" size 64 -> 33"));
    // What comes back is not what was there.
    ftruncate(&fd, 64).unwrap();
    assert!(next().ends_with(" size 33 -> 64"));
    let line = next();
    assert!(line.contains(" >00000020  00[00|00"), "{line}");
    assert_eq!(watch.children(), "");
    assert_eq!(watch.interrupt(), Some(2), "it did not die of SIGINT");
}

#[test]
fn a_terminal_sees_a_screen_and_colours_if_it_wants_any() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: script is not installed (apt-get install bsdutils)");
        return;
    }
    let fd = memfd("\x1b[31mscreen", 64);
    let at = place(&fd);
    let screens = |variable: &str| {
        let line = format!("timeout -s INT 1 '{VMO}' hexdump --watch --interval 0.05 {at}");
        let mut command = Command::new("script");
        let command = command.args(["-qc", &line, "/dev/null"]);
        let (name, value) = variable.split_once('=').unwrap();
        let child = command
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .env(name, value);
        let child = std::thread::scope(|scope| {
            let output = scope.spawn(|| child.output().unwrap());
            for byte in 0..40 {
                pwrite(&fd, &[byte], 3).unwrap();
                std::thread::sleep(core::time::Duration::from_millis(20));
            }
            output.join().unwrap()
        });
        String::from_utf8(child.stdout).unwrap()
    };
    let coloured = screens("X=1");
    assert!(
        coloured.contains("\x1b[H") && coloured.contains("\x1b[J"),
        "{coloured:?}"
    );
    assert!(coloured.contains("\x1b[33m"), "{coloured:?}");
    assert!(coloured.contains(r"\x1b[31mscreen"), "{coloured:?}");
    assert!(!coloured.contains("\x1b[31m"), "{coloured:?}");
    let plain = screens("NO_COLOR=1");
    assert!(plain.contains(">00000000  00 00 00["), "{plain:?}");
    assert!(
        !plain.contains("\x1b[33m") && !plain.contains("\x1b[1m"),
        "{plain:?}"
    );
}

#[test]
fn a_dump_that_makes_no_sense_is_one_line() {
    let fd = memfd("small", 64);
    let small = place(&fd);
    for (arguments, code, part) in [
        (
            &["hexdump", &small, "--offset", "65"][..],
            1,
            "it has 64 bytes",
        ),
        (&["hexdump", &small, "--watch", "--len", "2M"], 1, "1 MiB"),
        (&["hexdump", &small, "--interval", "1"], 2, "--watch"),
        (
            &["hexdump", &small, "--watch", "--interval", "x"],
            2,
            "seconds",
        ),
        (&["hexdump", "camera"], 2, "PID:FD"),
    ] {
        let said = bad(&vmo(arguments), code);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}
