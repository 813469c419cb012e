// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo graph`: what this very process shares is drawn, for people and for machines.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
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

/// A memfd of this process, sealed.
fn memfd(name: &str, seals: SealFlags) -> (OwnedFd, u64) {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create(name, flags).unwrap();
    ftruncate(&fd, 8192).unwrap();
    fcntl_add_seals(&fd, seals).unwrap();
    let ino = fstat(&fd).unwrap().st_ino;
    (fd, ino)
}

/// A process that has an object as its descriptor 0 and does nothing.
struct Holder(Child);

impl Holder {
    fn of(fd: &OwnedFd) -> Self {
        let child = Command::new("sleep")
            .arg("600")
            .stdin(Stdio::from(fd.try_clone().unwrap()))
            .spawn()
            .unwrap();
        // Until it has become `sleep`, it has what this process has.
        let (name, begin) = (format!("/proc/{}/comm", child.id()), Instant::now());
        while fs::read_to_string(&name).unwrap() != "sleep\n" {
            assert!(begin.elapsed().as_secs() < 20, "sleep does not start");
            std::thread::sleep(Duration::from_millis(1));
        }
        Self(child)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(&vmo(arguments))).unwrap()
}

/// A place for a file of one test.
fn place(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graph");
    fs::create_dir_all(&dir).unwrap();
    let path = dir.join(name);
    let _ = fs::remove_file(&path);
    path
}

#[test]
fn json_joins_each_process_with_what_it_has() {
    let (fd, ino) = memfd("graph-json", SealFlags::SHRINK | SealFlags::FUTURE_WRITE);
    let (holder, id) = (Holder::of(&fd), ino.to_string());
    let graph = json(&["graph", "--json", "-p", &holder.pid().to_string()]);
    assert_eq!(graph["schema"], 1);
    let objects = graph["objects"].as_array().unwrap();
    let object = objects.iter().find(|it| it["id"] == id).unwrap();
    assert_eq!(object["state"], "published");
    let edges = graph["edges"].as_array().unwrap();
    let edge = edges
        .iter()
        .find(|it| it["pid"] == holder.pid() && it["object"] == id);
    let edge = edge.unwrap_or_else(|| panic!("sleep has no edge in {graph}"));
    assert_eq!(edge["by"], "fd");
    assert_eq!(edge["writes"], false, "FUTURE_WRITE is sealed: {edge}");
    assert_eq!(edge["has"], "fd 0 (rw)");
    let mine = edges
        .iter()
        .find(|it| it["pid"] == std::process::id())
        .unwrap();
    assert!(
        mine["has"]
            .as_str()
            .unwrap()
            .contains(&fd.as_raw_fd().to_string())
    );
}

#[test]
fn a_writable_mapping_and_a_writable_descriptor_write() {
    let (fd, ino) = memfd("graph-writes", SealFlags::SHRINK);
    let (holder, id) = (Holder::of(&fd), ino.to_string());
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let reader = fs::File::open(path).unwrap();
    let reading = Holder::of(&OwnedFd::from(reader));
    let graph = json(&["graph", "--json"]);
    let edges = graph["edges"].as_array().unwrap();
    let writes = |pid: u32| {
        let edge = edges
            .iter()
            .find(|it| it["pid"] == pid && it["object"] == id);
        edge.unwrap()["writes"].clone()
    };
    assert_eq!(
        (writes(holder.pid()), writes(reading.pid())),
        (true.into(), false.into())
    );
}

