// SPDX-License-Identifier: MIT OR Apache-2.0
//! The judge: starts the victim, waits for it no longer than it may take, looks at how it
//! ended and at what is left over.

use core::time::Duration;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::{Tally, keeper};
use crate::within;

/// How many kills a minute must have.
const KILLS_A_MINUTE: u64 = 1000;

/// How much longer than it was told to the victim may take.
const GRACE: Duration = Duration::from_secs(30);

/// What must be 0.
const NEVER: [&str; 8] = [
    "signals",
    "panics",
    "hangs",
    "leaked_fds",
    "leaked_mappings",
    "leaked_children",
    "orphans",
    "villains_that_gave_up",
];

/// What must have happened, or nothing was tried.
const TRIED: [&str; 11] = [
    "rounds",
    "seen_changed",
    "lost",
    "messages",
    "refused",
    "adopted",
    "mapped",
    "mapped_to_read",
    "guarded",
    "tier_shared",
    "tier_guarded",
];

/// Runs `program` as the victim for `seconds`. All counts, those of the judge among them.
///
/// # Panics
///
/// If no process can be started.
#[must_use]
pub fn run(program: &str, seconds: u64) -> Tally {
    keeper::adopt_orphans();
    let mut command = Command::new(program);
    command.args(["victim", &seconds.to_string()]);
    let victim = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let (status, said) = attend(victim.expect("this program, again"), seconds);
    let mut tally = Tally::of_line(&said);
    let signal = status.and_then(|status| status.signal());
    let panicked = status.and_then(|status| status.code()) == Some(101);
    tally.add("signals", u64::from(signal.is_some()));
    tally.add("panics", u64::from(panicked));
    tally.add("hangs", u64::from(status.is_none()));
    if let Some(signal) = signal {
        tally.add(&format!("signal_{signal}"), 1);
    }
    tally.add("needed_kills", KILLS_A_MINUTE * seconds / 60);
    tally.add("seconds", seconds);
    // The villain of a victim that was killed dies with it, by the signal it asked for.
    within(Duration::from_secs(2), || keeper::children() == 0);
    tally.add("orphans", keeper::children());
    tally
}

/// How the victim ended, if it did, and what it said.
fn attend(mut victim: Child, seconds: u64) -> (Option<ExitStatus>, String) {
    let mut status = None;
    within(Duration::from_secs(seconds) + GRACE, || {
        status = victim.try_wait().expect("our own child");
        status.is_some()
    });
    let mut said = String::new();
    if status.is_none() {
        // It hangs, maybe where no signal reaches it; we do not hang with it.
        eprintln!("the victim hangs:\n{}", whereabouts(victim.id()));
        let _ = victim.kill();
    } else if let Some(stdout) = &mut victim.stdout {
        let _ = stdout.read_to_string(&mut said);
    }
    (status, said)
}

/// Where each thread of a process is: its name, what it waits for in the kernel, and its system
/// call by number.
fn whereabouts(pid: u32) -> String {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let line = |thread: std::fs::DirEntry| {
        let read = |name: &str| std::fs::read_to_string(thread.path().join(name));
        let words = ["comm", "wchan", "syscall"].map(|name| read(name).unwrap_or_default());
        format!(
            "  {}\n",
            words.map(|word| word.trim().to_owned()).join(", ")
        )
    };
    threads.map(line).collect()
}

/// What is not as it should be, in words; nothing where all is.
#[must_use]
pub fn complaints(tally: &Tally) -> Vec<String> {
    let mut complaints = Vec::new();
    for name in NEVER {
        if tally.get(name) != 0 {
            complaints.push(format!(
                "{name}: {}, and there must be none",
                tally.get(name)
            ));
        }
    }
    for name in TRIED {
        if tally.get(name) == 0 {
            complaints.push(format!("{name}: none, so nothing was tried"));
        }
    }
    let (kills, needed) = (tally.get("kills"), tally.get("needed_kills"));
    if kills < needed {
        complaints.push(format!("kills: {kills}, and there must be {needed}"));
    }
    complaints
}
