// SPDX-License-Identifier: MIT OR Apache-2.0
//! A broadcast: near writes, and far is a crowd of processes that read, all of them on far's
//! core. What counts is how long the writer takes.
//!
//! ```text
//!   near: the writer ══ published memory ══► far: a reader ── the same task ──► more readers
//! ```
//!
//! A reader that is slow loses messages, and reads on to the last one, which it always gets.

use std::fs::File;
use std::io::{Read, Write};

use mapped_vmo::zx::{MonotonicInstant, Vmo};
use rustix::pipe::{PipeFlags, pipe_with};
use vmo_ring::{BroadcastReader, BroadcastWriter, RingError, RingOptions, Waiting, WakeReaders};

use crate::Failure;
use crate::candidate::{Candidate, Opened};
use crate::drive::Work;
use crate::link::{Shape, Side};
use crate::messages::{Aligned, Messages};
use crate::process::{self, Tie};
use crate::task::{TASK_LEN, Task, What};

/// The smallest ring.
const SMALLEST: usize = 4096;

/// How many read, and whether they sleep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crowd {
    /// They look again and again, and are never woken.
    Awake(usize),
    /// They sleep at once, and are woken for each message.
    Asleep(usize),
}

/// A writer with so many readers.
pub(crate) fn readers(name: &str, crowd: Crowd) -> Candidate {
    Candidate::with_work(name, move |shape| {
        let shape = *shape;
        let capacity = shape.capacity().next_power_of_two().max(SMALLEST);
        let (count, waiting, wakes) = match crowd {
            Crowd::Awake(count) => (count, Waiting::Spin, WakeReaders::Never),
            Crowd::Asleep(count) => (count, Waiting::Sleep { spins: 0 }, WakeReaders::EachTime),
        };
        let options = RingOptions::new().capacity(capacity).waiting(waiting);
        let (writer, vmo) = BroadcastWriter::allocate(options, wakes)?;
        let opened: Opened = Box::new(move |side| {
            Ok(match side {
                Side::Near => Box::new(Near {
                    writer,
                    messages: Messages::new(&shape),
                    sent: 0,
                }),
                Side::Far => Box::new(Far::new(count, || Listener::new(&vmo, options, &shape))?),
            })
        });
        Ok(opened)
    })
}

/// The writer.
struct Near {
    writer: BroadcastWriter,
    messages: Messages,
    /// The number of the next message, over all turns.
    sent: u32,
}

impl Work for Near {
    fn near(&mut self, _: What, count: u32) -> Result<(), Failure> {
        for _ in 0..count {
            self.writer.send(self.messages.get(self.sent))?;
            self.sent = self.sent.wrapping_add(1);
        }
        Ok(())
    }

    fn far(&mut self, _: What, _: u32) -> Result<(), Failure> {
        Err("this is the writer".into())
    }
}

/// One reader.
struct Listener {
    reader: BroadcastReader,
    messages: Messages,
    buffer: Aligned,
    /// Where the turn ends.
    end: u64,
}

impl Listener {
    fn new(vmo: &Vmo, options: RingOptions, shape: &Shape) -> Result<Self, Failure> {
        Ok(Self {
            reader: BroadcastReader::open(vmo, options)?,
            messages: Messages::new(shape),
            buffer: Aligned::new(shape.size),
            end: 0,
        })
    }

    /// Reads to the last message of a turn.
    fn listen(&mut self, what: What, count: u32) -> Result<(), Failure> {
        self.end += u64::from(count);
        while self.reader.next_number() < self.end {
            let number = match self
                .reader
                .recv(self.buffer.get_mut(), MonotonicInstant::INFINITE)
            {
                Ok(_) => self.reader.next_number() - 1,
                Err(RingError::Lagged { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            // Numbers wrap where the writer's do.
            let number = number as u32;
            let bytes = self.buffer.get();
            let same = match what {
                What::Check => self.messages.get(number) == bytes,
                _ => self.messages.resembles(number, bytes),
            };
            if !same {
                return Err(format!("message {number} is not what was sent").into());
            }
        }
        Ok(())
    }
}

/// All readers: this process, and those that it has started.
struct Far {
    mine: Listener,
    others: Vec<Other>,
}

/// A reader in a process of its own, which dies with this one.
struct Other {
    tasks: File,
    answers: File,
}

impl Far {
    fn new(
        count: usize,
        listener: impl Fn() -> Result<Listener, Failure>,
    ) -> Result<Self, Failure> {
        process::end_with_child(Tie::Tied)?;
        let other = |_| Other::start(&listener);
        Ok(Self {
            others: (1..count).map(other).collect::<Result<_, _>>()?,
            mine: listener()?,
        })
    }
}

impl Other {
    fn start(listener: &impl Fn() -> Result<Listener, Failure>) -> Result<Self, Failure> {
        let (tasks_from, tasks) = pipe_with(PipeFlags::CLOEXEC)?;
        let (answers, answers_to) = pipe_with(PipeFlags::CLOEXEC)?;
        process::fork(|| {
            process::end_with_child(Tie::Loose)?;
            serve(listener()?, File::from(tasks_from), File::from(answers_to))
        })?;
        let mut other = Self {
            tasks: tasks.into(),
            answers: answers.into(),
        };
        // It is there when it says so.
        other.wait()?;
        Ok(other)
    }

    fn wait(&mut self) -> Result<(), Failure> {
        Ok(self.answers.read_exact(&mut [0])?)
    }
}

/// What a reader of its own does, until it is killed.
fn serve(mut listener: Listener, mut tasks: File, mut answers: File) -> Result<(), Failure> {
    loop {
        answers.write_all(&[1])?;
        let mut bytes = [0; TASK_LEN];
        tasks.read_exact(&mut bytes)?;
        let task = Task::from_bytes(bytes);
        listener.listen(task.what, task.count)?;
    }
}

impl Work for Far {
    fn near(&mut self, _: What, _: u32) -> Result<(), Failure> {
        Err("this is a reader".into())
    }

    fn far(&mut self, what: What, count: u32) -> Result<(), Failure> {
        let candidate = 0;
        let task = Task {
            candidate,
            what,
            count,
        };
        for other in &mut self.others {
            other.tasks.write_all(&task.to_bytes())?;
        }
        self.mine.listen(what, count)?;
        self.others.iter_mut().try_for_each(Other::wait)
    }
}
