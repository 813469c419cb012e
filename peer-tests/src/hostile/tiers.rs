// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the victim does: every tier in turn, each with what its guarantees say about it.
//!
//! A broken guarantee is a panic. What a peer may do to us (an error that is documented for
//! it) is counted.

use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::zx::{Extent, Name, Rights, SealPlan, Status, Tier, VmarFlags, Vmo, VmoOp};
use mapped_vmo::{
    GrowableMapping, Guarded, ImmutableMapping, Mapping, ReadOnlyMapping, WriterMapping, Writers,
};

use super::inbox::{self, Inbox};
use super::{Dice, SIZE, Tally};
use crate::checksum;

const READ: VmarFlags = VmarFlags::PERM_READ;

/// How many rounds an object lives that a peer changes for good, and after how many of them
/// it is frozen: the peer must have had it by then.
const LIFE: u32 = 16;
const FREEZE: u32 = 4;

/// One thing to do.
pub(super) type Operation = fn(&mut World, &mut Tally);

/// All that the victim shares with its peer.
pub(super) struct World {
    fixed: (Mapping, Vmo),
    growable: (GrowableMapping, Vmo),
    published: (WriterMapping, Vmo),
    written: Vec<u8>,
    frozen: (Vmo, u64),
    freezable: (Vmo, Option<u64>),
    /// Rounds until what can grow and what can freeze are new ones.
    age: u32,
    resizable: (Guarded, Vmo),
    /// What we wrote last to the start of `fixed`.
    mark: [u8; 8],
    inbox: Inbox,
    dice: Dice,
}

fn planned(plan: SealPlan) -> Vmo {
    let size = u64::try_from(SIZE).expect("a small size");
    let name = Name::new("victim").expect("a short name");
    Vmo::create_planned(&name, plan, Extent::Pages, size).expect("a VMO")
}

fn noise(seed: u64) -> Vec<u8> {
    crate::noise(seed).take(SIZE).collect()
}

impl World {
    /// All operations, by the name under which they are counted.
    pub(super) const OPERATIONS: [(&str, Operation); 10] = [
        ("op_shared", Self::shared),
        ("op_system_call", Self::system_call),
        ("op_snapshot", Self::snapshot),
        ("op_growable", Self::grow),
        ("op_published", Self::publish),
        ("op_frozen", Self::frozen),
        ("op_freezable", Self::freezable),
        ("op_guarded", Self::guarded),
        ("op_adopt", Self::adopt),
        ("op_adopted", Self::use_adopted),
    ];

    pub(super) fn new() -> Self {
        let resizable = planned(SealPlan::Resizable);
        let flags = READ | VmarFlags::PERM_WRITE;
        let guarded = Guarded::create_from_vmo(&resizable, SIZE, flags).expect("any memory");
        let frozen = planned(SealPlan::Freezable);
        frozen.write(&noise(1), 0).expect("a first fill");
        frozen.freeze().expect("nobody else has it");
        Self {
            fixed: Mapping::allocate_with_name(SIZE, "victim").expect("a VMO"),
            growable: GrowableMapping::allocate(SIZE, 16 * SIZE).expect("a VMO"),
            published: WriterMapping::allocate(SIZE).expect("a grant"),
            written: vec![0; SIZE],
            frozen: (frozen, checksum(&noise(1))),
            freezable: (planned(SealPlan::Freezable), None),
            age: 0,
            resizable: (guarded, resizable),
            mark: [0; 8],
            inbox: Inbox::default(),
            dice: Dice::new(2),
        }
    }

    /// What each villain is handed, in the order of [`OBJECTS`](super::OBJECTS): the very
    /// descriptions that the victim uses.
    pub(super) fn objects(&self) -> Vec<OwnedFd> {
        let vmos = [
            &self.fixed.1,
            &self.growable.1,
            &self.published.1,
            &self.frozen.0,
            &self.freezable.0,
            &self.resizable.1,
        ];
        let fd = |vmo: &Vmo| vmo.as_fd().try_clone_to_owned().expect("a descriptor");
        vmos.into_iter().map(fd).collect()
    }

    /// The socket to another villain; what the one before had sent is not read any more.
    pub(super) fn meet(&mut self, socket: OwnedFd) {
        self.inbox.meet(socket);
    }

    /// New objects for those that a peer changes for good, from time to time. Whether they are
    /// to be handed out again.
    pub(super) fn renew(&mut self) -> bool {
        self.age += 1;
        let old = self.age == LIFE;
        if old {
            self.age = 0;
            self.growable = GrowableMapping::allocate(SIZE, 16 * SIZE).expect("a VMO");
            self.freezable = (planned(SealPlan::Freezable), None);
        }
        old
    }

    /// Everybody writes.
    fn shared(&mut self, tally: &mut Tally) {
        let mapping = &mut self.fixed.0;
        let at = self.dice.below(SIZE);
        let mut bytes = [0; 700];
        let rest = (SIZE - at).min(bytes.len());
        assert_eq!(mapping.read_at(at, &mut bytes), rest);
        assert!(mapping.read_exact_at(at, &mut bytes[..rest]).is_ok());
        assert_eq!(mapping.write_at(at, &bytes), rest);
        let (left, right) = mapping.split_at_mut(at);
        right.write(&bytes);
        left.slice(..at / 2).read(&mut bytes);
        assert!(mapping.fill(at..at + rest, 3).is_ok());
        assert!(mapping.eq_at(at, &bytes[..rest]).is_ok());
        mapping.publish_writes();
        let theirs = !mapping.eq_at(0, &self.mark).is_ok_and(|same| same);
        tally.add("seen_changed", u64::from(theirs));
        self.mark = [self.dice.below(256) as u8; 8];
        assert_eq!(self.fixed.0.write(&self.mark), 8);
    }

