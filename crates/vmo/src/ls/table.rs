// SPDX-License-Identifier: MIT OR Apache-2.0
//! A census as a table: a line per object, columns as wide as what stands in them looks.

use unicode_width::UnicodeWidthChar;
use vmo_census::{Object, escape};

use super::change::{Change, Changes};
use super::{Screen, View, who};
use crate::size::human;

/// How wide a column may be: what is wider moves only its own line.
const WIDEST: usize = 40;

/// How wide a name may be on a terminal: a sixth, for who holds it is worth more.
fn room_for_name(columns: usize) -> usize {
    (columns / 6).clamp(10, WIDEST)
}

/// What stands in a line, but for the holders.
#[derive(Debug)]
struct Row {
    cells: Vec<String>,
    who: Vec<String>,
    change: Option<Change>,
}

/// The heading and a line for each object; none if there is no object.
pub(super) fn lines(screen: Screen, view: &View, changes: Option<&Changes>) -> Vec<String> {
    let gone = changes.map_or(&[][..], |it| &it.gone);
    let objects: Vec<&Object> = view.census.objects.iter().chain(gone).collect();
    if objects.is_empty() {
        return Vec::new();
    }
    let columns = columns(view);
    let rows = objects.into_iter().map(|object| Row {
        cells: cells(&columns, object, screen),
        change: changes.and_then(|it| it.of(object)),
        who: match changes {
            Some(changes) if changes.of(object) == Some(Change::Gone) => {
                who::who(object, &changes.before)
            }
            _ => who::who(object, &view.census.processes),
        },
    });
    let rows: Vec<Row> = rows.collect();
    let widths: Vec<usize> = (0..)
        .zip(&columns)
        .map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.cells.get(at));
            let widest = cells.map(|cell| width(cell)).max();
            let widest = widest.unwrap_or(0).min(WIDEST);
            widest.max(width(column.title))
        })
        .collect();
    let titles: Vec<String> = columns.iter().map(|it| it.title.to_owned()).collect();
    let margin = if changes.is_some() { "  " } else { "" };
    let heading = format!("{margin}{}HELD BY", join(&titles, &widths, &columns));
    let heading = cut(&heading, screen.size.map(|it| it.0));
    let mut lines = vec![screen.style.bold(&heading)];
    for row in &rows {
        let mark = match (changes, row.change) {
            (None, _) => "",
            (_, None) => "  ",
            (_, Some(Change::New)) => "+ ",
            (_, Some(Change::Grown)) => "^ ",
            (_, Some(Change::Gone)) => "- ",
        };
        let line = format!("{mark}{}", join(&row.cells, &widths, &columns));
        lines.push(paint(screen, row, &with_holders(screen, line, &row.who)));
    }
    lines
}

fn paint(screen: Screen, row: &Row, line: &str) -> String {
    match row.change {
        Some(Change::New) => screen.style.green(line),
        Some(Change::Grown) => screen.style.yellow(line),
        Some(Change::Gone) => screen.style.red(line),
        None => line.to_owned(),
    }
}

/// The line with as many holders as fit, and how many do not.
fn with_holders(screen: Screen, mut line: String, who: &[String]) -> String {
    let Some((columns, _)) = screen.size else {
        return line + &who.join(", ");
    };
    for (at, one) in (0usize..).zip(who) {
        let left = who.len().saturating_sub(at);
        let comma = if at == 0 { "" } else { ", " };
        // What has to be said if this is the last that fits.
        let rest = match left {
            0 | 1 => 0,
            _ => width(&format!(", +{} more", left.saturating_sub(1))),
        };
        let next = format!("{line}{comma}{one}");
        if at > 0 && width(&next).saturating_add(rest) > columns {
            line.push_str(&format!("{comma}+{left} more"));
            break;
        }
        line = next;
    }
    cut(&line, Some(columns))
}

/// A column of the table.
#[derive(Debug)]
struct Column {
    title: &'static str,
    /// Numbers end, words begin at the same place.
    right: bool,
    cell: fn(&Object) -> String,
}

const NAME: &str = "NAME";

fn cells(columns: &[Column], object: &Object, screen: Screen) -> Vec<String> {
    let cells = columns.iter().map(|column| {
        let cell = (column.cell)(object);
        match screen.size {
            Some((columns, _)) if column.title == NAME => shorten(&cell, room_for_name(columns)),
            _ => cell,
        }
    });
    cells.collect()
}

fn columns(view: &View) -> Vec<Column> {
    let column = |title, cell| Column {
        title,
        right: false,
        cell,
    };
    let number = |title, cell| Column {
        title,
        right: true,
        cell,
    };
    let mut columns = vec![
        number("ID", |it| it.id.to_string()),
        column(NAME, |it| escape(&it.name)),
    ];
    if view.all {
        columns.push(column("KIND", |it| it.kind.to_string()));
    }
    columns.extend([
        number("SIZE", size),
        number("COMMITTED", |it| {
            it.committed.map_or_else(|| "?".to_owned(), human)
        }),
        column("SEALS", |it| {
            it.seals
                .map_or_else(|| "?".to_owned(), |seals| seals.to_string())
        }),
        number("SHARERS", |it| it.holders.len().to_string()),
    ]);
    columns
}

fn size(object: &Object) -> String {
    match object.size {
        Some(size) => human(size),
        None => format!("≥ {}", human(object.at_least)),
    }
}

/// Cells with their blanks: two between columns, and behind the last.
fn join(cells: &[String], widths: &[usize], columns: &[Column]) -> String {
    let mut line = String::new();
    for ((cell, wide), column) in cells.iter().zip(widths).zip(columns) {
        let blanks = " ".repeat(wide.saturating_sub(width(cell)));
        match column.right {
            true => line.push_str(&format!("{blanks}{cell}  ")),
            false => line.push_str(&format!("{cell}{blanks}  ")),
        }
    }
    line
}

/// How many columns of a terminal a text takes.
fn width(text: &str) -> usize {
    text.chars().map(|it| it.width().unwrap_or(0)).sum()
}

/// The beginning of a text that is too wide.
fn cut(text: &str, columns: Option<usize>) -> String {
    match columns {
        Some(columns) if width(text) > columns => {
            let room = columns.saturating_sub(1);
            format!("{}…", take(text.chars(), room))
        }
        _ => text.to_owned(),
    }
}

/// The beginning and the end of a text that is too wide.
pub(crate) fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let end: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    let begin = take(text.chars(), room.saturating_sub(room / 2));
    format!("{begin}…{end}")
}

/// As many characters as `columns` have room for.
fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut taken = 0usize;
    let fit = chars.take_while(|it| {
        taken = taken.saturating_add(it.width().unwrap_or(0));
        taken <= columns
    });
    fit.collect()
}

#[cfg(test)]
mod tests {
    use super::{cut, shorten, width};

    #[test]
    fn a_wide_name_keeps_both_ends_and_fits() {
        assert_eq!(shorten("short", 24), "short");
        assert_eq!(shorten("abcdefghij", 7), "abc…hij");
        for columns in 2..9 {
            let name = shorten("漢字漢字漢字漢字", columns);
            assert!(width(&name) <= columns, "{name}");
            assert!(name.contains('…'), "{name}");
        }
    }

    #[test]
    fn a_line_is_cut_at_the_last_column() {
        assert_eq!(cut("abcdef", Some(4)), "abc…");
        assert_eq!(cut("abcd", Some(4)), "abcd");
        assert_eq!(cut("abcdef", None), "abcdef");
    }
}
