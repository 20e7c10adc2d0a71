"""Gains over `none`: paired by seed and language, with what may be said of chance. And averages over targets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from madx_stilts.report.results import ALL, GAP, NONE, OTHERS, ComparablePart, Results, Target, number
from madx_stilts.report.significance import holm, interval, paired_t

ONE_SEED = "There is one seed: whether a gain is more than chance cannot be told."
CHANCE = 0.05
"""A gain counts as more than chance below this corrected p value."""


@dataclass(frozen=True)
class SeedEstimate:
    """A number that was measured once for each seed.

    Args:
        sd: Over seeds (n - 1); None for one seed.
        seeds: Those it is made of.
    """

    mean: float
    sd: float | None
    seeds: tuple[int, ...]


def estimate(values: Mapping[int, float]) -> SeedEstimate | None:
    """Mean and standard deviation over seeds; None if there are none."""
    if not values:
        return None
    numbers = list(values.values())
    return SeedEstimate(fmean(numbers), stdev(numbers) if len(numbers) > 1 else None, tuple(values))


@dataclass(frozen=True)
class Gain:
    """The gain of an intermediate for a target, in points.

    Args:
        over: Mean over all languages, over all but the source language, or one language.
        low: The 95 % bootstrap interval over seeds and languages, with `high`; None where there is one seed.
        p: Of a paired t-test over seeds; None where it cannot be told.
        holm: The same, corrected for all gains of that kind in the report.
    """

    part: ComparablePart
    intermediate: str
    target: Target
    over: str
    value: SeedEstimate
    low: float | None = None
    high: float | None = None
    p: float | None = None
    holm: float | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it is more than chance."""
        return self.holm is not None and self.holm < CHANCE


def all_gains(results: Results) -> tuple[Gain, ...]:
    """Every gain that both sides have scores for, over all languages, without the source language, and by language."""
    found = [gain for part in results.parts for gain in _gains(part)]
    corrected: dict[str, float] = {}
    for over in (ALL, OTHERS):
        tested = {str(at): one.p for at, one in enumerate(found) if one.over == over and one.p is not None}
        corrected |= holm(tested)
    return tuple(replace(one, holm=corrected.get(str(at))) for at, one in enumerate(found))


def _gains(part: ComparablePart) -> Iterator[Gain]:
    for intermediate in part.intermediates:
        for target in part.targets:
            by_seed = part.gains(intermediate, target)
            for over in (ALL, OTHERS, *part.languages[target]) if by_seed else ():
                values = {seed: number(gains, target.source_language, over) for seed, gains in by_seed.items()}
                value = estimate({seed: one for seed, one in values.items() if one is not None})
                if value is not None:
                    yield _judged(Gain(part, intermediate, target, over, value), by_seed)


def _judged(gain: Gain, by_seed: Mapping[int, Mapping[str, float]]) -> Gain:
    """The same gain, with interval and test where they have a meaning."""
    source, over = gain.target.source_language, gain.over
    if gain.intermediate == NONE or over not in (ALL, OTHERS):
        return gain
    chosen = [[one for code, one in row.items() if over == ALL or code != source] for row in by_seed.values()]
    low, high = interval(chosen) or (None, None)
    return replace(gain, low=low, high=high, p=paired_t([fmean(row) for row in chosen]))


def score(part: ComparablePart, intermediate: str, target: Target, over: str = ALL) -> SeedEstimate | None:
    """A score over languages: mean and standard deviation over the seeds that have it whole; None if none has."""
    return estimate(_distinct(_whole(part, intermediate, (target,), over)))


@dataclass(frozen=True)
class Average:
    """An average over several targets, each counted once.

    Args:
        targets: Which ones: `all`, `without retrieval`, ...
        count: How many.
        over: Of which languages; or the transfer gap.
        score: None: a hole; some target has no seed in common with the others.
        gain: Over `none`, paired by seed.
    """

    part: ComparablePart
    intermediate: str
    targets: str
    count: int
    over: str
    score: SeedEstimate | None
    gain: SeedEstimate | None


def selections(part: ComparablePart) -> dict[str, tuple[Target, ...]]:
    """The sets of targets that averages are taken over, by name: each another set, none empty.

    No set at all where one task stands there in two versions: it would count twice.
    """
    if len({target.name for target in part.targets}) < len(part.targets):
        return {}
    choices: dict[str, Callable[[Target], bool]] = {
        "all targets": lambda _: True,
        "without retrieval": lambda one: not one.retrieval,
        "without TyDiQA": lambda one: not one.is_tydiqa,
        "without both": lambda one: not one.retrieval and not one.is_tydiqa,
    }
    found: dict[str, tuple[Target, ...]] = {}
    for name, keeps in choices.items():
        chosen = tuple(target for target in part.targets if keeps(target))
        if chosen and chosen not in found.values():
            found[name] = chosen
    return found


def averages(part: ComparablePart) -> tuple[Average, ...]:
    """All averages of a part. One target missing makes a hole: a mean over the others would not be comparable."""
    return tuple(
        average
        for intermediate in part.intermediates
        for name, targets in selections(part).items()
        for over in (ALL, OTHERS, GAP)
        if (average := _average(part, intermediate, name, targets, over)) is not None
    )


def _average(
    part: ComparablePart, intermediate: str, name: str, targets: tuple[Target, ...], over: str
) -> Average | None:
    having = tuple(target for target in targets if _defined(part, target, over))
    if not having:
        return None
    ours, theirs = (_whole(part, one, having, over) for one in (intermediate, NONE))
    both = {
        seed: _Measured(one.value - theirs[seed].value, (*one.jobs, *theirs[seed].jobs))
        for seed, one in ours.items()
        if seed in theirs
    }
    return Average(part, intermediate, name, len(having), over, estimate(_distinct(ours)), estimate(_distinct(both)))


def _defined(part: ComparablePart, target: Target, over: str) -> bool:
    """Whether a target has such a number at all; one in the source language alone has no others."""
    known = part.languages[target] or target.languages
    return number(dict.fromkeys(known, 0.0), target.source_language, over) is not None


def _whole(part: ComparablePart, intermediate: str, targets: tuple[Target, ...], over: str) -> dict[int, "_Measured"]:
    """The mean over targets, by seed; seeds that lack one are left out."""
    found = {}
    for seed in part.results.seeds:
        rows = {target: part.scores(intermediate, target, seed) for target in targets}
        numbers = [number(row, target.source_language, over) for target, row in rows.items() if row is not None]
        whole = [one for one in numbers if one is not None]
        if len(whole) == len(targets):
            found[seed] = _Measured(fmean(whole), tuple(part.job(intermediate, target, seed) for target in targets))
    return found


@dataclass(frozen=True)
class _Measured:
    """A number, and the scorings that it is made of."""

    value: float
    jobs: tuple[str, ...]


def _distinct(by_seed: Mapping[int, _Measured]) -> dict[int, float]:
    """The numbers by seed; of seeds that share all scorings, which are one repetition, the first."""
    first: dict[tuple[str, ...], int] = {}
    for seed, one in by_seed.items():
        first.setdefault(one.jobs, seed)
    return {seed: by_seed[seed].value for seed in first.values()}
