// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands in the boxes: words, how wide they are, and made fit for XML.

use core::fmt::Write;

use unicode_width::UnicodeWidthChar;
use vmo_census::{Kind, Sight};

use super::model::{Graph, Object, Process, State};
use crate::ls::shorten;
use crate::size::human;

/// How many columns of a terminal a name may take; the middle of a longer one is left out.
const LONGEST: usize = 30;

/// A name that fits.
pub(super) fn short(name: &str) -> String {
    match name {
        "" => "(no name)".to_owned(),
        name => shorten(name, LONGEST),
    }
}

/// How wide a text is at most in a font of `size` pixels: by DejaVu Sans, wider than what
/// most systems have.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let em = |char: char| match char {
        'i' | 'j' | 'l' | '\'' | '|' => 0.30,
        ' ' | '.' | ',' | ':' | ';' | '!' | '/' | '(' | ')' | '-' | '[' | ']' | '\\' => 0.40,
        'f' | 't' | 'r' | 'I' | '·' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 1.0,
        '≥' | '×' | '+' | '=' | '<' | '>' | '~' => 0.84,
        'A'..='Z' | '&' | '#' => 0.76,
        'a'..='z' | '0'..='9' => 0.64,
        _ => match char.width() {
            Some(0) | None => 0.0,
            Some(1) => 0.8,
            Some(_) => 1.1,
        },
    };
    text.chars().map(em).sum::<f64>() * size
}

/// The same in bold.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    width(text, size) * 1.1
}

/// The second line of a process.
pub(super) fn of_process(process: &Process) -> String {
    let mut text = format!("pid {}", process.pid);
    if let Some(uid) = process.uid {
        text.push_str(&format!(" · uid {uid}"));
    }
    if process.sight.is_some_and(|it| it != Sight::Full) {
        text.push_str(" · partly seen");
    }
    text
}

/// The second line of an object.
pub(super) fn of_object(object: &Object) -> String {
    let size = size(object);
    let loose = object.members.iter().filter(|it| it.state == State::Loose);
    let what = match (loose.count(), object.members.len()) {
        (0, 0) => seals(object),
        (0, _) if object.state == State::Other => "none can be truncated".to_owned(),
        (_, _) if object.state != State::Other => seals(object),
        (1, _) => "1 can be truncated".to_owned(),
        (loose, _) => format!("{loose} can be truncated"),
    };
    format!("{size} · {what}")
}

/// The size, as far as it is known.
pub(super) fn size(object: &Object) -> String {
    match object.size {
        Some(size) => human(size),
        None => format!("≥ {}", human(object.at_least)),
    }
}

/// The seals in words, or what there is instead.
pub(super) fn seals(object: &Object) -> String {
    match (object.kind, object.seals) {
        (Kind::Memfd, Some(seals)) if seals.bits() == 0 => "no seals".to_owned(),
        (Kind::Memfd, Some(seals)) => seals.to_string(),
        (Kind::Memfd, None) if object.members.is_empty() => "seals ?".to_owned(),
        (Kind::Memfd, None) => "various seals".to_owned(),
        (Kind::HugeMemfd, _) => "huge pages".to_owned(),
        (kind, _) => kind.to_string(),
    }
}

/// Everything about a process, a line each.
pub(super) fn about_process(process: &Process) -> Vec<String> {
    let mut lines = vec![process.name.clone(), of_process(process)];
    match process.sight {
        Some(Sight::Full) => {}
        Some(Sight::NoFds) => lines.push("its descriptors could not be seen".to_owned()),
        Some(Sight::NoMaps) => lines.push("its mappings could not be seen".to_owned()),
        Some(Sight::Silent) => lines.push("it does not let itself be looked into".to_owned()),
        _ => lines.push("it could not be looked at".to_owned()),
    }
    lines
}

/// Everything about an object, a line each.
pub(super) fn about_object(object: &Object) -> Vec<String> {
    const NAMED: usize = 24;
    let mut lines = vec![object.name.clone()];
    if object.members.is_empty() {
        lines.push(format!("{} {}", object.kind, object.id));
    }
    if let Some(bytes) = object.size {
        lines.push(format!("size: {} ({bytes} bytes)", human(bytes)));
    } else {
        lines.push(format!("size: at least {} bytes", object.at_least));
    }
    if let Some(bytes) = object.committed {
        lines.push(format!("committed: {}", human(bytes)));
    }
    lines.push(format!("seals: {}", seals(object)));
    if object.state != State::Other || object.members.is_empty() {
        lines.push(object.state.to_string());
    }
    let named = object.members.iter().take(NAMED);
    lines.extend(named.map(|it| format!("{} {} ({})", it.id, it.name, it.state.word())));
    match object.members.len().saturating_sub(NAMED) {
        0 => {}
        more => lines.push(format!("and {more} more")),
    }
    lines
}

/// What it is about, for a heading: two lines.
pub(super) fn headline(graph: &Graph) -> [String; 2] {
    let objects = graph.objects.iter().map(|it| it.members.len().max(1));
    let objects: usize = objects.sum();
    let loose: usize = graph.objects.iter().map(loose).sum();
    let plural = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    };
    let first = format!(
        "{}, {}",
        plural(objects, "object", "objects"),
        plural(graph.processes.len(), "process", "processes")
    );
    let mut second = match loose {
        _ if objects == 0 => "nothing that could be seen".to_owned(),
        0 => "no peer can truncate any of them".to_owned(),
        _ => format!("{loose} can be truncated by a peer"),
    };
    if graph.unseen > 0 {
        let unseen = plural(graph.unseen, "process", "processes");
        second.push_str(&format!(" · {unseen} could not be looked at"));
    }
    if graph
        .objects
        .iter()
        .any(|it| it.members.is_empty() && is_unknown(it))
    {
        second.push_str(" · some seals could not be seen");
    }
    [first, second]
}

fn is_unknown(object: &Object) -> bool {
    object.kind == Kind::Memfd && object.seals.is_none()
}

fn loose(object: &Object) -> usize {
    let members = object.members.iter().filter(|it| it.state == State::Loose);
    let alone = object.members.is_empty() && object.state == State::Loose;
    members.count().saturating_add(usize::from(alone))
}

/// `text` as it may stand in XML, between tags and within quotes.
pub(crate) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        // Writing to a string can't fail.
        let _ = match char {
            '&' => write!(safe, "&amp;"),
            '<' => write!(safe, "&lt;"),
            '>' => write!(safe, "&gt;"),
            '"' => write!(safe, "&quot;"),
            '\'' => write!(safe, "&#39;"),
            '\n' => writeln!(safe),
            // No character of XML: nothing can be written for those.
            '\u{fffe}' | '\u{ffff}' => write!(safe, "\\u{{{:x}}}", u32::from(char)),
            _ if char.is_control() => write!(safe, "\\u{{{:x}}}", u32::from(char)),
            _ => write!(safe, "{char}"),
        };
    }
    safe
}
