"""Facts about one thing, in sections, on stdout. Sentences are folded to the terminal; names and paths stay whole."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import TextWrapper

from madx_stilts.cli.output import echo

Facts = Sequence[tuple[str, str]]

_GAP = 2
"""Characters between a key and its value, and of the indent below a heading."""
_NO_LIMIT = 10_000
"""Characters; a pipe has no width, so nothing is folded there."""


def show(title: str, sections: Mapping[str, Facts]) -> None:
    """Print a page; facts and sections that are empty are left out.

    Args:
        sections: Facts by heading; those without a heading stand directly below the title.
    """
    lines = [title]
    for heading, facts in sections.items():
        told = [(key, value) for key, value in facts if value]
        if told:
            lines += ["", *([f"{heading}:"] if heading else []), *_aligned(told, indent=_GAP if heading else 0)]
    echo("\n".join(lines))


def _aligned(facts: Facts, *, indent: int) -> Iterator[str]:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _NO_LIMIT
    column = indent + max(len(key) for key, _ in facts) + _GAP
    # A part of a name or path could not be copied, so words are never broken, not even at a hyphen.
    folding = TextWrapper(max(width, column + 1), break_long_words=False, break_on_hyphens=False)
    folding.subsequent_indent = " " * column
    for key, value in facts:
        folding.initial_indent = f"{' ' * indent}{key}".ljust(column)
        yield folding.fill(value)
