"""Tables on stdout. What a person copies, such as a reference, is never folded, however narrow the terminal."""

import sys
from collections.abc import Iterable, Sequence

from madx_stilts.cli.output import echo

_NO_LIMIT = 10_000
"""Characters; wider than any table. A pipe has no width, so nothing is folded there."""


def show(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, whole: int = 1, numbers: int = 0
) -> None:
    """Print a table.

    Args:
        whole: How many of the first columns are never folded.
        numbers: How many of the last columns hold numbers, which are aligned to the right.
    """
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    lines = list(rows)
    plain = _plain([columns, *lines], numbers=numbers)
    if plain and (not sys.stdout.isatty() or cell_len(plain[1]) <= Console().width):
        echo("\n".join([f"{title}\n", *plain]))
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="")
    for at, column in enumerate(columns):
        right = at >= len(columns) - numbers
        table.add_column(Text(column), justify="right" if right else "left", overflow="fold", no_wrap=at < whole)
    for row in lines:
        table.add_row(*map(Text, row))
    console = Console(width=None if sys.stdout.isatty() else _NO_LIMIT)
    needed = Measurement.get(console, console.options.update(max_width=_NO_LIMIT), table)
    echo(f"{title}\n")
    wide = Console(width=min(max(console.width, needed.minimum), needed.maximum))
    with wide.capture() as text:
        wide.print(table)
    echo("\n".join(line.rstrip() for line in text.get().rstrip().splitlines()))


def _plain(rows: Sequence[Sequence[str]], *, numbers: int) -> list[str]:
    """The lines of a table in which nothing needs to be folded, as rich would print them, in a fraction of its time.

    Args:
        rows: The heads of the columns first.

    Returns:
        None where a cell has line breaks or the like, which are left to rich.
    """
    from rich.cells import cell_len

    if any(cell != cell.strip() or not cell.isprintable() for row in rows for cell in row):
        return []
    sizes = [[cell_len(cell) for cell in row] for row in rows]
    widths = [max(column) for column in zip(*sizes, strict=True)]
    left = len(widths) - numbers
    lines = []
    for row, known in zip(rows, sizes, strict=True):
        gaps = [" " * (width - size) for width, size in zip(widths, known, strict=True)]
        cells = [cell + gap if at < left else gap + cell for at, (cell, gap) in enumerate(zip(row, gaps, strict=True))]
        lines.append("   ".join(cells).rstrip())
    rule = "─" * (sum(widths) + 3 * (len(widths) - 1))
    return [lines[0], rule, *lines[1:]]
