// SPDX-License-Identifier: MIT OR Apache-2.0
//! The package in which the cases are compiled: a program for each refused part, and one for
//! all twins.

use core::fmt::Write as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use crate::case::Case;

/// The program that has all accepted parts.
pub const TWINS: &str = "twins";

/// A package in a directory for temporary files.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Writes the package for these cases below `dir`. `workspace` is where the library is.
    ///
    /// # Errors
    ///
    /// If a file can't be written.
    pub fn write(dir: &Path, workspace: &Path, cases: &[Case]) -> io::Result<Self> {
        let root = dir.join("typestate");
        let mut manifest = manifest(workspace);
        let mut twins = String::new();
        let target = |name: &str| format!("\n[[bin]]\nname = \"{name}\"\npath = \"{name}.rs\"\n");
        for case in cases {
            let name = &case.name;
            manifest += &target(name);
            put(
                &root.join(format!("{name}.rs")),
                &(case.refused.clone() + "fn main() {}\n"),
            )?;
            put(&root.join(TWINS).join(format!("{name}.rs")), &case.accepted)?;
            writeln!(twins, "#[path = \"{TWINS}/{name}.rs\"]\nmod {name};")
                .map_err(io::Error::other)?;
        }
        manifest += &target(TWINS);
        put(
            &root.join(format!("{TWINS}.rs")),
            &(twins + "fn main() {}\n"),
        )?;
        put(&root.join("Cargo.toml"), &manifest)?;
        // The same versions as everywhere in the workspace: they have been fetched.
        fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"))?;
        Ok(Self { root })
    }

    /// Has the compiler check everything. Gives what Cargo printed, as JSON.
    ///
    /// # Errors
    ///
    /// If Cargo can't be started, or printed nothing of use: its own words then.
    pub fn check(&self, workspace: &Path) -> io::Result<String> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let output = Command::new(cargo)
            .args([
                "check",
                "--offline",
                "--keep-going",
                "--message-format=json",
            ])
            .arg("--manifest-path")
            .arg(self.root.join("Cargo.toml"))
            // Where the workspace's own `.cargo/config.toml` would be found.
            .current_dir(workspace)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            // Flags that turn warnings into errors, or code into other code, are for the
            // library's own builds.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdin(Stdio::null())
            .output()?;
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        if messages.is_empty() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(messages)
    }
}

fn manifest(workspace: &Path) -> String {
    // A literal string of TOML: nothing in the path has a meaning.
    let path = |name: &str| format!("path = '{}'", workspace.join("crates").join(name).display());
    format!(
        "[package]
name = \"typestate\"
version = \"0.0.0\"
edition = \"2024\"
autobins = false

# In no workspace but its own, wherever it lies.
[workspace]

[dependencies]
mapped-vmo = {{ {}, features = [\"bytes\"] }}
vmo-ring = {{ {} }}
zx = {{ package = \"vmo-zx\", {} }}
shared-buffer = {{ package = \"vmo-shared-buffer\", {}, features = [\"zerocopy\", \"bytemuck\"] }}
zerocopy = {{ version = \"0.8\", features = [\"derive\"] }}
bytes = \"1\"
bytemuck = {{ version = \"1\", features = [\"derive\"] }}
",
        path("mapped-vmo"),
        path("vmo-ring"),
        path("zx"),
        path("shared-buffer"),
    )
}

/// Writes a file if it is not there like this already, so that Cargo sees what changed.
fn put(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(path, text)
}
