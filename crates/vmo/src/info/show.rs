// SPDX-License-Identifier: MIT OR Apache-2.0
//! A report for people.

use vmo_census::escape;

use super::Report;
use super::peer::Can;
use crate::ls::who;
use crate::size::human;
use crate::style::Style;

/// The text, with the end of its last line.
pub(super) fn text(report: &Report) -> String {
    let style = Style::of_stdout();
    let mut lines = Vec::new();
    facts(report, style, &mut lines);
    lines.push(String::new());
    lines.push(style.bold("What a peer can still do"));
    for threat in &report.threats {
        let can = format!("{:<6}", threat.can.word());
        let can = match threat.can {
            Can::No => style.green(&can),
            Can::Owner | Can::Unknown => style.yellow(&can),
            Can::Yes => style.red(&can),
        };
        lines.push(format!("  {can}{}: {}", threat.what, threat.why));
    }
    lines.push(String::new());
    gate(report, style, &mut lines);
    lines.push(String::new());
    lines.join("\n")
}

fn facts(report: &Report, style: Style, lines: &mut Vec<String>) {
    let facts = &report.facts;
    let name = match escape(&facts.name) {
        name if name.is_empty() => "(no name)".to_owned(),
        name => name,
    };
    lines.push(style.bold(&name));
    let mut line = |title: &str, text: String| lines.push(format!("  {title:<10}{text}"));
    let kind = facts.kind.map(|it| it.to_string());
    let other = || match report.gate.is_no_memory() {
        Some(kind) => kind.to_string(),
        None => "a file".to_owned(),
    };
    let kind = kind.unwrap_or_else(other);
    line("kind", kind);
    if let Some(id) = facts.id {
        line("id", id.to_string());
    }
    line("size", size(report));
    line("seals", seals(report));
    if let (Some(owner), Some(mode)) = (facts.owner, facts.mode) {
        line("owner", format!("uid {owner}, mode {:04o}", mode & 0o7777));
    }
    let holders = report
        .object
        .iter()
        .flat_map(|it| who(it, &report.processes));
    for (at, holder) in holders.enumerate() {
        line(if at == 0 { "held by" } else { "" }, holder);
    }
}

fn size(report: &Report) -> String {
    let facts = &report.facts;
    let at_least = report.object.as_ref().map_or(0, |it| it.at_least);
    let size = match facts.size {
        Some(bytes) if bytes < 1024 => human(bytes),
        Some(bytes) => format!("{} ({bytes} bytes)", human(bytes)),
        None => format!("at least {}", human(at_least)),
    };
    match facts.committed {
        Some(bytes) => format!("{size}, {} committed", human(bytes)),
        None => size,
    }
}

fn seals(report: &Report) -> String {
    match (report.facts.sealable(), report.facts.seals) {
        (false, _) => "it has none, and can't".to_owned(),
        (true, None) => "?".to_owned(),
        (true, Some(seals)) => seals.to_string(),
    }
}

fn gate(report: &Report, style: Style, lines: &mut Vec<String>) {
    lines.push(style.bold("How to take it, as Vmo::from_fd answers"));
    let answers = match &report.gate.answers {
        Ok(answers) => answers,
        Err(why) => {
            lines.push(format!("  {} {why}", style.yellow("?    ")));
            return;
        }
    };
    let best = report.gate.best();
    // Those that are refused for the same reason share a line.
    let mut refused = Vec::<(Vec<&str>, String)>::new();
    for answer in answers {
        let (name, gives) = (answer.policy.word(), answer.policy.gives());
        match (answer.refused, refused.last_mut()) {
            (None, _) if Some(answer.policy) == best => {
                let gives = style.bold(&format!("{name:<10}{gives} (the best here)"));
                lines.push(format!("  {} {gives}", style.green("takes ")));
            }
            (None, _) => lines.push(format!("  {} {name:<10}{gives}", style.green("takes "))),
            (Some(why), Some((names, same))) if *same == why.to_string() => names.push(name),
            (Some(why), _) => refused.push((vec![name], why.to_string())),
        }
    }
    for (names, why) in refused {
        let names = names.join(", ");
        lines.push(format!(
            "  {} {names}: {}",
            style.red("no    "),
            style.dim(&why)
        ));
    }
    let rust = report.gate.rust(&report.facts);
    if !rust.is_empty() {
        lines.push(String::new());
        lines.extend(rust.iter().map(|line| format!("    {line}")));
    }
}
