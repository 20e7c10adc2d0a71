"""The numbers of a report as flat lists, for CSV and JSON: every cell, language and metric; gains; averages."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from madx_stilts.report.gains import Average, Gain, SeedEstimate
from madx_stilts.report.results import CellOutcome, ComparablePart, Results

Value = str | int | float | None
Row = Mapping[str, Value]

_PART = ("backbone", "fingerprint", "transfer", "language_adapter", "intermediate")
_OUTCOME = ("score", "n", "used_adapter", "missing", "reason", "job")
_CHANCE = ("sd", "n_seeds", "seeds", "low", "high", "p", "p_holm")
_ESTIMATES = ("score", "score_sd", "score_seeds", "gain", "gain_sd", "gain_seeds")
SCORES = (*_PART, "target", "version", "seed", "language", "metric", "primary", *_OUTCOME)
GAINS = (*_PART, "target", "version", "metric", "languages", "gain", *_CHANCE)
AVERAGES = (*_PART, "targets", "n_targets", "languages", *_ESTIMATES)


def as_csv(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    """A table as CSV with a header; numbers whole, so that reading them back gives the same; a hole is empty."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def score_rows(results: Results) -> Iterator[Row]:
    """One row for each cell, language and metric; a hole has rows too, of the primary metric, without a score."""
    for one in results.in_order:
        for language in dict.fromkeys([*one.target.languages, *one.scores]):
            for metric in one.metrics:
                yield _score_row(one, language, metric)


def _score_row(one: CellOutcome, language: str, metric: str) -> Row:
    cell, values = one.cell, one.scores.get(language, {})
    hidden = "no gold answers" if one.scores else one.why
    return {
        "backbone": cell.backbone,
        "fingerprint": one.fingerprint,
        "transfer": cell.transfer,
        "language_adapter": cell.language_adapter,
        "intermediate": cell.intermediate,
        "target": cell.target,
        "version": one.target.version,
        "seed": cell.seed,
        "language": language,
        "metric": metric,
        "primary": "yes" if metric == one.target.metric else "no",
        "score": values.get(metric),
        "n": values.get("n"),
        "used_adapter": one.language_adapters.get(language),
        "missing": None if metric in values else hidden,
        "reason": None if metric in values else one.reason,
        "job": one.job,
    }


def gain_rows(gains: Iterable[Gain]) -> Iterator[Row]:
    """One row for each gain; `languages` is `all`, `without_source`, or a code."""
    for gain in gains:
        yield {
            **_place(gain.part, gain.intermediate),
            "target": gain.target.name,
            "version": gain.target.version,
            "metric": gain.target.metric,
            "languages": gain.over,
            "gain": gain.value.mean,
            "sd": gain.value.sd,
            "n_seeds": len(gain.value.seeds),
            "seeds": _seeds(gain.value),
            "low": gain.low,
            "high": gain.high,
            "p": gain.p,
            "p_holm": gain.holm,
        }


def average_rows(averages: Iterable[Average]) -> Iterator[Row]:
    """One row for each average; `languages` is `all`, `without_source`, or `gap`, the transfer gap. Holes are empty."""
    for one in averages:
        yield {
            **_place(one.part, one.intermediate),
            "targets": one.targets,
            "n_targets": one.count,
            "languages": one.over,
            "score": one.score.mean if one.score else None,
            "score_sd": one.score.sd if one.score else None,
            "score_seeds": _seeds(one.score),
            "gain": one.gain.mean if one.gain else None,
            "gain_sd": one.gain.sd if one.gain else None,
            "gain_seeds": _seeds(one.gain),
        }


def _place(part: ComparablePart, intermediate: str) -> Row:
    return {
        "backbone": part.backbone,
        "fingerprint": part.fingerprint,
        "transfer": part.transfer,
        "language_adapter": part.language_adapter,
        "intermediate": intermediate,
    }


def _seeds(value: SeedEstimate | None) -> str:
    return " ".join(map(str, value.seeds)) if value else ""
