// SPDX-License-Identifier: MIT OR Apache-2.0
//! One wait for many objects: any of them ends it, no peer keeps it waiting or busy.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use zx::{
    AsHandleRef, Channel, EventPair, HandleBased, HandleRef, MessageBuf, MonotonicDuration,
    MonotonicInstant, Process, Rights, Signals, Status, Vmo, WaitItem, object_wait_many,
};

const PAST: MonotonicInstant = MonotonicInstant::INFINITE_PAST;
const READABLE: Signals = Signals::CHANNEL_READABLE;
const WRITABLE: Signals = Signals::CHANNEL_WRITABLE;
const CLOSED: Signals = Signals::OBJECT_PEER_CLOSED;
const SIGNALED: Signals = Signals::EVENTPAIR_SIGNALED;
const ENDED: Signals = Signals::PROCESS_TERMINATED;
const NONE: Signals = Signals::NONE;

fn after(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

fn soon() -> MonotonicInstant {
    after(20_000)
}

/// A child that stays until it is killed, or until its stdin ends, so that none is left behind.
fn sleeper() -> Child {
    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::null());
    cat.spawn().unwrap()
}

/// Waits for these; what came of it, and what is pending with each.
fn wait<const N: usize>(
    objects: [(HandleRef<'_>, Signals); N],
    deadline: MonotonicInstant,
) -> (Result<bool, Status>, [Signals; N]) {
    let mut items = objects.map(|(handle, waitfor)| WaitItem {
        handle,
        waitfor,
        pending: NONE,
    });
    let result = object_wait_many(&mut items, deadline);
    (result, items.map(|item| item.pending))
}

/// How long this thread was busy while it did that.
fn busy<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let start = now();
    let result = work();
    (now() - start, result)
}

#[test]
fn each_of_three_kinds_ends_the_wait() {
    let (channel, far) = Channel::create().unwrap();
    let (bell, button) = EventPair::create().unwrap();
    let mut child = sleeper();
    let process = Process::of_child(&child).unwrap();
    let objects = [
        (channel.as_handle_ref(), READABLE),
        (bell.as_handle_ref(), SIGNALED),
        (process.as_handle_ref(), ENDED),
    ];
    let nothing = (Err(Status::TIMED_OUT), [WRITABLE, NONE, NONE]);
    assert_eq!(wait(objects, PAST), nothing);
    assert_eq!(wait(objects, after(20)), nothing);

    far.write(b"hello", &mut Vec::new()).unwrap();
    let readable = READABLE | WRITABLE;
    assert_eq!(wait(objects, soon()), (Ok(false), [readable, NONE, NONE]));
    channel.read(&mut MessageBuf::new()).unwrap();
    assert_eq!(
        wait(objects, PAST),
        nothing,
        "nothing is taken but by reading"
    );

    button.signal().unwrap();
    for _ in 0..2 {
        assert_eq!(
            wait(objects, soon()),
            (Ok(false), [WRITABLE, SIGNALED, NONE])
        );
    }
    assert_eq!(bell.take(), Ok(true));
    assert_eq!(wait(objects, PAST), nothing);

    child.kill().unwrap();
    assert_eq!(wait(objects, soon()), (Ok(false), [WRITABLE, NONE, ENDED]));
    far.write(b"hello", &mut Vec::new()).unwrap();
    button.signal().unwrap();
    assert_eq!(
        wait(objects, PAST),
        (Ok(false), [readable, SIGNALED, ENDED])
    );
    child.wait().unwrap();
}

#[test]
fn a_wait_that_has_begun_ends_with_any_of_them() {
    let (channel, far) = Channel::create().unwrap();
    let (bell, button) = EventPair::create().unwrap();
    let mut child = sleeper();
    let process = Process::of_child(&child).unwrap();
    let mut wakes: [Box<dyn FnMut() + Send>; 3] = [
        Box::new(move || far.write(b"", &mut Vec::new()).unwrap()),
        Box::new(move || button.signal().unwrap()),
        Box::new(move || {
            child
                .kill()
                .and_then(|()| child.wait())
                .map(|_| ())
                .unwrap()
        }),
    ];
    let mut waitfor = [READABLE, SIGNALED, ENDED];
    for (index, wake) in wakes.iter_mut().enumerate() {
        let [channels, bells, processes] = waitfor;
        let objects = [
            (channel.as_handle_ref(), channels),
            (bell.as_handle_ref(), bells),
            (process.as_handle_ref(), processes),
        ];
        let (result, pending) = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(30));
                wake();
            });
            wait(objects, soon())
        });
        assert_eq!(result, Ok(false), "{index}");
        assert!(pending[index].contains(waitfor[index]), "{index}");
        // It stays the case, so the next round waits for the others.
        waitfor[index] = NONE;
    }
}

#[test]
fn nothing_to_wait_on_waits_for_the_deadline() {
    let start = Instant::now();
    let result = object_wait_many(&mut [], after(30));
    assert_eq!(result, Err(Status::TIMED_OUT));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(object_wait_many(&mut [], PAST), Err(Status::TIMED_OUT));
}

