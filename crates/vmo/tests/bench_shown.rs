// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `vmo bench` shows: the picture that it draws, and how far it is.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.arg("bench").args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A place that no other test writes to, and in which there is nothing.
fn place(test: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::remove_dir_all(&place).ok();
    std::fs::create_dir_all(&place).unwrap();
    place
}

/// Who copies, in the order of the table.
const COPIES: [&str; 9] = [
    "vmo: read_at",
    "memcpy out",
    "pread",
    "vmo: write_at",
    "memcpy in",
    "pwrite",
    "memcpy, private memory",
    "pipe",
    "Unix socket (stream)",
];

const STEPS: [&str; 6] = [
    "allocate",
    "drop both",
    "map",
    "drop mapping",
    "adopt",
    "drop VMO",
];

/// The texts of a picture.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|it| it.has_tag_name("text"));
    texts
        .map(|it| it.text().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_picture_is_xml_and_has_a_label_for_everybody() {
    let place = place("bench-svg");
    let path = place.join("all.svg");
    let output = bench(&["--seconds", "0.05", "--svg", path.to_str().unwrap()]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    assert!(shown.contains(path.to_str().unwrap()), "{shown}");
    let svg = std::fs::read_to_string(&path).unwrap();
    let texts = texts(&svg);
    let steps = STEPS.map(|step| format!("vmo: {step}"));
    let rings = [
        "vmo-ring",
        "vmo-ring, 16 at once",
        "Unix socket (seqpacket)",
        "futex",
    ];
    let others = ["64 MiB", "1 MiB", "bare calls"];
    for label in COPIES.iter().chain(&rings).chain(&others) {
        assert!(texts.iter().any(|it| it == label), "no {label}: {texts:?}");
    }
    for label in &steps {
        assert!(texts.contains(label), "no {label}: {texts:?}");
    }
    // Where it is from, in the picture itself.
    let kernel = rustix::system::uname();
    let kernel = kernel.release().to_str().unwrap();
    let caption = texts.iter().find(|it| it.contains(kernel)).unwrap();
    assert!(caption.contains(env!("CARGO_PKG_VERSION")), "{caption}");
    assert!(caption.contains(", 20"), "no date: {caption}");
    // In the dark, and without anything from elsewhere.
    assert!(svg.contains("prefers-color-scheme:dark"));
    let elsewhere = svg.replace("http://www.w3.org/2000/svg", "");
    for word in ["http", "url(", "@import", "<script", "NaN", "inf"] {
        assert!(!elsewhere.contains(word), "{word} in {svg}");
    }
    let left = std::fs::read_dir(&place).unwrap().count();
    assert_eq!(left, 1, "more than the picture is there");
}

#[test]
fn a_picture_of_one_has_nothing_of_the_others() {
    let place = place("bench-svg-one");
    let path = place.join("old.svg");
    std::fs::write(&path, "what was there before").unwrap();
    let output = bench(&[
        "alloc",
        "--seconds",
        "0.05",
        "--svg",
        path.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let texts = texts(&std::fs::read_to_string(&path).unwrap());
    assert!(texts.iter().any(|it| it == "vmo: adopt"), "{texts:?}");
    assert!(!texts.iter().any(|it| it == "pread"), "{texts:?}");
}

#[test]
fn a_picture_that_can_not_be_written_is_said_before_anything_is_measured() {
    let place = place("bench-svg-nowhere");
    let folder = place.to_str().unwrap();
    for path in [
        folder,
        "/nonexistent/x.svg",
        "/proc/x.svg",
        "a\x1b[2J/x.svg",
    ] {
        let start = Instant::now();
        let output = bench(&["--seconds", "100", "--svg", path]);
        assert!(start.elapsed() < Duration::from_secs(20), "{path}");
        assert_eq!(output.status.code(), Some(1), "{path}");
        assert!(output.stdout.is_empty(), "{path}");
        let message = text(&output.stderr);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains("--svg FILE"), "{message}");
        assert!(!message.contains('\x1b'), "{message:?}");
    }
    // What only shows when it is written is an error as well.
    let output = bench(&["alloc", "--seconds", "0.01", "--svg", "/dev/full"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/dev/full"), "{output:?}");
}

/// What a terminal is shown on stderr while a benchmark takes a while, if there is a program
/// that makes terminals.
fn on_a_terminal(arguments: &str, variables: &[(&str, &str)]) -> Option<String> {
    let line = format!("{} bench {arguments} >/dev/null", env!("CARGO_BIN_EXE_vmo"));
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null());
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    command.envs(variables.iter().copied());
    let Ok(output) = command.output() else {
        eprintln!("skipped: script is not installed (apt-get install bsdutils)");
        return None;
    };
    assert!(output.status.success(), "{}", text(&output.stdout));
    Some(text(&output.stdout))
}

#[test]
fn who_waits_at_a_terminal_sees_how_far_it_is_and_nothing_is_left_of_it() {
    let start = Instant::now();
    let Some(shown) = on_a_terminal("alloc --seconds 4", &[]) else {
        return;
    };
    // Ten a second at most, from the second on, and one to erase the last.
    let most = 10.0 * (start.elapsed().as_secs_f64() - 2.0) + 2.0;
    let frames: Vec<&str> = shown.split('\r').collect();
    assert!(shown.contains("measuring: "), "{shown:?}");
    assert!(frames.len() as f64 <= most, "{}: {shown:?}", frames.len());
    assert_eq!(frames.last(), Some(&"\x1b[K"), "{shown:?}");
    let plain = on_a_terminal("alloc --seconds 4", &[("NO_COLOR", "1")]).unwrap();
    assert!(plain.contains("measuring: "), "{plain:?}");
    assert!(!plain.contains("\x1b[2m") && shown.contains("\x1b[2m"));
}

#[test]
fn neither_machines_nor_who_waits_a_moment_see_how_far_it_is() {
    let Some(shown) = on_a_terminal("alloc --seconds 0.1", &[]) else {
        return;
    };
    assert_eq!(shown, "");
    let json = on_a_terminal("alloc --seconds 3 --json", &[]).unwrap();
    assert_eq!(json, "");
    let dumb = on_a_terminal("alloc --seconds 3", &[("TERM", "dumb")]).unwrap();
    assert_eq!(dumb, "");
}
