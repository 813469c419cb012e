// SPDX-License-Identifier: MIT OR Apache-2.0
//! Channels: what arrives, what is refused, and what happens to the descriptors of both.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::mem::MaybeUninit;
use core::time::Duration;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use zx::{
    AdoptPolicy, Channel, Extent, Handle, HandleBased, MessageBuf, MonotonicDuration,
    MonotonicInstant, Name, ObjectType, Rights, SealPlan, Signals, Status, Vmo, VmoOptions,
    WaitResult,
};

fn pair() -> (Channel, Channel) {
    Channel::create().unwrap()
}

fn none() -> Vec<Handle> {
    Vec::new()
}

fn read(channel: &Channel) -> Result<MessageBuf, Status> {
    let mut message = MessageBuf::new();
    channel.read(&mut message).map(|()| message)
}

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(10))
}

/// A packet as a hostile peer would make it.
fn send_raw(channel: &Channel, parts: &[&[u8]], fds: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(fds)));
    }
    let parts: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let sent = rustix::net::sendmsg(channel, &parts, &mut control, SendFlags::DONTWAIT);
    assert!(sent.is_ok(), "{sent:?}");
}

fn header(count: u32) -> Vec<u8> {
    [b"vmo\x01", &count.to_le_bytes()[..]].concat()
}

fn record(object_type: u32, rights: u32, content: u64) -> Vec<u8> {
    let words = [object_type.to_le_bytes(), rights.to_le_bytes()].concat();
    [&words[..], &content.to_le_bytes()[..]].concat()
}

#[test]
fn bytes_of_every_size_arrive_in_order_and_whole() {
    let (ours, theirs) = pair();
    let mut message = MessageBuf::new();
    for size in [0, 1, 7, 1024, 4096, 65_535, 65_536] {
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        ours.write(&bytes, &mut none()).unwrap();
        ours.write(b"after", &mut none()).unwrap();
        theirs.read(&mut message).unwrap();
        assert_eq!(message.bytes(), bytes, "{size}");
        theirs.read(&mut message).unwrap();
        assert_eq!(message.bytes(), b"after");
    }
    let too_long = ours.write(&[0; 65_537], &mut none());
    assert_eq!(too_long, Err(Status::OUT_OF_RANGE));
    assert_eq!(read(&theirs).unwrap_err(), Status::SHOULD_WAIT);
}

#[test]
fn a_vmo_arrives_with_its_rights_and_its_content_size() {
    let (ours, theirs) = pair();
    let vmo = Vmo::create(5000).unwrap();
    vmo.write(b"hello", 0).unwrap();
    let rights = Rights::READ | Rights::MAP | Rights::TRANSFER | Rights::GET_PROPERTY;
    let reader = vmo.duplicate_handle(rights).unwrap();
    let mut handles = vec![vmo.into_handle(), reader.into_handle()];
    ours.write(b"two", &mut handles).unwrap();
    assert!(handles.is_empty());
    let mut message = read(&theirs).unwrap();
    assert_eq!((message.bytes(), message.n_handles()), (&b"two"[..], 2));
    let vmo = Vmo::try_from(message.take_handle(0).unwrap()).unwrap();
    assert_eq!(vmo.get_content_size(), Ok(5000));
    assert_eq!(vmo.rights(), Rights::VMO_DEFAULT);
    assert!(message.take_handle(0).is_none(), "taken twice");
    let (_, mut rest) = message.split();
    let reader = Vmo::try_from(rest.remove(0)).unwrap();
    assert_eq!(reader.rights(), rights);
    assert_eq!(reader.write(b"no", 0), Err(Status::ACCESS_DENIED));
    assert_eq!(reader.read_to_array::<u8, 5>(0), Ok(*b"hello"));
}

#[test]
fn a_channel_arrives_and_works() {
    let (ours, theirs) = pair();
    let (inner, far) = pair();
    ours.write(b"", &mut vec![inner.into_handle()]).unwrap();
    let handle = read(&theirs).unwrap().take_handle(0).unwrap();
    assert_eq!(handle.object_type(), ObjectType::CHANNEL);
    let inner = Channel::try_from(handle).unwrap();
    far.write(b"through", &mut none()).unwrap();
    assert_eq!(read(&inner).unwrap().bytes(), b"through");
    assert_eq!(
        Vmo::try_from(inner.into_handle()).unwrap_err(),
        Status::WRONG_TYPE
    );
}