#[test]
fn a_deadline_is_kept() {
    let (bell, _button) = EventPair::create().unwrap();
    let start = Instant::now();
    let (result, pending) = wait(
        [
            (bell.as_handle_ref(), SIGNALED | CLOSED),
            (bell.as_handle_ref(), NONE),
        ],
        after(30),
    );
    assert_eq!((result, pending), (Err(Status::TIMED_OUT), [NONE; 2]));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn closed_ends_that_nobody_waits_for_keep_nobody_busy() {
    let (closed, far) = Channel::create().unwrap();
    let (half, stays) = Channel::create().unwrap();
    let (dead, _held) = EventPair::create().unwrap();
    let (bell, button) = EventPair::create().unwrap();
    let mut child = sleeper();
    let ended = Process::of_child(&child).unwrap();
    let mut dead = dead;
    dead.watch(Process::of_child(&child).unwrap()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(far);
    rustix::net::shutdown(&stays, rustix::net::Shutdown::Write).unwrap();
    let objects = [
        (closed.as_handle_ref(), READABLE | WRITABLE),
        (half.as_handle_ref(), READABLE | WRITABLE),
        (dead.as_handle_ref(), SIGNALED),
        (ended.as_handle_ref(), NONE),
        (bell.as_handle_ref(), SIGNALED),
    ];
    // `far` may be open in a child that another thread is just starting.
    assert_eq!(
        wait([(closed.as_handle_ref(), CLOSED)], soon()).0,
        Ok(false)
    );
    let start = Instant::now();
    let (worked, (result, pending)) = busy(|| wait(objects, after(400)));
    assert_eq!(result, Err(Status::TIMED_OUT));
    assert_eq!(pending, [CLOSED, CLOSED, CLOSED, ENDED, NONE]);
    assert!(start.elapsed() >= Duration::from_millis(400));
    assert!(worked < Duration::from_millis(100), "{worked:?}");
    button.signal().unwrap();
    let rung = [CLOSED, CLOSED, CLOSED, ENDED, SIGNALED];
    assert_eq!(wait(objects, soon()), (Ok(false), rung));
}

#[test]
fn where_nothing_can_come_any_more_nobody_waits() {
    let (closed, far) = Channel::create().unwrap();
    let (dead, held) = EventPair::create().unwrap();
    far.write(b"last", &mut Vec::new()).unwrap();
    drop(far);
    let mut dead = dead;
    let mut child = sleeper();
    dead.watch(Process::of_child(&child).unwrap()).unwrap();
    held.signal().unwrap();
    child.kill().unwrap();
    let objects = [
        (closed.as_handle_ref(), READABLE),
        (dead.as_handle_ref(), SIGNALED),
    ];
    // `far` may be open in a child that another thread is just starting.
    let until_closed = wait([(closed.as_handle_ref(), CLOSED)], soon());
    assert_eq!(until_closed, (Ok(false), [CLOSED | READABLE]));
    let until_dead = wait([(dead.as_handle_ref(), CLOSED)], soon());
    assert_eq!(until_dead, (Ok(false), [CLOSED | SIGNALED]));
    let both = [READABLE | CLOSED, SIGNALED | CLOSED];
    assert_eq!(
        wait(objects, soon()),
        (Ok(false), both),
        "what is there comes first"
    );
    closed.read(&mut MessageBuf::new()).unwrap();
    dead.take().unwrap();
    let never = (Err(Status::PEER_CLOSED), [CLOSED; 2]);
    assert_eq!(wait(objects, MonotonicInstant::INFINITE), never);
    child.wait().unwrap();
}

#[test]
fn many_items_are_no_problem() {
    let pairs: Vec<_> = (0..200).map(|_| EventPair::create().unwrap()).collect();
    let items = pairs.iter().map(|(near, _)| WaitItem {
        handle: near.as_handle_ref(),
        waitfor: SIGNALED | CLOSED,
        pending: NONE,
    });
    let mut items: Vec<_> = items.collect();
    assert_eq!(
        object_wait_many(&mut items, after(20)),
        Err(Status::TIMED_OUT)
    );
    for rung in [0, 100, 199] {
        pairs[rung].1.signal().unwrap();
        assert_eq!(object_wait_many(&mut items, soon()), Ok(false));
        for (index, item) in items.iter().enumerate() {
            let expected = if index == rung { SIGNALED } else { NONE };
            assert_eq!(item.pending, expected, "{index}");
        }
        assert_eq!(pairs[rung].0.take(), Ok(true));
    }
}

#[test]
fn more_items_than_files_may_be_open_are_refused() {
    const NAME: &str = "more_items_than_files_may_be_open_are_refused";
    if std::env::var_os("VMO_TEST_CHILD").is_none() {
        // In a process of its own, for the limit is that of a process.
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", NAME]).env("VMO_TEST_CHILD", "1");
        let output = again.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let limit = Some(40);
    let limits = Rlimit {
        current: limit,
        maximum: limit,
    };
    setrlimit(Resource::Nofile, limits).unwrap();
    let (bell, _button) = EventPair::create().unwrap();
    let objects = [(bell.as_handle_ref(), SIGNALED); 40];
    assert_eq!(wait(objects, PAST).0, Err(Status::TIMED_OUT));
    let objects = [(bell.as_handle_ref(), SIGNALED); 41];
    for deadline in [PAST, soon()] {
        assert_eq!(wait(objects, deadline).0, Err(Status::OUT_OF_RANGE));
    }
}

#[test]
fn what_cannot_be_waited_on_is_refused() {
    let (bell, button) = EventPair::create().unwrap();
    button.signal().unwrap();
    let vmo = Vmo::create(1).unwrap();
    let mute = button.replace_handle(Rights::SIGNAL_PEER).unwrap();
    let refused = [
        ((vmo.as_handle_ref(), NONE), Status::WRONG_TYPE),
        ((mute.as_handle_ref(), SIGNALED), Status::ACCESS_DENIED),
        ((bell.as_handle_ref(), READABLE), Status::INVALID_ARGS),
        (
            (bell.as_handle_ref(), WRITABLE | SIGNALED),
            Status::INVALID_ARGS,
        ),
    ];
    for (object, status) in refused {
        let result = wait([(bell.as_handle_ref(), SIGNALED), object], soon());
        assert_eq!(result, (Err(status), [NONE; 2]));
    }
}
