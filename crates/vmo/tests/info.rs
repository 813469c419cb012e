// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo info`: its advice is what the gate answers, its words are what the kernel does.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Output};

use mapped_vmo::zx::{
    AdoptOptions, AdoptPolicy, Extent, Name, SealPlan, VmarFlags, Vmo, VmoOptions,
};
use mapped_vmo::{Guarded, ImmutableMapping, Mapping, ReadOnlyMapping, WriterMapping};
use rustix::fs::{
    FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags, fallocate, fcntl_add_seals,
    fcntl_get_seals, fstat, ftruncate, memfd_create, open,
};
use serde_json::Value;

fn vmo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.args(arguments).output().unwrap()
}

/// How another process names a descriptor of this one.
fn place(fd: &impl AsRawFd) -> String {
    format!("{}:{}", std::process::id(), fd.as_raw_fd())
}

fn info(place: &str) -> Value {
    let output = vmo(&["info", "--json", place]);
    assert!(output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A memfd as another program would make it.
fn memfd(size: u64, seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("info", flags).unwrap();
    ftruncate(&fd, size).unwrap();
    fcntl_add_seals(&fd, seals).unwrap();
    fd
}

fn planned(plan: SealPlan, extent: Extent, size: u64) -> Vmo {
    let vmo = Vmo::create_planned(&Name::default(), plan, extent, size).unwrap();
    vmo.write(&vec![7; usize::try_from(size).unwrap()], 0)
        .unwrap();
    vmo
}

/// Something with a name, for messages.
type Case = (String, OwnedFd);

/// Every plan, before and after what can be done to it later.
fn plans() -> Vec<Case> {
    let mut cases = Vec::new();
    for extent in [Extent::Pages, Extent::Exact] {
        let plans = [
            SealPlan::Fixed,
            SealPlan::Resizable,
            SealPlan::Freezable,
            SealPlan::Growable,
            SealPlan::Published,
        ];
        for plan in plans {
            // A resizable VMO has no odd size.
            let size = if extent == Extent::Exact && plan != SealPlan::Resizable {
                5000
            } else {
                8192
            };
            cases.push((
                format!("{plan:?} {extent:?}"),
                planned(plan, extent, size).into(),
            ));
        }
        let frozen = planned(SealPlan::Freezable, extent, 5000);
        frozen.freeze().unwrap();
        cases.push((format!("frozen {extent:?}"), frozen.into()));
        let published = planned(SealPlan::Published, extent, 5000);
        let published = published.publish().unwrap();
        cases.push((format!("published {extent:?}"), published.into()));
    }
    cases
}

/// Every set of seals but `EXEC`, on memory that is all there, and in turn on some that has no
/// bytes, an odd size, or nothing but a hole.
fn sealed() -> Vec<Case> {
    let mut cases = Vec::new();
    for bits in 0..32 {
        let seals = SealFlags::from_bits_retain(bits);
        let full = |size| {
            let fd = memfd(0, SealFlags::empty());
            rustix::io::pwrite(&fd, &vec![7; size], 0).unwrap();
            fcntl_add_seals(&fd, seals).unwrap();
            fd
        };
        cases.push((format!("{seals:?} of a page"), full(4096)));
        cases.push(match bits % 3 {
            0 => (format!("{seals:?} of 5000 bytes"), full(5000)),
            1 => (format!("{seals:?} of a hole"), memfd(8192, seals)),
            _ => (format!("{seals:?} of nothing"), full(0)),
        });
    }
    cases
}

/// What is no memfd of ordinary pages, or was opened in a way of its own.
fn others() -> Vec<Case> {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let shm = format!("/dev/shm/vmo-info-{}", std::process::id());
    let tmpfs = File::create_new(&shm).unwrap();
    fs::remove_file(&shm).unwrap();
    tmpfs.set_len(4096).unwrap();
    let disk = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let read = OFlags::RDONLY | OFlags::CLOEXEC;
    let null = |flags| open("/dev/null", flags, Mode::empty()).unwrap();
    let mut cases: Vec<Case> = vec![
        ("a pipe".to_owned(), reader),
        ("the other end of a pipe".to_owned(), writer),
        ("a socket".to_owned(), socket.into()),
        ("a device".to_owned(), null(read)),
        ("a file of a tmpfs".to_owned(), tmpfs.into()),
        (
            "a file of a disk".to_owned(),
            File::open(disk).unwrap().into(),
        ),
        (
            "a folder".to_owned(),
            open("/", read, Mode::empty()).unwrap(),
        ),
    ];
    let fixed = memfd(4096, SealFlags::SHRINK);
    let path = format!("/proc/self/fd/{}", fixed.as_raw_fd());
    cases.push((
        "read only".to_owned(),
        open(path, read, Mode::empty()).unwrap(),
    ));
    let huge = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
    match memfd_create("info-huge", huge).and_then(|fd| ftruncate(&fd, 2 << 20).map(|()| fd)) {
        Ok(fd) => {
            fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL).unwrap();
            cases.push(("huge pages".to_owned(), fd));
        }
        Err(error) => eprintln!("skipped: huge pages ({error})"),
    }
    cases
}

fn everything() -> Vec<Case> {
    [plans(), sealed(), others()]
        .into_iter()
        .flatten()
        .collect()
}

/// The options behind a row of the answer.
fn options(row: &Value) -> AdoptOptions {
    let policy = match row["policy"].as_str().unwrap() {
        "Immutable" => AdoptPolicy::Immutable,
        "Published" => AdoptPolicy::Published,
        "Strict" => AdoptPolicy::Strict,
        "Shrink" => AdoptPolicy::Shrink,
        "Guarded" => AdoptPolicy::Guarded,
        "Copy" => AdoptPolicy::Copy,
        other => panic!("there is no policy {other}"),
    };
    match row["huge_pages"] == true {
        true => AdoptOptions::new(policy).allow_huge_pages(),
        false => policy.into(),
    }
}

#[test]
fn the_advice_is_what_the_gate_answers() {
    for (what, fd) in everything() {
        let report = info(&place(&fd));
        let rows = report["policies"].as_array().unwrap();
        assert!(rows.len() >= 6, "{what}: {report}");
        for row in rows {
            let answer = Vmo::from_fd(fd.try_clone().unwrap(), options(row));
            assert_eq!(row["takes"], answer.is_ok(), "{what}: {row} but {answer:?}");
            let why = answer.err().map(|error| error.to_string());
            assert_eq!(row["why"].as_str(), why.as_deref(), "{what}: {row}");
        }
        let first = rows.iter().find(|row| row["takes"] == true);
        let best = first.map_or(&Value::Null, |row| &row["policy"]);
        assert_eq!(&report["best"], best, "{what}");
    }
}

#[test]
fn the_lines_of_rust_work() {
    for (what, fd) in everything() {
        let report = info(&place(&fd));
        let rows = report["policies"].as_array().unwrap();
        let Some(row) = rows.iter().find(|row| row["takes"] == true) else {
            assert_eq!(report["rust"].as_array().unwrap().len(), 0, "{what}");
            continue;
        };
        let vmo = Vmo::from_fd(fd.try_clone().unwrap(), options(row)).unwrap();
        let size = usize::try_from(report["size"].as_u64().unwrap()).unwrap();
        let read = VmarFlags::PERM_READ;
        let line = report["rust"][1].as_str().unwrap();
        let start = line.split("::").next().unwrap();
        let works = match start {
            "let bytes = ImmutableMapping" => {
                let bytes = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
                bytes.is_zero_copy() && bytes.len() == size
            }
            "let buffer = ReadOnlyMapping" => ReadOnlyMapping::create_from_vmo(&vmo, size).is_ok(),
            "let mapping = Mapping" => {
                // Who was given a descriptor to read can't write, whatever is sealed.
                let write = if what == "read only" {
                    read
                } else {
                    read | VmarFlags::PERM_WRITE
                };
                Mapping::create_from_vmo(&vmo, size, write).is_ok()
            }
            "let guarded = Guarded" => Guarded::create_from_vmo(&vmo, size, read).is_ok(),
            _ => size == 0 && line.starts_with("// It is empty"),
        };
        assert!(works, "{what}: {line}");
        let mapped = line.split_once("(&vmo, ").map(|it| it.1);
        if let Some(mapped) = mapped.filter(|it| !it.starts_with("false")) {
            let given = mapped.split([',', ')']).next();
            assert_eq!(given, Some(size.to_string().as_str()), "{what}: {line}");
        }
    }
}

/// What the report says of one thing that a peer could do.
fn can<'a>(report: &'a Value, what: &str) -> &'a str {
    let threats = report["peer"].as_array().unwrap();
    let threat = threats.iter().find(|it| it["what"] == what);
    threat.unwrap_or_else(|| panic!("no {what} in {report}"))["can"]
        .as_str()
        .unwrap()
}