#[test]
fn sixty_four_handles_arrive_and_one_more_is_refused() {
    let (ours, theirs) = pair();
    let vmo = |_| Vmo::create(4096).unwrap().into_handle();
    let mut handles: Vec<Handle> = (0..64).map(vmo).collect();
    ours.write(&[7; 65_536], &mut handles).unwrap();
    let message = read(&theirs).unwrap();
    assert_eq!((message.n_handles(), message.bytes().len()), (64, 65_536));
    let mut handles: Vec<Handle> = (0..65).map(vmo).collect();
    assert_eq!(ours.write(b"", &mut handles), Err(Status::OUT_OF_RANGE));
    assert_eq!(handles.len(), 65, "lost by a refusal");
}

#[test]
fn what_is_queued_is_read_after_the_peer_is_gone() {
    let (ours, theirs) = pair();
    // Something that the peer never reads makes its end a reset and no plain end.
    theirs.write(b"unread", &mut none()).unwrap();
    ours.write(b"first", &mut none()).unwrap();
    ours.write(b"last", &mut none()).unwrap();
    drop(ours);
    assert_eq!(read(&theirs).unwrap().bytes(), b"first");
    assert_eq!(read(&theirs).unwrap().bytes(), b"last");
    assert_eq!(read(&theirs).unwrap_err(), Status::PEER_CLOSED);
    let mut handles = vec![Vmo::create(1).unwrap().into_handle()];
    assert_eq!(theirs.write(b"", &mut handles), Err(Status::PEER_CLOSED));
    assert_eq!(handles.len(), 1);
}

#[test]
fn a_full_queue_says_so_and_loses_nothing() {
    let (ours, theirs) = pair();
    let mut sent = 0_u32;
    let mut handles = none();
    let full = loop {
        handles.push(Vmo::create(4096).unwrap().into_handle());
        match ours.write(&sent.to_le_bytes(), &mut handles) {
            Ok(()) => sent += 1,
            Err(status) => break status,
        }
    };
    assert_eq!((full, handles.len()), (Status::SHOULD_WAIT, 1));
    let late = ours.write_until(b"", &mut handles, MonotonicInstant::INFINITE_PAST);
    assert_eq!(late, Err(Status::TIMED_OUT));
    for number in 0..sent {
        let message = read(&theirs).unwrap();
        assert_eq!(
            (message.bytes(), message.n_handles()),
            (&number.to_le_bytes()[..], 1)
        );
    }
    assert_eq!(ours.write_until(b"", &mut handles, soon()), Ok(()));
}

/// What is wrong, the parts of the packet, and what comes with it.
type Row<'a> = (&'a str, &'a [&'a [u8]], &'a [BorrowedFd<'a>]);

#[test]
fn a_packet_that_is_no_message_is_refused_and_the_next_one_is_read() {
    let (ours, theirs) = pair();
    let vmo = Vmo::create(4096).unwrap();
    let rights = Rights::VMO_DEFAULT.bits();
    let one = [header(1), record(3, rights, 0)].concat();
    let two = [header(2), record(3, rights, 0), record(3, rights, 0)].concat();
    let fd = vmo.as_fd();
    let long = vec![0; 200_000];
    let full = [header(64), record(3, rights, 0).repeat(64)].concat();
    let rows: [Row<'_>; 15] = [
        (
            "a byte too many behind all records",
            &[&full, &long[..65_537]],
            &[fd; 64],
        ),
        ("more descriptors than records", &[&full], &[fd; 100]),
        ("nothing at all", &[], &[]),
        ("nothing but a descriptor", &[], &[fd]),
        ("another format", &[b"vmo\x02\0\0\0\0"], &[]),
        ("half a header", &[b"vmo\x01\0\0"], &[]),
        ("no record for a descriptor", &[&header(0)], &[fd]),
        ("no descriptor for a record", &[&one], &[]),
        ("a record too few", &[&header(1)], &[fd]),
        ("half a record", &[&one[..20]], &[fd]),
        ("a descriptor too many", &[&one], &[fd, fd]),
        ("a descriptor too few", &[&two], &[fd]),
        ("a count beyond all", &[&header(u32::MAX)], &[fd]),
        ("too many bytes", &[&header(0), &long[..65_537]], &[]),
        ("more than any packet", &[&header(0), &long], &[]),
    ];
    let mut message = MessageBuf::new();
    for (what, parts, fds) in rows {
        send_raw(&ours, parts, fds);
        ours.write(b"next", &mut none()).unwrap();
        let refused = theirs.read(&mut message);
        assert_eq!(refused, Err(Status::IO_DATA_INTEGRITY), "{what}");
        assert_eq!(message.n_handles(), 0, "{what}");
        theirs.read(&mut message).unwrap();
        assert_eq!(message.bytes(), b"next", "{what}");
    }
}

