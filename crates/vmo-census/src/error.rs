// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ReachError`]: why something can't be reached.

use core::fmt;

use rustix::io::Errno;

use crate::{Access, Id, Place};

/// Why something can't be reached. Each says what would help, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReachError {
    /// There is no such process, or none any more.
    NoProcess(u32),
    /// The process has ended, and its parent has not been told: it has nothing any more.
    Ended(u32),
    /// The process has no such descriptor.
    NoFd(Place),
    /// Nobody that may be looked at has such an object.
    NoObject(Id),
    /// The process may not be looked into.
    NotPermitted {
        /// The process.
        pid: u32,
        /// The user that it runs as.
        uid: Option<u32>,
    },
    /// The process has it mapped and no descriptor of it: then only the privileged may open it.
    OnlyMapped(u32),
    /// The object may be looked at, but not be opened so.
    NotOpened {
        /// For what.
        want: Access,
        /// Why not.
        errno: Errno,
    },
    /// It is no memory, so it was left alone; this is what it is.
    NotMemory(String),
    /// The process keeps the kernel from looking into it, by replacing its program and never
    /// being done with that.
    Silent(u32),
    /// Whoever answers for the files at that path does not.
    NoAnswer,
    /// Anything else.
    Failed(Errno),
}

impl fmt::Display for ReachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess(pid) => write!(f, "there is no process {pid}"),
            Self::Ended(pid) => write!(f, "process {pid} has ended"),
            Self::NoFd(Place { pid, fd }) => {
                write!(
                    f,
                    "process {pid} has no descriptor {fd}; vmo ls -p {pid} lists them"
                )
            }
            Self::NoObject(id) => write!(
                f,
                "no process that you may look at has object {id}; vmo ls --all lists them"
            ),
            Self::NotPermitted { pid, uid } => not_permitted(f, *pid, *uid),
            Self::OnlyMapped(pid) => write!(
                f,
                "process {pid} has it mapped, and no descriptor of it: run vmo as root or with \
                 CAP_CHECKPOINT_RESTORE"
            ),
            Self::NotOpened { want, errno } => {
                let want = match want {
                    Access::Write | Access::ReadWrite => "writing",
                    _ => "reading",
                };
                write!(
                    f,
                    "it can't be opened for {want} ({errno}): its maker or root may"
                )
            }
            Self::NotMemory(what) => write!(f, "it is {what}, which is no memory object"),
            Self::Silent(pid) => write!(
                f,
                "process {pid} can't be looked into while it replaces its program, which does \
                 not end: try again later, or end it"
            ),
            Self::NoAnswer => {
                f.write_str("nothing answers there: is it on a file system whose server is gone?")
            }
            Self::Failed(errno) => write!(f, "it can't be reached: {errno}"),
        }
    }
}

impl core::error::Error for ReachError {}

/// What keeps us from looking into a process, and what would help.
fn not_permitted(f: &mut fmt::Formatter<'_>, pid: u32, uid: Option<u32>) -> fmt::Result {
    write!(f, "not permitted to look into process {pid}")?;
    let me = rustix::process::geteuid().as_raw();
    match uid {
        _ if me == 0 => f.write_str(", not even for root: a sandbox forbids it"),
        Some(uid) if uid != me => write!(
            f,
            ", which is of user {uid}: run vmo as that user, as root, or with CAP_SYS_PTRACE"
        ),
        _ => match std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope") {
            Ok(scope) if scope.trim() != "0" => write!(
                f,
                " (kernel.yama.ptrace_scope is {}): run vmo as root",
                scope.trim()
            ),
            _ => f.write_str(", which has been made private: run vmo as root"),
        },
    }
}