#[test]
fn the_words_are_what_the_kernel_does() {
    for (what, fd) in [plans(), sealed()].into_iter().flatten() {
        let report = info(&place(&fd));
        let size = fstat(&fd).unwrap().st_size.unsigned_abs();
        if size == 0 {
            continue;
        }
        let write = rustix::io::pwrite(&fd, b"x", 0).is_ok();
        assert_eq!(can(&report, "change its bytes") == "yes", write, "{what}");
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let punched = fallocate(&fd, punch, 0, 4096).is_ok();
        assert_eq!(can(&report, "punch holes") == "yes", punched, "{what}");
        let grown = ftruncate(&fd, size + 4096).is_ok();
        assert_eq!(can(&report, "make it larger") == "yes", grown, "{what}");
        let truncated = ftruncate(&fd, 0).is_ok();
        assert_eq!(
            can(&report, "truncate it under you") == "yes",
            truncated,
            "{what}"
        );
        let sealed = fcntl_add_seals(&fd, SealFlags::SHRINK).is_ok();
        assert_eq!(
            can(&report, "seal it against you") == "yes",
            sealed,
            "{what}"
        );
        let tail = report["peer"].as_array().unwrap().iter();
        let tail = tail
            .filter(|it| it["what"] == "change what follows its end")
            .count();
        assert_eq!(tail == 1, size % 4096 != 0, "{what}");
    }
}

