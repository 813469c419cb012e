// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the holder of a published VMO can do to it: read. Each attack is made by a process of
//! the same user, who may open the memfd again, and by one of a user who owns nothing.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that skips a half says so"
)]

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use mapped_vmo::zx::{AdoptPolicy, Extent, Name, SealPlan, Status, VmarFlags, Vmo};
use mapped_vmo::{Mapping, ReadOnlyMapping, WriterMapping, Writers};
use peer_tests::{Peer, within};
use rustix::fs::{MemfdFlags, SealFlags};

const GRANTEE: &str = env!("CARGO_BIN_EXE_grantee");
/// No whole number of pages, so there is a rest of a page that is nobody's.
const SIZE: usize = 3 * 4096 - 100;
const FILE: usize = 3 * 4096;

const EPERM: i32 = 1;
const EIO: i32 = 5;
const EACCES: i32 = 13;
const EFAULT: i32 = 14;
const EINVAL: i32 = 22;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;

/// A user of the peer's: the tests' own, or one who owns nothing.
#[derive(Clone, Copy, PartialEq)]
enum User {
    Same,
    Nobody,
}

/// Both, where this process may become another user.
fn users() -> Vec<User> {
    if rustix::process::geteuid().is_root() {
        vec![User::Same, User::Nobody]
    } else {
        println!("skipped: another user, whom only root can become");
        vec![User::Same]
    }
}

/// The peer at work.
fn start(user: User, deed: &str, vmo: impl AsFd) -> Peer {
    let name = match user {
        User::Same => "same",
        User::Nobody => "nobody",
    };
    Peer::start(GRANTEE, &format!("{name} {deed}"), vmo.as_fd())
}

/// A writer full of noise, a grantee's view of it, the VMO, and the noise.
struct Grant {
    writer: WriterMapping,
    reader: ReadOnlyMapping,
    vmo: Vmo,
    noise: Vec<u8>,
}

impl Grant {
    fn new() -> Self {
        let (writer, vmo) = WriterMapping::allocate_with_name(SIZE, "granted").unwrap();
        let noise: Vec<u8> = peer_tests::noise(7).take(SIZE).collect();
        writer.write_all_at(0, &noise).unwrap();
        let fd = vmo.as_fd().try_clone_to_owned().unwrap();
        let received = Vmo::from_fd(fd, AdoptPolicy::Published).unwrap();
        let reader = ReadOnlyMapping::create_from_vmo(&received, SIZE).unwrap();
        assert_eq!(reader.writers(), Writers::Owner);
        Self {
            writer,
            reader,
            vmo,
            noise,
        }
    }

    /// Not a byte changed, the size is what it was, and the owner still writes.
    fn assert_whole(&self, deed: &str) {
        let file = self.vmo.read_to_vec::<u8>(0, FILE as u64).unwrap();
        assert_eq!(file[..SIZE], self.noise, "{deed} changed a byte");
        assert_eq!(file[SIZE..], [0; FILE - SIZE], "{deed} changed the rest");
        assert_eq!(rustix::fs::fstat(&self.vmo).unwrap().st_size, FILE as i64);
        let seals = rustix::fs::fcntl_get_seals(&self.vmo).unwrap();
        let wanted = SealFlags::FUTURE_WRITE | SealFlags::SHRINK | SealFlags::SEAL;
        assert!(seals.contains(wanted) && !seals.contains(SealFlags::WRITE));
        for (at, word) in [(0, b"first"), (SIZE - 5, b"final")] {
            self.writer.write_at(at, word);
            assert_eq!(self.reader.eq_at(at, word), Ok(true), "after {deed}");
            self.writer.write_at(at, &self.noise[at..at + 5]);
        }
    }
}

/// The answers that one deed gets, for both kinds of peer; for a kernel where what it
/// needs is not there, the first answer alone.
fn attack(deed: &str, same: &[i32], nobody: &[i32]) {
    let grant = Grant::new();
    for user in users() {
        let answer = start(user, deed, &grant.vmo).answer();
        let wanted = if user == User::Same { same } else { nobody };
        if let ([EPERM | ENOSYS], false) = (&answer[..], wanted.len() == 1) {
            println!("skipped: {deed} is not to be had here: {answer:?}");
            continue;
        }
        assert_eq!(answer, wanted, "{deed}");
        grant.assert_whole(deed);
    }
}

#[test]
fn a_grantee_cannot_write_by_descriptor_nor_by_the_kernels_back_doors() {
    let answers = [EPERM, EPERM, EPERM, EPERM, EFAULT, EIO, 0, 0];
    attack("write", &answers, &answers);
}

