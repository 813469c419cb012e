// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo ls`: what memory is shared on this machine, and by whom.

use core::time::Duration;
use std::io::{IsTerminal, Write, stdout};
use std::path::Path;
use std::time::Instant;

use clap::Args;
use rustix::process::Uid;
use vmo_census::{Census, Kinds, Sight, escape};

use crate::Failure;
use crate::cli::Output;
use crate::style::{Format, Style};

mod change;
mod json;
mod table;
mod who;

use change::Changes;
pub(crate) use json::holder;
pub(crate) use table::shorten;
pub(crate) use who::who;

/// What `vmo ls --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo ls                     every memfd of this machine
  sudo vmo ls --all          and System V segments, files of /dev/shm, dma-bufs…
  vmo ls -p 812 --watch      what process 812 has, once a second
  vmo ls --json | jq '.objects[] | select(.sharers > 1) | .name'

SHARERS counts processes. A name is what the maker of an object calls it, and no two \
objects need differ in it: the ID tells them apart. `?` is what you may not see.";

/// Arguments of `vmo ls`.
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Only what this process has
    #[arg(short, long, value_name = "PID")]
    pid: Option<u32>,
    /// Other shared memory too: System V, files in memory, anonymous, dma-bufs
    #[arg(long)]
    all: bool,
    /// Look again and again, until Ctrl-C: + is new, ^ has grown, - is gone
    #[arg(long)]
    watch: bool,
    /// How long to wait between two looks, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", requires = "watch")]
    #[arg(value_parser = seconds)]
    interval: Duration,
    #[command(flatten)]
    output: Output,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|it| (0.05..=86_400.0).contains(it))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "write seconds from 0.05 to 86400, such as 2 or 0.5".to_owned())
}

/// A census, and what of it is shown.
#[derive(Debug)]
struct View {
    census: Census,
    /// Only of this process.
    pid: Option<u32>,
    all: bool,
}

impl View {
    fn take(args: &LsArgs) -> Result<Self, Failure> {
        let kinds = if args.all { Kinds::All } else { Kinds::Memfds };
        let mut census =
            Census::take(kinds).map_err(|error| format!("/proc can't be read: {error}"))?;
        if let Some(pid) = args.pid {
            let objects = &mut census.objects;
            objects.retain(|it| it.holders.iter().any(|holder| holder.pid == pid));
        }
        Ok(Self {
            census,
            pid: args.pid,
            all: args.all,
        })
    }

    /// Whether the process that was asked for is there.
    fn has_its_process(&self) -> bool {
        let mut processes = self.census.processes.iter();
        self.pid.is_none_or(|pid| processes.any(|it| it.pid == pid))
    }

    /// Whether it is about one process, of which all is seen.
    fn is_of_one_that_is_seen(&self) -> bool {
        let mut processes = self.census.processes.iter();
        processes.any(|it| Some(it.pid) == self.pid && it.sight == Sight::Full)
    }

    /// How many processes could not be looked at, in part or at all.
    fn unseen(&self) -> usize {
        let all = self.census.processes.iter();
        all.filter(|it| it.sight != Sight::Full).count()
    }

    /// What is said instead of an empty table.
    fn nothing(&self) -> String {
        let what = if self.all { "shared memory" } else { "memfd" };
        let article = if self.all { "" } else { "a " };
        match self.pid {
            Some(pid) => {
                let mut processes = self.census.processes.iter();
                let process = processes.find(|it| it.pid == pid);
                let name = process.map(|it| escape(&it.name)).unwrap_or_default();
                match process.map(|it| it.sight) {
                    Some(Sight::Full) => format!("{name}:{pid} has no {what}"),
                    _ => format!("{name}:{pid} has no {what} that you may see"),
                }
            }
            None if self.unseen() > 0 => {
                format!("no process that you may look at has {article}{what}")
            }
            None => format!("no process here has {article}{what}"),
        }
    }

    /// What is said of processes that could not be looked at: what would help, and of whom
    /// nothing would. `me` is who looks.
    fn footer(&self, me: Uid) -> Vec<String> {
        let processes = self.census.processes.iter();
        let silent: Vec<String> = processes
            .filter(|it| it.sight == Sight::Silent)
            .map(|it| format!("{}:{}", escape(&it.name), it.pid))
            .collect();
        let mut lines = Vec::new();
        let (processes, they) = match self.unseen().saturating_sub(silent.len()) {
            0 => (String::new(), ""),
            1 => ("1 process".to_owned(), "it holds"),
            unseen => (format!("{unseen} processes"), "they hold"),
        };
        if !processes.is_empty() {
            lines.push(match me.is_root() {
                true => format!("{processes} could not be looked at, not even by root"),
                false => format!(
                    "{processes} could not be looked at: run vmo as root or with CAP_SYS_PTRACE \
                     to see what {they}"
                ),
            });
        }
        if let Some(first) = silent.first() {
            let others = match silent.len().saturating_sub(1) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            lines.push(format!(
                "{first}{others} can't be looked into while replacing its program, which does \
                 not end"
            ));
        }
        lines
    }
}

/// Shows what there is.
pub(crate) fn ls(args: &LsArgs) -> Result<bool, Failure> {
    let view = View::take(args)?;
    if !view.has_its_process() {
        return Err(no_process(args.pid.unwrap_or_default()).into());
    }
    if args.watch {
        return watch(args, view);
    }
    let text = match args.output.format() {
        Format::Json => json::object(&view),
        Format::Text => Screen::of_stdout().page(&view, None).join("\n"),
    };
    writeln!(stdout().lock(), "{text}")?;
    Ok(true)
}

