// SPDX-License-Identifier: MIT OR Apache-2.0
//! Processes: forked, pinned, and ended with whoever started them.
#![allow(
    unsafe_code,
    reason = "fork, _exit and alarm, which rustix does not have"
)]

use std::io::{self, Write};

use rustix::process::{Pid, Signal, WaitOptions, set_parent_process_death_signal, waitpid};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Failure;

/// A child, and how it ends: with this process at the latest.
#[derive(Debug)]
pub(crate) struct Child(Pid);

/// Starts a child that does `work` and ends.
pub(crate) fn fork(work: impl FnOnce() -> Result<(), Failure>) -> Result<Child, Failure> {
    // What is not written yet would be written by both.
    io::stdout().flush()?;
    let parent = rustix::process::getpid();
    // SAFETY: this program has one thread, so the child has all that it needs: no lock is held
    // by a thread that is not there.
    match unsafe { libc::fork() } {
        0 => end(child(parent, work)),
        number => match Pid::from_raw(number) {
            Some(pid) if number > 0 => Ok(Child(pid)),
            _ => Err(io::Error::last_os_error().into()),
        },
    }
}

fn child(parent: Pid, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid() != Some(parent) {
        return Err("who started this is gone".into());
    }
    work()
}

/// Ends this process, and nothing that its parent has.
fn end(result: Result<(), Failure>) -> ! {
    let code = match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("ring: {error}");
            1
        }
    };
    // SAFETY: it ends the process, whatever its state is.
    unsafe { libc::_exit(code) }
}

impl Child {
    /// Waits for its end, and says what was wrong with it.
    pub(crate) fn wait(self) -> Result<(), Failure> {
        let (_, status) = loop {
            match waitpid(Some(self.0), WaitOptions::empty()) {
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(Some(ended)) => break ended,
                Ok(None) => {}
            }
        };
        match (status.exit_status(), status.terminating_signal()) {
            (Some(0), _) => Ok(()),
            (Some(CHILD_FAILED), _) => Err("the far side failed".into()),
            (_, Some(14)) => Err("it hung".into()),
            (_, Some(signal)) => Err(format!("it died of signal {signal}").into()),
            _ => Err("it failed".into()),
        }
    }
}

/// What a process ends with whose child has ended too early.
const CHILD_FAILED: i32 = 3;

/// This process ends when its child does, as it would wait for that one for ever; or no longer.
pub(crate) fn end_with_child(tie: Tie) -> Result<(), Failure> {
    extern "C" fn end(_: libc::c_int) {
        // SAFETY: it may be called in a handler, and ends the process.
        unsafe { libc::_exit(CHILD_FAILED) }
    }
    let action = match tie {
        Tie::Tied => end as extern "C" fn(libc::c_int) as libc::sighandler_t,
        Tie::Loose => libc::SIG_DFL,
    };
    // SAFETY: the handler does one thing, which a handler may do.
    match unsafe { libc::signal(libc::SIGCHLD, action) } {
        libc::SIG_ERR => Err(io::Error::last_os_error().into()),
        _ => Ok(()),
    }
}

/// Whether a process ends with its child.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tie {
    Tied,
    Loose,
}

/// This process dies of SIGALRM in so many seconds, unless it asks for more of them: that is
/// how one that hangs ends.
pub(crate) fn expire_in(seconds: u32) {
    // SAFETY: it sets a timer, whose signal ends the process.
    unsafe { libc::alarm(seconds) };
}

/// The first two cores that this process may use.
pub(crate) fn cores() -> Result<Vec<usize>, Failure> {
    let allowed = sched_getaffinity(None)?;
    let cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    Ok(cores.take(2).collect())
}

/// Stays on one core from here on.
pub(crate) fn pin(core: usize) -> Result<(), Failure> {
    let mut one = CpuSet::new();
    one.set(core);
    Ok(sched_setaffinity(None, &one)?)
}
