"""What came of the cells of a grid, and the parts of it within which numbers may be compared and averaged.

A part has one backbone with one fingerprint, one transfer and one setting of language adapters. Its columns are
targets; two versions of one task are two columns. Nothing is ever averaged over parts, or over versions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from madx_stilts.grid.cell import Cell
from madx_stilts.metrics.means import mean, mean_without_source, transfer_gap
from madx_stilts.tasks.world import ConstructedWorld

NONE = "none"
"""The column without an intermediate, which gains are measured against."""
FACTS = ("n", "candidates", "threshold")
"""What stands beside the metrics of a language in the scores of an evaluation."""
ALL, OTHERS, GAP = "all", "without_source", "gap"
"""What one number is made of: the mean over all languages, over all but the source language, or the transfer gap."""


@dataclass(frozen=True, order=True)
class Target:
    """A task as it was scored: outcomes are compared only where all of this is the same.

    Args:
        version: Of the task; scores of different versions are never averaged.
        metric: The primary one.
        languages: All that were asked for, in the order in which they are shown.
        retrieval: Whether it has no training, so that `none` is the bare backbone.
    """

    name: str
    version: int
    metric: str
    source_language: str
    languages: tuple[str, ...]
    retrieval: bool = False

    @property
    def is_tydiqa(self) -> bool:
        """Whether it is TyDiQA, whose gain is so large that it hides the others in an average."""
        return self.name.startswith("tydiqa")


@dataclass(frozen=True)
class CellOutcome:
    """Result of one cell: scores, or a hole.

    Args:
        fingerprint: Of the backbone; empty for a hole.
        scores: By language: each metric, 0 to 100, and the facts beside them. Empty: a hole.
        language_adapters: Which language adapter each language got, if any.
        job: Id of the scoring. Cells that share one are no independent repetitions.
        why: What a hole is called: `failed`, `not run`, ...
        reason: What is known of a hole beyond that, a sentence.
        notes: What should be known of the scores.
        baseline: By language: what each metric is for one answer to all examples, or for a random ranking.
    """

    cell: Cell
    target: Target
    fingerprint: str = ""
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    language_adapters: Mapping[str, str | None] = field(default_factory=dict)
    job: str = ""
    why: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
    baseline: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def primary(self) -> dict[str, float]:
        """The primary metric by language, where it is known."""
        metric = self.target.metric
        return {code: values[metric] for code, values in self.scores.items() if metric in values}

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics, the primary one first; that alone for a hole."""
        names = dict.fromkeys([self.target.metric, *(name for values in self.scores.values() for name in values)])
        return tuple(name for name in names if name not in FACTS)


@dataclass(frozen=True)
class JobCost:
    """Cost of one job.

    Args:
        kind: `train` or `score`.
        name: What a person calls it.
        status: `done`, `reused` (it was there already), `failed` or `not run`.
        cells: How many cells use it.
    """

    job: str
    kind: str
    name: str
    status: str
    cells: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    device: str = ""


@dataclass(frozen=True)
class Results:
    """All that a report is made of.

    Args:
        grid: What the grid is called.
        outcomes: One for each cell, in any order.
        intermediates: In the order in which they are shown; so are targets and seeds.
        costs: One for each job.
        world: The constructed world whose data were scored; None: they are real.
        facts: What else stands at the head, by name: the split, the limit, ...
    """

    grid: str
    outcomes: tuple[CellOutcome, ...]
    intermediates: tuple[str, ...]
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    description: str = ""
    costs: tuple[JobCost, ...] = ()
    world: ConstructedWorld | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def in_order(self) -> tuple[CellOutcome, ...]:
        """All outcomes as they are shown, however they were given."""
        return tuple(sorted(self.outcomes, key=self._place))

    @cached_property
    def holes(self) -> tuple[CellOutcome, ...]:
        """The cells without scores."""
        return tuple(one for one in self.in_order if not one.scores)

    @cached_property
    def parts(self) -> tuple["ComparablePart", ...]:
        """All of it, divided into what may be compared. A hole stands in every part that it is missing from."""
        keys: dict[tuple[str, str, str], dict[str, None]] = {}
        for one in self.in_order:
            prints = keys.setdefault(_setting(one.cell), {})
            if one.fingerprint:
                prints[one.fingerprint] = None
        return tuple(
            ComparablePart(self, *setting, fingerprint)
            for setting, prints in keys.items()
            for fingerprint in (prints or {"": None})
        )

    def _place(self, one: CellOutcome) -> tuple[object, ...]:
        cell = one.cell
        rows, columns = (NONE, *self.intermediates), self.targets
        return (
            *_setting(cell),
            rows.index(cell.intermediate) if cell.intermediate in rows else len(rows),
            columns.index(cell.target) if cell.target in columns else len(columns),
            cell,
            one.target,
            one.fingerprint,
        )


