// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that nobody here wrote, on memory of ours.
//!
//! Each folder beside this one has a script `run`, which does all of it from a clone of the
//! repository and says what to install if a program is missing. The tests do the same where
//! the programs are installed, and say that they skip where they are not.
//! `REAL_PROGRAMS=weston,ffmpeg` makes a missing program of these a failure.
#![forbid(unsafe_code)]

pub mod picture;

use std::path::PathBuf;

/// Where `program` is, if it is in `PATH`; if not, one line on stderr says what `package` to
/// install.
///
/// # Panics
///
/// If it is missing, and the variable `REAL_PROGRAMS` names `topic`: somebody relies on it.
///
/// # Examples
///
/// ```
/// assert!(real_programs::find("sh", "dash", "shells").is_some());
/// assert!(real_programs::find("no-such-program", "nothing", "shells").is_none());
/// ```
#[must_use]
pub fn find(program: &str, package: &str, topic: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        let needed = std::env::var("REAL_PROGRAMS").unwrap_or_default();
        assert!(
            !needed.split(',').any(|name| name == topic),
            "{program} is not installed (apt-get install {package}), and {topic} was asked for"
        );
        eprintln!("skipped: {program} is not installed (apt-get install {package})");
    }
    found
}