/// Why there is no such process.
pub(crate) fn no_process(pid: u32) -> String {
    if Path::new(&format!("/proc/{pid}")).exists() {
        format!("{pid} is a thread, or of the kernel: -p takes a process of those that ps lists")
    } else {
        format!("there is no process {pid}")
    }
}

fn watch(args: &LsArgs, first: View) -> Result<bool, Failure> {
    let begin = Instant::now();
    // At the first look nothing is new.
    let mut changes = Changes::default();
    let mut view = first;
    loop {
        let screen = Screen::of_stdout();
        let text = match (args.output.format(), screen.size) {
            (Format::Json, _) => format!("{}\n", json::object(&view)),
            (Format::Text, Some(_)) => screen.frame(screen.page(&view, Some(&changes))),
            (Format::Text, None) => {
                let page = screen.page(&view, Some(&changes)).join("\n");
                format!("after {:.1} s\n{page}\n\n", begin.elapsed().as_secs_f64())
            }
        };
        // At once: whoever ends us meanwhile finds no half of a colour on his terminal.
        let mut out = stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        drop(out);
        std::thread::sleep(args.interval);
        let next = View::take(args)?;
        if !next.has_its_process() {
            let pid = args.pid.unwrap_or_default();
            if args.output.format() == Format::Text {
                writeln!(stdout().lock(), "process {pid} has ended")?;
            }
            return Ok(true);
        }
        changes = Changes::between(&view, &next);
        view = next;
    }
}

/// Where the text goes.
#[derive(Clone, Copy, Debug)]
struct Screen {
    style: Style,
    /// Columns and rows, of a terminal.
    size: Option<(usize, usize)>,
    /// Who looks at it.
    me: Uid,
}

impl Screen {
    fn of_stdout() -> Self {
        let terminal = stdout().is_terminal();
        let size = rustix::termios::tcgetwinsize(stdout()).ok();
        let known = size.filter(|it| it.ws_col > 0 && it.ws_row > 0);
        let size = known.map_or((80, 24), |it| (it.ws_col.into(), it.ws_row.into()));
        Self {
            style: Style::of_stdout(),
            size: terminal.then_some(size),
            me: rustix::process::geteuid(),
        }
    }

    /// The lines of a table, or the sentence instead of it, and the footer.
    fn page(self, view: &View, changes: Option<&Changes>) -> Vec<String> {
        let mut lines = table::lines(self, view, changes);
        // Of a process that has nothing, nobody else can be a sharer.
        let complete = lines.is_empty() && view.is_of_one_that_is_seen();
        if lines.is_empty() {
            lines.push(view.nothing());
        }
        if !complete {
            let footer = view.footer(self.me).into_iter();
            lines.extend(footer.map(|line| self.style.dim(&line)));
        }
        lines
    }

    /// What replaces what is on a terminal: from its first line, with nothing hidden that
    /// would have to be shown again.
    fn frame(self, mut lines: Vec<String>) -> String {
        let rows = self.size.map_or(24, |it| it.1).saturating_sub(1).max(2);
        if lines.len() > rows {
            let hidden = lines.len().saturating_sub(rows.saturating_sub(1));
            lines.truncate(rows.saturating_sub(1));
            lines.push(self.style.dim(&format!("… {hidden} more lines")));
        }
        format!("\x1b[H{}\x1b[K\n\x1b[J", lines.join("\x1b[K\n"))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What is said below the table, where so many processes are not seen for that reason.
    fn last_line(me: Uid, unseen: usize, sight: Sight, of: Option<u32>) -> String {
        let census = Census::take(Kinds::Memfds).unwrap();
        let mut view = View {
            census,
            pid: of,
            all: false,
        };
        view.census.objects.clear();
        let here = std::process::id();
        for process in &mut view.census.processes {
            process.sight = Sight::Full;
        }
        let others = view.census.processes.iter_mut().filter(|it| it.pid != here);
        let mut others: Vec<_> = others.collect();
        assert!(others.len() >= unseen);
        for process in others.iter_mut().take(unseen) {
            process.sight = sight;
        }
        Screen {
            style: Style::of_stdout(),
            size: None,
            me,
        }
        .page(&view, None)
        .pop()
        .unwrap()
    }

    #[test]
    fn what_is_not_seen_is_said_where_it_matters() {
        // Two others at least, wherever this runs.
        let sleep = || Command::new("sleep").arg("60").spawn().unwrap();
        let mut others = [sleep(), sleep()];
        let nobody = Uid::from_raw(65534);
        let denied = |unseen, of| last_line(nobody, unseen, Sight::Nothing, of);
        assert_eq!(denied(0, None), "no process here has a memfd");
        assert!(denied(1, None).contains("1 process could not be looked at"));
        assert!(denied(1, None).ends_with("to see what it holds"));
        assert!(denied(2, None).ends_with("to see what they hold"));
        // Who is root already needs no advice to be it.
        let root = last_line(Uid::ROOT, 1, Sight::Nothing, None);
        assert!(root.ends_with("not even by root"), "{root}");
        // No privilege would help.
        let silent = last_line(nobody, 1, Sight::Silent, None);
        assert!(silent.contains("can't be looked into") && !silent.contains("root"));
        assert!(!silent.contains("more"));
        assert!(last_line(nobody, 2, Sight::Silent, None).contains(" and 1 more "));
        // Nobody else can share what it has not.
        let me = std::process::id();
        assert!(denied(1, Some(me)).ends_with("has no memfd"));
        for other in &mut others {
            other.kill().unwrap();
            other.wait().unwrap();
        }
    }
}
