// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Near`]: this process, which starts the other one and holds the watch.

use core::time::Duration;
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use mapped_vmo::zx::{Channel, HandleBased, MessageBuf, Signals, StartupHandles};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use vmo_ring::Waiting;

use super::links::{Ends, PATIENCE_SECONDS, soon};
use super::loops::NearPart;
use super::messages::Messages;
use super::task::{SIZES, Task, What, Who};
use super::watchdog::Watchdog;
use crate::Failure;
use crate::villain::Role;

/// The slots of what the other process is started with.
pub(super) const CHANNEL: u16 = 0;
pub(super) const SOCKET: u16 = 1;

/// What far says when it is ready, and when it is done.
pub(super) const READY: &[u8] = b"ready";
pub(super) const DONE: &[u8] = b"done";

/// This process, and the other one.
#[derive(Debug)]
pub(super) struct Near {
    /// Killed when this is dropped.
    child: Partner,
    watchdog: Watchdog,
    channel: Channel,
    ends: Ends<ChildStdin, ChildStdout>,
    messages: Vec<(usize, Messages)>,
}

#[derive(Debug)]
struct Partner(Child);

impl Drop for Partner {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first two cores that this process may use.
pub(super) fn cores() -> Result<Vec<usize>, Failure> {
    let allowed = sched_getaffinity(None)?;
    let cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    Ok(cores.take(2).collect())
}

pub(super) fn pin(core: usize) -> Result<(), Failure> {
    let mut one = CpuSet::new();
    one.set(core);
    Ok(sched_setaffinity(None, &one)?)
}

/// How rings wait: where both sides are on one core, looking again and again is in the way.
pub(super) fn waiting(cores: usize) -> Waiting {
    match cores {
        0 | 1 => Waiting::Sleep { spins: 0 },
        _ => Waiting::Spin,
    }
}

impl Near {
    /// Starts the other process, and makes everything that carries messages. Each is to be on
    /// a core of its own.
    pub(super) fn start(cores: Vec<usize>) -> Result<Self, Failure> {
        let (channel, theirs) = Channel::create()?;
        let kind = SocketType::SEQPACKET;
        let (socket, their_socket) =
            socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        let their_socket = Channel::from_fd(their_socket)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["villain", Role::Partner.word()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.startup_handle(CHANNEL, theirs.into_handle())?;
        command.startup_handle(SOCKET, their_socket.into_handle())?;
        let mut child = Partner(command.spawn()?);
        drop(command);
        let watchdog =
            Watchdog::start(&child.0, PATIENCE_SECONDS.unsigned_abs().saturating_mul(2))?;
        let pipe = child.0.stdin.take().zip(child.0.stdout.take());
        let pipe = pipe.ok_or("there is no pipe")?;
        // A limit of the user may be lower. Then it stays as it is.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe.0, 1 << 20);
        if let Some(first) = cores.first() {
            pin(*first)?;
        }
        let ends = Ends::new(&channel, waiting(cores.len()), pipe, socket)?;
        let sizes = SIZES.into_iter().chain([8]);
        Ok(Self {
            child,
            watchdog,
            channel,
            ends,
            messages: sizes.map(|size| (size, Messages::new(size))).collect(),
        })
    }

    /// One turn of one candidate, and how long it took.
    pub(super) fn turn(
        &mut self,
        who: Who,
        what: What,
        (size, count): (usize, u32),
    ) -> Result<Duration, Failure> {
        let task = Task {
            who,
            what,
            size,
            count,
        };
        let result = self.timed(task);
        result.map_err(|error| format!("{} at {size} bytes: {error}", who.name()).into())
    }

    fn timed(&mut self, task: Task) -> Result<Duration, Failure> {
        self.watchdog.pat();
        task.send(&self.channel)?;
        self.hear(READY)?;
        let mut messages = self.messages.iter();
        let (_, messages) = messages
            .find(|(size, _)| *size == task.size)
            .ok_or("no messages")?;
        let start = Instant::now();
        self.ends
            .run(task.who, task.size, NearPart(task, messages))?;
        let sent = start.elapsed();
        self.hear(DONE)?;
        Ok(match task.what {
            What::RoundTrip => sent,
            // Until the last message was looked at.
            What::Stream | What::Check => start.elapsed(),
        })
    }

    fn hear(&self, expected: &[u8]) -> Result<(), Failure> {
        let mut message = MessageBuf::new();
        self.channel.read_until(&mut message, soon())?;
        match message.bytes() {
            bytes if bytes == expected => Ok(()),
            other => Err(String::from_utf8_lossy(other).into()),
        }
    }

    /// The end of the other process.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self {
            mut child,
            channel,
            ends,
            ..
        } = self;
        let closed = Signals::CHANNEL_PEER_CLOSED;
        channel.write(b"", &mut Vec::new())?;
        channel.wait_one(closed, soon()).to_result()?;
        drop(ends);
        let status = child.0.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the other process ended with {status}").into()),
        }
    }
}

/// The end of a socket that was given as a channel.
pub(super) fn raw(socket: Channel) -> OwnedFd {
    socket.into_handle().into()
}
