// SPDX-License-Identifier: MIT OR Apache-2.0
//! What crates that share memory do when the other process is hostile or dies: each cell is
//! seen, in a process that may die of it.
//!
//! ```text
//!   facts ──┬─► facts less NAME    its memory gets less than it was said to be, then is read
//!           ├─► facts change NAME  another writes what a safe reference points at
//!           └─► facts leave NAME   makes something, and is killed
//! ```

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

mod victims;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [] => table(),
        ["less", name] => victims::less(name),
        ["change", name] => victims::change(name),
        ["leave", name] => victims::leave(name),
        _ => Err("usage: facts".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("facts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn table() -> Result<(), Failure> {
    println!("| crate | its memory becomes less | another process writes it | killed, it leaves |");
    println!("|---|---|---|---|");
    for name in victims::NAMES {
        let less = outcome("less", name)?;
        let change = outcome("change", name)?;
        println!("| {name} | {less} | {change} | {} |", left(name)?);
    }
    Ok(())
}

/// What became of a process in that role: what it said at last, or what it died of.
fn outcome(role: &str, name: &str) -> Result<String, Failure> {
    let before = files();
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args([role, name]).output()?;
    remove_new(&before);
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match (output.status.signal(), output.status.success()) {
        (Some(7), _) => Ok("dies of SIGBUS".to_owned()),
        (Some(signal), _) => Ok(format!("dies of signal {signal}")),
        (None, true) => Ok(said),
        (None, false) => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// What a killed process leaves behind.
fn left(name: &str) -> Result<String, Failure> {
    let before = files();
    let mut command = Command::new(std::env::current_exe()?);
    let mut child = command
        .args(["leave", name])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let out = child.stdout.take().ok_or("no standard output")?;
    BufReader::new(out).read_line(&mut line)?;
    child.kill()?;
    child.wait()?;
    if line.trim() != "ready" {
        return Err(format!("{name} was not ready: {line}").into());
    }
    match remove_new(&before) {
        0 => Ok("nothing".to_owned()),
        1 => Ok("1 file".to_owned()),
        count => Ok(format!("{count} files")),
    }
}

/// Where named memory and what goes with it lies.
fn files() -> BTreeSet<PathBuf> {
    let mut folders = vec![PathBuf::from("/dev/shm"), PathBuf::from("/tmp/iceoryx2")];
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => _ = files.insert(entry.path()),
            }
        }
    }
    files
}

/// Removes what was not there, of the names that these crates give; how many it was.
fn remove_new(before: &BTreeSet<PathBuf>) -> usize {
    let ours = |path: &PathBuf| {
        let path = path.to_string_lossy();
        ["/dev/shm/shmem_", "/dev/shm/iox2_", "/tmp/iceoryx2/"]
            .iter()
            .any(|start| path.starts_with(start))
    };
    let new: Vec<PathBuf> = files().difference(before).cloned().collect();
    let new: Vec<PathBuf> = new.into_iter().filter(ours).collect();
    for path in &new {
        let _ = std::fs::remove_file(path);
    }
    new.len()
}
