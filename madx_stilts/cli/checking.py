"""Checked data as a page or as JSON. No torch."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from madx_stilts.api.requests import code_in, languages_of
from madx_stilts.cli import page, tables, telling
from madx_stilts.cli.output import echo
from madx_stilts.cli.page import Facts
from madx_stilts.cli.requests import split_of
from madx_stilts.data.check_report import Checked, Missing, Report, Rows, sets_of
from madx_stilts.data.counts import CheckNote
from madx_stilts.data.rows import RowFault
from madx_stilts.errors import DataError, UsageError
from madx_stilts.tasks.task import Split, Task

NAMED = 2
"""Labels that a table names when there are many."""
FEW = 5
"""Labels that are not many."""


def wanted_sets(task: Task, languages: str, split: str | None) -> tuple[Rows, ...]:
    """The sets that are meant: one split, or of all splits those that have the languages.

    Raises:
        DataError: The task has no such split.
        UsageError: No split has data in one of the languages.
    """
    if split is not None:
        return tuple(Rows(split_of(split), one) for one in languages_of(task, split_of(split), languages, telling.note))
    splits = [one for one in get_args(Split) if one in task.splits]
    known = sets_of(task, splits)
    if languages == "all":
        return known
    codes = dict.fromkeys(one.language for one in known)
    wanted = {code_in(codes, code.strip(), telling.note) for code in languages.split(",")}
    unknown = sorted(wanted - {one.language for one in known})
    if unknown:
        has = ", ".join(codes)
        raise UsageError(f"{task.name} has no data in {', '.join(map(repr, unknown))}.", hint=f"It has: {has}.")
    return tuple(one for one in known if one.language in wanted)


def report_facts(report: Report) -> dict[str, object]:
    """All of a report, for programs."""
    return {
        "task": report.task.name,
        "sets": [_checked_facts(one) for one in report.checked],
        "missing": [{**_set_facts(one.set), "reason": one.reason, "hint": one.hint} for one in report.missing],
    }


def show_report(report: Report) -> None:
    """Print a report: a table of sets, then faults, notes and what is not here."""
    if report.checked:
        heads, *numbers = _aligned(report.checked)
        rows = (
            [one.set.split, _language(one.set), *some, _labels(one)]
            for one, some in zip(report.checked, numbers, strict=True)
        )
        tables.show(f"Data of {report.task.name}", ["split", "language", *heads, "labels"], rows, whole=5)
        echo()
    faults, notes = [*_fault_lines(report.checked)], _note_lines(report.checked)
    sections = {"Another version or a part": _unlike_lines(report), "Faults": faults, "Notes": notes}
    page.show(_summary(report), {**sections, "Not here": _missing_lines(report.missing)})


def require_sound(report: Report) -> None:
    """Something was found, and nothing is wrong with it.

    Raises:
        DataError: Otherwise.
    """
    name = report.task.name
    if not report.checked:
        first = report.missing[0]
        raise DataError(f"No data of {name} are here. {first.reason}", hint=first.hint)
    if report.fault_count:
        bad = sum(1 for one in report.checked if one.fault_count)
        raise DataError(
            f"The data of {name} have {_count(report.fault_count, 'fault')} in {_count(bad, 'set')}.",
            hint="Fix the rows that are named on stdout, or fetch their files again.",
        )


def _summary(report: Report) -> str:
    rows = sum(one.rows for one in report.checked if one.set.part == "rows")
    sets = len(report.checked) + len(report.missing)
    part = "" if all(one.whole for one in report.checked) else ", not all of them"
    unlike = len(report.unlike_published)
    other = f", {_count(unlike, 'set')} unlike what was published" if unlike else ""
    return (
        f"{len(report.checked)} of {_count(sets, 'set')} found: {_count(rows, 'row')} read{part}{other}, "
        f"{_count(report.fault_count, 'fault')}. Rows of a file are counted from 0."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _language(one: Rows) -> str:
    return f"{one.language} (candidates)" if one.part == "candidates" else one.language


def _aligned(checked: Sequence[Checked]) -> list[list[str]]:
    """Heads of the columns of numbers, and the numbers of each set: rows, rows of a whole copy, faults."""
    lines = [["rows", "published", "faults"], *map(_numbers, checked)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [[text.rjust(width) for text, width in zip(line, widths, strict=True)] for line in lines]


def _numbers(one: Checked) -> list[str]:
    published = "" if one.published is None else f"{one.published:,}"
    return [f"{one.rows:,}" + ("" if one.whole else "+"), published, f"{one.fault_count:,}" if one.fault_count else "-"]


def _labels(one: Checked) -> str:
    """Few labels with their counts in the task's order; of many the most frequent."""
    told = [*one.labels.items()]
    if len(told) > FEW:
        told = sorted(told, key=lambda pair: -pair[1])[:NAMED]
    more = f", {len(one.labels) - len(told)} more" if len(told) < len(one.labels) else ""
    return ", ".join(f"{name} {count:,}" for name, count in told) + more


