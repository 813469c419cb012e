// SPDX-License-Identifier: MIT OR Apache-2.0
//! What never gets in: descriptors that a hostile process could send, offered to the gate.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use mapped_vmo::zx::{AdoptError, AdoptOptions, AdoptPolicy, VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{Mapping, ReadOnlyMapping, WriterMapping};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};

use super::board::{Board, Row};
use super::raw::memfd_secret;
use crate::Failure;
use crate::demo::what_happens_to_who_does_not_ask;

const GROUP: &str = "refused";

/// Offers all of them.
pub(super) fn run(board: &mut Board) -> Result<(), Failure> {
    board.title("Refused: what is offered to Vmo::from_fd, and who maps it without asking")?;
    memfds(board)?;
    files(board)?;
    streams(board)?;
    types(board)?;
    board.not_run(
        GROUP,
        "a file whose server never answers",
        "needs a file system of its own: cargo test -p peer-tests --test fuse",
    )?;
    let died = what_happens_to_who_does_not_ask()?;
    board.row(&Row {
        group: GROUP,
        attack: "who maps an unsealed memfd without asking",
        expected: &["SIGBUS when it is truncated".to_owned()],
        happened: &died,
    })?;
    board.gap()
}

/// A memfd as another program would make it.
fn memfd(size: u64, seals: SealFlags) -> Result<OwnedFd, Failure> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("theirs", flags)?;
    rustix::fs::ftruncate(&fd, size)?;
    rustix::fs::fcntl_add_seals(&fd, seals)?;
    Ok(fd)
}

/// What is memory, but not good enough: its size, its seals, what is asked, what comes of it.
type Offer = (&'static str, u64, SealFlags, AdoptOptions, &'static str);

const STRICT: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);
const SHRINK: AdoptOptions = AdoptOptions::new(AdoptPolicy::Shrink);

/// Memfds whose seals promise too little.
fn loosely_sealed() -> [Offer; 6] {
    let (none, no) = (SealFlags::empty(), "NOT_SUPPORTED");
    let immutable = AdoptOptions::new(AdoptPolicy::Immutable);
    let frozen = STRICT | SealFlags::WRITE;
    [
        ("a memfd without seals", 4096, none, SHRINK, no),
        (
            "one that is sealed against seals only",
            4096,
            SealFlags::SEAL,
            SHRINK,
            no,
        ),
        (
            "one that can grow, where Strict is asked",
            4096,
            SealFlags::SHRINK | SealFlags::SEAL,
            AdoptPolicy::Strict.into(),
            no,
        ),
        (
            "one that can be written, as Immutable",
            4096,
            STRICT,
            immutable,
            no,
        ),
        (
            "one that can be written, as Published",
            4096,
            STRICT,
            AdoptPolicy::Published.into(),
            no,
        ),
        (
            "one that is nothing but holes, as Immutable",
            1 << 30,
            frozen,
            immutable,
            no,
        ),
    ]
}

/// Memfds of a size that was not agreed.
fn of_another_size() -> [Offer; 2] {
    [
        (
            "one that is smaller than claimed",
            4096,
            STRICT,
            SHRINK.claimed_size(4097),
            "BUFFER_TOO_SMALL",
        ),
        (
            "one of a terabyte, where a megabyte will do",
            1 << 40,
            STRICT,
            SHRINK.max_size(1 << 20),
            "FILE_BIG",
        ),
    ]
}

fn memfds(board: &mut Board) -> Result<(), Failure> {
    for (what, size, seals, options, status) in
        loosely_sealed().into_iter().chain(of_another_size())
    {
        offer(board, what, memfd(size, seals)?, options, status)?;
    }
    let write_only = reopened(&memfd(4096, STRICT)?, OFlags::WRONLY)?;
    offer(
        board,
        "one that was opened for writing only",
        write_only,
        SHRINK,
        "ACCESS_DENIED",
    )?;
    let huge = rustix::fs::memfd_create(
        "huge",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB,
    );
    match huge {
        Ok(fd) => {
            rustix::fs::fcntl_add_seals(&fd, STRICT)?;
            offer(board, "a memfd of huge pages", fd, SHRINK, "NOT_SUPPORTED")
        }
        Err(errno) => board.not_run(GROUP, "a memfd of huge pages", &errno.to_string()),
    }
}

