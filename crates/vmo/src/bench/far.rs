// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other process: does what it is told, over what it was started with.

use std::fs::File;
use std::io::{stdin, stdout};
use std::os::fd::AsFd;

use mapped_vmo::zx::{Channel, MessageBuf, MonotonicInstant, take_startup_handle};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::links::Ends;
use super::loops::FarPart;
use super::messages::Messages;
use super::near::{CHANNEL, DONE, READY, SOCKET, cores, pin, raw, waiting};
use super::task::Task;
use crate::Failure;

/// Runs until near is done, or gone.
pub(crate) fn far() -> Result<(), Failure> {
    // It may be looking at a word that nobody will change.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let channel = Channel::try_from(take_startup_handle(CHANNEL)?)?;
    let socket = Channel::try_from(take_startup_handle(SOCKET)?)?;
    let cores = cores()?;
    if let Some(last) = cores.last() {
        pin(*last)?;
    }
    // Without the buffers that the standard library puts before them.
    let to = File::from(stdout().as_fd().try_clone_to_owned()?);
    let from = File::from(stdin().as_fd().try_clone_to_owned()?);
    // A limit of the user may be lower. Then it stays as it is.
    let _ = rustix::pipe::fcntl_setpipe_size(&to, 1 << 20);
    let mut ends = Ends::new(&channel, waiting(cores.len()), (to, from), raw(socket))?;
    let mut message = MessageBuf::new();
    loop {
        channel.read_until(&mut message, MonotonicInstant::INFINITE)?;
        let Some(task) = Task::parse(message.bytes()) else {
            return Ok(());
        };
        let messages = Messages::new(task.size);
        let mut buffer = vec![0; task.size];
        channel.write(READY, &mut Vec::new())?;
        let done = ends.run(task.who, task.size, FarPart(task, &messages, &mut buffer));
        let word = match &done {
            Ok(()) => DONE.to_vec(),
            Err(error) => error.to_string().into_bytes(),
        };
        channel.write(&word, &mut Vec::new())?;
        done?;
    }
}
