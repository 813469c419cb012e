// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo ls`: what this very process holds is listed, for people and for machines.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fstat, ftruncate, memfd_create};
use serde_json::Value;

fn vmo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn me() -> String {
    std::process::id().to_string()
}

/// A memfd of this process.
fn memfd(name: &str, size: u64) -> (OwnedFd, u64) {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create(name, flags).unwrap();
    ftruncate(&fd, size).unwrap();
    let ino = fstat(&fd).unwrap().st_ino;
    (fd, ino)
}

fn line_of(text: &str, ino: u64) -> String {
    let mut lines = text.lines();
    let line = lines.find(|it| it.split_whitespace().any(|word| word == ino.to_string()));
    line.unwrap_or_else(|| panic!("{ino} is not in\n{text}"))
        .to_owned()
}

fn object_of(json: &Value, ino: u64) -> Option<Value> {
    let mut objects = json["objects"].as_array().unwrap().iter();
    objects.find(|it| it["ino"] == ino).cloned()
}

#[test]
fn a_line_says_what_it_is_and_who_has_it() {
    let (fd, ino) = memfd("ls-camera", 1 << 20);
    fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW).unwrap();
    let text = stdout(&vmo(&["ls"]));
    let line = line_of(&text, ino);
    for part in [
        "ls-camera",
        "1.0 MiB",
        "0 B",
        "shrink grow",
        &format!(":{} fd ", me()),
    ] {
        assert!(line.contains(part), "no {part} in {line}");
    }
    assert!(
        text.starts_with("   ") || text.trim_start().starts_with("ID"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "colours without a terminal: {text}");
}

#[test]
fn a_name_that_would_act_on_a_terminal_is_escaped() {
    let (_fd, ino) = memfd("\x1b[31mred\n\u{202e}bidi\x07", 4096);
    let text = stdout(&vmo(&["ls", "-p", &me()]));
    let line = line_of(&text, ino);
    assert!(line.contains(r"\x1b[31mred\x0a\u{202e}bidi\x07"), "{line}");
}

#[test]
fn json_is_one_object_with_all_facts() {
    let (fd, ino) = memfd("ls-json", 8192);
    let json: Value = serde_json::from_str(&stdout(&vmo(&["ls", "--json", "-p", &me()]))).unwrap();
    assert_eq!(json["schema"], 1);
    assert!(json["unseen"].is_u64());
    let object = object_of(&json, ino).unwrap();
    assert_eq!(object["name"], "ls-json");
    assert_eq!(object["kind"], "memfd");
    assert_eq!(
        (&object["size"], &object["committed"]),
        (&8192.into(), &0.into())
    );
    assert_eq!(object["seals"], serde_json::json!([]));
    let holders = object["holders"].as_array().unwrap();
    let mine = holders
        .iter()
        .find(|it| it["pid"] == std::process::id())
        .unwrap();
    assert_eq!(
        mine["fds"],
        serde_json::json!([{ "fd": fd.as_raw_fd(), "access": "rw" }])
    );
}

#[test]
fn files_in_memory_are_shown_with_all_only() {
    let path = format!("/dev/shm/vmo-ls-{}", me());
    let file = std::fs::File::create_new(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let ino = fstat(&file).unwrap().st_ino;
    let look = |arguments: &[&str]| -> Option<Value> {
        object_of(
            &serde_json::from_str(&stdout(&vmo(arguments))).unwrap(),
            ino,
        )
    };
    assert_eq!(
        look(&["ls", "--json", "--all"]).unwrap()["name"],
        path.as_str()
    );
    assert!(look(&["ls", "--json"]).is_none());
}

#[test]
fn a_process_without_any_gets_a_sentence() {
    let mut sleep = Command::new("sleep").arg("60").spawn().unwrap();
    let pid = sleep.id().to_string();
    // Until it has become `sleep`, it has what this process has.
    let name = format!("/proc/{pid}/comm");
    let begin = std::time::Instant::now();
    while std::fs::read_to_string(&name).unwrap() != "sleep\n" {
        assert!(begin.elapsed().as_secs() < 20, "sleep does not start");
        std::thread::yield_now();
    }
    let text = stdout(&vmo(&["ls", "-p", &pid]));
    sleep.kill().unwrap();
    sleep.wait().unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        format!("sleep:{pid} has no memfd")
    );
}

#[test]
fn a_process_that_is_not_there_is_an_error() {
    // Above what any kernel gives.
    let output = vmo(&["ls", "-p", "4194305"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"vmo: there is no process 4194305\n");
    for arguments in [["ls", "-p", "-1"], ["ls", "-p", "x"]] {
        assert_eq!(vmo(&arguments).status.code(), Some(2));
    }
    for interval in ["0", "-1", "nan", "inf", "1e9", ""] {
        let output = vmo(&["ls", "--watch", "--interval", interval]);
        assert_eq!(output.status.code(), Some(2), "{interval}: {output:?}");
    }
}

/// What a program writes, read by another thread: who waits for a line can stop waiting.
struct Shown(Receiver<String>);

impl Shown {
    fn of(from: impl Read + Send + 'static) -> Self {
        // Without a place for more, the reader stops with whoever takes the lines.
        let (to, lines) = sync_channel(0);
        std::thread::spawn(move || {
            let mut all = BufReader::new(from).lines().map(Result::unwrap);
            all.try_for_each(|line| to.send(line))
        });
        Self(lines)
    }

    /// Waits for a line with that in it, a few seconds. What came instead, if it did not.
    fn until(&mut self, sign: &str) -> Result<String, String> {
        let end = Instant::now() + Duration::from_secs(6);
        let mut others = String::new();
        let left = || end.saturating_duration_since(Instant::now());
        while let Ok(line) = self.0.recv_timeout(left()) {
            if line.contains(sign) {
                return Ok(line);
            }
            others.push_str(&line);
            others.push('\n');
        }
        Err(others)
    }
}

#[test]
fn watching_marks_what_is_new_has_grown_and_is_gone() {
    let mut watcher = Command::new(env!("CARGO_BIN_EXE_vmo"))
        .args(["ls", "--watch", "--interval", "0.1", "-p", &me()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = Shown::of(watcher.stdout.take().unwrap());
    let mut until = |sign: &str| {
        if let Err(rest) = shown.until(sign) {
            watcher.kill().unwrap();
            watcher.wait().unwrap();
            panic!("no line with {sign:?} among\n{rest}");
        }
    };
    until("after");
    let (fd, ino) = memfd("ls-watched", 4096);
    until(&format!("+ {ino}"));
    ftruncate(&fd, 8192).unwrap();
    until(&format!("^ {ino}"));
    drop(fd);
    until(&format!("- {ino}"));
    // Nobody reads any more: it ends by itself, and without a word.
    drop(shown);
    assert_eq!(watcher.wait().unwrap().code(), Some(1));
}

#[test]
fn watching_for_machines_gives_an_object_per_line() {
    let mut watcher = Command::new(env!("CARGO_BIN_EXE_vmo"))
        .args(["ls", "--watch", "--json", "--interval", "0.05"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = Shown::of(watcher.stdout.take().unwrap());
    for _ in 0..3 {
        let Ok(line) = shown.until("") else {
            watcher.kill().unwrap();
            watcher.wait().unwrap();
            panic!("no line");
        };
        let json: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json["schema"], 1);
    }
    drop(shown);
    watcher.wait().unwrap();
}