#[test]
fn a_descriptor_that_is_not_what_it_is_said_to_be_is_refused() {
    let (ours, theirs) = pair();
    let vmo = Vmo::create(4096).unwrap();
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let null = std::fs::File::open("/dev/null").unwrap();
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let (channel, _far) = pair();
    let rows = [
        (3, null.as_fd(), Status::WRONG_TYPE),
        (3, resizable.as_fd(), Status::NOT_SUPPORTED),
        (3, channel.as_fd(), Status::WRONG_TYPE),
        (4, vmo.as_fd(), Status::WRONG_TYPE),
        (4, stream.as_fd(), Status::WRONG_TYPE),
        (4, null.as_fd(), Status::WRONG_TYPE),
        (99, vmo.as_fd(), Status::WRONG_TYPE),
        (0, vmo.as_fd(), Status::WRONG_TYPE),
    ];
    let mut message = MessageBuf::new();
    for (object_type, fd, status) in rows {
        // The good one before it is closed as well: a message is whole or refused.
        let packet = [
            header(2),
            record(3, u32::MAX, 0),
            record(object_type, u32::MAX, 0),
        ];
        send_raw(&ours, &[&packet.concat()], &[vmo.as_fd(), fd]);
        let refused = theirs.read(&mut message);
        assert_eq!(refused, Err(status), "{object_type}, {fd:?}");
        assert_eq!(message.n_handles(), 0, "{object_type}, {fd:?}");
    }
}

#[test]
fn what_a_peer_claims_gives_no_rights_and_no_size() {
    let (ours, theirs) = pair();
    let vmo = Vmo::create_planned(&Name::default(), SealPlan::Freezable, Extent::Pages, 1);
    let vmo = vmo.unwrap();
    vmo.freeze().unwrap();
    let packet = [header(1), record(3, u32::MAX, u64::MAX)].concat();
    send_raw(&ours, &[&packet], &[vmo.as_fd()]);
    let handle = read(&theirs).unwrap().take_handle(0).unwrap();
    let vmo = Vmo::try_from(handle).unwrap();
    assert!(
        !vmo.rights()
            .intersects(Rights::WRITE | Rights::RESIZE | Rights::EXECUTE)
    );
    assert_eq!(vmo.get_content_size(), Ok(4096));
}

#[test]
fn more_descriptors_than_a_message_has_are_closed() {
    let (ours, theirs) = pair();
    let vmo = Vmo::create(4096).unwrap();
    let fds = vec![vmo.as_fd(); 253];
    send_raw(&ours, &[&header(64)], &fds);
    assert_eq!(read(&theirs).unwrap_err(), Status::IO_DATA_INTEGRITY);
    // The pipe below closes only if nobody holds its other end any more.
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    send_raw(&ours, &[&header(64)], &vec![writer.as_fd(); 100]);
    drop(writer);
    let mut kept = MessageBuf::new();
    assert_eq!(theirs.read(&mut kept), Err(Status::IO_DATA_INTEGRITY));
    assert_eq!(
        rustix::io::read(&reader, &mut [0; 1]),
        Ok(0),
        "an end is held"
    );
}

#[test]
fn nothing_is_left_of_a_message_that_nobody_takes() {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (ours, theirs) = pair();
    let vmo = Vmo::create(4096).unwrap();
    ours.write(b"", &mut vec![vmo.into_handle()]).unwrap();
    let mut message = read(&theirs).unwrap();
    ours.write(b"second", &mut none()).unwrap();
    theirs.read(&mut message).unwrap();
    assert_eq!(message.n_handles(), 0, "the first one's");
    send_raw(&ours, &[&header(1)], &[writer.as_fd()]);
    drop((ours, theirs, writer));
    assert_eq!(
        rustix::io::read(&reader, &mut [0; 1]),
        Ok(0),
        "unread, and still held"
    );
}

