// SPDX-License-Identifier: MIT OR Apache-2.0
//! A pair of processes that runs one table once.
//!
//! ```text
//!   near ── a task, by a pipe ──► far       asleep until then, disturbing nobody
//!        ◄── "started", a word ──
//!   the watch runs:  near's loop ══ the candidate ══ far's loop
//!        ◄── "done", a word ─────           a stream ends when its last message was looked at
//! ```

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::{Duration, Instant};

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::thread::sched_yield;

use crate::Failure;
use crate::candidate::{Candidate, Opened};
use crate::drive::Work;
use crate::link::{Shape, Side};
use crate::process::{self, Tie};
use crate::shared::Shared;
use crate::task::{TASK_LEN, Task, What};

/// Where far's words are.
const STARTED: usize = 0;
const DONE: usize = 256;
/// How long a turn may take before the pair is given up.
const PATIENCE_SECONDS: u32 = 10;
/// How many messages are looked at in full before anything is measured, at least.
const CHECKED: usize = 64;

/// What is run: who, how, and where.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) candidates: &'a [Candidate],
    pub(crate) what: What,
    pub(crate) shape: Shape,
    /// Near's core, and far's.
    pub(crate) cores: (usize, usize),
    pub(crate) rounds: usize,
    /// How long one turn takes, about.
    pub(crate) slice: Duration,
}

/// What near reports, in the order in which it happens.
pub(crate) trait Report {
    /// A candidate can't do that here, and why.
    fn absent(&mut self, candidate: usize, why: &str) -> Result<(), Failure>;
    /// A candidate has its turn.
    fn turn(&mut self, candidate: usize) -> Result<(), Failure>;
    /// How long a message took it, in nanoseconds.
    fn sample(&mut self, candidate: usize, ns: f64) -> Result<(), Failure>;
}

/// Runs a plan as near, which starts far.
pub(crate) fn near(plan: &Plan<'_>, report: &mut impl Report) -> Result<(), Failure> {
    process::expire_in(PATIENCE_SECONDS);
    process::pin(plan.cores.0)?;
    let mut opened = Vec::new();
    for (i, candidate) in plan.candidates.iter().enumerate() {
        match candidate.open(&plan.shape) {
            Ok(candidate) => opened.push((i, candidate)),
            Err(error) => report.absent(i, &error.to_string())?,
        }
    }
    let (tasks_from, tasks_to) = pipe_with(PipeFlags::CLOEXEC)?;
    let (answers_from, answers_to) = pipe_with(PipeFlags::CLOEXEC)?;
    let words = Shared::new(0)?;
    // The far half of what was opened is far's: a closure is taken once, by each process once.
    let mut opened = Some(opened);
    let mut ends = Some((tasks_from, tasks_to, answers_from, answers_to));
    process::end_with_child(Tie::Tied)?;
    let child = process::fork(|| {
        process::end_with_child(Tie::Loose)?;
        let (tasks, to, from, answers) = ends.take().ok_or("no pipes")?;
        drop((to, from));
        process::pin(plan.cores.1)?;
        let far = Far {
            tasks: tasks.into(),
            answers: answers.into(),
            words: &words,
        };
        far.run(opened.take().ok_or("nothing is open")?)
    })?;
    let (from, tasks, answers, to) = ends.take().ok_or("no pipes")?;
    drop((from, to));
    let mut near = Near {
        tasks: tasks.into(),
        answers: answers.into(),
        words: &words,
        number: 0,
        engines: Vec::new(),
    };
    near.enter(opened.take().ok_or("nothing is open")?, report)?;
    near.measure(plan, report)?;
    process::end_with_child(Tie::Loose)?;
    drop(near);
    child.wait()
}

/// Near's end of the pair.
struct Near<'a> {
    tasks: File,
    answers: File,
    words: &'a Shared,
    /// The number of the task.
    number: u64,
    engines: Vec<(usize, Box<dyn Work>)>,
}

