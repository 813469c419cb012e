// SPDX-License-Identifier: MIT OR Apache-2.0
//! Foreign eventfds: what is notified arrives, and whoever shares the flags keeps nobody waiting.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open};
use rustix::io::{FdFlags, fcntl_getfd, read, write};
use zx::{EventFd, FdKind, MonotonicDuration, MonotonicInstant, Status};

/// The most that a counter holds by `write(2)`.
const FULL: u64 = u64::MAX - 1;

const PAST: MonotonicInstant = MonotonicInstant::INFINITE_PAST;

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(10))
}

/// Another descriptor of the same eventfd, as a peer has it.
fn peers(ours: &EventFd) -> OwnedFd {
    ours.as_fd().try_clone_to_owned().unwrap()
}

/// What a hostile peer does first: now reads and writes wait.
fn clear_nonblock(fd: &OwnedFd) {
    fcntl_setfl(fd, OFlags::empty()).unwrap();
    assert!(!fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK));
}

fn fill(fd: &OwnedFd) {
    write(fd, &FULL.to_ne_bytes()).unwrap();
}

/// Fails if `call` is not over within a time that is short for a hang, and long for this
/// machine.
fn in_time<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (say, hear) = mpsc::channel();
    thread::spawn(move || say.send(call()));
    let heard = hear.recv_timeout(Duration::from_secs(5));
    heard.expect("the call hangs")
}

/// Both ways to notify.
fn both_ways() -> [(&'static str, Arc<EventFd>); 2] {
    let threaded = EventFd::create().unwrap();
    threaded.notify_by_thread().unwrap();
    let kernel = EventFd::create().unwrap();
    [("kernel", Arc::new(kernel)), ("thread", Arc::new(threaded))]
}

#[test]
fn what_is_notified_is_counted_and_taken_once() {
    let eventfd = EventFd::create().unwrap();
    assert_eq!(eventfd.take(), Ok(0));
    for _ in 0..1000 {
        assert_eq!(eventfd.notify(), Ok(()));
    }
    assert_eq!(eventfd.take(), Ok(1000));
    assert_eq!(eventfd.take(), Ok(0));
    assert_eq!(eventfd.wait(PAST), Err(Status::TIMED_OUT));
    eventfd.notify().unwrap();
    assert_eq!(eventfd.wait(PAST), Ok(1), "what is there needs no waiting");
}

#[test]
fn a_thread_notifies_and_what_comes_at_once_may_be_one() {
    let eventfd = EventFd::create().unwrap();
    eventfd.notify_by_thread().unwrap();
    for _ in 0..1000 {
        eventfd.notify().unwrap();
        let count = eventfd.wait(soon()).unwrap();
        assert!(count >= 1);
    }
    assert_eq!(eventfd.take(), Ok(0));
}

#[test]
fn what_a_thread_was_to_notify_is_notified_though_the_eventfd_is_dropped() {
    for round in 0..300 {
        let eventfd = EventFd::create().unwrap();
        eventfd.notify_by_thread().unwrap();
        let fd = peers(&eventfd);
        eventfd.notify().unwrap();
        drop(eventfd);
        let theirs = EventFd::from_fd(fd).unwrap();
        assert!(theirs.wait(soon()).is_ok(), "{round}");
    }
}

#[test]
fn a_peer_that_fills_the_counter_and_clears_nonblock_hangs_write_and_not_notify() {
    for (way, ours) in both_ways() {
        let peer = peers(&ours);
        fill(&peer);
        clear_nonblock(&peer);
        // The threat is real: this is what a plain write does, until somebody makes room.
        let (say, hear) = mpsc::channel();
        let plain = peers(&ours);
        let writer = thread::spawn(move || {
            write(&plain, &1_u64.to_ne_bytes()).unwrap();
            say.send(()).unwrap();
        });
        let done = hear.recv_timeout(Duration::from_millis(200));
        assert!(
            done.is_err(),
            "write(2) no longer waits: this test tests nothing"
        );

        let notifier = Arc::clone(&ours);
        let start = Instant::now();
        in_time(move || {
            for _ in 0..1000 {
                assert_eq!(notifier.notify(), Ok(()), "{way}");
            }
        });
        assert!(start.elapsed() < Duration::from_secs(5), "{way}");
        // It is signalled still, and the writer gets on when somebody takes it.
        let taken = ours.wait(soon()).unwrap();
        assert!(taken >= FULL, "{way}: {taken}");
        hear.recv_timeout(Duration::from_secs(5)).unwrap();
        writer.join().unwrap();
    }
}

#[test]
fn a_counter_at_its_very_end_is_waited_for_and_taken() {
    let ours = EventFd::create().unwrap();
    let peer = peers(&ours);
    fill(&peer);
    for _ in 0..3 {
        ours.notify().unwrap(); // The kernel's own last step: poll says error, too.
    }
    let end = Timespec::default();
    let mut polled = [PollFd::new(&ours, PollFlags::IN)];
    poll(&mut polled, Some(&end)).unwrap();
    let [polled] = polled;
    assert!(polled.revents().contains(PollFlags::IN | PollFlags::ERR));
    assert_eq!(ours.wait(soon()), Ok(u64::MAX));
    assert_eq!(ours.take(), Ok(0));
}

#[test]
fn a_peer_that_empties_the_counter_and_clears_nonblock_hangs_read_and_neither_take_nor_wait() {
    let ours = Arc::new(EventFd::create().unwrap());
    let peer = peers(&ours);
    clear_nonblock(&peer);
    let (say, hear) = mpsc::channel();
    let plain = peers(&ours);
    let reader = thread::spawn(move || {
        read(&plain, &mut [0; 8]).unwrap();
        say.send(()).unwrap();
    });
    let done = hear.recv_timeout(Duration::from_millis(200));
    assert!(
        done.is_err(),
        "read(2) no longer waits: this test tests nothing"
    );

    let taker = Arc::clone(&ours);
    assert_eq!(in_time(move || taker.take()), Ok(0));
    let waiter = Arc::clone(&ours);
    let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(50));
    let waited = in_time(move || waiter.wait(deadline));
    assert_eq!(waited, Err(Status::TIMED_OUT));
    fill(&peer);
    hear.recv_timeout(Duration::from_secs(5)).unwrap();
    reader.join().unwrap();
}

