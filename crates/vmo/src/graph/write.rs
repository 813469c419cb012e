// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file is written as a whole, or stays as it was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Replaces what is at `path`. What is no ordinary file, such as a pipe, is written to.
pub(crate) fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Where a link leads is what is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return OpenOptions::new().write(true).open(path)?.write_all(bytes);
        }
        Ok(found) if found.permissions().readonly() => {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        _ => {}
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        if let Ok(found) = fs::metadata(path) {
            file.set_permissions(found.permissions())?;
        }
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // It may not be there; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written
}
