"""Text that others wrote, cleaned for where it goes: a terminal, a line, a page in Markdown or HTML.

Cards, data rows, names of files and what a hub says are only text. On a terminal they must not move the cursor, change
the title or turn the direction of a line; in a page they must not become elements.
"""

import re
from typing import Final

_CONTROLS: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f"  # C0 but for tab and line feed
    "\x80-\x9f"  # C1, which some terminals take for escape sequences
    "\u2028\u2029"  # separators of lines
    "\u202a-\u202e\u2066-\u2069"  # directions that reach beyond the text
    "\ud800-\udfff"  # halves of characters, which cannot be written
    "]"
)
_OF_MARKDOWN: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'", "[": "\\[", "]": "\\]", "\\": "\\\\"}
)
_BEGINNINGS: Final = tuple("#-+=~*_")
"""Characters that make a heading, a list or a rule of the line that they begin."""


def for_terminal(text: str) -> str:
    """The text with control characters spelled out, but for line feeds and tabs."""
    return _CONTROLS.sub(_spelled, text)


def for_line(text: str) -> str:
    """The same in one line."""
    return for_terminal(" ".join(text.split()))


def for_markdown(text: str) -> str:
    """One line that is text wherever it is put in Markdown: in a paragraph, a list, a table or between backticks."""
    clean = for_line(text).translate(_OF_MARKDOWN).replace("|", "&#124;")
    return f"\\{clean}" if clean.startswith(_BEGINNINGS) else clean


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