    fn system_call(&mut self, _: &mut Tally) {
        let vmo = &self.fixed.1;
        let at = self.dice.below(SIZE - 512) as u64;
        let mut bytes = [0; 512];
        assert_eq!(vmo.read(&mut bytes, at), Ok(()));
        assert_eq!(vmo.write(&bytes, at), Ok(()));
        assert_eq!(vmo.op_range(VmoOp::ZERO, at, 512), Ok(()));
        assert_eq!(vmo.op_range(VmoOp::COMMIT, 0, SIZE as u64), Ok(()));
        assert_eq!(vmo.get_size(), Ok(SIZE as u64));
        assert_eq!(vmo.tier(), Tier::Shared);
        assert_eq!(vmo.get_name().expect("a name"), "victim");
        let copy = vmo.duplicate_handle(Rights::SAME_RIGHTS);
        assert!(copy.is_ok_and(|copy| Mapping::create_from_vmo(&copy, SIZE, READ).is_ok()));
    }

    fn snapshot(&mut self, _: &mut Tally) {
        let snapshot = ImmutableMapping::create_from_vmo(&self.fixed.1, true);
        let snapshot = snapshot.expect("a snapshot");
        let first = checksum(&snapshot);
        assert_eq!(first, checksum(&snapshot), "a snapshot changed");
    }

    /// The peer may grow it, and never make it smaller.
    fn grow(&mut self, tally: &mut Tally) {
        let (mapping, vmo) = &self.growable;
        let before = mapping.len();
        let now = mapping.refresh().expect("its size");
        assert!(now >= before, "it shrank");
        tally.add("seen_grown", u64::from(now > before));
        let view = mapping.view();
        let mut bytes = [0; 64];
        let at = self.dice.below(view.len() - bytes.len());
        assert!(view.read_exact_at(at, &mut bytes).is_ok());
        assert!(view.write_all_at(at, &bytes).is_ok());
        assert!(view.read_exact_at(view.len() - 64, &mut bytes).is_ok());
        if self.dice.below(100) == 0 {
            let grown = mapping.grow(view.len() + 4096);
            assert!(grown.is_ok() || view.len() >= 15 * SIZE, "{grown:?}");
        }
        assert!(vmo.get_size().is_ok_and(|size| size >= now as u64));
    }

    /// Only we write.
    fn publish(&mut self, _: &mut Tally) {
        let (writer, vmo) = &mut self.published;
        let reader = ReadOnlyMapping::create_from_vmo(vmo, SIZE).expect("a grant");
        assert_eq!(reader.writers(), Writers::Owner);
        assert!(
            reader.eq_at(0, &self.written).is_ok_and(|same| same),
            "a peer wrote"
        );
        let at = self.dice.below(SIZE - 100);
        let news = [self.dice.below(256) as u8; 100];
        assert_eq!(writer.write_at(at, &news), 100);
        self.written[at..at + 100].copy_from_slice(&news);
        assert!(
            reader.eq_at(0, &self.written).is_ok_and(|same| same),
            "a peer wrote"
        );
        assert_eq!(vmo.tier(), Tier::Published);
    }

    /// Nobody writes.
    fn frozen(&mut self, _: &mut Tally) {
        let (vmo, sum) = &self.frozen;
        let mapping = ImmutableMapping::create_from_vmo(vmo, true).expect("a mapping");
        assert!(mapping.is_zero_copy(), "what is frozen was copied");
        assert_eq!(checksum(&mapping), *sum, "what was frozen changed");
        assert_eq!(vmo.tier(), Tier::Immutable);
    }

    /// The peer may be in the way of freezing it. Once it is frozen it is.
    fn freezable(&mut self, tally: &mut Tally) {
        let (vmo, sum) = &mut self.freezable;
        if self.age < FREEZE {
            return;
        }
        let result = match vmo.freeze() {
            Ok(()) => "frozen",
            Err(Status::BAD_STATE) => "freeze_in_the_way",
            Err(Status::NOT_SUPPORTED) => "freeze_sealed_off",
            Err(other) => panic!("freeze: {other}"),
        };
        tally.add(result, 1);
        if vmo.is_immutable() {
            let mapping = ImmutableMapping::create_from_vmo(vmo, true).expect("a mapping");
            let now = checksum(&mapping);
            assert_eq!(*sum.get_or_insert(now), now, "what was frozen changed");
        }
    }

    /// The peer truncates it, and we put it back.
    fn guarded(&mut self, tally: &mut Tally) {
        let (guarded, vmo) = &self.resizable;
        inbox::guarded(guarded, tally);
        let mut bytes = [0; 4096];
        let at = self.dice.below(SIZE - bytes.len()) as u64;
        for result in [vmo.read(&mut bytes, at), vmo.write(&bytes, at)] {
            match result {
                Ok(()) => tally.add("by_system_call", 1),
                Err(Status::OUT_OF_RANGE) => tally.add("out_of_range", 1),
                Err(other) => panic!("by system call: {other}"),
            }
        }
        if let Ok(mapping) = Mapping::create_from_vmo(vmo, SIZE, READ) {
            // Whoever has a mapping uses it, and then there is a signal to be seen.
            for _ in 0..1_000_000 {
                let _ = mapping.read_at(SIZE - 100, &mut bytes);
            }
            panic!("what can shrink was mapped");
        }
        if self.dice.below(4) == 0 {
            assert_eq!(vmo.set_size(SIZE as u64), Ok(()));
        }
    }

    fn adopt(&mut self, tally: &mut Tally) {
        self.inbox.adopt(tally);
    }

    fn use_adopted(&mut self, tally: &mut Tally) {
        self.inbox.use_all(tally);
    }
}