#[test]
fn a_grantee_cannot_map_it_writable_nor_make_a_mapping_writable() {
    let answers = [EPERM, EPERM, EPERM, EPERM, EACCES, EACCES, EACCES, 0];
    attack("map", &answers, &answers);
}

#[test]
fn a_grantee_who_opens_it_again_gets_no_more_than_it_had() {
    let same = [EPERM, 0, EPERM, EPERM, EPERM, EPERM, EPERM];
    attack("reopen", &same, &[EACCES, EACCES]);
}

#[test]
fn a_grantee_cannot_punch_holes() {
    let no = EOPNOTSUPP;
    let answers = [EPERM, no, no, no, EACCES, EINVAL, 0, 0];
    attack("punch", &answers, &answers);
}

#[test]
fn a_grantee_cannot_change_the_size_and_the_same_size_changes_nothing() {
    let answers = [EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, 0, EPERM];
    attack("truncate", &answers, &answers);
}

#[test]
fn a_grantee_cannot_add_seals() {
    attack("seal", &[EPERM; 5], &[EPERM; 5]);
}

#[test]
fn a_grantee_cannot_let_the_kernel_copy_into_it() {
    attack("pour", &[EPERM; 3], &[EPERM; 3]);
}

#[test]
fn a_grantee_cannot_write_through_io_uring_nor_register_its_pages() {
    let answers = [EFAULT, EPERM, EFAULT, EFAULT, 0, 0, EPERM];
    attack("uring", &answers, &answers);
}

#[test]
fn a_grantee_cannot_fill_its_holes_through_userfaultfd() {
    attack("userfault", &[0, EPERM, 0], &[0, EPERM, 0]);
}

#[test]
fn a_grantee_cannot_remap_its_way_to_a_writable_page() {
    let answers = [0, EACCES, 0, EINVAL, EACCES];
    attack("remap", &answers, &answers);
}

/// The control: what is refused above is refused because it was granted for reading only.
#[test]
fn the_same_deeds_do_their_work_on_memory_that_is_shared() {
    let rows: [(&str, &[i32]); 7] = [
        ("write", &[0, 0, 0, EPERM, EFAULT, EIO, 0, 0]),
        ("map", &[0; 8]),
        ("reopen", &[EPERM, 0, 0, 0, EPERM, EPERM, EPERM]),
        (
            "punch",
            &[0, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, 0, EINVAL, 0, 0],
        ),
        ("pour", &[0; 3]),
        ("userfault", &[0; 3]),
        ("remap", &[0, 0, 0, EINVAL, 0]),
    ];
    for (deed, wanted) in rows {
        let (mapping, vmo) = Mapping::allocate(FILE).unwrap();
        mapping.write_all_at(0, &[7; FILE]).unwrap();
        let answer = start(User::Same, deed, &vmo).answer();
        if deed == "userfault" && answer.len() == 1 {
            println!("skipped: {deed} is not to be had here: {answer:?}");
            continue;
        }
        assert_eq!(answer, wanted, "{deed}");
        let changes = ["write", "reopen", "punch", "pour"].contains(&deed);
        assert_eq!(mapping.eq_at(0, &[7; FILE]), Ok(!changes), "{deed}");
    }
}

#[test]
fn the_owner_cannot_write_but_through_its_mapping() {
    let Grant { writer, vmo, .. } = Grant::new();
    assert_eq!(vmo.write(b"no", 0), Err(Status::ACCESS_DENIED));
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let second = Mapping::create_from_vmo(&vmo, SIZE, flags);
    assert_eq!(second.unwrap_err(), Status::ACCESS_DENIED);
    let same = |deed: &str| start(User::Same, deed, &vmo).answer();
    assert_eq!(same("map")[0], EPERM);
    drop(writer);
    assert_eq!(same("map")[0], EPERM, "nor is it undone by the owner's end");
}

/// A memfd of our own with a file that ends inside a page, sealed as a grant is.
fn odd_sized(len: u64) -> (Mapping, OwnedFd) {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("odd", flags).unwrap();
    rustix::fs::ftruncate(&fd, len).unwrap();
    let size = SealFlags::SHRINK | SealFlags::GROW;
    rustix::fs::fcntl_add_seals(&fd, size).unwrap();
    let vmo = Vmo::from_fd(fd.try_clone().unwrap(), AdoptPolicy::Shrink).unwrap();
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapping = Mapping::create_from_vmo(&vmo, 8192, flags).unwrap();
    rustix::fs::fcntl_add_seals(&fd, SealFlags::FUTURE_WRITE | SealFlags::SEAL).unwrap();
    (mapping, fd)
}

