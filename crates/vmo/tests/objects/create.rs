// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo create` and what keeps it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{
    Kept, Running, VMO, bad, command, fed, folder, good, pattern, runs, text, until, vmo,
};

#[test]
fn what_is_created_can_be_read_until_its_keeper_is_killed() {
    for signal in [Signal::TERM, Signal::INT] {
        let kept = Kept::create(&["64K"]);
        assert_eq!(good(vmo(&["cat", &kept.0])), vec![0; 64 << 10]);
        assert!(kept.signal(signal));
        until("the end of the keeper", || !runs(kept.pid()));
        bad(&vmo(&["cat", &kept.0]), 1);
    }
}

#[test]
fn a_pipe_of_odd_size_is_a_vmo_of_that_size() {
    for size in [0, 1, 4097, (1 << 20) + 3] {
        let bytes = pattern(size);
        let kept = Kept::by(fed(&["create", "--from", "-"], &bytes));
        assert!(good(vmo(&["cat", &kept.0])) == bytes, "{size}");
    }
    let file = folder("from").join("odd");
    fs::write(&file, pattern(5001)).unwrap();
    let file = file.to_str().unwrap();
    let kept = Kept::create(&["--from", file]);
    assert!(good(vmo(&["cat", &kept.0])) == pattern(5001));
    // With a size, zeros follow.
    let kept = Kept::create(&["6000", "--from", file]);
    let bytes = good(vmo(&["cat", &kept.0]));
    assert!(bytes[..5001] == pattern(5001) && bytes[5001..] == [0; 999]);
    let kept = Kept::create(&["5001", "--from", file]);
    assert!(good(vmo(&["cat", &kept.0])) == pattern(5001));
    let said = bad(&vmo(&["create", "5000", "--from", file]), 1);
    assert!(said.contains("more than 5000 bytes"), "{said}");
}

#[test]
fn a_keeper_has_nothing_but_the_object() {
    let lock = folder("lock").join("lock");
    let script = format!(
        "exec 9>'{}'; exec '{VMO}' create 4K --name mine",
        lock.display()
    );
    let kept = Kept::by(Command::new("sh").args(["-c", &script]).output().unwrap());
    let pid = kept.pid();
    let links = || {
        let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        let links = entries.map(|it| fs::read_link(it.unwrap().path()));
        let links = links.map(|it| it.unwrap_or_default().to_str().unwrap().to_owned());
        let mut links: Vec<String> = links.collect();
        links.sort();
        links
    };
    // The line to its maker is there until that has printed the place.
    until("the end of the line", || links().len() == 4);
    let null = "/dev/null";
    assert_eq!(links(), [null, null, null, "/memfd:mine (deleted)"]);
    assert_eq!(
        fs::read_link(format!("/proc/{pid}/cwd")).unwrap().to_str(),
        Some("/")
    );
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // Of what leads itself, the numbers are the same.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!(fields[2..4], [pid.to_string(), pid.to_string()], "{stat}");
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    assert!(!maps.contains("/memfd:"), "{maps}");
    // What its maker's variables are is none of its business, or of who may look at it.
    let variables = fs::read(format!("/proc/{pid}/environ")).unwrap();
    assert!(variables.is_empty(), "{} bytes", variables.len());
}

#[test]
fn a_keeper_heeds_signals_that_its_maker_ignores() {
    for signal in [Signal::TERM, Signal::INT] {
        let script = format!("trap '' INT TERM; exec '{VMO}' create 4K");
        let kept = Kept::by(Command::new("sh").args(["-c", &script]).output().unwrap());
        kept.signal(signal);
        until("the end of the keeper", || !runs(kept.pid()));
    }
}

/// What a process has started.
fn child_of(pid: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    children.ok()?.split_whitespace().next()?.parse().ok()
}