def _fault_lines(checked: Iterable[Checked]) -> Iterator[tuple[str, str]]:
    for one in checked:
        yield from ((str(one.set), _told(fault)) for fault in one.faults)
        if one.fault_count > len(one.faults):
            yield str(one.set), f"and {one.fault_count - len(one.faults):,} more; --faults shows more"


def _told(fault: RowFault) -> str:
    rest = " The rest of the file was not read." if fault.ends_file else ""
    return fault.error().message.replace("\n", " ") + rest


def _unlike_lines(report: Report) -> Facts:
    """The sets that are not what was published, by split: rows that are here, and those of a whole copy."""
    lines: dict[str, list[str]] = {}
    for one in report.unlike_published:
        lines.setdefault(one.set.split, []).append(f"{one.set.language} {one.rows:,} rows of {one.published:,}")
    return [(split, ", ".join(sets)) for split, sets in lines.items()]


def _note_lines(checked: Sequence[Checked]) -> Facts:
    """One line for all notes of a kind: how many, in which sets, and one place."""
    kinds: dict[str, list[tuple[Rows, CheckNote]]] = {}
    for one in checked:
        for note in one.notes:
            kinds.setdefault(note.what, []).append((one.set, note))
    lines: list[tuple[str, str]] = []
    for what, met in kinds.items():
        where, note = max(met, key=lambda pair: pair[1].count)
        sets = str(where) if len(met) == 1 else f"{len(met)} sets, most in {where} ({note.count:,})"
        detail = f": {note.detail}" if note.detail else ""
        place = f"; as {note.file}, row {note.row}" if note.file else ""
        lines.append((f"{sum(each.count for _, each in met):,}", f"{what}, {sets}{detail}{place}"))
    width = max((len(count) for count, _ in lines), default=0)
    return [(count.rjust(width), text) for count, text in lines]


def _missing_lines(missing: Sequence[Missing]) -> Facts:
    lines: dict[str, list[str]] = {}
    for one in missing:
        lines.setdefault(one.set.split, []).append(_language(one.set))
    hints = list(dict.fromkeys(one.hint for one in missing))
    hints = [one for one in hints if not any(one != other and one in other for other in hints)]
    return [*((split, ", ".join(languages)) for split, languages in lines.items()), ("to get it", " ".join(hints))]


def _set_facts(one: Rows) -> dict[str, object]:
    return {"split": one.split, "language": one.language, "part": one.part}


def _checked_facts(one: Checked) -> dict[str, object]:
    return {
        **_set_facts(one.set),
        "origin": one.origin,
        "rows": one.rows,
        "whole": one.whole,
        "published": one.published,
        "unlike_published": one.unlike_published,
        "labels": dict(one.labels),
        "notes": [
            {"count": note.count, "what": note.what, "detail": note.detail, **_place(note.file, note.row)}
            for note in one.notes
        ],
        "faults": [
            {**_place(fault.file, fault.row), "problem": fault.problem, "ends_file": fault.ends_file}
            for fault in one.faults
        ],
        "fault_count": one.fault_count,
    }


def _place(file: object, row: int | None) -> dict[str, object]:
    return {"file": None if file is None else str(file), "row": row}
