// SPDX-License-Identifier: MIT OR Apache-2.0
//! The line between the two processes: one question, one answer, and a limit to patience.

use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use mapped_vmo::zx::{Rights, Vmo};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use crate::Failure;
use crate::villain::Role;

/// How long an answer may take. A peer that is silent for longer is a failed row.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long an answer may be: what a hostile peer sends is not collected for ever.
const LONGEST_LINE: u64 = 4096;

/// A process that was started to be the other one, and the line to it.
///
/// Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    link: Link,
    patience: Duration,
}

impl Peer {
    /// Starts this program again on `vmo`, in another role.
    pub(crate) fn start(role: Role, vmo: &Vmo) -> Result<Self, Failure> {
        let theirs = vmo.duplicate_handle(Rights::SAME_RIGHTS)?;
        Self::start_on(role, theirs.into())
    }

    /// The same on any descriptor.
    pub(crate) fn start_on(role: Role, stdin: OwnedFd) -> Result<Self, Failure> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(std::env::current_exe()?)
            .args(["villain", role.word()])
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        let link = Link::new(ours)?;
        Ok(Self {
            child,
            link,
            patience: PATIENCE,
        })
    }

    /// With another limit to patience.
    pub(crate) fn patient_for(mut self, patience: Duration) -> Result<Self, Failure> {
        let stream = self.link.stream.get_ref();
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        self.patience = patience;
        Ok(self)
    }

    /// The process itself, to be watched.
    pub(crate) fn child(&self) -> &Child {
        &self.child
    }

    /// Sends a request without waiting for the answer.
    pub(crate) fn send(&mut self, request: &str) -> Result<(), Failure> {
        self.link.send(request)
    }

    /// Waits for an answer.
    pub(crate) fn answer(&mut self) -> Result<String, Failure> {
        Ok(self.link.receive()?.ok_or(Gone)?)
    }

    /// Sends a request and waits for the answer.
    pub(crate) fn ask(&mut self, request: &str) -> Result<String, Failure> {
        self.send(request)?;
        self.answer()
    }

    /// The same for a system call: its errno, 0 if it succeeded.
    pub(crate) fn ask_errno(&mut self, request: &str) -> Result<i32, Failure> {
        Ok(self.ask(request)?.parse()?)
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Result<ExitStatus, Failure> {
        self.child.kill()?;
        self.end()
    }

    /// Closes the line, which ends the process, and waits for that.
    pub(crate) fn finish(mut self) -> Result<ExitStatus, Failure> {
        self.link
            .stream
            .get_ref()
            .shutdown(std::net::Shutdown::Both)?;
        self.end()
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait(mut self) -> Result<ExitStatus, Failure> {
        // It ends, or closes its end of the line: either is the end of the wait below.
        self.link.receive().ok();
        self.end()
    }

    /// Waits for the end, for so long as patience lasts.
    fn end(&mut self) -> Result<ExitStatus, Failure> {
        // Not waited for yet, so the number is still that of the child.
        let pid = Pid::from_child(&self.child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        let patience = Timespec {
            tv_sec: i64::try_from(self.patience.as_secs())?,
            tv_nsec: 0,
        };
        let wait = || poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&patience));
        let ended = rustix::io::retry_on_intr(wait)?;
        if ended == 0 {
            return Err("the other process does not end".into());
        }
        Ok(self.child.wait()?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One end of the line.
#[derive(Debug)]
pub(crate) struct Link {
    stream: BufReader<UnixStream>,
}

impl Link {
    fn new(stream: UnixStream) -> Result<Self, Failure> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let stream = BufReader::new(stream);
        Ok(Self { stream })
    }

    /// The end of a process that was started so: its standard output.
    pub(crate) fn inherited() -> Result<Self, Failure> {
        let fd = std::io::stdout().as_fd().try_clone_to_owned()?;
        let stream = BufReader::new(UnixStream::from(fd));
        Ok(Self { stream })
    }

    /// Sends a line.
    pub(crate) fn send(&mut self, line: &str) -> Result<(), Failure> {
        self.stream
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .map_err(in_words)
    }

    /// Receives a line, or `None` when the other end is closed.
    pub(crate) fn receive(&mut self) -> Result<Option<String>, Failure> {
        let mut line = String::new();
        let got = self
            .stream
            .by_ref()
            .take(LONGEST_LINE)
            .read_line(&mut line)
            .map_err(in_words)?;
        Ok((got > 0).then(|| line.trim_end().to_owned()))
    }
}

/// The other end of the line is closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other process is gone")
    }
}

impl Error for Gone {}

/// What an error on the line says of the other end.
fn in_words(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => Gone.into(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "the other process is silent".into(),
        _ => error.into(),
    }
}

/// An errno as people know it.
pub(crate) fn errno_name(errno: i32) -> String {
    use rustix::io::Errno;
    if errno == 0 {
        return "success".to_owned();
    }
    let names = [
        (Errno::PERM, "EPERM"),
        (Errno::ACCESS, "EACCES"),
        (Errno::INVAL, "EINVAL"),
        (Errno::BADF, "EBADF"),
        (Errno::BUSY, "EBUSY"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::FBIG, "EFBIG"),
        (Errno::NOSPC, "ENOSPC"),
        (Errno::NOTSUP, "ENOTSUP"),
        (Errno::IO, "EIO"),
    ];
    let name = names.iter().find(|(e, _)| e.raw_os_error() == errno);
    name.map_or_else(|| format!("errno {errno}"), |(_, name)| (*name).to_owned())
}

/// A signal as people know it.
pub(crate) fn signal_name(signal: i32) -> String {
    let names = [
        (Signal::BUS, "SIGBUS"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
    ];
    let name = names.iter().find(|(s, _)| s.as_raw() == signal);
    name.map_or_else(
        || format!("signal {signal}"),
        |(_, name)| (*name).to_owned(),
    )
}