#[test]
fn whoever_publishes_is_named_as_the_one_who_writes() {
    let (writer, vmo) = WriterMapping::allocate(4096).unwrap();
    let report = info(&place(&vmo.as_fd()));
    let threats = report["peer"].as_array().unwrap();
    let change = &threats[0];
    assert_eq!(
        (&change["what"], &change["can"]),
        (&"change its bytes".into(), &"owner".into())
    );
    let me = format!(":{}", std::process::id());
    assert!(change["why"].as_str().unwrap().contains(&me), "{change}");
    drop(writer);
    let report = info(&place(&vmo.as_fd()));
    let why = report["peer"][0]["why"].as_str().unwrap().to_owned();
    assert!(why.contains("no process") && !why.contains(&me), "{why}");
    assert_eq!(report["best"], "Published");
}

#[test]
fn looking_changes_nothing() {
    for (what, fd) in everything() {
        let facts = || {
            let stat = fstat(&fd).unwrap();
            let seals = fcntl_get_seals(&fd).ok();
            let position = rustix::fs::tell(&fd).ok();
            let flags = rustix::fs::fcntl_getfl(&fd).unwrap();
            let close = rustix::io::fcntl_getfd(&fd).unwrap();
            let times = (
                stat.st_atime,
                stat.st_atime_nsec,
                stat.st_mtime_nsec,
                stat.st_ctime_nsec,
            );
            (
                (stat.st_size, stat.st_blocks, stat.st_mode),
                times,
                (seals, position, flags, close),
            )
        };
        let before = facts();
        info(&place(&fd));
        assert_eq!(facts(), before, "{what}");
    }
}

#[test]
fn an_id_and_a_path_lead_to_the_same() {
    let fd = memfd(4096, SealFlags::SHRINK);
    let ino = fstat(&fd).unwrap().st_ino.to_string();
    let path = format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd());
    for place in [place(&fd), ino.clone(), path] {
        let report = info(&place);
        assert_eq!(
            (&report["id"], &report["best"]),
            (&ino.as_str().into(), &"Shrink".into())
        );
        assert_eq!(report["schema"], 1);
        let holders = report["holders"].as_array().unwrap();
        assert!(
            holders.iter().any(|it| it["pid"] == std::process::id()),
            "{report}"
        );
    }
    // Opened for writing only, and for nothing at all: it is the object that counts.
    let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
    for flags in [OFlags::WRONLY, OFlags::PATH] {
        let other = open(&link, flags | OFlags::CLOEXEC, Mode::empty()).unwrap();
        assert_eq!(info(&place(&other))["best"], "Shrink", "{flags:?}");
    }
}

