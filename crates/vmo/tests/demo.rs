// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo demo`, as a user runs it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::collections::HashSet;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// A fresh place for the files of one test.
fn place(test: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&place).unwrap();
    place
}

fn vmo(arguments: &[&str], place: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vmo"))
        .args(arguments)
        .current_dir(place)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn pixels(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn the_demo_survives_its_peer_and_draws_a_picture() {
    let place = place("picture");
    let picture = place.join("vmo-demo.png");
    std::fs::remove_file(&picture).ok();
    let output = vmo(&["demo"], &place);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(
        !shown.contains('\x1b'),
        "colours, where nobody looks: {shown}"
    );
    assert!(!shown.contains("FAIL"), "{shown}");
    for row in [
        "truncates",
        "grows",
        "seals",
        "punches",
        "flips",
        "SIGKILL",
        "left over",
    ] {
        assert!(shown.contains(row), "{row} is missing: {shown}");
    }
    assert_eq!(shown.matches("the kernel says EPERM").count(), 3, "{shown}");

    let (width, height, pixels) = pixels(&picture);
    assert_eq!((width, height), (640, 400));
    let colours: HashSet<&[u8]> = pixels.chunks_exact(3).collect();
    assert!(colours.len() > 1000, "only {} colours", colours.len());
}

#[test]
fn json_says_the_same_to_machines() {
    let place = place("json");
    let output = vmo(&["demo", "--json", "--png", "other.png"], &place);
    let shown = text(&output.stdout);
    assert_eq!(shown.lines().count(), 1, "{shown}");
    let value: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(value["ok"], true);
    assert!(value["seconds"].as_f64().unwrap() > 0.0);
    assert!(value["copy_time_to_memcpy"]["64 KiB"].as_f64().unwrap() > 0.0);
    let rows = value["rows"].as_array().unwrap();
    assert!(
        rows.iter().filter(|row| row["ok"] == true).count() >= 12,
        "{shown}"
    );
    let contrast = rows
        .iter()
        .find(|row| row["what"].as_str().unwrap().contains("without asking"));
    assert!(
        contrast.unwrap()["outcome"]
            .as_str()
            .unwrap()
            .contains("SIGBUS"),
        "{shown}"
    );
    assert!(place.join("other.png").exists());
}

#[test]
fn a_picture_that_can_not_be_written_is_an_error_in_one_line() {
    for path in ["/nonexistent/x.png", "/dev/full"] {
        let output = vmo(&["demo", "--png", path], &place("nowhere"));
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(path), "{message}");
        assert!(message.contains("--png PATH"), "{message}");
    }
}

/// The program under a name of its own, so that its processes can be told from those of
/// other tests. A link, as a file that was just written may be too busy to be executed.
fn own_program(place: &Path) -> PathBuf {
    let program = place.canonicalize().unwrap().join("vmo-link");
    std::fs::remove_file(&program).ok();
    std::fs::hard_link(env!("CARGO_BIN_EXE_vmo"), &program).unwrap();
    program
}

/// The processes that run `program` in the role of `word`; all of them where it is empty.
fn running(program: &Path, word: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ours = processes.filter(|process| {
        let exe = std::fs::read_link(process.path().join("exe"));
        let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        exe.is_ok_and(|exe| exe == program) && text(&arguments).contains(word)
    });
    ours.map(|process| process.file_name().into_string().unwrap())
        .collect()
}

/// Waits until `done`, for a few seconds. Whether it came to that.
fn soon(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(15) {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

fn start(program: &Path, arguments: &[&str], place: &Path) -> Child {
    Command::new(program)
        .args(arguments)
        .current_dir(place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// SIGKILL for the process that plays `role`, as soon as there is one.
fn kill_the(role: &str, program: &Path) {
    let mut found = Vec::new();
    assert!(soon(|| {
        found = running(program, role);
        !found.is_empty()
    }));
    let killed = Command::new("kill").arg("-9").args(&found).status();
    assert!(killed.unwrap().success());
}

#[test]
fn no_process_is_left_over() {
    let place = place("left-over");
    let program = own_program(&place);
    let demo = start(&program, &["demo"], &place);
    assert!(soon(|| !running(&program, "villain").is_empty()));
    assert!(demo.wait_with_output().unwrap().status.success());
    assert_eq!(running(&program, ""), Vec::<String>::new());
}

#[test]
fn the_peer_ends_when_the_demo_is_killed() {
    let place = place("killed");
    let program = own_program(&place);
    let mut demo = start(&program, &["demo"], &place);
    assert!(soon(|| !running(&program, "villain").is_empty()));
    demo.kill().unwrap();
    let output = demo.wait_with_output().unwrap();
    assert!(soon(|| running(&program, "").is_empty()));
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_peer_that_dies_too_early_is_an_error_and_no_hang() {
    let place = place("early");
    let program = own_program(&place);
    let demo = start(&program, &["demo"], &place);
    kill_the("villain\0peer", &program);
    let output = demo.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert_eq!(text(&output.stderr), "vmo: the other process is gone\n");
}

#[test]
fn a_receiver_that_dies_is_an_error_and_no_hang() {
    let place = place("receiver");
    let program = own_program(&place);
    let demo = start(&program, &["demo", "--file", "/dev/zero"], &place);
    kill_the("villain\0receiver", &program);
    let output = demo.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(text(&output.stderr), "vmo: the other process is gone\n");
}

#[test]
fn one_cpu_is_enough() {
    let program = env!("CARGO_BIN_EXE_vmo");
    let output = Command::new("taskset")
        .args(["-c", "0", program, "demo", "--json"])
        .current_dir(place("one-cpu"))
        .output();
    let Ok(output) = output else {
        return; // There is no taskset here.
    };
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn files_of_every_size_arrive_whole() {
    let place = place("files");
    for size in [
        0,
        1,
        4095,
        256 << 10,
        (256 << 10) + 1,
        1 << 20,
        (9 << 20) + 12345,
    ] {
        let bytes: Vec<u8> = (0..size).map(|i: usize| ((i * i) >> 7) as u8).collect();
        let path = place.join(format!("{size}"));
        std::fs::write(&path, &bytes).unwrap();
        let output = vmo(&["demo", "--file", path.to_str().unwrap()], &place);
        let shown = text(&output.stdout);
        assert!(output.status.success(), "{shown}{}", text(&output.stderr));
        let hash = Sha256::digest(&bytes);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown.matches(&hash).count(), 2, "{size} bytes: {shown}");
        assert!(shown.contains("the same bytes"), "{shown}");
    }
}

#[test]
fn a_file_that_is_none_is_an_error_in_one_line() {
    let place = place("no-file");
    for path in ["/nonexistent", "/"] {
        let output = vmo(&["demo", "--file", path], &place);
        assert_eq!(output.status.code(), Some(1), "{path}");
        let message = text(&output.stderr);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(
            message.starts_with("vmo: ") && message.contains(path),
            "{message}"
        );
    }
}

#[test]
fn nobody_reading_is_no_reason_to_complain() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vmo"))
        .arg("demo")
        .current_dir(place("pipe"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn the_villain_without_a_vmo_says_why_it_can_not_start() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vmo"))
        .args(["villain", "peer"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may be gone already: it looks at the descriptor, not at what is in it.
    child.stdin.take().unwrap().write_all(b"no memory").ok();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("this is a pipe"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn arguments_that_make_no_sense_exit_with_2() {
    for arguments in [&["demo", "--nope"][..], &["nope"], &[], &["demo", "--file"]] {
        let output = vmo(arguments, &place("usage"));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let message = text(&output.stderr);
        let way_out = message.contains("--help");
        assert!(way_out, "{message}");
    }
    let help = vmo(&["--help"], &place("usage"));
    assert!(help.status.success());
    let help = text(&help.stdout);
    assert!(
        help.contains("demo") && help.contains("run") && !help.contains("villain"),
        "{help}"
    );
}
