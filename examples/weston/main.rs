// SPDX-License-Identifier: MIT OR Apache-2.0
//! A Wayland client whose window shows a picture that lies in a VMO.
//!
//! ```text
//! wayland-picture [--unsealed]
//! ```
//!
//! It says `shown` when the picture is on the screen, and then obeys its input, line by line:
//! `change` shows the next picture, `truncate` tries to take the memory away from the
//! compositor and shows the picture again, `quit` ends it. With `--unsealed` the memory is a
//! memfd without seals.
#![forbid(unsafe_code)]

mod pool;
mod window;

use core::error::Error;
use std::io::{Write, stdin, stdout};
use std::os::fd::AsFd;
use std::process::ExitCode;

use crate::pool::{Pool, SLOTS};
use crate::window::{Window, Woken};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wayland-picture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let pool = match arguments.as_slice() {
        [] => Pool::sealed()?,
        [argument] if argument == "--unsealed" => Pool::unsealed()?,
        _ => return Err("usage: wayland-picture [--unsealed]".into()),
    };
    let window = Window::open(&pool)?;
    let mut show = Show {
        pool,
        window,
        slot: 0,
    };
    show.picture(0)?;
    show.obey()
}

/// The pictures, one after the other.
#[derive(Debug)]
struct Show {
    pool: Pool,
    window: Window,
    slot: usize,
}

impl Show {
    fn picture(&mut self, number: u32) -> Result<(), Box<dyn Error>> {
        self.slot = (self.slot + 1) % SLOTS;
        self.pool.draw(number, self.slot)?;
        self.again()
    }

    fn again(&mut self) -> Result<(), Box<dyn Error>> {
        self.window.show(self.slot)?;
        say("shown")
    }

    fn obey(&mut self) -> Result<(), Box<dyn Error>> {
        let mut number = 0;
        let mut line = Vec::new();
        while self.window.serve(stdin().as_fd())? == Woken::Input {
            let mut byte = [0];
            if rustix::io::read(stdin(), &mut byte)? == 0 {
                break;
            }
            if byte != [b'\n'] {
                line.extend(byte);
                continue;
            }
            match line.as_slice() {
                b"change" => {
                    number += 1;
                    self.picture(number)?;
                }
                b"truncate" => self.truncate()?,
                b"quit" => break,
                other => {
                    let other = String::from_utf8_lossy(other);
                    return Err(format!("{other:?} is not change, truncate or quit").into());
                }
            }
            line.clear();
        }
        Ok(())
    }

    fn truncate(&mut self) -> Result<(), Box<dyn Error>> {
        match self.pool.truncate() {
            Ok(()) => say("truncated")?,
            Err(error) => say(&format!("not truncated: {error}"))?,
        }
        self.again()
    }
}

/// One line, at once: somebody waits for it.
fn say(line: &str) -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
