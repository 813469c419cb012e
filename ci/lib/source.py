# SPDX-License-Identifier: MIT OR Apache-2.0
"""The project's files, and Rust text with comments and literals blanked out.

A gate that looks for `unsafe {` or `target_os` in the raw text would find them in comments
and strings too. `code` keeps every line where it was, so line numbers stay true.
"""
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SKIPPED_DIRS = {".git", "target", "records", "__pycache__", ".venv"}

TOKEN = re.compile(
    r"""(?P<line>//[^\n]*)
      | (?P<block>/\*)
      | (?P<raw>\b(?:br|cr|r)(?P<hash>\#*)")
      | (?P<string>\b[bc]?"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*")
      | (?P<char>\bb?'(?:[^'\\\n]|\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.))'
              |'(?:[^'\\\n]|\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.))')""",
    re.VERBOSE | re.DOTALL,
)


def paths(*suffixes):
    """Paths of the project's files, relative to its root, sorted; no links, no build output."""
    found = []
    for folder, subdirs, names in os.walk(ROOT):
        subdirs[:] = [d for d in subdirs if d not in SKIPPED_DIRS]
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(suffixes) and not os.path.islink(path):
                found.append(os.path.relpath(path, ROOT))
    return sorted(found)


def read(path):
    """The text of a file of the project, or None if it is no text."""
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        return None


def _block_end(text, at):
    depth = 0
    for edge in re.finditer(r"/\*|\*/", text[at:]):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return at + edge.end()
    return len(text)


def code(text):
    """`text` with every comment, string and character blanked out, lines kept."""
    out, at = [], 0
    while match := TOKEN.search(text, at):
        out.append(text[at:match.start()])
        end = match.end()
        if match.group("block"):
            end = _block_end(text, match.start())
        elif match.group("raw"):
            closing = text.find('"' + match.group("hash"), end)
            end = len(text) if closing < 0 else closing + 1 + len(match.group("hash"))
        out.append(re.sub(r"[^\n]", " ", text[match.start():end]))
        at = end
    return "".join(out) + text[at:]


def closing(blanked, at):
    """The index past the bracket that closes the one at `at`."""
    pairs, depth = {"(": ")", "{": "}", "[": "]"}, 0
    opener, closer = blanked[at], pairs[blanked[at]]
    for i in range(at, len(blanked)):
        depth += (blanked[i] == opener) - (blanked[i] == closer)
        if depth == 0:
            return i + 1
    return len(blanked)


def without_tests(blanked):
    """`blanked` with the bodies of `#[cfg(test)]` modules blanked out too."""
    for match in reversed(list(re.finditer(r"#\[cfg\(test\)\]\s*mod\s+\w+\s*\{", blanked))):
        end = closing(blanked, match.end() - 1)
        hidden = re.sub(r"[^\n]", " ", blanked[match.start():end])
        blanked = blanked[:match.start()] + hidden + blanked[end:]
    return blanked


def line_of(text, at):
    """The number, from 1, of the line that holds index `at`."""
    return text.count("\n", 0, at) + 1


def finish(problems, summary):
    """Prints what was found and ends the gate."""
    for problem in problems:
        print(problem)
    print(summary)
    sys.exit(1 if problems else 0)
