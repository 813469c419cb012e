// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo bench alloc`: making, mapping, adopting and dropping, beside the fewest system calls
//! that give memory which can't shrink. What is above those are checks and permissions, by
//! decision.

use core::time::Duration;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptPolicy, VmarFlags, Vmo};
use serde_json::{Map, json};

use super::near::pin;
use super::rounds::{Share, median, ratio};
use super::{Found, Run};
use crate::chart::{Bar, Bars, Ink, Panel};
use crate::look::Verdict;
use crate::{Failure, size};

mod raw;

/// The sizes. No page of them is touched.
const SIZES: [usize; 2] = [4 << 10, 1 << 20];

/// How many are made, and then dropped, in one round.
const BATCH: usize = 16;

/// How many pairs of steps there are, over all sizes.
const PAIRS: usize = 3 * SIZES.len();

/// For the count of turns: each pair counts as one candidate.
pub(super) const CANDIDATES: usize = PAIRS;

/// The least of the rounds, however little time there is, and the most.
const LEAST: u32 = 5;
const MOST: u32 = 1_000_000;

/// A step at one size.
#[derive(Debug)]
struct Figure {
    step: &'static str,
    size: usize,
    ours_ns: f64,
    bare_ns: f64,
    /// How many times as long as the bare calls.
    by_bare: f64,
}

/// Nanoseconds for each of a batch to be made, and to be dropped.
type Batch<'a> = &'a mut dyn FnMut() -> Result<(f64, f64), Failure>;

/// Measures. An error if what is made is not what it should be.
pub(super) fn alloc(run: &mut Run, time: Duration) -> Result<Found, Failure> {
    run.look.heading("Making, mapping, adopting and dropping")?;
    if let Some(first) = run.cores.first() {
        pin(*first)?;
    }
    let slice = time / u32::try_from(PAIRS)?;
    let mut figures = Vec::new();
    for size in SIZES {
        for pair in [allocate, map, adopt] {
            figures.extend(pair(run, size, slice)?);
            run.tally.count(Verdict::Good);
        }
    }
    table(run, &figures)?;
    let line = "what was made can be written and can't be truncated";
    run.look.row(Verdict::Good, line)?;
    run.look.text("")?;
    Ok(found(&figures))
}

