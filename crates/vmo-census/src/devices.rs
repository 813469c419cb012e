// SPDX-License-Identifier: MIT OR Apache-2.0
//! On which devices memory lives: what a path claims to be counts only there.

use std::collections::HashSet;
use std::io;
use std::sync::OnceLock;

use rustix::fs::{MemfdFlags, fstat, memfd_create};

use crate::{Kind, Kinds, parse};

/// The device of the mount that the kernel keeps for itself: memfds, System V segments and
/// shared anonymous memory live there.
pub(crate) fn kernel_mount() -> Option<u64> {
    static MOUNT: OnceLock<Option<u64>> = OnceLock::new();
    *MOUNT.get_or_init(|| device_of_memfd(MemfdFlags::empty()).ok())
}

fn device_of_memfd(flags: MemfdFlags) -> rustix::io::Result<u64> {
    // Without pages: it takes nothing of any pool.
    let probe = memfd_create(c"vmo-census", flags | MemfdFlags::CLOEXEC)?;
    Ok(fstat(&probe)?.st_dev)
}

/// The devices of huge pages: one for each size that this kernel has.
fn huge_mounts() -> &'static [u64] {
    static MOUNTS: OnceLock<Vec<u64>> = OnceLock::new();
    MOUNTS.get_or_init(|| {
        let sizes = [
            MemfdFlags::empty(),
            MemfdFlags::HUGE_64KB,
            MemfdFlags::HUGE_512KB,
            MemfdFlags::HUGE_1MB,
            MemfdFlags::HUGE_2MB,
            MemfdFlags::HUGE_8MB,
            MemfdFlags::HUGE_16MB,
            MemfdFlags::HUGE_32MB,
            MemfdFlags::HUGE_256MB,
            MemfdFlags::HUGE_512MB,
            MemfdFlags::HUGE_1GB,
            MemfdFlags::HUGE_2GB,
            MemfdFlags::HUGE_16GB,
        ];
        let all = sizes.iter().map(|size| MemfdFlags::HUGETLB | *size);
        all.filter_map(|flags| device_of_memfd(flags).ok())
            .collect()
    })
}

/// What is known of devices, and which objects are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Devices {
    pub(crate) kinds: Kinds,
    kernel: u64,
    huge: &'static [u64],
    tmpfs: HashSet<u64>,
}

impl Devices {
    pub(crate) fn new(kinds: Kinds) -> io::Result<Self> {
        let kernel = kernel_mount().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::Unsupported,
                "no memfd can be made here, so none can be told from a file: is memfd_create \
                 forbidden by a sandbox?",
            )
        })?;
        Ok(Self {
            kinds,
            kernel,
            huge: huge_mounts(),
            tmpfs: HashSet::new(),
        })
    }

    /// Whether nothing is known of `dev`, though it could be a tmpfs.
    pub(crate) fn is_new(&self, dev: u64) -> bool {
        let known = self.tmpfs.contains(&dev) || dev == self.kernel || self.huge.contains(&dev);
        self.kinds == Kinds::All && !known && rustix::fs::major(dev) == 0
    }

    /// Learns which devices are a tmpfs from a `mountinfo`.
    pub(crate) fn learn(&mut self, mountinfo: &[u8]) {
        let lines = mountinfo.split(|byte| *byte == b'\n');
        let found = lines.filter_map(parse::tmpfs_mount);
        self.tmpfs
            .extend(found.map(|(major, minor)| rustix::fs::makedev(major, minor)));
    }

    /// Whether `dev` is a device of memory, by all that was learned.
    pub(crate) fn is_memory(&self, dev: u64) -> bool {
        dev == self.kernel || self.huge.contains(&dev) || self.tmpfs.contains(&dev)
    }

    /// Whether an object of a device can be wanted at all: cheap, for each mapping asks.
    pub(crate) fn may_have(&self, dev: u64) -> bool {
        match self.kinds {
            Kinds::Memfds => dev == self.kernel || self.huge.contains(&dev),
            // No disk is behind memory; and 0:0 is what is no file at all.
            Kinds::All => rustix::fs::major(dev) == 0 && dev != 0,
        }
    }

    /// What an object on `dev` with that path is, if it is wanted, and its name.
    pub(crate) fn classify<'a>(&self, dev: u64, path: &'a [u8]) -> Option<(Kind, &'a [u8])> {
        let link = parse::link(path);
        if self.huge.contains(&dev) {
            return match link? {
                (Kind::Memfd, name) => Some((Kind::HugeMemfd, name)),
                (kind @ (Kind::Sysv | Kind::Anonymous), name) => self.if_all(kind, name),
                _ => None,
            };
        }
        if dev == self.kernel {
            return match link {
                Some((Kind::Memfd, name)) => Some((Kind::Memfd, name)),
                Some((kind @ (Kind::Sysv | Kind::Anonymous), name)) => self.if_all(kind, name),
                // What a driver has made, of graphics mostly.
                _ => self.if_all(Kind::Anonymous, without_deleted(path)),
            };
        }
        match link {
            Some((kind @ (Kind::Secret | Kind::DmaBuf), name)) if !self.tmpfs.contains(&dev) => {
                self.if_all(kind, name)
            }
            _ if self.tmpfs.contains(&dev) => self.if_all(Kind::Tmpfs, path),
            _ => None,
        }
    }

    fn if_all<'a>(&self, kind: Kind, name: &'a [u8]) -> Option<(Kind, &'a [u8])> {
        (self.kinds == Kinds::All).then_some((kind, name))
    }
}

fn without_deleted(path: &[u8]) -> &[u8] {
    path.strip_suffix(parse::DELETED).unwrap_or(path)
}
