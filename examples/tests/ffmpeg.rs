// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that read and write files, given VMOs by `vmo run`.
//!
//! The command is another package's: it is looked for beside this test in the target folder,
//! and always built first, so that it is never an old one.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn vmo() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "-q", "-p", "vmo"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.unwrap().success(), "cargo build -p vmo failed");
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("vmo")
}

/// Runs it, and ends it after a minute.
fn run(program: impl AsRef<Path>, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "60"]).arg(program.as_ref());
    command.args(arguments).output().unwrap()
}

fn stdout(output: Output) -> Vec<u8> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    output.stdout
}

/// A clip of one second, which ffmpeg makes itself.
fn clip(name: &str) -> String {
    let clip = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let clip = clip.to_str().unwrap().to_owned();
    let source = "testsrc=size=64x48:rate=5:duration=1";
    let make = [
        "-v", "error", "-y", "-f", "lavfi", "-i", source, "-c:v", "ffv1", &clip,
    ];
    stdout(run("ffmpeg", &make));
    clip
}

#[test]
fn sha256sum_of_a_vmo_is_that_of_the_file() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let spec = format!("f=@{file}");
    let ours = stdout(run(
        vmo(),
        &["run", "--vmo", &spec, "--", "sha256sum", "{f}"],
    ));
    let theirs = stdout(run("sha256sum", &[file]));
    assert_eq!(ours.get(..64).unwrap(), theirs.get(..64).unwrap());
}

#[test]
fn ffmpeg_makes_the_same_frames_of_a_vmo_as_of_the_file() {
    if real_programs::find("ffmpeg", "ffmpeg", "ffmpeg").is_none() {
        return;
    }
    let clip = clip("frame.mkv");
    // A line for each: up to the last byte of the clip.
    let frames = ["-f", "framemd5", "-"];
    let file = [&["-v", "error", "-i", &clip][..], &frames].concat();
    let spec = format!("clip=@{clip}");
    let start = [
        "run", "--vmo", &spec, "--", "ffmpeg", "-v", "error", "-i", "{clip}",
    ];
    let ours = stdout(run(vmo(), &[&start[..], &frames].concat()));
    let lines = String::from_utf8(ours.clone()).unwrap();
    assert_eq!(lines.lines().filter(|it| !it.starts_with('#')).count(), 5);
    assert_eq!(ours, stdout(run("ffmpeg", &file)));
}

#[test]
fn ffmpeg_can_not_write_to_an_immutable_clip() {
    if real_programs::find("ffmpeg", "ffmpeg", "ffmpeg").is_none() {
        return;
    }
    let spec = format!("clip=@{}", clip("refused.mkv"));
    let write = "LC_ALL=C dd if=/dev/zero of={clip} bs=1 count=1 conv=notrunc";
    let output = run(vmo(), &["run", "--vmo", &spec, "--", "sh", "-c", write]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the clip was written");
    assert!(errors.contains("not permitted"), "{errors}");
}

#[test]
fn ffmpeg_writes_a_frame_into_a_vmo() {
    if real_programs::find("ffmpeg", "ffmpeg", "ffmpeg").is_none() {
        return;
    }
    let clip = clip("out.mkv");
    let raw = "-frames:v 1 -pix_fmt rgb24 -f rawvideo";
    // The size is sealed, so that ffmpeg must not truncate what it opens.
    let make = format!("ffmpeg -v error -y -i {clip} {raw} -truncate 0 {{out}} && cat {{out}}");
    let ours = stdout(run(
        vmo(),
        &["run", "--vmo", "out=9216", "--", "sh", "-c", &make],
    ));
    let plain = format!("ffmpeg -v error -i {clip} {raw} -");
    assert_eq!(ours.len(), 9216);
    assert_eq!(ours, stdout(run("sh", &["-c", &plain])));
}
