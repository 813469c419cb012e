// SPDX-License-Identifier: MIT OR Apache-2.0
//! Questions to the kernel that another process can leave without an answer.
//!
//! A process that replaces its program keeps the kernel from looking into it until that is
//! done, and it is never done if a file that is closed on the way belongs to a server that does
//! not answer. Whoever asks for its mappings waits as long. So those questions are asked in
//! threads that may be left behind:
//!
//! ```text
//!   asker ── starts ──► worker 1: task 0, 1, 2 (no answer …)
//!     │ no sign of life for a moment
//!     ├───── starts ──► worker 2:               3, 4, 5
//!     │ all tasks are begun, and no sign of life for long
//!     └─ goes on without 2; worker 1 ends when it has its answer, or with this process
//! ```
//!
//! A worker too many, on a machine that is merely busy, takes a share of the work.

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

/// After so long without a sign of life, others take what is not begun.
const MOMENT: Duration = Duration::from_millis(20);

/// After so long without one, what is begun is given up.
const LONG: Duration = Duration::from_secs(2);

/// How many threads may wait at the same time: as many processes can be in the way.
const MOST: usize = 512;

/// How many tasks are worth another worker from the start, and how many workers at most.
const WORTH: usize = 32;
const AT_FIRST: usize = 4;

/// Small: nothing here is recursive.
const STACK: usize = 256 << 10;

/// What a worker shows while it works: as long as it beats, it is not stuck.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    pub(crate) fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What became of a task.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    Given(T),
    /// None came in time.
    Outstanding(Waiting),
}

/// A task that is still waiting.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    over: Arc<[AtomicBool]>,
    task: usize,
}

impl Waiting {
    /// Whether the answer has come after all.
    pub(crate) fn is_over(&self) -> bool {
        self.over
            .get(self.task)
            .is_none_or(|it| it.load(Ordering::Acquire))
    }
}

/// All that the workers share.
struct Tasks<W> {
    /// Makes the one that does the tasks of a thread.
    hire: W,
    next: AtomicUsize,
    over: Arc<[AtomicBool]>,
    pulse: Pulse,
}

impl<W> Tasks<W> {
    fn all_begun(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.over.len()
    }

    fn run<T, F>(&self, answers: &Sender<(usize, T)>)
    where
        W: Fn(Pulse) -> F,
        F: FnMut(usize) -> T,
    {
        let mut work = (self.hire)(self.pulse.clone());
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(over) = self.over.get(task) else {
                return;
            };
            let answer = work(task);
            self.pulse.beat();
            over.store(true, Ordering::Release);
            if answers.send((task, answer)).is_err() {
                // Nobody waits for any more.
                return;
            }
        }
    }
}

/// Does the tasks `0..count`, and gives the answers in that order.
pub(crate) fn each<T, W, F>(count: usize, hire: W) -> Vec<Answer<T>>
where
    T: Send + 'static,
    W: Fn(Pulse) -> F + Send + Sync + 'static,
    F: FnMut(usize) -> T,
{
    let tasks = Arc::new(Tasks {
        hire,
        next: AtomicUsize::new(0),
        over: (0..count).map(|_| AtomicBool::new(false)).collect(),
        pulse: Pulse::default(),
    });
    let (sender, receiver) = channel();
    let mut answers: Vec<Option<T>> = (0..count).map(|_| None).collect();
    let (mut left, mut workers, mut beats) = (count, 0, 0);
    let mut since = Instant::now();
    while left > 0 {
        let stuck = workers == 0 || since.elapsed() >= MOMENT;
        if stuck && workers < MOST && !tasks.all_begun() {
            // Twice as many each time: there may be many to wait for.
            let more = if workers == 0 {
                at_first(count)
            } else {
                workers
            };
            let more = (0..more).filter(|_| start(&tasks, &sender));
            match more.count() {
                // Not one thread can be had: then there is nobody else to wait.
                0 if workers == 0 => tasks.run(&sender),
                more => workers = workers.saturating_add(more),
            }
        }
        match receiver.recv_timeout(MOMENT) {
            Ok((task, answer)) => {
                if let Some(place) = answers.get_mut(task) {
                    *place = Some(answer);
                }
                left = left.saturating_sub(1);
                since = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let now = tasks.pulse.0.load(Ordering::Relaxed);
                if now != beats {
                    (beats, since) = (now, Instant::now());
                } else if since.elapsed() >= LONG {
                    break;
                }
            }
        }
    }
    let over = &tasks.over;
    let answers = answers.into_iter().enumerate();
    answers
        .map(|(task, answer)| answer.map_or_else(|| outstanding(over, task), Answer::Given))
        .collect()
}

