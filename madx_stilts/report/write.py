"""A report on disk: the page, its figures, and all numbers as CSV, every file whole; and the same for programs."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from madx_stilts.files import write_whole
from madx_stilts.report.bars import language_bars
from madx_stilts.report.costs import sums
from madx_stilts.report.gains import Gain, all_gains, averages
from madx_stilts.report.heatmap import heat_map
from madx_stilts.report.listed import AVERAGES, GAINS, SCORES, as_csv, average_rows, gain_rows, score_rows
from madx_stilts.report.markup import svg
from madx_stilts.report.page import page
from madx_stilts.report.results import Results

PAGE = "report.html"


def write_report(results: Results, out: Path) -> dict[str, Path]:
    """Write a report into a folder; files of an earlier one are replaced.

    Returns:
        The page, the three lists, and the folder of figures, by what they are called.

    Raises:
        StorageError: No permission or no space.
    """
    gains = all_gains(results)
    means = [one for part in results.parts for one in averages(part)]
    files = {
        "page": (PAGE, page(results, gains)),
        "scores": ("results.csv", as_csv(SCORES, score_rows(results))),
        "gains": ("gains.csv", as_csv(GAINS, gain_rows(gains))),
        "averages": ("averages.csv", as_csv(AVERAGES, average_rows(means))),
    }
    for name, content in [*files.values(), *_figures(results, gains)]:
        write_whole(out / name, content)
    return {key: out / name for key, (name, _) in files.items()} | {"figures": out / "figures"}


def as_json(results: Results) -> dict[str, object]:
    """What `grid report --json` prints: lists of flat objects, with the keys that the CSV files have as columns."""
    means = [one for part in results.parts for one in averages(part)]
    return {
        "grid": results.grid,
        "world": None if results.world is None else results.world.facts,
        "seeds": list(results.seeds),
        "cells": len(results.outcomes),
        "holes": len(results.holes),
        "scores": list(score_rows(results)),
        "gains": list(gain_rows(all_gains(results))),
        "averages": list(average_rows(means)),
        "costs": [one.as_json() for one in sums(results.costs)],
    }


def _figures(results: Results, gains: Sequence[Gain]) -> Iterator[tuple[str, str]]:
    """Each figure alone, by the name of its file."""
    several = len(results.parts) > 1
    for number, part in enumerate(results.parts, start=1):
        suffix = f"-{number}" if several else ""
        yield f"figures/gains{suffix}.svg", svg(heat_map(part, gains, averages(part)))
        for target in part.targets:
            name = re.sub(r"[^\w-]+", "-", part.label(target)).strip("-")
            yield f"figures/{name}{suffix}.svg", svg(language_bars(part, target, gains))
