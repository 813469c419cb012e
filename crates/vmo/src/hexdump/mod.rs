// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo hexdump`: the bytes of an object, once, or again and again with what changed.

use core::time::Duration;
use std::io::{BufWriter, IsTerminal, Write, stdout};
use std::time::Instant;

use clap::Args;
use vmo_census::Access;

use crate::object::{ObjectArg, Open};
use crate::style::Style;
use crate::{Failure, keeper, size};

mod line;

use line::{Line, WIDTH};

/// What `vmo hexdump --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo hexdump 812:12                       the first 256 bytes
  vmo hexdump --offset 4K --len 1M 4711 | less
  vmo hexdump --watch --interval 0.2 812:12

Lines like the one before are a *. With --watch, what changed since the last look is \
coloured; without colours its line begins with > and it stands in brackets. Where nobody \
sees a screen, only lines that changed are printed, each with the seconds since the start.";

/// Arguments of `vmo hexdump`.
#[derive(Debug, Args)]
pub(crate) struct HexdumpArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    /// Where to begin: bytes, or 64K, 1M
    #[arg(long, value_name = "N", default_value = "0", value_parser = size::parse)]
    offset: u64,
    /// How many bytes at most
    #[arg(long, value_name = "N", default_value = "256", value_parser = size::parse)]
    len: u64,
    /// Look again and again, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// How long to wait between two looks, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", requires = "watch")]
    #[arg(value_parser = keeper::seconds)]
    interval: Duration,
}

/// How much is watched at most: what is compared is kept.
const MOST: u64 = 1 << 20;
/// Between two looks at least.
const PACE: Duration = Duration::from_millis(20);

/// Shows the bytes.
pub(crate) fn hexdump(args: &HexdumpArgs) -> Result<bool, Failure> {
    let object = args.object.open(Access::Read)?;
    if args.watch {
        return watch(args, &object);
    }
    let (offset, _) = object.range(args.offset, None)?;
    let end = offset.saturating_add(args.len).min(object.size);
    let mut out = BufWriter::new(stdout().lock());
    let mut chunk = vec![0; 64 << 10];
    let mut squeeze = Squeeze::default();
    let mut at = offset;
    while at < end {
        let got = read(&object, &mut chunk, (at, end))?;
        if got == 0 {
            out.flush()?;
            return Err(object.became(object.size_now()?, at));
        }
        let bytes = chunk.get(..got).unwrap_or_default();
        for (line, offset) in bytes.chunks(WIDTH).zip((at..).step_by(WIDTH)) {
            match squeeze.next(line) {
                Shown::Whole => writeln!(out, "{}", Line::new(offset, line).plain())?,
                Shown::Star => writeln!(out, "*")?,
                Shown::Nothing => {}
            }
        }
        at = at.saturating_add(u64::try_from(got)?);
    }
    writeln!(out, "{at:08x}")?;
    let more = object.size.saturating_sub(at);
    if more > 0 && stdout().is_terminal() {
        let note = format!("… {more} more bytes: choose --offset and --len");
        writeln!(out, "{}", Style::of_stdout().dim(&note))?;
    }
    out.flush()?;
    Ok(true)
}

/// Whole lines, but for the last one; fewer only if it has been truncated.
fn read(object: &Open, chunk: &mut [u8], (at, end): (u64, u64)) -> Result<usize, Failure> {
    let want = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
    let want = want.min(chunk.len());
    let mut got = 0;
    while got < want {
        let from = at.saturating_add(u64::try_from(got)?);
        match object.read(chunk.get_mut(got..want).unwrap_or_default(), from)? {
            0 => break,
            more => got = got.saturating_add(more),
        }
    }
    Ok(got)
}

/// Lines that are as the one before.
#[derive(Debug, Default)]
struct Squeeze {
    last: Option<Vec<u8>>,
    starred: bool,
}

/// How much of a line is shown.
enum Shown {
    Whole,
    Star,
    Nothing,
}