/// What has a path.
fn files(board: &mut Board) -> Result<(), Failure> {
    let path_only = reopened(&memfd(4096, STRICT)?, OFlags::PATH)?;
    offer(
        board,
        "an O_PATH descriptor of a sealed memfd",
        path_only,
        SHRINK,
        "WRONG_TYPE",
    )?;
    let rows = [
        ("/dev/zero", "a character device", AdoptPolicy::Guarded),
        (
            "/proc/self/mem",
            "this process's own memory",
            AdoptPolicy::Copy,
        ),
        ("/", "a directory", AdoptPolicy::Shrink),
    ];
    for (path, what, policy) in rows {
        match File::open(path) {
            Ok(file) => offer(board, what, file.into(), policy.into(), "WRONG_TYPE")?,
            Err(error) => board.not_run(GROUP, what, &error.to_string())?,
        }
    }
    match memfd_secret() {
        Ok(fd) => offer(board, "a secret memfd", fd, SHRINK, "WRONG_TYPE")?,
        Err(errno) => board.not_run(GROUP, "a secret memfd", &errno.to_string())?,
    }
    match nameless(&std::env::temp_dir()) {
        Ok(file) => {
            // By the file system that is there: it may be one whose files take no seals.
            let status = "NOT_SUPPORTED or WRONG_TYPE";
            offer(board, "a file in /tmp", file, SHRINK, status)?;
        }
        Err(error) => board.not_run(GROUP, "a file in /tmp", &error.to_string())?,
    }
    match nameless(Path::new("/dev/shm")) {
        Ok(file) => offer(board, "a file in /dev/shm", file, SHRINK, "NOT_SUPPORTED"),
        Err(error) => board.not_run(GROUP, "a file in /dev/shm", &error.to_string()),
    }
}

/// What has no bytes to map.
fn streams(board: &mut Board) -> Result<(), Failure> {
    let guarded = AdoptOptions::new(AdoptPolicy::Guarded);
    let (pipe, _writer) = rustix::pipe::pipe()?;
    let (socket, _other) = std::os::unix::net::UnixStream::pair()?;
    let event = eventfd(0, EventfdFlags::CLOEXEC)?;
    let rows = [
        ("a pipe", pipe),
        ("a socket", socket.into()),
        ("an eventfd", event),
    ];
    for (what, fd) in rows {
        offer(board, what, fd, guarded, "WRONG_TYPE")?;
    }
    Ok(())
}

/// What is a VMO, and not of the tier that a type of mapping is for.
fn types(board: &mut Board) -> Result<(), Failure> {
    let writable = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let shared = Vmo::create(4096)?;
    let (_owner, published) = WriterMapping::allocate(4096)?;
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096)?;
    let rows = [
        (
            "a ReadOnlyMapping of what others can write",
            ReadOnlyMapping::create_from_vmo(&shared, 4096).err(),
            "NOT_SUPPORTED",
        ),
        (
            "a writable Mapping of what is published",
            Mapping::create_from_vmo(&published, 4096, writable).err(),
            "ACCESS_DENIED",
        ),
        (
            "a Mapping of what can shrink",
            Mapping::create_from_vmo(&resizable, 4096, writable).err(),
            "NOT_SUPPORTED",
        ),
        (
            "a Mapping past the end",
            Mapping::create_from_vmo(&shared, 4097, writable).err(),
            "BUFFER_TOO_SMALL",
        ),
    ];
    for (what, error, status) in rows {
        let happened = error.map_or_else(|| "made".to_owned(), |status| status.to_string());
        board.row(&Row {
            group: GROUP,
            attack: what,
            expected: &[status.to_owned()],
            happened: &happened,
        })?;
    }
    Ok(())
}

/// Offers one. The row shows the sentence, and is good if the status is the right one.
fn offer(
    board: &mut Board,
    what: &str,
    fd: OwnedFd,
    options: AdoptOptions,
    statuses: &str,
) -> Result<(), Failure> {
    let happened = Vmo::from_fd(fd, options).map_or_else(
        |error: AdoptError| error.status().to_string(),
        |vmo| format!("taken, as {:?}", vmo.tier()),
    );
    let expected: Vec<String> = statuses.split(" or ").map(str::to_owned).collect();
    board.row(&Row {
        group: GROUP,
        attack: what,
        expected: &expected,
        happened: &happened,
    })
}

fn reopened(fd: &OwnedFd, mode: OFlags) -> Result<OwnedFd, Failure> {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    Ok(rustix::fs::open(
        path,
        mode | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// An open file that has no name any more.
fn nameless(directory: &Path) -> std::io::Result<OwnedFd> {
    let path = directory.join(format!("vmo-check-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    let file = options.open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file.into())
}