#[test]
fn a_keeper_whose_place_is_not_printed_ends_with_its_maker() {
    let (_reader, writer) = rustix::pipe::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    while rustix::io::write(&writer, &[0; 4096]).is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).unwrap();
    let mut command = Command::new(VMO);
    command.args(["create", "4K", "--name", "unknown"]);
    let mut maker = command.stdout(writer).spawn().unwrap();
    let mut keeper = None;
    until("a keeper of the object", || {
        keeper = child_of(maker.id());
        let stdin = keeper.map(|it| fs::read_link(format!("/proc/{it}/fd/1")));
        stdin.is_some_and(|it| it.is_ok_and(|it| it == Path::new("/dev/null")))
    });
    // One that its maker has left in mid-sentence.
    let keeper = Kept(format!("{}:3", keeper.unwrap()));
    let pid = Pid::from_raw(i32::try_from(maker.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(maker.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
    until("the end of the keeper", || !runs(keeper.pid()));
}

#[test]
fn a_time_ends_a_keeper() {
    let long = Kept::create(&["4K", "--for", "3600"]);
    let short = Kept::create(&["4K", "--for", "0.2"]);
    until("the time", || !runs(short.pid()));
    assert!(runs(long.pid()));
}

#[test]
fn each_plan_has_its_seals() {
    for (plan, seals) in [
        ("fixed", &["shrink", "grow", "seal"][..]),
        ("growable", &["shrink", "seal"]),
        ("resizable", &["seal"]),
        ("freezable", &["shrink", "grow"]),
        ("published", &["shrink", "grow", "future-write", "seal"]),
    ] {
        let kept = Kept::by(fed(&["create", "--from", "-", "--plan", plan], b"12345"));
        let shown: Value = serde_json::from_str(&text(vmo(&["seal", "--json", &kept.0]))).unwrap();
        let mut words: Vec<&str> = shown["seals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        // Some kernels add it to all that is not to be executed.
        words.retain(|it| *it != "exec");
        assert_eq!(words, seals, "{plan}");
        assert_eq!(shown["size"], 5, "{plan}");
        assert_eq!(good(vmo(&["cat", &kept.0])), b"12345", "{plan}");
    }
}

#[test]
fn what_can_not_be_made_is_one_line() {
    for (arguments, code, part) in [
        (&["create"][..], 2, "SIZE"),
        (&["create", "x"], 2, "64K"),
        (&["create", "9223372036854775807"], 1, "that large"),
        (&["create", "4K", "--plan", "published"], 2, "--from"),
        (&["create", "4K", "--plan", "x"], 2, "freezable"),
        (&["create", "4K", "--for=-1"], 2, "--for"),
        (&["create", "4K", "--for", "soon"], 2, "seconds"),
        (
            &[
                "create",
                "4K",
                "--name",
                "a name of more than 31 bytes, it is",
            ],
            2,
            "31 bytes",
        ),
        (&["create", "--from", "/no/such/file"], 1, "/no/such/file"),
        (&["create", "--from", "/tmp"], 1, "/tmp"),
    ] {
        let said = bad(&vmo(arguments), code);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}

/// A `vmo` that is not there any more when it wants to start another one.
fn without_a_program(script: Option<&str>) -> String {
    let folder = folder(script.map_or("no-program", |_| "another-program"));
    let program = folder.join("vmo");
    if fs::hard_link(VMO, &program).is_err() {
        fs::copy(VMO, &program).unwrap();
    }
    let mut command = Command::new(&program);
    let mut running = Running::start(command.args(["create", "--from", "-"]));
    let exe = format!("/proc/{}/exe", running.0.id());
    until("the start", || {
        fs::read_link(&exe).is_ok_and(|it| it == program)
    });
    fs::remove_file(&program).unwrap();
    if let Some(script) = script {
        let other = folder.join("vmo (deleted)");
        fs::write(&other, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    }
    drop(running.0.stdin.take());
    until("the end", || running.0.try_wait().unwrap().is_some());
    let stdout = running.0.stdout.take().unwrap();
    let stderr = running.0.stderr.take().unwrap();
    assert_eq!(std::io::read_to_string(stdout).unwrap(), "");
    assert_eq!(running.0.wait().unwrap().code(), Some(1));
    std::io::read_to_string(stderr).unwrap()
}

#[test]
fn a_keeper_that_can_not_start_is_told_of() {
    let said = without_a_program(None);
    assert!(said.contains("can't be started"), "{said}");
    let said = without_a_program(Some("exit 3"));
    assert!(said.contains("did not start (exit status: 3)"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn what_nobody_reads_is_no_reason_to_hang() {
    let script = format!("'{VMO}' create 4K --for 0.1 >&-; echo $?");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(matches!(&*output.stdout, b"0\n" | b"1\n"), "{output:?}");
    // An argument that this program alone gives.
    let output = command(&["villain", "keeper", "soon"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
