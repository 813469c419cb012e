// SPDX-License-Identifier: MIT OR Apache-2.0
//! One line of a dump: where, up to 16 bytes, and the same as letters.

use crate::style::Style;

/// Bytes of a line.
pub(super) const WIDTH: usize = 16;

/// Some bytes, and which of them changed.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    offset: u64,
    bytes: &'a [u8],
    changed: [bool; WIDTH],
}

impl<'a> Line<'a> {
    pub(super) fn new(offset: u64, bytes: &'a [u8]) -> Self {
        Self {
            offset,
            bytes,
            changed: [false; WIDTH],
        }
    }

    /// What was there before: whatever is another byte, or was none, has changed.
    pub(super) fn since(mut self, before: &[u8]) -> Self {
        for (index, changed) in self.changed.iter_mut().enumerate() {
            let now = self.bytes.get(index);
            *changed = now.is_some() && now != before.get(index);
        }
        self
    }

    pub(super) fn is_changed(&self) -> bool {
        self.changed.contains(&true)
    }

    /// `00000010  41 42 …  |AB…|`, as `hexdump -C` has it.
    pub(super) fn plain(&self) -> String {
        format!(
            "{:08x} {}  {}",
            self.offset,
            self.hex(|_, hex| hex),
            self.letters()
        )
    }

    /// On a terminal.
    pub(super) fn marked(&self, style: Style) -> String {
        if !style.colours() {
            return self.bracketed();
        }
        let hex = self.hex(|changed, hex| match changed {
            true => style.yellow(&hex),
            false => hex,
        });
        format!("{:08x} {hex}  {}", self.offset, self.letters())
    }

    /// `>00000010 [41]42 …`
    pub(super) fn bracketed(&self) -> String {
        let mut hex = String::new();
        let mut open = false;
        for index in 0..=WIDTH {
            let changed = self.changed.get(index) == Some(&true);
            hex.push(match (open, changed) {
                (false, true) => '[',
                (true, true) => '|',
                (true, false) => ']',
                (false, false) => ' ',
            });
            open = changed;
            if index == WIDTH / 2 && !changed {
                hex.push(' ');
            } else if index == WIDTH / 2 {
                // The gap stays before the bracket.
                hex.insert(hex.len().saturating_sub(1), ' ');
            }
            if index < WIDTH {
                hex.push_str(&self.byte(index));
            }
        }
        let mark = if self.is_changed() { '>' } else { ' ' };
        format!("{mark}{:08x} {hex} {}", self.offset, self.letters())
    }

    fn byte(&self, index: usize) -> String {
        let byte = self.bytes.get(index);
        byte.map_or_else(|| "  ".to_owned(), |it| format!("{it:02x}"))
    }

    fn hex(&self, paint: impl Fn(bool, String) -> String) -> String {
        let mut text = String::new();
        for (index, changed) in self.changed.iter().enumerate() {
            let gap = if index == WIDTH / 2 { "  " } else { " " };
            text.push_str(gap);
            text.push_str(&paint(*changed, self.byte(index)));
        }
        text
    }

    /// Nothing that a terminal would obey.
    fn letters(&self) -> String {
        let letters = self.bytes.iter().map(|it| match it {
            b' '..=b'~' => char::from(*it),
            _ => '.',
        });
        format!("|{}|", letters.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_hexdump_has_it() {
        let line = Line::new(16, b"0123456789abcdef").plain();
        let expected =
            "00000010  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|";
        assert_eq!(line, expected);
        let short = Line::new(0, b"\x1b[31m\xff").plain();
        assert_eq!(short.len(), expected.len() - 10);
        assert!(short.ends_with("  |.[31m.|"), "{short}");
    }

    #[test]
    fn what_changed_stands_in_brackets_and_the_columns_stay() {
        let bytes = b"0123456789abcdef";
        let same = Line::new(0, bytes).since(bytes);
        assert!(!same.is_changed());
        assert_eq!(same.bracketed(), format!(" {}", same.plain()));
        for before in [
            &b"x12345678xabcdef"[..],
            b"01234567xxabcdex",
            b"",
            b"0123456",
        ] {
            let line = Line::new(0, bytes).since(before);
            let text = line.bracketed();
            assert!(line.is_changed() && text.starts_with('>'), "{text}");
            assert_eq!(text.len(), same.bracketed().len(), "{text}");
        }
        let two = Line::new(0, bytes).since(b"xx23456789abcdef").bracketed();
        assert!(two.starts_with(">00000000 [30|31]32 33"), "{two}");
        let last = Line::new(0, bytes).since(b"0123456789abcdex").bracketed();
        assert!(last.contains(" 65[66] |"), "{last}");
    }
}
