// SPDX-License-Identifier: MIT OR Apache-2.0
//! A census of real processes: what each does with memory is what is found.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdout, Command, Stdio};

use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use vmo_census::{Access, Census, Holder, Id, Kind, Kinds, Object, Seals, Sight};

/// A process that does what it is told, and waits.
struct Child {
    process: std::process::Child,
    /// It would fail if nobody could read what it says at its end.
    _stdout: BufReader<ChildStdout>,
    /// What it last made: descriptor and id.
    fd: u32,
    ino: u64,
}

impl Child {
    fn doing(script: &str) -> Self {
        Self::start(Command::new(std::env::current_exe().unwrap()), script)
    }

    fn start(mut command: Command, script: &str) -> Self {
        let mut process = command
            .args(["--exact", "the_other_process", "--ignored", "--nocapture"])
            .env("CENSUS_SCRIPT", script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut lines = stdout.by_ref().lines().map(Result::unwrap);
        let ready = lines.find_map(|it| Some(it.strip_prefix("ready ")?.to_owned()));
        let ready = ready.expect("the child has failed");
        let mut words = ready.split(' ');
        Self {
            process,
            _stdout: stdout,
            fd: words.next().unwrap().parse().unwrap(),
            ino: words.next().unwrap().parse().unwrap(),
        }
    }

    fn pid(&self) -> u32 {
        self.process.id()
    }

    fn place(&self) -> String {
        format!("/proc/{}/fd/{}", self.pid(), self.fd)
    }

    /// What it last made, in a census.
    fn object(&self, census: &Census) -> Object {
        let mine = census.objects.iter().find(|it| {
            it.id.ino == self.ino && it.holders.iter().any(|holder| holder.pid == self.pid())
        });
        mine.expect("the object is in no census").clone()
    }

    fn look(&self, kinds: Kinds) -> (Object, Holder) {
        let object = self.object(&Census::take(kinds).unwrap());
        let mut holders = object.holders.iter();
        let holder = holders.find(|it| it.pid == self.pid()).unwrap().clone();
        (object, holder)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn map(fd: &OwnedFd, flags: MapFlags) {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping, at a place that the kernel picks; nothing here touches it.
    let mapped = unsafe { rustix::mm::mmap(core::ptr::null_mut(), 16384, access, flags, fd, 4096) };
    mapped.unwrap();
}

fn reopen(fd: &OwnedFd, flags: OFlags) -> OwnedFd {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

fn memfd(name: &str, flags: MemfdFlags) -> OwnedFd {
    let flags = flags | MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create(name, flags).unwrap();
    rustix::fs::ftruncate(&fd, 65536).unwrap();
    fd
}

fn sysv_segment() -> u64 {
    // SAFETY: makes a segment, and touches no memory.
    let id = unsafe { libc::shmget(libc::IPC_PRIVATE, 8192, libc::IPC_CREAT | 0o600) };
    assert!(id >= 0);
    // SAFETY: maps it where the kernel likes.
    let addr = unsafe { libc::shmat(id, core::ptr::null(), 0) };
    assert_ne!(addr.addr(), usize::MAX);
    // SAFETY: it goes with its last mapping; the pointer is not used for this command.
    let removed = unsafe { libc::shmctl(id, libc::IPC_RMID, core::ptr::null_mut()) };
    assert_eq!(removed, 0);
    u64::try_from(id).unwrap()
}

/// One word of a script after another changes what is held.
fn act(word: &str, held: &mut Vec<OwnedFd>) {
    let (verb, what) = word.split_once('=').unwrap_or((word, ""));
    let last = held.last();
    match verb {
        "memfd" => held.push(memfd(what, MemfdFlags::empty())),
        "huge" => held.push(memfd(what, MemfdFlags::HUGETLB)),
        "open" => held.push(
            File::options()
                .read(true)
                .write(true)
                .open(what)
                .unwrap()
                .into(),
        ),
        "shm" => {
            let path = format!("/dev/shm/{what}");
            let file = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path);
            let file = file.unwrap();
            file.set_len(65536).unwrap();
            std::fs::remove_file(path).unwrap();
            held.push(file.into());
        }
        "write" => {
            let mut file = File::from(last.unwrap().try_clone().unwrap());
            file.write_all(&[7; 8192]).unwrap();
        }
        "map" => map(last.unwrap(), MapFlags::SHARED),
        "private" => map(last.unwrap(), MapFlags::PRIVATE),
        "seal" => {
            let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
            rustix::fs::fcntl_add_seals(last.unwrap(), seals).unwrap();
        }
        "readonly" => *held = vec![reopen(last.unwrap(), OFlags::RDONLY)],
        "path" => *held = vec![reopen(last.unwrap(), OFlags::PATH)],
        "close" => held.clear(),
        _ => panic!("{word}?"),
    }
}

#[test]
#[ignore = "the other process of the tests here"]
fn the_other_process() {
    let script = std::env::var("CENSUS_SCRIPT").unwrap();
    let (mut held, mut fd, mut ino) = (Vec::new(), 0, 0);
    let mut leaves = false;
    for word in script.split_whitespace() {
        match word {
            "sysv" => {
                ino = sysv_segment();
                continue;
            }
            "leave" => {
                leaves = true;
                continue;
            }
            _ => {}
        }
        act(word, &mut held);
        if let Some(last) = held.last() {
            fd = last.as_raw_fd();
            ino = rustix::fs::fstat(last).unwrap().st_ino;
        }
    }
    if leaves {
        end_first_thread();
    }
    println!("\nready {fd} {ino}");
    let _ = std::io::stdin().read(&mut [0]);
}

/// Ends the thread that a process began with; this one, of the test, stays.
fn end_first_thread() {
    extern "C" fn leave(_: libc::c_int) {
        // SAFETY: ends the thread that it interrupts, whose memory nobody frees.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
    let leave: extern "C" fn(libc::c_int) = leave;
    // SAFETY: the handler makes one system call, which any handler may.
    let before = unsafe { libc::signal(libc::SIGUSR1, leave as libc::sighandler_t) };
    assert_ne!(before, libc::SIG_ERR);
    // SAFETY: no memory is involved.
    let me = unsafe { libc::getpid() };
    // SAFETY: a signal to the first thread of this process.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, me, me, libc::SIGUSR1) };
    assert_eq!(sent, 0);
    let begin = std::time::Instant::now();
    while !std::fs::read_to_string("/proc/self/stat")
        .unwrap()
        .contains(") Z ")
    {
        assert!(begin.elapsed().as_secs() < 20, "the first thread stays");
        std::thread::yield_now();
    }
}

#[test]
fn who_has_ended_his_first_thread_hides_nothing() {
    let child = Child::doing("memfd=leaderless map leave");
    let (object, holder) = child.look(Kinds::Memfds);
    assert_eq!((holder.fds.len(), holder.maps.len()), (1, 1));
    assert_eq!(object.size, Some(65536));
}

#[test]
fn a_memfd_is_found_with_all_that_it_is() {
    let child = Child::doing("memfd=camera write seal");
    let (object, holder) = child.look(Kinds::Memfds);
    assert_eq!(object.kind, Kind::Memfd);
    assert_eq!(object.name, b"camera");
    assert_eq!((object.size, object.committed), (Some(65536), Some(8192)));
    assert_eq!(
        object.seals,
        Some(Seals::SHRINK | Seals::GROW | Seals::SEAL)
    );
    assert_eq!(object.owner, Some(rustix::process::geteuid().as_raw()));
    assert_eq!(object.mode.unwrap() & 0o777, 0o777);
    assert_eq!(object.id.to_string(), child.ino.to_string());
    assert_eq!(object.id.to_string().parse::<Id>().unwrap(), object.id);
    assert_eq!(holder.fds.len(), 1);
    assert_eq!(
        (holder.fds[0].fd, holder.fds[0].access),
        (child.fd, Access::ReadWrite)
    );
    assert!(holder.maps.is_empty());
}

#[test]
fn who_closed_the_descriptor_is_found_by_the_mapping() {
    let child = Child::doing("memfd=closed write map seal close");
    let (object, holder) = child.look(Kinds::Memfds);
    assert!(holder.fds.is_empty(), "{holder:?}");
    assert_eq!(holder.maps.len(), 1);
    let map = holder.maps[0];
    assert_eq!(
        (map.offset, map.len, map.perms.to_string().as_str()),
        (4096, 16384, "rw")
    );
    assert_eq!(object.at_least, 4096 + 16384);
    assert_eq!(object.name, b"closed");
    // Through its mapping only the privileged see more.
    if rustix::process::geteuid().is_root() {
        assert_eq!((object.size, object.committed), (Some(65536), Some(8192)));
        assert_eq!(
            object.seals,
            Some(Seals::SHRINK | Seals::GROW | Seals::SEAL)
        );
    }
}

#[test]
fn two_mappings_are_two_and_a_private_one_says_so() {
    let child = Child::doing("memfd=twice map private");
    let (_, holder) = child.look(Kinds::Memfds);
    let mut perms: Vec<_> = holder.maps.iter().map(|it| it.perms.to_string()).collect();
    perms.sort();
    assert_eq!(perms, ["rw", "rw private"]);
}

#[test]
fn two_processes_share_one_object() {
    let first = Child::doing("memfd=shared");
    let second = Child::doing(&format!("open={} map close", first.place()));
    let (object, _) = first.look(Kinds::Memfds);
    let pids: Vec<_> = object.holders.iter().map(|it| it.pid).collect();
    let mut both = [first.pid(), second.pid()];
    both.sort_unstable();
    assert_eq!(pids, both);
}

#[test]
fn the_same_name_twice_is_two_objects() {
    let first = Child::doing("memfd=same");
    let second = Child::doing("memfd=same");
    let census = Census::take(Kinds::Memfds).unwrap();
    let (one, two) = (first.object(&census), second.object(&census));
    assert_ne!(one.id, two.id);
    assert_eq!((one.holders.len(), two.holders.len()), (1, 1));
}

#[test]
fn descriptors_say_what_they_were_opened_for() {
    for (script, access) in [("readonly", Access::Read), ("path", Access::Path)] {
        let child = Child::doing(&format!("memfd=access seal {script}"));
        let (object, holder) = child.look(Kinds::Memfds);
        assert_eq!(holder.fds[0].access, access);
        assert_eq!(object.size, Some(65536));
        assert!(object.seals.unwrap().contains(Seals::SHRINK), "{object:?}");
    }
}

#[test]
fn a_file_that_is_called_like_a_memfd_is_none() {
    let name = format!("memfd:{}", std::process::id());
    let child = Child::doing(&format!("shm={name} map"));
    let census = Census::take(Kinds::Memfds).unwrap();
    let mut holders = census.objects.iter().flat_map(|it| &it.holders);
    assert!(holders.all(|it| it.pid != child.pid()));
}

#[test]
fn a_file_in_memory_is_found_among_all() {
    let name = format!("census-{}", std::process::id());
    let child = Child::doing(&format!("shm={name} map"));
    let (object, holder) = child.look(Kinds::All);
    assert_eq!(object.kind, Kind::Tmpfs);
    assert_eq!(object.name, format!("/dev/shm/{name}").as_bytes());
    assert_eq!((holder.fds.len(), holder.maps.len()), (1, 1));
    assert_eq!(object.id.to_string().parse::<Id>().unwrap(), object.id);
}

#[test]
fn a_system_v_segment_is_found_among_all() {
    let child = Child::doing("sysv");
    let (object, holder) = child.look(Kinds::All);
    assert_eq!(object.kind, Kind::Sysv);
    assert!(object.name.starts_with(b"SYSV"), "{object:?}");
    assert_eq!((holder.fds.len(), holder.maps.len()), (0, 1));
}

#[test]
fn a_memfd_of_huge_pages_is_found_where_there_are_any() {
    let flags = MemfdFlags::HUGETLB | MemfdFlags::CLOEXEC;
    if rustix::fs::memfd_create("probe", flags).is_err() {
        println!("skipped: this kernel has no huge pages");
        return;
    }
    // Of size 0, as a size has to be a multiple of theirs; it takes no page of the pool.
    let fd = rustix::fs::memfd_create("huge", flags).unwrap();
    let ino = rustix::fs::fstat(&fd).unwrap().st_ino;
    let census = Census::take(Kinds::Memfds).unwrap();
    let mut huge = census
        .objects
        .iter()
        .filter(|it| it.kind == Kind::HugeMemfd);
    let found = huge.find(|it| it.id.ino == ino).unwrap();
    assert_eq!(found.name, b"huge");
}

#[test]
fn processes_that_come_and_go_meanwhile_are_no_error() {
    for _ in 0..50 {
        let mut fleeting = Vec::new();
        for _ in 0..4 {
            fleeting.push(Command::new("true").spawn().unwrap());
        }
        let census = Census::take(Kinds::All).unwrap();
        assert!(
            census
                .processes
                .iter()
                .any(|it| it.pid == std::process::id())
        );
        for mut process in fleeting {
            assert!(process.wait().unwrap().success());
        }
    }
}

#[test]
fn who_may_not_look_is_told_so() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can become somebody else");
        return;
    }
    let child = Child::doing("memfd=secret map");
    let mut looker = Command::new(std::env::current_exe().unwrap());
    looker.args(["--exact", "the_look_of_another", "--ignored", "--nocapture"]);
    looker
        .env("CENSUS_PID", child.pid().to_string())
        .uid(65534)
        .gid(65534);
    let output = looker.output();
    // The test may lie where nobody else can reach it.
    match output {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => println!("skipped: {error}"),
    }
}

#[test]
#[ignore = "what another user sees, who runs it"]
fn the_look_of_another() {
    let pid: u32 = std::env::var("CENSUS_PID").unwrap().parse().unwrap();
    let census = Census::take(Kinds::All).unwrap();
    let process = census.processes.iter().find(|it| it.pid == pid).unwrap();
    assert_eq!((process.sight, process.uid), (Sight::Nothing, 0));
    let mut holders = census.objects.iter().flat_map(|it| &it.holders);
    assert!(holders.all(|it| it.pid != pid));
}
