// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other side of a ring, in bad hands: it stores into its own memory whatever may harm, as
//! fast as it can, until it is told to do so on another ring.

use vmo_ring::zx::{Channel, MessageBuf, Status, take_startup_handle};

use super::raw::{CONSUMER_STATE, CONTROL, HEAD, HERE, INLINE, PADDED, Raw, flags, header, record};
use super::{Random, after};

/// How it attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Any word anywhere.
    Noise,
    /// Words that are nearly right: wherever the victim looks is a good header, another one
    /// each time; heads that were seen; and payloads that never hold still.
    Nearly,
    /// Says that it sleeps, over and over, and rings without end.
    Rings,
    /// Nothing wrong but that it never rings.
    Silent,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Noise, Self::Nearly, Self::Rings, Self::Silent];
}

/// How many steps are made between two looks at the orders.
const BURST: u64 = 4096;

/// Runs until the victim is gone. It is started with the channel of the handshakes in slot 0,
/// and that of the orders in slot 1: `[attack, whether it sends, log2 of the capacity]`. It
/// answers with the number of stores so far: those that are to harm, and all others.
///
/// # Panics
///
/// If it was not started so.
pub fn run() {
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let channel = |slot| {
        let handle = take_startup_handle(slot).expect("a handle");
        Channel::try_from(handle).expect("a channel")
    };
    let (rings, orders) = (channel(0), channel(1));
    let (mut message, mut stores) = (MessageBuf::new(), [0_u64; 2]);
    let mut random = Random::new(u64::from(std::process::id()));
    if orders.read_until(&mut message, after(20_000)).is_err() {
        return;
    }
    loop {
        let Ok(order) = <[u8; 3]>::try_from(message.bytes()) else {
            return;
        };
        let answer = stores.map(u64::to_le_bytes).concat();
        orders.write(&answer, &mut Vec::new()).expect("a listener");
        let mut villain = Villain::new(&rings, order);
        loop {
            villain.burst(&mut random);
            let harm = matches!(villain.attack, Attack::Noise | Attack::Nearly);
            stores[usize::from(!harm)] += villain.raw.stores.take();
            match orders.read(&mut message) {
                Err(Status::SHOULD_WAIT) => {}
                Err(_) => return,
                Ok(()) => break,
            }
        }
    }
}

struct Villain {
    raw: Raw,
    attack: Attack,
    sends: bool,
    /// How far it sent, or read; where the victim was when the stretch was laid.
    position: u64,
    /// Which message is the next one; the first one of the stretch.
    number: u64,
    /// How many good headers there are.
    stretch: u64,
    /// Where the victim was last, and for how many steps.
    seen: u64,
    calm: u64,
}

impl Villain {
    fn new(rings: &Channel, [attack, sends, log]: [u8; 3]) -> Self {
        let attack = Attack::ALL[usize::from(attack) % 4];
        let (sends, capacity) = (sends == 1, 1 << log);
        let flags = flags::SLEEPS | flags::RINGS;
        let raw = match sends {
            true => Raw::sends(rings, flags, capacity),
            false => Raw::receives(rings, flags, capacity),
        };
        Self {
            raw,
            attack,
            sends,
            position: 0,
            number: 0,
            stretch: 1,
            seen: 0,
            calm: 0,
        }
    }

    fn burst(&mut self, random: &mut Random) {
        for n in 0..BURST {
            match (self.attack, self.sends) {
                (Attack::Noise, _) => self.noise(random),
                (Attack::Nearly, true) => self.carpet(random),
                (Attack::Nearly, false) => self.nearly_reads(random),
                (Attack::Rings, true) => self.raw.store(0, random.word()),
                (Attack::Rings, false) => self.sleeps(random),
                (Attack::Silent, true) => self.writes(random),
                (Attack::Silent, false) => self.reads(),
            }
            if self.attack == Attack::Rings && n % 64 == 0 {
                let _ = self.raw.bell.signal();
            }
        }
    }

    fn noise(&self, random: &mut Random) {
        let word = random.word();
        let size = self.raw.own.len();
        // Small words are more like what is expected there.
        let word = word >> (word & 63);
        let offset = match random.word() & 3 {
            0 => [0, 8, 128, 4096][random.below(4)],
            _ => random.below(size),
        };
        self.raw.store(offset.min(size - 8), word);
    }