/// Lets both take turns for so long; what making takes, and what dropping does.
fn turns(
    run: &Run,
    (names, size): ([&'static str; 2], usize),
    slice: Duration,
    [ours, bare]: [Batch<'_>; 2],
) -> Result<[Figure; 2], Failure> {
    let start = Instant::now();
    let mut times: [[Vec<f64>; 2]; 2] = Default::default();
    let mut share = Share::new(run, 1);
    for round in 0..MOST {
        let part = start.elapsed().as_secs_f64() / slice.as_secs_f64().max(1e-9);
        if round >= LEAST && part >= 1.0 {
            break;
        }
        share.at(part);
        let [of_ours, of_bare] = &mut times;
        let mut order: [(&mut [Vec<f64>; 2], &mut _); 2] =
            [(of_ours, &mut *ours), (of_bare, &mut *bare)];
        if round % 2 == 1 {
            order.reverse();
        }
        for ([making, dropping], batch) in order {
            let (made, dropped) = batch()?;
            making.push(made);
            dropping.push(dropped);
        }
    }
    let [[ours_made, ours_dropped], [bare_made, bare_dropped]] = times;
    let figure = |step, ours: Vec<f64>, bare: Vec<f64>| Figure {
        step,
        size,
        by_bare: ratio(&ours, &bare),
        ours_ns: median(ours),
        bare_ns: median(bare),
    };
    let [make, drop] = names;
    Ok([
        figure(make, ours_made, bare_made),
        figure(drop, ours_dropped, bare_dropped),
    ])
}

/// A batch of what `make` makes.
fn batch<T, E: Into<Failure>>(
    mut make: impl FnMut() -> Result<T, E>,
) -> Result<(f64, f64), Failure> {
    let each = |start: Instant| start.elapsed().as_secs_f64() * 1e9 / BATCH as f64;
    let mut made = Vec::with_capacity(BATCH);
    let start = Instant::now();
    for _ in 0..BATCH {
        made.push(make().map_err(Into::into)?);
    }
    let making = each(start);
    let start = Instant::now();
    drop(made);
    Ok((making, each(start)))
}

const WRITABLE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

fn allocate(run: &Run, size: usize, slice: Duration) -> Result<[Figure; 2], Failure> {
    let (mapping, vmo) = Mapping::allocate(size)?;
    mapping.write_all_at(0, b"ours")?;
    is_good("allocate", &vmo, b"ours")?;
    let (raw, memory) = raw::allocate(size)?;
    raw.touch();
    is_good("the bare calls", &memory, &[raw::TOUCH])?;
    drop((raw, memory));
    let names = ["allocate", "drop both"];
    let mut ours = || batch(|| Mapping::allocate(size));
    let mut bare = || batch(|| raw::allocate(size));
    turns(run, (names, size), slice, [&mut ours, &mut bare])
}

fn map(run: &Run, size: usize, slice: Duration) -> Result<[Figure; 2], Failure> {
    let vmo = Vmo::create(size as u64)?;
    Mapping::create_from_vmo(&vmo, size, WRITABLE)?.write_all_at(0, b"mapped")?;
    is_good("map", &vmo, b"mapped")?;
    raw::Raw::map(&vmo, size)?.touch();
    is_good("mmap", &vmo, &[raw::TOUCH])?;
    let names = ["map", "drop mapping"];
    let mut ours = || batch(|| Mapping::create_from_vmo(&vmo, size, WRITABLE));
    let mut bare = || batch(|| raw::Raw::map(&vmo, size));
    turns(run, (names, size), slice, [&mut ours, &mut bare])
}

fn adopt(run: &Run, size: usize, slice: Duration) -> Result<[Figure; 2], Failure> {
    let vmo = Vmo::create(size as u64)?;
    let fds = || -> Result<Vec<OwnedFd>, Failure> {
        let another = || vmo.as_fd().try_clone_to_owned();
        Ok((0..BATCH).map(|_| another()).collect::<Result<_, _>>()?)
    };
    let next = |fds: &mut Vec<OwnedFd>| fds.pop().ok_or("one for each");
    let mut ours = || {
        let mut fds = fds()?;
        batch(|| -> Result<Vmo, Failure> {
            Ok(Vmo::from_fd(next(&mut fds)?, AdoptPolicy::Shrink)?)
        })
    };
    let mut bare = || {
        let mut fds = fds()?;
        batch(|| -> Result<_, Failure> { Ok(raw::adopt(next(&mut fds)?)?) })
    };
    let names = ["adopt", "drop VMO"];
    turns(run, (names, size), slice, [&mut ours, &mut bare])
}

/// Whether memory is what all of this is about: it has what was written through a mapping, and
/// can't be truncated.
fn is_good(who: &str, memory: &impl AsFd, expected: &[u8]) -> Result<(), Failure> {
    let mut bytes = vec![0; expected.len()];
    let read = rustix::io::pread(memory, &mut bytes, 0)?;
    if read != expected.len() || bytes != expected {
        return Err(format!("{who}: what was written is not there").into());
    }
    let refused = rustix::fs::ftruncate(memory, 0) == Err(rustix::io::Errno::PERM);
    match refused {
        true => Ok(()),
        false => Err(format!("{who}: it can be truncated").into()),
    }
}

fn table(run: &Run, figures: &[Figure]) -> Result<(), Failure> {
    let heads = ["ours, ns", "bare calls, ns", "times bare"];
    let heads = heads.map(|head| format!("{head:>16}"));
    let head = format!("  {:<24}{}", "", heads.concat());
    run.look.text(&run.look.style().dim(&head))?;
    for it in figures {
        run.look.text(&line(it))?;
    }
    run.look.text("")
}

fn line(it: &Figure) -> String {
    let name = format!("{}, {}", it.step, short(it.size));
    let figures = format!(
        "{:>16.0}{:>16.0}{:>16.2}",
        it.ours_ns, it.bare_ns, it.by_bare
    );
    format!("  {name:<24}{figures}")
}

fn short(bytes: usize) -> String {
    size::human(bytes as u64).replace(".0 ", " ")
}

fn found(figures: &[Figure]) -> Found {
    let fact = |it: &Figure| {
        json!({
            "step": it.step,
            "size": it.size,
            "ours_ns": it.ours_ns,
            "bare_ns": it.bare_ns,
            "by_bare": it.by_bare,
        })
    };
    let steps: Vec<_> = figures.iter().map(fact).collect();
    let mut facts = Map::new();
    facts.insert("steps".to_owned(), json!(steps));
    let bar = |name: &str, ns: f64, ink| Bar {
        name: name.to_owned(),
        value: ns,
        text: format!("{:.2} µs", ns / 1000.0),
        ink,
    };
    let group = |it: &Figure| {
        vec![
            bar(&format!("vmo: {}", it.step), it.ours_ns, Ink::Ours),
            bar("bare calls", it.bare_ns, Ink::Rule),
        ]
    };
    let panel = |size: usize| {
        let mine = figures.iter().filter(|it| it.size == size);
        Panel::Bars(Bars {
            title: format!("Making and dropping {}", short(size)),
            groups: mine.map(group).collect(),
            log: None,
        })
    };
    let panels = SIZES.map(panel).into();
    Found { facts, panels }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;
    use crate::style::Format;

    #[test]
    fn making_and_dropping_and_ours_and_theirs_are_told_apart() {
        let run = Run::new(Format::Json).unwrap();
        let [mut ours, mut bare] = [(1400.0, 300.0), (700.0, 100.0)].map(|it| move || Ok(it));
        let names = (["make", "drop"], 4096);
        let figures = turns(&run, names, Duration::ZERO, [&mut ours, &mut bare]).unwrap();
        let figures = figures.map(|it| (it.step, it.size, it.ours_ns, it.bare_ns, it.by_bare));
        let expected = [
            ("make", 4096, 1400.0, 700.0, 2.0),
            ("drop", 4096, 300.0, 100.0, 3.0),
        ];
        assert_eq!(figures, expected);
    }

    #[test]
    fn a_batch_is_timed_for_each_of_it() {
        struct Slow;
        impl Drop for Slow {
            fn drop(&mut self) {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let slow = || -> Result<Slow, Failure> {
            std::thread::sleep(Duration::from_millis(1));
            Ok(Slow)
        };
        let (made, dropped) = batch(slow).unwrap();
        // Sleep takes longer where others are in the way, but not ten times as long in the
        // middle of sixteen.
        assert!((1e6..1e7).contains(&made), "{made}");
        assert!((2e6..2e7).contains(&dropped), "{dropped}");
    }

    #[test]
    fn people_machines_and_the_picture_are_given_the_same_figures() {
        let figure = Figure {
            step: "make",
            size: 4096,
            ours_ns: 2340.0,
            bare_ns: 1000.0,
            by_bare: 2.25,
        };
        let shown = line(&figure);
        let shown: Vec<_> = shown.split_whitespace().collect();
        assert_eq!(shown, ["make,", "4", "KiB", "2340", "1000", "2.25"]);
        let Found { facts, panels } = found(&[figure]);
        let step = json!({
            "step": "make", "size": 4096, "ours_ns": 2340.0, "bare_ns": 1000.0, "by_bare": 2.25,
        });
        assert_eq!(facts.get("steps"), Some(&json!([step])));
        let Some(Panel::Bars(bars)) = panels.first() else {
            panic!("{panels:?}");
        };
        let drawn = bars.groups.iter().flatten();
        let drawn: Vec<_> = drawn.map(|it| (&*it.name, it.value, &*it.text)).collect();
        let expected = [
            ("vmo: make", 2340.0, "2.34 µs"),
            ("bare calls", 1000.0, "1.00 µs"),
        ];
        assert_eq!(drawn, expected);
        assert!(bars.title.contains("4 KiB"), "{}", bars.title);
    }
}
