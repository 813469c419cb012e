// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`escape`]: names that others chose, made fit to be shown.

use core::fmt::Write;

/// `name` as a terminal or a picture can show it: control bytes and what is no UTF-8 as
/// `\x1b`, characters that have no look or turn the direction of others as `\u{202e}`, and a
/// backslash twice, so that two names never look the same for what was done here.
///
/// # Examples
///
/// ```
/// use vmo_census::escape;
///
/// assert_eq!(escape(b"camera"), "camera");
/// assert_eq!(escape(b"\x1b[31mred\xff"), r"\x1b[31mred\xff");
/// assert_eq!(escape("a\u{202e}b\\".as_bytes()), r"a\u{202e}b\\");
/// ```
#[must_use]
pub fn escape(name: &[u8]) -> String {
    let mut shown = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            push(&mut shown, char);
        }
        for byte in chunk.invalid() {
            // Writing to a string can't fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

fn push(shown: &mut String, char: char) {
    let code = u32::from(char);
    let _ = match char {
        '\\' => write!(shown, "\\\\"),
        _ if char.is_ascii_control() => write!(shown, "\\x{code:02x}"),
        _ if is_unseen(char) => write!(shown, "\\u{{{code:x}}}"),
        _ => shown.write_char(char),
    };
}

/// Whether a character has no look of its own: controls, formats (which turn directions too),
/// separators, fillers, selectors of variants.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || (char.is_whitespace() && char != ' ')
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}