/// Fills and empties the counter until it is told to end, and then leaves it empty.
fn torment(fd: OwnedFd, end: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    clear_nonblock(&fd);
    thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            // The one who is to be tormented may have filled it: an empty one has room.
            fcntl_setfl(&fd, OFlags::NONBLOCK).unwrap();
            let _ = write(&fd, &FULL.to_ne_bytes());
            fcntl_setfl(&fd, OFlags::empty()).unwrap();
            thread::yield_now();
            fcntl_setfl(&fd, OFlags::NONBLOCK).unwrap();
            let _ = read(&fd, &mut [0; 8]);
            fcntl_setfl(&fd, OFlags::empty()).unwrap();
        }
        fcntl_setfl(&fd, OFlags::NONBLOCK).unwrap();
        let _ = read(&fd, &mut [0; 8]);
    })
}

#[test]
fn a_peer_that_fills_and_empties_all_the_time_delays_no_call() {
    for (way, ours) in both_ways() {
        let end = Arc::new(AtomicBool::new(false));
        let peer = torment(peers(&ours), Arc::clone(&end));
        let victim = Arc::clone(&ours);
        in_time(move || {
            for _ in 0..2000 {
                victim.notify().unwrap();
                victim.take().unwrap();
            }
            for _ in 0..20 {
                let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(2));
                let waited = victim.wait(deadline);
                assert!(
                    waited.is_ok() || waited == Err(Status::TIMED_OUT),
                    "{waited:?}"
                );
            }
        });
        end.store(true, Ordering::Relaxed);
        peer.join().unwrap();
        // A thread that lost the race waits for room, which there is now.
        ours.notify().unwrap();
        assert!(ours.wait(soon()).is_ok(), "{way}");
    }
}

#[test]
fn many_threads_notify_at_once_and_every_one_counts() {
    let eventfd = EventFd::create().unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    eventfd.notify().unwrap();
                }
            });
        }
    });
    assert_eq!(eventfd.take(), Ok(16_000));
}

#[test]
fn a_semaphore_gives_one_at_a_time() {
    let fd = eventfd(0, EventfdFlags::SEMAPHORE).unwrap();
    let eventfd = EventFd::from_fd(fd).unwrap();
    eventfd.notify().unwrap();
    eventfd.notify().unwrap();
    assert_eq!((eventfd.take(), eventfd.wait(PAST)), (Ok(1), Ok(1)));
    assert_eq!(eventfd.take(), Ok(0));
}

#[test]
fn a_wait_ends_when_another_thread_notifies() {
    for (way, ours) in both_ways() {
        let waiter = Arc::clone(&ours);
        let waiting = thread::spawn(move || waiter.wait(soon()));
        thread::sleep(Duration::from_millis(20));
        ours.notify().unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(1), "{way}");
    }
}

#[test]
fn the_gate_takes_eventfds_and_nothing_else() {
    let fd = eventfd(3, EventfdFlags::empty()).unwrap();
    let adopted = EventFd::from_fd(fd).unwrap();
    assert!(fcntl_getfd(&adopted).unwrap().contains(FdFlags::CLOEXEC));
    assert_eq!(adopted.take(), Ok(3));

    let (pipe, _write) = rustix::pipe::pipe().unwrap();
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    let epoll = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC).unwrap();
    let path = format!(
        "/proc/self/fd/{}",
        std::os::fd::AsRawFd::as_raw_fd(&adopted)
    );
    let by_path = open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let rows: [(OwnedFd, FdKind); 5] = [
        (pipe, FdKind::Pipe),
        (socket.into(), FdKind::Socket),
        (file.into(), FdKind::RegularFile),
        (epoll, FdKind::Other),
        (by_path, FdKind::PathOnly),
    ];
    for (fd, kind) in rows {
        let refused = EventFd::from_fd(fd).unwrap_err();
        assert_eq!(
            (refused.status(), refused.kind()),
            (Status::WRONG_TYPE, kind)
        );
        assert!(
            refused
                .to_string()
                .ends_with("not an eventfd: send one of eventfd(2)")
        );
    }
}