#[test]
fn signals_say_what_is_the_case_and_waiting_ends_at_the_deadline() {
    let (ours, theirs) = pair();
    let (readable, closed) = (Signals::CHANNEL_READABLE, Signals::CHANNEL_PEER_CLOSED);
    let past = MonotonicInstant::INFINITE_PAST;
    let writable = WaitResult::TimedOut(Signals::CHANNEL_WRITABLE);
    assert_eq!(ours.wait_one(readable | closed, past), writable);
    let start = Instant::now();
    let deadline = MonotonicInstant::after(MonotonicDuration::from_millis(30));
    assert_eq!(
        ours.wait_one(readable, deadline).to_result(),
        Err(Status::TIMED_OUT)
    );
    assert!(start.elapsed() >= Duration::from_millis(30));
    theirs.write(b"x", &mut none()).unwrap();
    let seen = ours.wait_one(readable, MonotonicInstant::INFINITE);
    assert_eq!(seen, WaitResult::Ok(readable | Signals::CHANNEL_WRITABLE));
    drop(theirs);
    let seen = ours.wait_one(closed, MonotonicInstant::INFINITE);
    assert_eq!(seen, WaitResult::Ok(readable | closed), "a message is left");
    read(&ours).unwrap();
    let never = ours.wait_one(readable, MonotonicInstant::INFINITE);
    assert_eq!(never, WaitResult::Err(Status::PEER_CLOSED));
    let nonsense = ours.wait_one(Signals::from_bits_retain(8), past);
    assert_eq!(nonsense, WaitResult::Err(Status::INVALID_ARGS));
}

#[test]
fn a_read_that_waits_is_woken_by_a_message_and_by_the_end() {
    let (ours, theirs) = pair();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        theirs.write(b"late", &mut none()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    });
    let mut message = MessageBuf::new();
    ours.read_until(&mut message, soon()).unwrap();
    assert_eq!(message.bytes(), b"late");
    let end = ours.read_until(&mut message, soon());
    assert_eq!(end, Err(Status::PEER_CLOSED));
    other.join().unwrap();
}

#[test]
fn rights_are_kept() {
    let (ours, theirs) = pair();
    let mute = ours
        .replace_handle(Rights::READ | Rights::TRANSFER)
        .unwrap();
    assert_eq!(mute.write(b"", &mut none()), Err(Status::ACCESS_DENIED));
    assert_eq!(
        mute.wait_one(Signals::NONE, MonotonicInstant::ZERO),
        WaitResult::Err(Status::ACCESS_DENIED)
    );
    let stays = Vmo::create(1)
        .unwrap()
        .replace_handle(Rights::READ)
        .unwrap();
    let mut handles = vec![stays.into_handle()];
    assert_eq!(theirs.write(b"", &mut handles), Err(Status::ACCESS_DENIED));
    assert_eq!(handles.len(), 1);
    let twice = theirs.duplicate_handle(Rights::SAME_RIGHTS);
    assert_eq!(
        twice.unwrap_err(),
        Status::ACCESS_DENIED,
        "one end, one holder"
    );
}

#[test]
fn a_foreign_socket_is_a_channel_if_it_is_connected_and_of_the_right_type() {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, socketpair};
    let flags = SocketFlags::empty();
    let (one, other) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    let (one, other) = (
        Channel::from_fd(one).unwrap(),
        Channel::from_fd(other).unwrap(),
    );
    one.write(b"hi", &mut none()).unwrap();
    assert_eq!(read(&other).unwrap().bytes(), b"hi");
    let cloexec = rustix::io::fcntl_getfd(&one).unwrap();
    assert!(cloexec.contains(rustix::io::FdFlags::CLOEXEC));
    let alone = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    let (stream, _) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
    let vmo = OwnedFd::from(Vmo::create(1).unwrap());
    for fd in [alone, stream, vmo] {
        let error = Channel::from_fd(fd).unwrap_err();
        assert_eq!(error.status(), Status::WRONG_TYPE);
        assert!(error.to_string().contains("not a channel"), "{error}");
    }
}

#[test]
fn the_policy_for_vmos_is_the_readers_choice() {
    let (ours, theirs) = pair();
    let resizable = || Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let mut message = MessageBuf::new();
    ours.write(b"", &mut vec![resizable().into_handle()])
        .unwrap();
    theirs
        .read_with(&mut message, AdoptPolicy::Guarded)
        .unwrap();
    assert_eq!(message.n_handles(), 1);
    ours.write(b"", &mut vec![resizable().into_handle()])
        .unwrap();
    let strict = theirs.read_with(&mut message, AdoptPolicy::Strict);
    assert_eq!(strict, Err(Status::NOT_SUPPORTED));
    assert_eq!(message.n_handles(), 0);
}