impl Squeeze {
    /// What is shown of the next line.
    fn next(&mut self, line: &[u8]) -> Shown {
        match (self.last.as_deref() == Some(line), self.starred) {
            (true, true) => Shown::Nothing,
            (true, false) => {
                self.starred = true;
                Shown::Star
            }
            (false, _) => {
                self.starred = false;
                self.last = Some(line.to_vec());
                Shown::Whole
            }
        }
    }
}

/// What was there at one look.
#[derive(Debug, Default)]
struct Look {
    size: u64,
    bytes: Vec<u8>,
}

impl Look {
    fn at(object: &Open, (offset, len): (u64, u64)) -> Result<Self, Failure> {
        let size = object.size_now()?;
        let mut bytes = vec![0; usize::try_from(len.min(size.saturating_sub(offset)))?];
        let end = offset.saturating_add(u64::try_from(bytes.len())?);
        let got = read(object, &mut bytes, (offset, end))?;
        bytes.truncate(got);
        Ok(Self { size, bytes })
    }

    /// Each line with what was there before, if there was anything.
    fn lines<'a>(
        &'a self,
        offset: u64,
        before: Option<&'a Self>,
    ) -> impl Iterator<Item = Line<'a>> {
        let lines = self.bytes.chunks(WIDTH).enumerate();
        lines.map(move |(index, bytes)| {
            let begin = index.saturating_mul(WIDTH);
            let at = offset.saturating_add(u64::try_from(begin).unwrap_or(u64::MAX));
            let line = Line::new(at, bytes);
            match before {
                None => line,
                Some(before) => line.since(before.bytes.get(begin..).unwrap_or_default()),
            }
        })
    }
}

fn watch(args: &HexdumpArgs, object: &Open) -> Result<bool, Failure> {
    if args.len > MOST {
        return Err(format!("--watch takes a --len of up to 1 MiB, not {}", args.len).into());
    }
    let begin = Instant::now();
    let style = Style::of_stdout();
    let mut before: Option<Look> = None;
    loop {
        let look = Look::at(object, (args.offset, args.len))?;
        let text = match stdout().is_terminal() {
            true => screen(args, object, (&look, before.as_ref()), style),
            false => changes(args.offset, (&look, before.as_ref()), begin),
        };
        // At once: whoever ends us meanwhile finds no half of a colour on his terminal.
        let mut out = stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        drop(out);
        before = Some(look);
        std::thread::sleep(args.interval.max(PACE));
    }
}

type Looks<'a> = (&'a Look, Option<&'a Look>);

/// What replaces what is on a terminal.
fn screen(args: &HexdumpArgs, object: &Open, (look, before): Looks<'_>, style: Style) -> String {
    let size = rustix::termios::tcgetwinsize(stdout()).ok();
    let rows = size.map_or(24, |it| usize::from(it.ws_row)).max(4);
    let title = format!(
        "{} \"{}\": {} bytes, {}",
        object.called, object.name, look.size, object.seals
    );
    let mut lines = vec![style.bold(&title)];
    let shown = look.lines(args.offset, before);
    lines.extend(shown.map(|it| it.marked(style)));
    let room = rows.saturating_sub(2);
    if lines.len() > room {
        let hidden = lines.len().saturating_sub(room);
        lines.truncate(room);
        lines.push(style.dim(&format!("… {hidden} more lines: choose --offset and --len")));
    }
    format!("\x1b[H{}\x1b[K\n\x1b[J", lines.join("\x1b[K\n"))
}

/// What is new, a line each: all of it at the first look.
fn changes(offset: u64, (look, before): Looks<'_>, begin: Instant) -> String {
    let time = begin.elapsed().as_secs_f64();
    let mut text = String::new();
    if let Some(before) = before.filter(|it| it.size != look.size) {
        let (old, new) = (before.size, look.size);
        text.push_str(&format!("{time:9.3} size {old} -> {new}\n"));
    }
    for line in look.lines(offset, before) {
        let line = match before {
            None => line.plain(),
            Some(_) if line.is_changed() => line.bracketed(),
            Some(_) => continue,
        };
        text.push_str(&format!("{time:9.3} {line}\n"));
    }
    text
}
