"""The tables of the page."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from madx_stilts.report.costs import CostTotal, seconds, size, sums
from madx_stilts.report.gains import Average, Gain, score
from madx_stilts.report.markup import Child, signed, tag
from madx_stilts.report.results import ALL, GAP, NONE, OTHERS, CellOutcome, ComparablePart, JobCost, Results, Target

_OVER = {ALL: "all languages", OTHERS: "without source", GAP: "transfer gap"}
_SHORT = {ALL: "all", OTHERS: "without source", GAP: "gap"}
"""Headings where there are many columns."""


def table(columns: Sequence[str], rows: Iterable[Sequence[Child]], *, words: int = 1) -> Element:
    """A table in a box that scrolls sideways where it is too wide.

    Args:
        words: How many of the first columns hold words; the others hold numbers.
    """
    head = tag("tr", {}, *(tag("th", {"scope": "col", **_side(at, words)}, name) for at, name in enumerate(columns)))
    return _boxed(tag("thead", {}, head), tag("tbody", {}, *(_row(row, words) for row in rows)))


def _row(cells: Sequence[Child], words: int) -> Element:
    first = tag("th", {"scope": "row", "class": "word"}, cells[0])
    return tag("tr", {}, first, *(tag("td", _side(at, words), cell) for at, cell in enumerate(cells[1:], 1)))


def _boxed(*parts: Element) -> Element:
    return tag("div", {"class": "scroll"}, tag("table", {}, *parts))


def _side(at: int, words: int) -> dict[str, str | float]:
    return {"class": "word" if at < words else "number"}


def score_table(part: ComparablePart) -> Element:
    """Mean over languages of the primary metric: intermediates x targets, with the spread over seeds."""
    heads = [f"{part.label(target)}, {target.metric.replace('_', ' ')}" for target in part.targets]
    rows: list[list[Child]] = [
        [name, *(_score(part, name, target) for target in part.targets)] for name in part.intermediates
    ]
    return table(["intermediate", *heads], rows)


def _score(part: ComparablePart, intermediate: str, target: Target) -> Element:
    value, holes = score(part, intermediate, target), part.holes(intermediate, target)
    if value is None:
        return _hole(holes[0] if holes else None)
    spread = [] if value.sd is None else [f"±{value.sd:.2f}"]
    counted = [f"{len(value.seeds)} of {len(value.seeds) + len(holes)} seeds"] if holes else []
    bare = ["bare backbone"] if target.retrieval and intermediate == NONE else []
    return _two(f"{value.mean:.2f}", ", ".join([*spread, *counted, *bare]))


def gain_table(part: ComparablePart, gains: Sequence[Gain]) -> Element:
    """Every gain over all languages, and without the source language, with what may be said of chance."""
    chosen = [one for one in gains if one.part is part and one.intermediate != NONE and one.over in _OVER]
    columns = ["intermediate", "target", "languages", "gain", "sd", "seeds", "95 % interval", "p", "p, Holm"]
    rows = [[one.intermediate, part.label(one.target), _OVER[one.over], *_chance(one)] for one in chosen]
    return table(columns, rows, words=3)


def _chance(gain: Gain) -> list[Child]:
    bounds = "–" if gain.low is None or gain.high is None else f"{signed(gain.low, 2)} to {signed(gain.high, 2)}"
    spread = "–" if gain.value.sd is None else f"{gain.value.sd:.2f}"
    p, corrected = ("–" if value is None else f"{value:.3g}" for value in (gain.p, gain.holm))
    return [signed(gain.value.mean, 2), spread, str(len(gain.value.seeds)), bounds, p, corrected]


def average_table(part: ComparablePart, averages: Sequence[Average]) -> Element:
    """Averages over targets: with and without retrieval, TyDiQA and the source language; and the transfer gap."""
    columns = list(dict.fromkeys((one.targets, one.over, one.count) for one in averages))
    found = {(one.intermediate, one.targets, one.over): one for one in averages}
    groups = [(name, len([*members])) for name, members in groupby(columns, key=lambda column: column[0])]
    heads = [tag("th", {"scope": "colgroup", "colspan": count, "class": "group"}, name) for name, count in groups]
    overs = [tag("th", {"scope": "col", "class": "number"}, f"{_SHORT[over]} ({count})") for _, over, count in columns]
    top = tag("tr", {}, tag("td", {}), *heads)
    head = tag("tr", {}, tag("th", {"scope": "col", "class": "word"}, "intermediate (number of targets)"), *overs)
    rows = [
        _row([name, *(_average(found.get((name, targets, over))) for targets, over, _ in columns)], 1)
        for name in part.intermediates
    ]
    return _boxed(tag("thead", {}, top, head), tag("tbody", {}, *rows))


def _average(one: Average | None) -> Element:
    if one is None or one.score is None:
        return _hole(None)
    gain = signed(one.gain.mean, 2) if one.gain and one.intermediate != NONE else ""
    return _two(f"{one.score.mean:.2f}", gain)


def cost_table(results: Results) -> Element:
    """What was done, what was there already, how long it took and how much memory at most."""
    columns = ["jobs", "number", "done", "reused", "not done", "wall time", "CPU time", "peak memory"]
    rows = [
        [one.kind, *map(str, (one.jobs, one.done, one.reused, one.open)), *_amounts(one)] for one in sums(results.costs)
    ]
    return table(columns, rows)


def job_table(results: Results) -> Element:
    """Every job: what it took and how many cells use it."""
    columns = ["job", "status", "device", "cells that use it", "wall time", "CPU time", "peak memory"]
    rows = [[one.name, one.status, one.device, str(one.cells), *_amounts(one)] for one in results.costs]
    return table(columns, rows, words=3)


def _amounts(one: JobCost | CostTotal) -> list[str]:
    return [seconds(one.wall_seconds), seconds(one.cpu_seconds), size(one.peak_bytes)]


def hole_table(results: Results) -> Element:
    """Every cell without scores, and why."""
    rows = [[*_named(one), one.why or "no score", one.reason or "–"] for one in results.holes]
    columns = ["intermediate", "target", "seed", "backbone", "transfer", "language adapter", "hole", "why"]
    return table(columns, rows, words=8)


def _named(one: CellOutcome) -> list[str]:
    cell = one.cell
    return [
        *(cell.intermediate, cell.target, str(cell.seed)),
        *(cell.backbone, cell.transfer, cell.language_adapter),
    ]


def number_table(part: ComparablePart, target: Target) -> Element:
    """Every score of a target: a row for each intermediate, seed and metric, a column for each language.

    Above them stands the baseline of each metric, where it is known.
    """
    return table(["intermediate", "seed", "metric", *target.languages], _numbers(part, target), words=3)


def _numbers(part: ComparablePart, target: Target) -> Iterator[list[Child]]:
    outcomes = (one for (_, its, _), one in part.outcomes.items() if its == target)
    known = next((one for one in outcomes if one.baseline), None)
    for metric in known.metrics if known else ():
        base = [known.baseline.get(code, {}).get(metric) for code in target.languages] if known else []
        cells: list[Child] = ["-" if value is None else f"{value:.2f}" for value in base]
        yield ["baseline", "", metric.replace("_", " "), *cells]
    for (intermediate, its, seed), one in part.outcomes.items():
        for metric in one.metrics if its == target else ():
            scores = [one.scores.get(code, {}).get(metric) for code in target.languages]
            cells = [_hole(one) if value is None else f"{value:.2f}" for value in scores]
            yield [intermediate, str(seed), metric.replace("_", " "), *cells]


def _two(first: str, second: str) -> Element:
    """A number, and what belongs to it in small below."""
    return tag("span", {}, first, *([tag("small", {}, second)] if second else []))


def _hole(one: CellOutcome | None) -> Element:
    """A hole, by its name."""
    reason: dict[str, str | float] = {"title": one.reason} if one is not None and one.reason else {}
    return tag("span", {"class": "hole", **reason}, (one.why if one is not None else "") or "hole")