#[test]
fn the_rest_of_an_odd_sized_files_last_page_is_zeroed_by_any_holder() {
    for user in users() {
        let (owner, fd) = odd_sized(5000);
        owner.write_all_at(4990, &[7; 20]).unwrap();
        let truncated = start(user, "truncate", &fd).answer();
        assert_eq!(truncated[6], 0, "to the same size");
        assert_eq!(owner.eq_at(4990, &[7; 10]), Ok(true), "inside the file");
        assert_eq!(owner.eq_at(5000, &[0; 10]), Ok(true), "past its end");
        let vmo = Vmo::from_fd(fd, AdoptPolicy::Published).unwrap();
        assert!(ReadOnlyMapping::create_from_vmo(&vmo, 5000).is_ok());
        let rest = ReadOnlyMapping::create_from_vmo(&vmo, 5001);
        assert_eq!(
            rest.unwrap_err(),
            Status::BUFFER_TOO_SMALL,
            "the rest was lent"
        );
    }
}

#[test]
fn the_rest_of_a_published_vmos_last_page_is_in_the_file_and_stays() {
    for user in users() {
        let (writer, vmo) = WriterMapping::allocate(8192).unwrap();
        writer.write_all_at(0, &[7; 8192]).unwrap();
        let truncated = start(user, "truncate", &vmo).answer();
        assert_eq!(truncated[6], 0, "to the same size");
        assert_eq!(writer.eq_at(0, &[7; 8192]), Ok(true));
    }
}

#[test]
fn who_mapped_it_before_the_seals_writes_on() {
    let plan = SealPlan::Published;
    let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Pages, 4096).unwrap();
    let mut peer = start(User::Same, "early", &vmo);
    assert_eq!(peer.line(), "ready");
    let vmo = vmo.publish().unwrap();
    let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096).unwrap();
    assert_eq!(reader.writers(), Writers::Owner);
    let scribbled = || reader.read_value::<u8>(0) == Ok(b'!');
    let patience = core::time::Duration::from_secs(5);
    assert!(
        within(patience, scribbled),
        "that row of the table is wrong"
    );
    peer.kill();
}

/// An owner of that user, and what it answers when it is asked.
fn traced(user: User, how: &str) -> (Vec<i32>, String) {
    let (mut ask, stdin) = UnixStream::pair().unwrap();
    let mut owner = start(user, &format!("own {how}"), &stdin);
    let place = owner.line();
    let peer = start(user, &format!("trace {place}"), &stdin);
    let answers = peer.answer();
    ask.write_all(b"?").unwrap();
    (answers, owner.line())
}

#[test]
fn who_may_trace_the_owner_can_write_and_nobody_may_once_it_is_hidden() {
    // Root may always; so it is two users without any power.
    let user = *users().last().unwrap();
    let (answers, bytes) = traced(user, "dumpable");
    assert_eq!(answers, [0, 0, 0, 0]);
    assert_eq!(bytes, "scribblescribble", "that row of the table is wrong");
    let (answers, bytes) = traced(user, "hidden");
    assert_eq!(answers, [EPERM, EACCES, EACCES, EPERM]);
    assert_eq!(bytes, "--------########");
}

#[test]
fn root_may_write_through_a_hidden_owner_too() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: this is not root");
        return;
    }
    let (answers, bytes) = traced(User::Same, "hidden");
    assert_eq!(answers, [0, 0, 0, 0]);
    assert_eq!(bytes, "scribblescribble");
}

#[test]
fn a_child_has_no_pages_and_dropping_its_copy_unmaps_nothing() {
    let words = Peer::start_alone(GRANTEE, "same fork").line();
    // Killed by SIGSEGV where it touched them; ended well where it dropped its copy; the
    // owner has its bytes, and writes on.
    assert_eq!(words, "-11 0 1 1");
}

#[test]
fn a_child_with_the_owners_process_id_unmaps_nothing_either() {
    let word = Peer::start_alone(GRANTEE, "same nested").line();
    if word == "77" {
        println!("skipped: no PID namespace can be made here");
        return;
    }
    assert_eq!(word, "0");
}

#[test]
fn a_grant_costs_one_system_call_more_than_a_mapping() {
    let line = Peer::start_alone(GRANTEE, "same count").line();
    println!("allocate, grant, adopt, map: {line}");
    if line.is_empty() {
        println!("skipped: this process may not trace its children");
        return;
    }
    let counts: Vec<u32> = line.split(' ').map(|word| word.parse().unwrap()).collect();
    let [allocate, grant, adopt, map] = counts[..] else {
        panic!("four counts, not {line}");
    };
    assert!(
        allocate >= 4,
        "{allocate} calls make no VMO: they were not seen"
    );
    assert_eq!(grant, allocate + 1);
    assert!(adopt + map <= 8, "{adopt} and {map}");
}