impl Near<'_> {
    /// Takes near's side of everybody who is open; far does the same at the same time.
    fn enter(
        &mut self,
        opened: Vec<(usize, Opened)>,
        report: &mut impl Report,
    ) -> Result<(), Failure> {
        for (i, open) in opened {
            process::expire_in(PATIENCE_SECONDS);
            report.turn(i)?;
            let mine = open(Side::Near);
            let mut theirs = [0];
            self.answers.read_exact(&mut theirs)?;
            match (mine, theirs) {
                (Ok(work), [1]) => self.engines.push((i, work)),
                (Ok(_), _) => report.absent(i, "the far side can't")?,
                (Err(error), _) => report.absent(i, &error.to_string())?,
            }
            // Far keeps it only if both sides have it.
            self.tasks.write_all(&[u8::from(
                self.engines.last().is_some_and(|last| last.0 == i),
            )])?;
        }
        Ok(())
    }

    fn measure(&mut self, plan: &Plan<'_>, report: &mut impl Report) -> Result<(), Failure> {
        let mut counts = Vec::new();
        for place in 0..self.engines.len() {
            report.turn(self.engines[place].0)?;
            if plan.what != What::RoundTrip {
                let messages = (2 * plan.shape.slots + 3).max(CHECKED);
                self.turn(place, What::Check, u32::try_from(messages)?)?;
            }
            counts.push(self.calibrate(place, plan)?);
        }
        for round in 0..plan.rounds {
            for place in common::rounds::order(self.engines.len(), round) {
                let candidate = self.engines[place].0;
                report.turn(candidate)?;
                let time = self.turn(place, plan.what, counts[place])?;
                let ns = time.as_nanos() as f64 / f64::from(counts[place]);
                report.sample(candidate, ns)?;
            }
        }
        Ok(())
    }

    /// How many messages fill a slice of time. Warms up on the way.
    fn calibrate(&mut self, place: usize, plan: &Plan<'_>) -> Result<u32, Failure> {
        let mut count = 16;
        loop {
            let took = self.turn(place, plan.what, count)?;
            if took >= plan.slice / 4 || count >= 1 << 20 {
                let scale = plan.slice.as_secs_f64() / took.as_secs_f64().max(1e-9);
                return Ok(((f64::from(count) * scale) as u32).clamp(8, 1 << 20));
            }
            count *= 2;
        }
    }

    /// One turn, and how long it took.
    fn turn(&mut self, place: usize, what: What, count: u32) -> Result<Duration, Failure> {
        process::expire_in(PATIENCE_SECONDS);
        self.number += 1;
        let task = Task {
            candidate: place,
            what,
            count,
        };
        self.tasks.write_all(&task.to_bytes())?;
        self.wait(STARTED);
        let start = Instant::now();
        self.engines[place].1.near(what, count)?;
        let sent = start.elapsed();
        self.wait(DONE);
        Ok(match what {
            What::RoundTrip | What::Publish => sent,
            What::Stream | What::Check => start.elapsed(),
        })
    }

    /// Waits for far's word, and lets far run if it is on this core. If far dies, so does this.
    fn wait(&self, word: usize) {
        let mut looks = 0_u32;
        while self.words.word(word).load(Acquire) != self.number {
            looks += 1;
            if looks % 256 == 0 {
                sched_yield();
            }
            std::hint::spin_loop();
        }
    }
}

/// Far's end.
struct Far<'a> {
    tasks: File,
    answers: File,
    words: &'a Shared,
}

impl Far<'_> {
    fn run(mut self, opened: Vec<(usize, Opened)>) -> Result<(), Failure> {
        let mut engines = Vec::new();
        for (_, open) in opened {
            let mine = open(Side::Far);
            if let Err(error) = &mine {
                eprintln!("ring: far: {error}");
            }
            self.answers.write_all(&[u8::from(mine.is_ok())])?;
            let mut kept = [0];
            self.tasks.read_exact(&mut kept)?;
            if let (Ok(work), [1]) = (mine, kept) {
                engines.push(work);
            }
        }
        let mut number = 0;
        while let Some(task) = self.task()? {
            number += 1;
            let work: &mut Box<dyn Work> = engines.get_mut(task.candidate).ok_or("nobody")?;
            self.words.word(STARTED).store(number, Release);
            work.far(task.what, task.count)?;
            self.words.word(DONE).store(number, Release);
        }
        Ok(())
    }

    /// The next task, or none when near is done.
    fn task(&mut self) -> Result<Option<Task>, Failure> {
        let mut bytes = [0; TASK_LEN];
        match self.tasks.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(Task::from_bytes(bytes))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