@dataclass(frozen=True, eq=False)
class ComparablePart:
    """Outcomes that may be compared with one another."""

    results: Results
    backbone: str
    transfer: str
    language_adapter: str
    fingerprint: str

    @cached_property
    def outcomes(self) -> Mapping[tuple[str, Target, int], CellOutcome]:
        """By intermediate, target and seed, as they are shown.

        Where `none` stands under one transfer only, it stands for all: without an intermediate they are the same.
        """
        found = {}
        for one in self.results.in_order:
            here = one.fingerprint in ("", self.fingerprint) and one.cell.backbone == self.backbone
            here &= one.cell.language_adapter == self.language_adapter
            key = (one.cell.intermediate, one.target, one.cell.seed)
            if here and one.cell.transfer == self.transfer:
                found[key] = one
            elif here and one.cell.intermediate == NONE:
                found.setdefault(key, one)
        return found

    @cached_property
    def intermediates(self) -> tuple[str, ...]:
        """The rows, `none` first."""
        there = dict.fromkeys(name for name, _, _ in self.outcomes)
        return tuple(sorted(there, key=lambda name: (name != NONE, self._rank(name))))

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The columns."""
        order = {name: at for at, name in enumerate(self.results.targets)}
        there = {target for _, target, _ in self.outcomes}
        return tuple(sorted(there, key=lambda target: (order.get(target.name, len(order)), target)))

    @cached_property
    def languages(self) -> Mapping[Target, tuple[str, ...]]:
        """The languages that a score of each target is made of: those whose gold answers are known."""
        known: dict[Target, set[str]] = {target: set() for target in self.targets}
        for (_, target, _), one in self.outcomes.items():
            known[target] |= one.primary.keys()
        return {target: tuple(code for code in target.languages if code in codes) for target, codes in known.items()}

    @property
    def title(self) -> str:
        """What is the same in all of it."""
        return f"{self.backbone}, transfer {self.transfer}, language adapter {self.language_adapter}"

    def label(self, target: Target) -> str:
        """What a column is called: the name, and the version where there are several."""
        same = [one for one in self.targets if one.name == target.name]
        return target.name if len(same) < 2 else f"{target.name} (version {target.version}, {target.metric})"

    @cached_property
    def _whole(self) -> Mapping[tuple[str, Target, int], dict[str, float]]:
        """The primary metric of the outcomes that have it in all languages."""
        found = {}
        for key, one in self.outcomes.items():
            languages, primary = self.languages[key[1]], one.primary
            if languages and primary.keys() >= set(languages):
                found[key] = {code: primary[code] for code in languages}
        return found

    def scores(self, intermediate: str, target: Target, seed: int) -> dict[str, float] | None:
        """The primary metric in all languages, as they are shown; None where one is missing."""
        return self._whole.get((intermediate, target, seed))

    def gains(self, intermediate: str, target: Target) -> dict[int, dict[str, float]]:
        """Score minus that of `none` with the same seed, by seed and language, where both are whole.

        Seeds that share both scorings are one repetition, so only the first of them counts.
        """
        found, seen = {}, set()
        for seed in self.seeds(intermediate, target):
            ours, theirs = (self.scores(name, target, seed) for name in (intermediate, NONE))
            pair = tuple(self.job(name, target, seed) for name in (intermediate, NONE))
            if ours is None or theirs is None or pair in seen:
                continue
            seen.add(pair)
            found[seed] = {code: ours[code] - theirs[code] for code in ours}
        return found

    def seeds(self, intermediate: str, target: Target) -> Iterator[int]:
        """The seeds that were asked for, in order."""
        yield from (seed for seed in self.results.seeds if (intermediate, target, seed) in self.outcomes)

    def job(self, intermediate: str, target: Target, seed: int) -> str:
        """Id of the scoring; where it is not known, another one for each seed."""
        one = self.outcomes.get((intermediate, target, seed))
        return one.job if one is not None and one.job else f"seed {seed}"

    def holes(self, intermediate: str, target: Target) -> tuple[CellOutcome, ...]:
        """The seeds of a cell that have no scores, or not in all languages."""
        found = ((seed, self.outcomes[intermediate, target, seed]) for seed in self.seeds(intermediate, target))
        return tuple(one for seed, one in found if self.scores(intermediate, target, seed) is None)

    def _rank(self, intermediate: str) -> int:
        order = self.results.intermediates
        return order.index(intermediate) if intermediate in order else len(order)


def number(scores: Mapping[str, float], source: str, over: str) -> float | None:
    """One number of scores by language, or of gains; None where it is not defined.

    Args:
        over: `ALL`, `OTHERS`, `GAP` or a language.
    """
    others = [code for code in scores if code != source]
    if over == ALL:
        return mean(scores) if scores else None
    if over == OTHERS:
        return mean_without_source(scores, source) if others else None
    if over == GAP:
        return transfer_gap(scores, source) if others and source in scores else None
    return scores.get(over)


def _setting(cell: Cell) -> tuple[str, str, str]:
    return cell.backbone, cell.transfer, cell.language_adapter
