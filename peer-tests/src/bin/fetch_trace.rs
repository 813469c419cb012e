// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which instructions touch shared memory? Only the engine's, and each copy only once.
//!
//! `fetch_trace [--engine ours|memcpy]` traps every access to a shared page, runs each shape
//! of [`peer_tests::victim`] in each size, and ends with 0 if every instruction that touched
//! the page is inside an asm block of the engine and checking and using a copy touched the
//! page no more than copying alone. Else it says who did, and ends with 1. Where it can't
//! look (another CPU, a build without `--cfg vmo_border_map`) it says so and ends with 77.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::process::ExitCode;

#[cfg(target_arch = "x86_64")]
fn main() -> ExitCode {
    match peer_tests::trace::border() {
        Some(border) => traced::main(border),
        None => {
            println!("skipped: built without --cfg vmo_border_map, so nothing is recorded");
            ExitCode::from(77)
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn main() -> ExitCode {
    println!("skipped: single steps are taken on x86-64 only");
    ExitCode::from(77)
}

#[cfg(target_arch = "x86_64")]
mod traced {
    use core::hint::black_box;
    use core::ops::Range;
    use std::collections::BTreeMap;
    use std::process::ExitCode;

    use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
    use mapped_vmo::{AtomicInt, Mapping, SharedBuffer};
    use peer_tests::trace::{self, Access};
    use peer_tests::victim::{
        Aligned, Counting, Engine, Exact, Memcpy, Sliced, Trying, VALID, copy, copy_any, forward,
        forward_any, look_up, send, send_any, verify,
    };

    /// Where the messages lie: aligned, by one byte not, and across a cache line.
    const OFFSETS: [usize; 3] = [0, 1, 61];

    pub(super) fn main(border: Vec<Range<usize>>) -> ExitCode {
        let page = rustix::param::page_size();
        let (mut mapping, _vmo) = Mapping::allocate(page).expect("one page");
        let (ptr, len) = mapping.as_ptr_len();
        trace::watch(ptr, len).expect("signal handlers");
        let mut report = Report::new(border);
        match std::env::args()
            .skip_while(|arg| arg != "--engine")
            .nth(1)
            .as_deref()
        {
            None | Some("ours") => {
                report.shapes(&Counting(&mapping));
                report.shapes(&Trying(&mapping));
                report.shapes(&Exact(&mapping));
                report.shapes(&Sliced(&mapping));
                report.atomics::<u8>(&mapping);
                report.atomics::<u16>(&mapping);
                report.atomics::<i32>(&mapping);
                report.atomics::<u64>(&mapping);
            }
            Some("memcpy") => report.shapes(&Memcpy::over(&mut mapping)),
            Some(other) => {
                println!("no engine is called {other}: ours or memcpy");
                return ExitCode::from(2);
            }
        }
        report.verdict()
    }

    /// What was seen.
    struct Report {
        border: Vec<Range<usize>>,
        runs: usize,
        accesses: usize,
        used_blocks: Vec<usize>,
        outside: BTreeMap<usize, String>,
        refetched: Vec<String>,
        wrong: Vec<String>,
    }

    impl Report {
        fn new(border: Vec<Range<usize>>) -> Self {
            Self {
                border,
                runs: 0,
                accesses: 0,
                used_blocks: Vec::new(),
                outside: BTreeMap::new(),
                refetched: Vec::new(),
                wrong: Vec::new(),
            }
        }

        /// Every shape in every size.
        fn shapes<E: Engine>(&mut self, engine: &E) {
            for offset in OFFSETS {
                self.constant::<E, 1>(engine, offset);
                self.constant::<E, 2>(engine, offset);
                self.constant::<E, 4>(engine, offset);
                self.constant::<E, 8>(engine, offset);
                self.constant::<E, 12>(engine, offset);
                self.constant::<E, 16>(engine, offset);
                self.constant::<E, 24>(engine, offset);
                self.constant::<E, 32>(engine, offset);
                self.constant::<E, 64>(engine, offset);
                self.constant::<E, 100>(engine, offset);
                self.constant::<E, 128>(engine, offset);
                self.constant::<E, 256>(engine, offset);
                self.constant::<E, 1024>(engine, offset);
                for len in (1..=300).chain([511, 512, 1000, 2048, 3000]) {
                    self.any(engine, offset, len);
                }
                self.index(engine, offset);
            }
        }

        /// A size that the compiler knows.
        fn constant<E: Engine, const N: usize>(&mut self, engine: &E, offset: usize) {
            let shape = format!("{}, {N} bytes at {offset}", E::NAME);
            let (mut alone, mut out) = (Aligned([0; N]), [0; N]);
            let ((), sent) = trace::trace(|| send::<E, N>(engine, black_box(offset), 7));
            self.judge(&shape, &sent);
            let (whole, once) = trace::trace(|| copy(engine, black_box(offset), &mut alone));
            self.judge(&shape, &once);
            let (valid, checked) = trace::trace(|| forward(engine, black_box(offset), &mut out));
            self.judge(&shape, &checked);
            self.compare(&shape, &once, &checked);
            if !whole || !valid || alone.0 != out || out[N / 2] != VALID {
                self.wrong.push(shape.clone());
            }
            out.fill(0);
            let work = || verify(engine, black_box(offset), black_box(N / 2), &mut out);
            let (valid, verified) = trace::trace(work);
            self.judge(&shape, &verified);
            self.compare(&shape, &once, &verified);
            if !valid || alone.0 != out {
                self.wrong.push(shape);
            }
        }

        /// A size that the compiler does not know.
        fn any<E: Engine>(&mut self, engine: &E, offset: usize, len: usize) {
            let shape = format!("{}, {len} bytes (run time) at {offset}", E::NAME);
            let mut message: Vec<u8> = (0..len).map(|i| i as u8 ^ 0x5a).collect();
            message[len / 2] = VALID;
            let (mut via, mut out) = (vec![0; len], vec![0; len]);
            let ((), sent) = trace::trace(|| send_any(engine, offset, &message));
            self.judge(&shape, &sent);
            let (whole, once) = trace::trace(|| copy_any(engine, offset, &mut via));
            self.judge(&shape, &once);
            let work = || forward_any(engine, offset, &mut via, &mut out);
            let (valid, checked) = trace::trace(work);
            self.judge(&shape, &checked);
            self.compare(&shape, &once, &checked);
            if !whole || !valid || out != message {
                self.wrong.push(shape);
            }
        }

        /// A number that is checked and becomes an index.
        fn index<E: Engine>(&mut self, engine: &E, offset: usize) {
            let shape = format!("{}, an index at {offset}", E::NAME);
            let table = core::array::from_fn(|i| i as u8 * 3);
            engine.write(offset, &5_u64.to_le_bytes());
            let mut number = Aligned([0; 8]);
            let (whole, once) = trace::trace(|| copy(engine, black_box(offset), &mut number));
            let work = || look_up(engine, black_box(offset), black_box(&table));
            let (found, checked) = trace::trace(work);
            self.judge(&shape, &checked);
            self.compare(&shape, &once, &checked);
            if !whole || found != Some(15) {
                self.wrong.push(shape);
            }
        }

        /// Each access of an atomic: one instruction of the engine's, and one more where it is
        /// a load and an exchange.
        fn atomics<T: AtomicInt + From<u8>>(&mut self, buffer: &SharedBuffer) {
            let word = buffer.atomic::<T>(64).expect("a word of the page");
            let [one, two] = [1, 2].map(|value| black_box(T::from(value)));
            let loads = [Relaxed, Acquire, SeqCst];
            for (load, store) in loads.into_iter().zip([Relaxed, Release, SeqCst]) {
                let exchange = || word.compare_exchange(two, one, AcqRel, load).is_ok();
                let accesses: [(&str, usize, &dyn Fn() -> bool); 7] = [
                    ("store", 1, &|| {
                        word.store(two, store);
                        true
                    }),
                    ("load", 1, &|| word.load(load) == two),
                    ("read-only load", 1, &|| word.read_only().load(load) == two),
                    ("compare_exchange", 1, &exchange),
                    ("swap", 1, &|| word.swap(two, AcqRel) == one),
                    ("fetch_sub", 1, &|| word.fetch_sub(one, AcqRel) == two),
                    ("fetch_or", 2, &|| word.fetch_or(two, AcqRel) == one),
                ];
                for (name, expected, access) in accesses {
                    let shape = format!("atomic {name}, {} bytes", size_of::<T>());
                    let (right, seen) = trace::trace(access);
                    self.judge(&shape, &seen);
                    if seen.len() != expected {
                        self.refetched
                            .push(format!("{shape}: {} accesses", seen.len()));
                    }
                    if !right {
                        self.wrong.push(shape);
                    }
                }
            }
        }

        /// Every instruction must be the engine's.
        fn judge(&mut self, shape: &str, accesses: &[Access]) {
            self.runs += 1;
            self.accesses += accesses.len();
            if accesses.is_empty() {
                self.wrong
                    .push(format!("{shape}: nothing touched the page"));
            }
            for access in accesses {
                let at = access.instruction;
                match self.border.iter().position(|block| block.contains(&at)) {
                    Some(block) if !self.used_blocks.contains(&block) => {
                        self.used_blocks.push(block);
                    }
                    Some(_) => {}
                    None => {
                        let verb = if access.write { "writes" } else { "reads" };
                        let text = || format!("{verb} byte {} ({shape})", access.offset);
                        self.outside.entry(at).or_insert_with(text);
                    }
                }
            }
        }

        /// Checking and using the copy must touch the page as often as copying alone.
        fn compare(&mut self, shape: &str, once: &[Access], checked: &[Access]) {
            let places = |accesses: &[Access]| -> Vec<_> {
                accesses
                    .iter()
                    .map(|access| (access.offset, access.write))
                    .collect()
            };
            let (once, checked) = (places(once), places(checked));
            if once != checked {
                let (copy, all) = (once.len(), checked.len());
                let text = format!("{shape}: a copy takes {copy} accesses, this {all}");
                self.refetched.push(text);
            }
        }

        fn verdict(&self) -> ExitCode {
            println!(
                "{} runs, {} accesses to the page, {} of {} asm blocks used",
                self.runs,
                self.accesses,
                self.used_blocks.len(),
                self.border.len()
            );
            for (at, what) in self.outside.iter().take(3) {
                println!("outside the engine: {} {what}", place(*at));
            }
            for text in self.refetched.iter().take(3) {
                println!("fetched again: {text}");
            }
            for text in self.wrong.iter().take(3) {
                println!("wrong bytes: {text}");
            }
            println!(
                "{} instructions outside the engine, {} shapes fetch otherwise than one copy, \
                 {} give wrong bytes",
                self.outside.len(),
                self.refetched.len(),
                self.wrong.len()
            );
            let clean =
                self.outside.is_empty() && self.refetched.is_empty() && self.wrong.is_empty();
            ExitCode::from(u8::from(!clean))
        }
    }

    /// An address as `file+offset`, for a disassembler.
    fn place(addr: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let found = maps.lines().find_map(|line| {
            let mut fields = line.split_whitespace();
            let (start, end) = fields.next()?.split_once('-')?;
            let start = usize::from_str_radix(start, 16).ok()?;
            let end = usize::from_str_radix(end, 16).ok()?;
            let offset = usize::from_str_radix(fields.nth(1)?, 16).ok()?;
            let file = fields.nth(2)?.rsplit('/').next()?;
            (start..end)
                .contains(&addr)
                .then(|| format!("{file}+{:#x}", addr - start + offset))
        });
        found.unwrap_or_else(|| format!("{addr:#x}"))
    }
}
