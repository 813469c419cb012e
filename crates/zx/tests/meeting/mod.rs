// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the tests of listeners share: names, and this program again as another process.

use core::sync::atomic::{AtomicU32, Ordering};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command};

use zx::{Address, Admit, MonotonicDuration, MonotonicInstant};

pub(crate) const NOW: MonotonicInstant = MonotonicInstant::INFINITE_PAST;
pub(crate) const SAME: &Admit = &Admit::SameUser;

pub(crate) fn after(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

pub(crate) fn soon() -> MonotonicInstant {
    after(20_000)
}

/// A directory of this test's own, which goes with it.
pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("listener-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        Self(path)
    }

    pub(crate) fn at(&self, name: &str) -> (PathBuf, Address) {
        let path = self.0.join(name);
        let address = Address::path(&path).unwrap();
        (path, address)
    }

    pub(crate) fn is_empty(&self) -> bool {
        std::fs::read_dir(&self.0).unwrap().next().is_none()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

pub(crate) fn name(what: &str) -> (String, Address) {
    let name = format!("zx-test.{what}.{}", std::process::id());
    let address = Address::abstract_name(&name).unwrap();
    (name, address)
}

/// This program as a child that runs `test` and finds `value` in its environment.
pub(crate) fn child(test: &str, value: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.env("VMO_TEST_CHILD", value);
    command
}

pub(crate) fn told() -> Option<String> {
    std::env::var("VMO_TEST_CHILD").ok()
}

pub(crate) fn assert_good(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the child: {output:?}");
}
