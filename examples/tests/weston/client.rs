// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our client, and a way to talk to it that never waits for ever.

use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use crate::desk::{Desk, PATIENCE, Running};

/// A window with a picture.
pub(crate) struct Client {
    pub(crate) process: Running,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Client {
    /// Starts one, and waits until its first picture is on the screen.
    pub(crate) fn open(desk: &Desk, arguments: &[&str]) -> Self {
        let mut command = desk.command(env!("CARGO_BIN_EXE_wayland-picture"));
        command.args(arguments).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let (sender, lines) = channel();
        let (said, errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let process = Running(child);
        let forward = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                let _ = forward.send(line);
            }
        });
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let client = Self {
            process,
            input,
            lines,
        };
        assert_eq!(client.line(), "shown");
        client
    }

    /// The next line that it says.
    pub(crate) fn line(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE);
        line.expect("the client says nothing")
    }

    /// Fails if it says something now, or soon.
    pub(crate) fn says_nothing(&self) {
        let line = self.lines.recv_timeout(Duration::from_millis(500));
        assert_eq!(line, Err(RecvTimeoutError::Timeout));
    }

    /// What follows `start` in the next line that starts so. Others are skipped: the library
    /// that speaks Wayland has words of its own.
    pub(crate) fn line_of(&self, start: &str) -> String {
        loop {
            if let Some(rest) = self.line().strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Has it do something; gives the first line that it says then.
    pub(crate) fn obey(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").unwrap();
        self.line()
    }
}
