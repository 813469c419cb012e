// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`NewFile`]: a file that has no name until it is complete.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

/// Where the name stands when it is not complete yet.
#[derive(Debug)]
enum Stage {
    /// Nowhere: it is gone with us, however we end.
    Nameless,
    /// Under another name, on file systems that know no better.
    Named(PathBuf),
}

/// A file that takes the place of another one when it is complete; else that stays, and this
/// one is gone.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    stage: Stage,
    target: PathBuf,
}

impl NewFile {
    /// One that is to become `path`, which may be there.
    pub(crate) fn beside(path: &Path) -> io::Result<Self> {
        // What a link leads to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let (file, stage) = match open(folder, flags, Mode::from_raw_mode(0o666)) {
            Ok(file) => (File::from(file), Stage::Nameless),
            Err(_) => {
                let part = part_of(&target);
                (File::create_new(&part)?, Stage::Named(part))
            }
        };
        let new = Self {
            file,
            stage,
            target,
        };
        if let Ok(there) = fs::metadata(&new.target) {
            let permissions: Permissions = there.permissions();
            new.file.set_permissions(permissions)?;
        }
        Ok(new)
    }

    /// To be written.
    pub(crate) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives it its name.
    pub(crate) fn put_in_place(mut self) -> io::Result<()> {
        if matches!(self.stage, Stage::Nameless) {
            let part = part_of(&self.target);
            let nameless = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            linkat(CWD, nameless, CWD, &part, AtFlags::SYMLINK_FOLLOW)?;
            self.stage = Stage::Named(part);
        }
        if let Stage::Named(part) = &self.stage {
            fs::rename(part, &self.target)?;
        }
        // It has no other name any more that would have to go.
        self.stage = Stage::Nameless;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Stage::Named(part) = &self.stage {
            let _ = fs::remove_file(part);
        }
    }
}

/// A name beside it that nobody else takes, and that is no longer for a long name.
fn part_of(target: &Path) -> PathBuf {
    target.with_file_name(format!(".vmo-{}.part", std::process::id()))
}
