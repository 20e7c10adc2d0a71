"""The page of a report: one HTML file that needs nothing else, for light and dark screens."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from madx_stilts.report import page_tables as tables
from madx_stilts.report.bars import language_bars
from madx_stilts.report.gains import ONE_SEED, Average, Gain, averages
from madx_stilts.report.heatmap import heat_map
from madx_stilts.report.markup import Child, html, tag
from madx_stilts.report.results import ComparablePart, Results, Target

STYLE = """
:root { color-scheme: light dark; --ink: #16191d; --soft: #5b6470; --line: #d4d9df; --paper: #ffffff;
  --warn: #fff3d6; --edge: #b27a00; --hole: #eceff2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecf0; --soft: #a3adb9; --line: #3a424c; --paper: #14171b;
  --warn: #3a2e10; --edge: #e0a83a; --hole: #2a3038; } }
body { margin: 0 auto; padding: 24px; max-width: 1180px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0 0 8px; } h2 { font-size: 20px; margin: 36px 0 8px; }
h3 { font-size: 16px; margin: 24px 0 6px; }
p { max-width: 78ch; margin: 6px 0; }
.caveat { border: 2px solid var(--edge); background: var(--warn); padding: 10px 14px; border-radius: 6px;
  margin: 0 0 16px; font-weight: 600; max-width: none; }
.note { border-left: 4px solid var(--edge); padding: 2px 12px; }
.scroll { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } .word { text-align: left; } .number { text-align: right; font-variant-numeric: tabular-nums; }
tbody td { font-variant-numeric: tabular-nums; }
thead th { vertical-align: bottom; } .group { text-align: center; border-left: 1px solid var(--line); }
small { display: block; color: var(--soft); font-size: 11px; }
.hole { color: var(--soft); padding: 0 6px; border: 1px dashed var(--soft); background: var(--hole); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 12px 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; font-weight: 600; margin: 8px 0; }
svg { display: block; }
"""
_FEW = 12
"""So many holes are shown at once."""
READING = (
    "A gain is the score minus that of none: the same backbone, target, transfer, language adapter and seed, language "
    "by language, in points. In retrieval nothing is trained for the target, so there none is the bare backbone.",
    "± and sd are the standard deviation over seeds. Seeds that share all their scorings count once.",
    "The 95 % interval is a bootstrap over seeds and languages; with few seeds it is too narrow. p is that of a paired "
    "t-test over seeds, two-sided, and beside it Holm's correction for all gains of that kind in this report.",
    "An average over targets counts each once, whatever its metric. One target without scores makes it a hole: an "
    "average over the others could not be compared. Below a score stands its gain over none.",
    "The transfer gap is the score in the source language minus the mean of the others: the smaller the better, so a "
    "change below 0 is good there. Targets without the source language have none.",
    "Scores of different versions of a task, or of backbones with different fingerprints, are never averaged: they "
    "stand in columns or parts of their own.",
    "A baseline is what one answer to all questions gets; in retrieval, what a random ranking does.",
)


def page(results: Results, gains: Sequence[Gain]) -> str:
    """The whole page."""
    head = tag(
        "head",
        {},
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("title", {}, f"{results.grid}: report"),
        tag("style", {}, STYLE),
    )
    parts = [element for part in results.parts for element in _part(part, gains)]
    body = tag("body", {}, *_opening(results), *parts, *_costs(results), *_numbers(results), *_reading(results))
    return html(tag("html", {"lang": "en"}, head, body))


def _opening(results: Results) -> Iterator[Element]:
    """What must be known before any number is looked at."""
    if results.world is not None:
        yield tag("p", {"class": "caveat", "role": "note"}, results.world.caveat)
    yield tag("h1", {}, f"Grid {results.grid}")
    if results.description:
        yield tag("p", {}, results.description)
    facts = {
        "cells": f"{len(results.outcomes) - len(results.holes)} scored of {len(results.outcomes)}",
        "seeds": ", ".join(map(str, results.seeds)),
        **results.facts,
        "backbones": "; ".join(dict.fromkeys(f"{part.backbone} ({_print(part)})" for part in results.parts)),
    }
    yield tag("dl", {}, *(element for name, value in facts.items() for element in _fact(name, value)))
    if len(results.seeds) < 2:
        yield tag("p", {"class": "note"}, ONE_SEED)
    for warning in _warnings(results):
        yield tag("p", {"class": "note"}, warning)
    if results.holes:
        yield tag("h2", {}, f"Holes: {len(results.holes)}")
        holes = _details("The cells without scores, and why", tables.hole_table(results))
        if len(results.holes) <= _FEW:
            holes.set("open", "")
        yield holes


def _fact(name: str, value: str) -> tuple[Element, Element]:
    return tag("dt", {}, name), tag("dd", {}, value)


def _print(part: ComparablePart) -> str:
    return f"fingerprint {part.fingerprint}" if part.fingerprint else "no scores yet"


def _warnings(results: Results) -> Iterator[str]:
    """What is kept apart, so that nobody compares it."""
    prints: dict[str, set[str]] = {}
    for part in results.parts:
        prints.setdefault(part.backbone, set()).add(part.fingerprint)
        for name in sorted({one.name for one in part.targets if part.label(one) != one.name}):
            yield f"{name} was scored in several versions, which are columns of their own; there are no averages."
    for backbone, found in prints.items():
        if len(found) > 1:
            yield f"{backbone} has {len(found)} fingerprints: it is not one backbone. Each has a part of its own."


def _part(part: ComparablePart, gains: Sequence[Gain]) -> Iterator[Element]:
    """All that may be compared with one another."""
    means = averages(part)
    alone = len([one for one in part.results.parts if one.backbone == part.backbone and one.title == part.title]) < 2
    yield tag("h2", {}, part.title if alone else f"{part.title}, {_print(part)}")
    yield tag("h3", {}, "Gains")
    yield tag("div", {"class": "scroll"}, heat_map(part, gains, means))
    yield _details("All gains, with intervals and tests", tables.gain_table(part, gains))
    yield tag("h3", {}, "Scores: mean over languages")
    yield tables.score_table(part)
    yield tag("h3", {}, "Averages over targets")
    yield _averages(part, means)
    yield tag("h3", {}, "By language")
    for target in part.targets:
        yield tag("div", {"class": "scroll"}, language_bars(part, target, gains))


def _averages(part: ComparablePart, means: Sequence[Average]) -> Element:
    if not means:
        return tag("p", {"class": "note"}, "No averages: a task stands here in several versions.")
    return tables.average_table(part, means)


def _costs(results: Results) -> Iterator[Element]:
    if results.costs:
        yield tag("h2", {}, "Cost")
        yield tables.cost_table(results)
        yield _details("Every job", tables.job_table(results))


def _numbers(results: Results) -> Iterator[Element]:
    yield tag("h2", {}, "All scores")
    for part in results.parts:
        for target in part.targets:
            yield _details(
                f"{part.label(target)}: {part.title}", tables.number_table(part, target), *_notes(part, target)
            )


def _notes(part: ComparablePart, target: Target) -> list[Child]:
    """What is known of the scores of a target, each once, with the intermediates where it is not known of all."""
    outcomes = [(intermediate, one) for (intermediate, its, _), one in part.outcomes.items() if its == target]
    where: dict[str, list[str]] = {}
    for intermediate, one in outcomes:
        for note in one.notes:
            where.setdefault(note, []).append(intermediate)
    scored = sum(bool(one.scores) for _, one in outcomes)
    return [
        tag("p", {}, note if len(names) == scored else f"{', '.join(dict.fromkeys(names))}: {note}")
        for note, names in where.items()
    ]


def _reading(results: Results) -> Iterator[Element]:
    yield tag("h2", {}, "How to read this")
    for sentence in READING:
        yield tag("p", {}, sentence)
    if results.world is not None:
        names = ", ".join(f"{one.name} ({one.code}) {one.distance:g}" for one in results.world.languages)
        yield tag("p", {}, f"Distance of the languages from the source language: {names}.")


def _details(title: str, *children: Child) -> Element:
    """Something that opens when it is clicked."""
    return tag("details", {}, tag("summary", {}, title), *children)