    /// Each slot of a stretch has a good header, and another one each moment, so the victim
    /// goes on whatever it read; when it stands at the end of it, the next one is laid.
    fn carpet(&mut self, random: &mut Random) {
        let dice = random.word();
        self.calm += 1;
        if self.calm % 64 == 0 {
            self.watch();
        }
        let at = self.number + (dice >> 8) % self.stretch;
        let slot = self.raw.slot(at);
        match dice & 0xff {
            0 => self.raw.store(usize::from(dice & 0x100 == 0) * 8, dice),
            1..64 => self.raw.store(slot + 8, dice),
            64..96 => {
                let data = CONTROL + self.raw.capacity / 4;
                self.raw
                    .store(data + (dice >> 40) as usize % self.raw.capacity, dice);
            }
            _ if (dice >> 40) & 0xffff == 0 => self.raw.store(slot, random.word()),
            _ => self
                .raw
                .store(slot, plausible(at, self.raw.capacity, random)),
        }
    }

    /// Whether the victim went on and stands still by now: then it is at the end.
    fn watch(&mut self) {
        let head = self.raw.load(HEAD);
        if head != self.seen {
            self.seen = head;
            self.calm = 0;
        } else if self.calm > 1024 && (head != self.position || self.stretch == 1) {
            self.position = head;
            self.number += self.stretch;
            self.stretch = self.raw.capacity as u64 / 64 / 4;
            let mut random = Random::new(head);
            for at in (self.number..self.number + self.stretch).rev() {
                let word = plausible(at, self.raw.capacity, &mut random);
                self.raw.store(self.raw.slot(at), word);
            }
            let _ = self.raw.bell.signal();
        }
    }

    /// Sends, as a sender should; rings for nobody.
    fn writes(&mut self, random: &mut Random) {
        let capacity = self.raw.capacity as u64;
        let len = random.below(100);
        let to_end = capacity - (self.position & (capacity - 1));
        let (place, pad) = match record(len) > to_end {
            _ if len <= 8 => (INLINE, 0),
            true => (PADDED, to_end),
            false => (HERE, 0),
        };
        let end = self.position + pad + record(len);
        if end + 64 - self.raw.load(HEAD) <= capacity {
            let word = header(self.number, place, len);
            self.raw.store(self.raw.slot(self.number), word);
            self.number += 1;
            self.position = end;
        }
    }

    /// Goes over what was sent, if there is more.
    fn walk(&mut self) {
        let word = self.raw.load(self.raw.slot(self.number));
        let (place, len) = ((word >> 32) & 3, (word & 0xffff_ffff) as usize);
        if word >> 34 == header(self.number, 0, 0) >> 34 && len != 0xffff_ffff {
            if place == PADDED {
                self.position = self.position.next_multiple_of(self.raw.capacity as u64);
            }
            self.position += record(len);
            self.number += 1;
        }
    }

    fn reads(&mut self) {
        self.walk();
        self.raw.store(HEAD, self.position);
    }

    fn sleeps(&mut self, random: &mut Random) {
        self.reads();
        self.raw.store(CONSUMER_STATE, (random.word() & !3) | 1);
    }

    /// Says that it read what it did read, or less; it sleeps, or not; now and then nonsense.
    fn nearly_reads(&mut self, random: &mut Random) {
        self.walk();
        let dice = random.word();
        let less = match dice & 0xfff {
            0 => random.word() & 0xffff & !63,
            _ => 0,
        };
        let wrong = (dice >> 32) & 0x3f == 0;
        let head = if wrong {
            random.word() & !63
        } else {
            self.position.wrapping_sub(less)
        };
        self.raw.store(HEAD, head);
        if dice & 0xfff_f000 == 0 {
            let _ = self.raw.bell.signal();
        }
        if dice & 0xf000 == 0 {
            let closed = u64::from((dice >> 32) & 0xffff == 1) * 2;
            self.raw
                .store(CONSUMER_STATE, (random.word() & !2) | closed);
        }
    }
}

/// A header that is good in the slot of this message, but for a length that may be any one
/// now and then.
fn plausible(number: u64, capacity: usize, random: &mut Random) -> u64 {
    let dice = random.word();
    if dice >> 54 == 0 {
        return header(number, dice & 3, random.below(1 << (dice >> 8 & 31)));
    }
    match dice & 15 {
        0 => header(number, PADDED, random.below(capacity / 2 - 63)),
        1..8 => header(number, INLINE, random.below(9)),
        _ => header(number, HERE, random.below(65)),
    }
}
