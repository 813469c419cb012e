// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo run`: any program on sealed memory, which to the program is a file.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use mapped_vmo::zx::{Name, SealPlan, Vmo};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::{fill, size};

/// What `vmo run --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo run --vmo f=@Cargo.lock -- sha256sum {f}
  vmo run --vmo out=64K -- sh -c 'echo hello 1<> {out}; head -c 5 {out}'

The size is sealed: > truncates, and is refused; 1<> writes and does not truncate.

The program's exit code is that of vmo. 125 is a failure of vmo itself; 126 and 127 say \
that the program could not be executed or found.";

/// `vmo run` itself failed.
pub(crate) const FAILED: u8 = 125;
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Arguments of `vmo run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A VMO of SIZE bytes (4096, 64K, 1M, 2G), or with the bytes of FILE: of its exact
    /// length, and immutable unless ",rw" follows
    #[arg(long = "vmo", value_name = "NAME=SIZE|@FILE[,rw]", value_parser = parse_vmo)]
    pub(crate) vmos: Vec<VmoSpec>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

/// A VMO that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct VmoSpec {
    name: String,
    source: Source,
}

/// What is in it.
#[derive(Clone, Debug)]
enum Source {
    /// So many zeros, to be written.
    Zeros(u64),
    /// The bytes of a file.
    File { path: PathBuf, plan: SealPlan },
}

/// Why there is no program.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The exit code.
    pub(crate) code: u8,
    /// One line.
    pub(crate) message: String,
}

/// The value of `--vmo`.
pub(crate) fn parse_vmo(text: &str) -> Result<VmoSpec, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=SIZE or NAME=@FILE, as in buf=64K")?;
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 31 || !name.chars().all(letters) {
        return Err(format!(
            "\"{name}\" is no name: up to 31 letters, digits, - and _"
        ));
    }
    let source = match value.strip_prefix('@') {
        None => Source::Zeros(size::parse(value)?),
        Some(file) => {
            let (path, plan) = match file.strip_suffix(",rw") {
                Some(path) => (path, SealPlan::Fixed),
                None => (file, SealPlan::Freezable),
            };
            if path.is_empty() {
                return Err("a file is missing after @, as in f=@Cargo.lock".to_owned());
            }
            let path = PathBuf::from(path);
            Source::File { path, plan }
        }
    };
    let name = name.to_owned();
    Ok(VmoSpec { name, source })
}

/// Becomes the program. Comes back only if that failed.
pub(crate) fn run(args: RunArgs) -> Failed {
    match prepare(args.vmos, &args.command) {
        Err(message) => Failed {
            code: FAILED,
            message,
        },
        Ok((mut command, _vmos)) => {
            // The VMOs are still open here, and stay so in the program.
            become_program(&mut command)
        }
    }
}

/// Comes back only if that failed.
pub(crate) fn become_program(command: &mut Command) -> Failed {
    let error = command.exec();
    let code = match error.kind() {
        ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_EXECUTABLE,
    };
    let program = command.get_program().to_string_lossy().into_owned();
    let message = match code {
        NOT_FOUND if program.contains('/') => format!("{program}: no such program"),
        NOT_FOUND => format!("\"{program}\": no such program in PATH"),
        _ => format!("{program}: {error}"),
    };
    Failed { code, message }
}

/// The program with its arguments, and the VMOs that they name.
fn prepare(specs: Vec<VmoSpec>, command: &[OsString]) -> Result<(Command, Vec<Vmo>), String> {
    let mut paths: Vec<(String, String)> = Vec::new();
    let mut vmos = Vec::new();
    for spec in specs {
        if paths.iter().any(|(name, _)| *name == spec.name) {
            let name = spec.name;
            return Err(format!(
                "two VMOs are called \"{name}\": give each its own name"
            ));
        }
        let vmo = spec.make()?;
        fcntl_setfd(&vmo, FdFlags::empty()).map_err(|error| error.to_string())?;
        let path = format!("/proc/self/fd/{}", vmo.as_raw_fd());
        paths.push((spec.name, path));
        vmos.push(vmo);
    }
    let mut arguments = command.iter().map(|argument| substitute(argument, &paths));
    let program = arguments.next().ok_or("no program to run")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok((command, vmos))
}

/// `argument` with each `{NAME}` replaced by the path of that VMO. Other braces stay.
pub(crate) fn substitute(argument: &OsStr, paths: &[(String, String)]) -> OsString {
    let mut out = Vec::new();
    let mut rest = argument.as_bytes();
    while let Some(byte) = rest.first() {
        let hit = paths.iter().find_map(|(name, path)| {
            let after = rest.strip_prefix(b"{")?.strip_prefix(name.as_bytes())?;
            Some((path, after.strip_prefix(b"}")?))
        });
        match hit {
            Some((path, after)) => {
                out.extend_from_slice(path.as_bytes());
                rest = after;
            }
            None => {
                out.push(*byte);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    OsString::from_vec(out)
}

impl VmoSpec {
    fn make(&self) -> Result<Vmo, String> {
        let name = Name::new_lossy(&self.name);
        match &self.source {
            Source::Zeros(size) => fill::zeros((&name, SealPlan::Fixed), *size),
            Source::File { path, plan } => {
                let vmo = fill::from_file(path, (&name, *plan))?;
                if *plan == SealPlan::Freezable {
                    fill::freeze(&vmo).map_err(|why| format!("{}: {why}", path.display()))?;
                }
                Ok(vmo)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_become_paths_and_other_braces_stay() {
        let paths = [("f", "/proc/self/fd/3"), ("ff", "/proc/self/fd/4")]
            .map(|(name, path)| (name.to_owned(), path.to_owned()));
        let cases = [
            ("{f}", "/proc/self/fd/3"),
            ("-i{f},{ff}", "-i/proc/self/fd/3,/proc/self/fd/4"),
            ("{g} {} { {f", "{g} {} { {f"),
            ("{{f}}", "{/proc/self/fd/3}"),
            ("", ""),
        ];
        for (before, after) in cases {
            assert_eq!(substitute(OsStr::new(before), &paths), after, "{before}");
        }
        let bytes = OsStr::from_bytes(b"\xff{f}\xfe");
        assert_eq!(
            substitute(bytes, &paths).as_bytes(),
            b"\xff/proc/self/fd/3\xfe"
        );
    }

    #[test]
    fn a_vmo_is_a_name_and_a_size_or_a_file() {
        assert!(matches!(
            parse_vmo("b=64K").unwrap().source,
            Source::Zeros(65536)
        ));
        let Source::File { path, plan } = parse_vmo("f=@a=b,rw").unwrap().source else {
            panic!("a file");
        };
        assert_eq!((path, plan), (PathBuf::from("a=b"), SealPlan::Fixed));
        let Source::File { plan, .. } = parse_vmo("f=@a").unwrap().source else {
            panic!("a file");
        };
        assert_eq!(plan, SealPlan::Freezable);
        for bad in [
            "f",
            "=1",
            "a b=1",
            "f=",
            "f=x",
            "f=@",
            "f=@,rw",
            "é=1",
            &"n".repeat(32),
        ] {
            assert!(parse_vmo(bad).is_err(), "{bad}");
        }
    }
}
