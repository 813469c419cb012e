// SPDX-License-Identifier: MIT OR Apache-2.0
//! Processes that never outlive a test.

use core::time::Duration;
use std::fs;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) const VMO: &str = env!("CARGO_BIN_EXE_vmo");

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// `vmo` with these arguments, killed where it hangs: then the exit code is 124 or 137.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "20", VMO]).args(arguments);
    command.stdin(Stdio::null());
    command
}

pub(crate) fn vmo(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The same with something to read.
pub(crate) fn fed(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // It need not read all of it.
    let feeder = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

/// What it printed, if all went well and nothing was said besides.
pub(crate) fn good(output: Output) -> Vec<u8> {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.is_empty(), "{said}");
    output.stdout
}

pub(crate) fn text(output: Output) -> String {
    String::from_utf8(good(output)).unwrap()
}

/// The one line that it said as it failed.
pub(crate) fn bad(output: &Output, code: i32) -> String {
    // Where it went well after all, what it left in the background goes with the test.
    let place = String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned();
    let is_place = place
        .split_once(':')
        .is_some_and(|(pid, fd)| pid.parse::<i32>().is_ok() && fd.parse::<i32>().is_ok());
    let _kept = (output.status.success() && is_place).then(|| Kept(place));
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("vmo: "), "{said}");
    assert!(!said.trim_end().contains(char::is_control), "{said:?}");
    said
}

/// How another process names a descriptor of this one.
pub(crate) fn place(fd: &impl AsRawFd) -> String {
    format!("{}:{}", std::process::id(), fd.as_raw_fd())
}

pub(crate) fn memfd(name: &str, size: u64) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create(name, flags).unwrap();
    ftruncate(&fd, size).unwrap();
    fd
}

/// Bytes that are nowhere the same.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len.div_ceil(4))
        .flat_map(|it| {
            u32::try_from(it)
                .unwrap()
                .wrapping_mul(2_654_435_761)
                .to_le_bytes()
        })
        .take(len)
        .collect()
}

/// An object that a process in the background keeps, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Kept(pub(crate) String);

impl Kept {
    /// By a verb that prints where it is.
    pub(crate) fn by(output: Output) -> Self {
        let place = text(output);
        let kept = Self(place.trim_end().to_owned());
        assert_eq!(place, format!("{}\n", kept.0));
        assert!(kept.pid() > 1, "{kept:?}");
        kept
    }

    pub(crate) fn create(arguments: &[&str]) -> Self {
        Self::by(vmo(&[&["create"], arguments].concat()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.split(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, signal).is_ok()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Whether a process runs: one that nobody has waited for yet does not.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|it| it.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is() {
        assert!(begin.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A process that runs until it is told to end.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.stderr(Stdio::piped()).spawn().unwrap())
    }

    /// `vmo` itself, so that its number is that of the child.
    pub(crate) fn vmo(arguments: &[&str]) -> Self {
        Self::start(Command::new(VMO).args(arguments))
    }

    /// Ctrl-C: by which signal it ended.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt;
        kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
        until("the end", || self.0.try_wait().unwrap().is_some());
        self.0.wait().unwrap().signal()
    }

    pub(crate) fn children(&self) -> String {
        let pid = self.0.id();
        fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An empty folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("objects")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What is in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