#[test]
fn what_is_only_mapped_is_found_by_its_id() {
    let (mapping, vmo) = Mapping::allocate(4096).unwrap();
    let ino = fstat(vmo.as_fd()).unwrap().st_ino.to_string();
    drop(vmo);
    let report = info(&ino);
    assert_eq!(report["kind"], "memfd");
    // Only the privileged may open it: then the gate has answered, else it says why not.
    let mut maps = fs::read_dir("/proc/self/map_files").unwrap().flatten();
    match maps.any(|it| File::open(it.path()).is_ok()) {
        true => assert_eq!(report["best"], "Strict", "{report}"),
        false => {
            let why = report["unasked"].as_str().unwrap();
            assert!(why.contains("CAP_CHECKPOINT_RESTORE"), "{why}");
        }
    }
    drop(mapping);
}

#[test]
fn people_read_what_it_is_and_what_to_write() {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("\x1b[31mred\u{202e}", flags).unwrap();
    ftruncate(&fd, 1 << 20).unwrap();
    let output = vmo(&["info", &place(&fd)]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for part in [
        r"\x1b[31mred\u{202e}",
        "1.0 MiB (1048576 bytes), 0 B committed",
        "yes   truncate it under you",
        "SIGBUS",
        "no     Immutable, Published, Strict, Shrink: this is a memfd without F_SEAL_SHRINK",
        "takes  Guarded",
        "let vmo = Vmo::from_fd(fd, AdoptPolicy::Guarded)?;",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn what_no_policy_takes_is_exit_code_1() {
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    let output = vmo(&["info", &place(&reader)]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("this is a pipe"), "{text}");
    let vmo_of_ours = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    assert_eq!(
        vmo(&["info", &place(&vmo_of_ours.as_fd())]).status.code(),
        Some(0)
    );
}

#[test]
fn what_is_not_there_is_one_line_that_says_so() {
    let fifo = format!("{}/info-fifo", env!("CARGO_TARGET_TMPDIR"));
    let _ = fs::remove_file(&fifo);
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let mine = format!("{}:999999", std::process::id());
    for (place, code, part) in [
        ("4194305:1", 1, "there is no process 4194305"),
        (mine.as_str(), 1, "has no descriptor 999999"),
        ("18446744073709551615", 1, "vmo ls --all"),
        ("/no/such/file", 1, "/no/such/file"),
        ("/tmp", 1, "a directory"),
        ("/dev/zero", 1, "a device"),
        (fifo.as_str(), 1, "a pipe"),
        ("camera", 2, "PID:FD"),
        ("", 2, "PID:FD"),
        ("1:2:x", 2, "PID:FD"),
        ("\x1b[31m", 2, "PID:FD"),
    ] {
        let output = vmo(&["info", place]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{place}: {said}");
        assert!(said.contains(part), "{place}: {said}");
        assert_eq!(said.lines().count(), 1, "{place}: {said}");
        assert!(output.stdout.is_empty(), "{place}");
    }
}

#[test]
fn sizes_the_mode_and_every_reason_are_those_of_this_object() {
    let fd = memfd(16_384, SealFlags::SHRINK);
    rustix::io::pwrite(&fd, b"one page of four", 4096).unwrap();
    rustix::fs::fchmod(&fd, Mode::from_raw_mode(0o640)).unwrap();
    let report = info(&place(&fd));
    let figures = ["size", "committed", "mode"].map(|key| report[key].as_u64());
    assert_eq!(figures, [16_384, 4096, 0o100_640].map(Some));
    let output = vmo(&["info", &place(&fd)]);
    let text = String::from_utf8(output.stdout).unwrap();
    let owner = text.lines().find(|it| it.starts_with("  owner"));
    assert!(owner.unwrap().ends_with(", mode 0640"), "{text}");
    let size = "16.0 KiB (16384 bytes), 4.0 KiB committed\n";
    assert!(text.contains(size), "{text}");
    // Who is refused for another reason is not told that of somebody else.
    for policy in report["policies"].as_array().unwrap() {
        if let Some(why) = policy["why"].as_str() {
            assert!(text.contains(why), "no {why:?} in {text}");
        }
    }
}
