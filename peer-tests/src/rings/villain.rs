// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other side of a ring, in bad hands: it stores into its own memory whatever may harm, as
//! fast as it can, until it is told to do so on another ring.

use vmo_ring::zx::{Channel, MessageBuf, Status, take_startup_handle};

use super::raw::{CONSUMER_STATE, CONTROL, HEAD, Raw, flags, header, record};
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
    /// How far it sent, or read.
    position: u64,
    /// Where the stretch of good headers ends.
    end: u64,
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
            end: 0,
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

    /// Each word of a stretch is a good header for its place, and another one each moment, so
    /// the victim goes on wherever it is; a 0 ends the stretch, and when the victim stands
    /// there the next one is laid.
    fn carpet(&mut self, random: &mut Random) {
        let dice = random.word();
        if self.raw.load(HEAD) == self.end {
            return self.lay(random);
        }
        if dice & 0xff == 0 {
            return self.raw.store(usize::from(dice & 0x100 == 0) * 8, dice);
        }
        let words = (self.end - self.position) / 8;
        let at = self.position + (dice >> 8) % words * 8;
        let wrong = (dice >> 40) & 0xffff == 0;
        let word = if wrong {
            random.word()
        } else {
            self.plausible(at, random)
        };
        self.put(at, word);
    }

    /// The next stretch: its end first, its beginning last.
    fn lay(&mut self, random: &mut Random) {
        let capacity = self.raw.capacity as u64;
        self.position = self.end;
        let to_end = capacity - (self.position & (capacity - 1));
        let most = to_end.min(capacity / 2) / 8;
        self.end = self.position + 8 * (1 + random.word() % most);
        self.put(self.end, 0);
        let mut at = self.end;
        while at > self.position {
            at -= 8;
            let word = self.plausible(at, random);
            self.put(at, word);
        }
    }

    /// A header that is good at this place of the stretch.
    fn plausible(&self, at: u64, random: &mut Random) -> u64 {
        let most = (self.end - at - 8) as usize;
        let most = match random.word() & 15 {
            0 => most,
            _ => most.min(100),
        };
        header(1, random.below(most + 1), at)
    }

    fn put(&self, position: u64, word: u64) {
        let index = position as usize & (self.raw.capacity - 1);
        self.raw.store(CONTROL + index, word);
    }

    /// Sends, as a sender should; rings for nobody.
    fn writes(&mut self, random: &mut Random) {
        let capacity = self.raw.capacity as u64;
        let len = random.below(100);
        let index = self.position & (capacity - 1);
        let used = self.position.wrapping_sub(self.raw.load(HEAD));
        if used + 2 * record(len) + 8 > capacity {
            return;
        }
        let pad = match record(len) > capacity - index {
            true => capacity - index,
            false => 0,
        };
        let start = self.position + pad;
        let at = |position: u64| CONTROL + (position & (capacity - 1)) as usize;
        self.raw.store(at(start + record(len)), 0);
        self.raw.store(at(start), header(1, len, start));
        if pad != 0 {
            self.raw.store(
                at(self.position),
                header(2, pad as usize - 8, self.position),
            );
        }
        self.position = start + record(len);
    }

    /// Goes over what was sent, if there is more.
    fn walk(&mut self) {
        let capacity = self.raw.capacity as u64;
        let index = (self.position & (capacity - 1)) as usize;
        let word = self.raw.load(CONTROL + index);
        if word != 0 && word >> 34 == header(0, 0, self.position) >> 34 {
            let len = (word & 0xffff_ffff) as usize;
            self.position += record(len);
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
            0 => random.word() & 0xffff & !7,
            _ => 0,
        };
        let wrong = (dice >> 32) & 0x3_ffff == 0;
        let head = if wrong {
            random.word()
        } else {
            self.position.wrapping_sub(less)
        };
        self.raw.store(HEAD, head);
        if dice & 0xf000 == 0 {
            let closed = u64::from((dice >> 32) & 0xffff == 1) * 2;
            self.raw
                .store(CONSUMER_STATE, (random.word() & !2) | closed);
        }
    }
}