fn outstanding<T>(over: &Arc<[AtomicBool]>, task: usize) -> Answer<T> {
    Answer::Outstanding(Waiting {
        over: over.clone(),
        task,
    })
}

/// With how many workers to begin.
fn at_first(count: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (count / WORTH).clamp(1, cores.min(AT_FIRST))
}

/// Another worker; says whether there is one.
fn start<T, W, F>(tasks: &Arc<Tasks<W>>, sender: &Sender<(usize, T)>) -> bool
where
    T: Send + 'static,
    W: Fn(Pulse) -> F + Send + Sync + 'static,
    F: FnMut(usize) -> T,
{
    let (tasks, sender) = (tasks.clone(), sender.clone());
    let worker = thread::Builder::new()
        .name("vmo-census".to_owned())
        .stack_size(STACK);
    worker.spawn(move || tasks.run(&sender)).is_ok()
}

/// The same of one question; `None` if no answer came in time.
pub(crate) fn one<T: Send + 'static>(
    question: impl Fn() -> T + Send + Sync + 'static,
) -> Option<T> {
    let question = Arc::new(question);
    let mut answers = each(1, move |_| {
        let question = question.clone();
        move |_| question()
    });
    match answers.pop() {
        Some(Answer::Given(answer)) => Some(answer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender};
    use std::sync::{Barrier, Mutex};

    use super::*;

    /// A lock on which tasks wait until the other end goes.
    fn gate() -> (Sender<()>, Arc<Mutex<Receiver<()>>>) {
        let (sender, receiver) = channel();
        (sender, Arc::new(Mutex::new(receiver)))
    }

    #[test]
    fn answers_come_in_the_order_of_the_tasks() {
        let answers = each(1000, |_| |task| task * 2);
        for (task, answer) in answers.iter().enumerate() {
            assert!(matches!(answer, Answer::Given(given) if *given == task * 2));
        }
        assert!(each(0, |_| |task| task).is_empty());
        assert_eq!(one(|| 7), Some(7));
    }

    #[test]
    fn those_that_never_answer_keep_nobody_else_from_it() {
        let (open, shut) = gate();
        let begin = Instant::now();
        let stuck = |task: usize| task % 50 == 3;
        let answers = each(1000, move |_| {
            let shut = shut.clone();
            move |task| {
                if stuck(task) {
                    let _ = shut.lock().unwrap().recv();
                }
                task
            }
        });
        // Twenty of them: one after the other it would take twenty times as long.
        assert!(begin.elapsed() < 5 * LONG, "{:?}", begin.elapsed());
        let mut waiting = Vec::new();
        for (task, answer) in answers.into_iter().enumerate() {
            match answer {
                Answer::Given(given) => assert!(!stuck(task) && given == task),
                Answer::Outstanding(it) => {
                    assert!(stuck(task) && !it.is_over(), "{task}");
                    waiting.push(it);
                }
            }
        }
        assert_eq!(waiting.len(), 20);
        drop(open);
        let begin = Instant::now();
        while !waiting.iter().all(Waiting::is_over) {
            assert!(begin.elapsed() < Duration::from_secs(20));
            thread::sleep(MOMENT);
        }
    }

    #[test]
    fn who_shows_a_sign_of_life_is_waited_for() {
        let answers = each(1, |pulse| {
            move |_| {
                for _ in 0..15 {
                    thread::sleep(LONG / 10);
                    pulse.beat();
                }
            }
        });
        assert!(matches!(answers[..], [Answer::Given(())]));
    }

    #[test]
    fn a_late_answer_is_nobodys() {
        let both = Arc::new(Barrier::new(2));
        let other = both.clone();
        let answer = one(move || {
            other.wait();
            Arc::new(())
        });
        assert!(answer.is_none());
        both.wait();
    }
}
