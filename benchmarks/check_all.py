"""Check the data of every task in some folders, and print what is found as a Markdown table.

    python benchmarks/check_all.py --data DIR --data DIR > table.md

For each task: sets (split and language) found of those it has, rows read, the share of a whole copy where its size is
known, faults, notes and seconds. Faults and one place for each kind of note go to stderr. Nothing is downloaded.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from madx_stilts.data.check import check
from madx_stilts.data.check_report import CheckRequest, Report, sets_of
from madx_stilts.data.sources import DataSources
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split, Task

HEADS = ("task", "format", "sets found", "rows", "of a whole copy", "faults", "notes", "seconds")
NUMBERS_BEGIN_AT = 2


def main() -> None:
    """Check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", type=Path, required=True, metavar="DIR", help="A local mirror.")
    parser.add_argument("--task", action="append", choices=[*TASKS], metavar="NAME", help="Only these tasks.")
    parser.add_argument("--limit", type=int, metavar="N", help="Read the first rows of each set only.")
    chosen = parser.parse_args()
    place = DataSources(tuple(chosen.data), offline=True)
    print_row(HEADS)
    print_row("---:" if at >= NUMBERS_BEGIN_AT else "---" for at in range(len(HEADS)))
    totals = Counter[str]()
    for name in chosen.task or TASKS:
        report, seconds = timed(TASKS[name], place, chosen.limit)
        print_row(cells(report, seconds))
        tell(report)
        totals.update(rows=rows_of(report), faults=report.fault_count, seconds=round(seconds))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = ", ".join(f"{count:,} {what}" for what, count in totals.items())
    print(f"\n{told}, {memory:,.0f} MiB at most.")


def timed(task: Task, place: DataSources, limit: int | None) -> tuple[Report, float]:
    """Check all sets of a task; seconds by the clock."""
    begun = time.perf_counter()
    splits = [split for split in get_args(Split) if split in task.splits]
    report = check(task, place, CheckRequest(sets_of(task, splits), limit))
    return report, time.perf_counter() - begun


def cells(report: Report, seconds: float) -> tuple[str, ...]:
    """One row of the table."""
    read = [one for one in report.checked if one.set.part == "rows"]
    known = [one for one in read if one.published]
    published = sum(one.published or 0 for one in known)
    share = f"{100 * sum(one.rows for one in known) / published:.0f} %" if published else ""
    notes = sum(len(one.notes) for one in report.checked)
    return (
        *(report.task.name, report.task.format),
        f"{len(report.checked)} of {len(report.checked) + len(report.missing)}",
        *(f"{rows_of(report):,}", share, f"{report.fault_count:,}", f"{notes:,}", f"{seconds:.1f}"),
    )


def rows_of(report: Report) -> int:
    """Rows that were read, candidates aside."""
    return sum(one.rows for one in report.checked if one.set.part == "rows")


def tell(report: Report) -> None:
    """Say on stderr what was found."""
    for one in report.checked:
        for fault in one.faults:
            print(f"{report.task.name} {one.set}: fault: {fault.error().message}", file=sys.stderr)
        for note in one.notes:
            place = f"; as {note.file}, row {note.row}" if note.file else f": {note.detail}" if note.detail else ""
            print(f"{report.task.name} {one.set}: {note.count:,} {note.what}{place}", file=sys.stderr)


def print_row(texts: Iterable[str]) -> None:
    """One line of a Markdown table, at once."""
    print(f"| {' | '.join(texts)} |", flush=True)


if __name__ == "__main__":
    main()
