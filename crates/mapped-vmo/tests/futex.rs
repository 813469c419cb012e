// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sleeping on a word of published memory: the sleeper is another process, which can't write
//! the word.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::sync::atomic::Ordering::{Acquire, Release};
use core::time::Duration;
use std::process::{Command, Stdio};
use std::time::Instant;

use mapped_vmo::zx::{
    HandleBased, MonotonicDuration, MonotonicInstant, StartupHandles, Status, Vmo,
    take_startup_handle,
};
use mapped_vmo::{ReadOnlyMapping, WriterMapping};

const WORD: usize = 128;

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(20))
}

/// The other process: sleeps until the word is 1, then says so by its end.
fn sleep_in_a_child() {
    let vmo = Vmo::try_from(take_startup_handle(0).unwrap()).unwrap();
    let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096).unwrap();
    let word = reader.read_only_atomic::<u32>(WORD).unwrap();
    let mut sleeps = 0;
    while word.load(Acquire) == 0 {
        reader.wait_while_equal(WORD, 0, soon()).unwrap();
        sleeps += 1;
    }
    assert_eq!(word.load(Acquire), 1);
    assert!(sleeps > 0, "it did not sleep");
}

#[test]
fn a_process_that_can_only_read_sleeps_until_it_is_woken() {
    if std::env::var_os("VMO_TEST_CHILD").is_some() {
        return sleep_in_a_child();
    }
    let (writer, vmo) = WriterMapping::allocate(4096).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "a_process_that_can_only_read_sleeps_until_it_is_woken",
        "--nocapture",
    ]);
    command.env("VMO_TEST_CHILD", "1").stdout(Stdio::piped());
    command.startup_handle(0, vmo.into_handle()).unwrap();
    let child = command.spawn().unwrap();
    // Wakes without a change until one is really asleep, which a count tells.
    let start = Instant::now();
    while writer.wake(WORD, 1) == Ok(0) {
        assert!(start.elapsed() < Duration::from_secs(20), "nobody sleeps");
        std::thread::sleep(Duration::from_millis(1));
    }
    writer.atomic::<u32>(WORD).unwrap().store(1, Release);
    writer.wake(WORD, 64).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[test]
fn a_word_has_to_be_inside_the_mapping_and_aligned() {
    let (writer, vmo) = WriterMapping::allocate(100).unwrap();
    let reader = ReadOnlyMapping::create_from_vmo(&vmo, 100).unwrap();
    for outside in [97, 100, 4092, usize::MAX - 2] {
        let refused = reader.wait_while_equal(outside, 0, soon());
        assert_eq!(refused, Err(Status::OUT_OF_RANGE), "{outside}");
        assert_eq!(writer.wake(outside, 1), Err(Status::OUT_OF_RANGE));
    }
    let refused = reader.wait_while_equal(2, 0, soon());
    assert_eq!(refused, Err(Status::INVALID_ARGS));
    let over = MonotonicInstant::INFINITE_PAST;
    let waited = reader.wait_while_equal(96, 0, over);
    assert_eq!(waited, Err(Status::TIMED_OUT));
    assert_eq!(reader.wait_while_equal(96, 1, soon()), Ok(()));
}