#[test]
fn the_picture_is_xml_with_the_name_and_the_id() {
    let (fd, ino) = memfd("graph-<svg>&\x1b\"", SealFlags::SHRINK);
    let holder = Holder::of(&fd);
    let text = stdout(&vmo(&["graph", "-p", &holder.pid().to_string()]));
    let document = roxmltree::Document::parse(&text).unwrap();
    let texts = document.descendants().filter(|it| it.has_tag_name("text"));
    let texts: Vec<_> = texts.filter_map(|it| it.text()).collect();
    assert!(texts.contains(&"graph-<svg>&\\x1b\""), "{texts:?}");
    assert!(texts.contains(&ino.to_string().as_str()), "{texts:?}");
    assert!(texts.contains(&"sleep"), "{texts:?}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn two_looks_at_the_same_give_the_same_picture() {
    let (fd, _) = memfd("graph-same", SealFlags::SHRINK);
    let holders = [Holder::of(&fd), Holder::of(&fd)];
    drop(fd);
    let pid = holders[0].pid().to_string();
    // Children of other tests have it too, until they have become another program.
    let begin = Instant::now();
    while json(&["graph", "--json", "-p", &pid])["processes"]
        .as_array()
        .unwrap()
        .len()
        > 2
    {
        assert!(begin.elapsed().as_secs() < 20, "others have it still");
    }
    for language in [&[][..], &["--dot"]] {
        let look = || stdout(&vmo(&[&["graph", "-p", &pid], language].concat()));
        let first = look();
        assert!(first.contains("graph-same"), "{first}");
        assert_eq!(first, look());
    }
}

#[test]
fn the_end_of_the_name_says_what_is_written() {
    let (fd, ino) = memfd("graph-file", SealFlags::SHRINK);
    let holder = Holder::of(&fd);
    let pid = holder.pid().to_string();
    for (name, begins) in [
        ("a.svg", "<svg "),
        ("a.dot", "graph vmo {"),
        ("a.SVG", "<svg "),
    ] {
        let path = place(name);
        stdout(&vmo(&["graph", "-p", &pid, "-o", path.to_str().unwrap()]));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(begins), "{name}: {text}");
        assert!(text.contains(&ino.to_string()), "{name}: {text}");
    }
}

#[test]
fn an_end_that_says_nothing_is_refused_before_anything_is_written() {
    for name in ["a.png", "a", "svg", ".svg", "a.svg.gz", ""] {
        let output = vmo(&["graph", "-o", name]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
        assert!(said.contains(".svg") || name.is_empty(), "{name}: {said}");
    }
    for more in ["--dot", "--json"] {
        let path = place("both.svg");
        let output = vmo(&["graph", "-o", path.to_str().unwrap(), more]);
        assert_eq!(output.status.code(), Some(2));
        assert!(!path.exists());
    }
}

#[test]
fn a_file_that_cannot_be_written_stays_as_it_was() {
    let path = place("kept.svg");
    let beside = || fs::read_dir(path.parent().unwrap()).unwrap().flatten();
    fs::write(&path, "before").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let output = vmo(&["graph", "-o", path.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert!(!beside().any(|it| it.file_name().to_string_lossy().starts_with(".kept")));
    let output = vmo(&["graph", "-o", "/no/such/folder/x.svg"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/no/such/folder/x.svg"), "{said}");
}

#[test]
fn a_process_that_is_not_there_is_an_error() {
    let output = vmo(&["graph", "-p", "4194305"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"vmo: there is no process 4194305\n");
    assert!(output.stdout.is_empty());
}

#[test]
fn what_this_process_has_alone_is_grouped_unless_all_is_asked_for() {
    let many: Vec<_> = (0..3)
        .map(|_| memfd("graph-alone", SealFlags::SHRINK))
        .collect();
    let texts = |arguments: &[&str]| {
        let text = stdout(&vmo(arguments));
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts = document.descendants().filter(|it| it.has_tag_name("text"));
        texts
            .filter_map(|it| it.text().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let (all, few) = (
        texts(&["graph", "--all", "-p", &me()]),
        texts(&["graph", "-p", &me()]),
    );
    for (_, ino) in &many {
        assert!(all.contains(&ino.to_string()), "{ino} is not in {all:?}");
        assert!(!few.contains(&ino.to_string()), "{ino} is in {few:?}");
    }
}
