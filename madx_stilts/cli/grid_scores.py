"""Tables of a grid's results: scores and gains, intermediates x targets."""

from collections.abc import Iterator, Sequence

from madx_stilts.cli.output import echo
from madx_stilts.cli.places import print_caveat
from madx_stilts.cli.tables import show
from madx_stilts.cli.telling import note
from madx_stilts.report.gains import ONE_SEED, Average, Gain, SeedEstimate, all_gains, averages, score
from madx_stilts.report.markup import signed
from madx_stilts.report.results import ALL, NONE, ComparablePart, Results, Target


def print_results(results: Results) -> None:
    """Print the scores of each part and below them the gains; the last columns are averages over targets."""
    gains = all_gains(results)
    for number, part in enumerate(results.parts):
        if number:
            echo()
        _print_part(part, gains, f", fingerprint {part.fingerprint}" if _is_ambiguous(part) else "")
    print_caveat(results.world)
    if len(results.seeds) < 2:
        note(ONE_SEED)
    for line in _holes(results):
        note(line)


def _print_part(part: ComparablePart, gains: Sequence[Gain], more: str) -> None:
    means = {(one.intermediate, one.targets): one for one in averages(part) if one.over == ALL}
    sets = list(dict.fromkeys(name for _, name in means)) if len(part.targets) > 1 else []
    # The long names of averages take two lines: a table of six targets then fits a usual terminal.
    columns = ["intermediate", *map(part.label, part.targets), *(name.replace(" ", "\n", 1) for name in sets)]
    rows = [
        [name, *(_score(part, name, target) for target in part.targets), *_means(name, sets, means, gained=False)]
        for name in part.intermediates
    ]
    show(f"Scores, mean over languages: {part.title}{more}", columns, rows, numbers=len(columns) - 1)
    found = {(one.intermediate, one.target): one for one in gains if one.part is part and one.over == ALL}
    rows = [
        [name, *(_gain(part, name, target, found) for target in part.targets), *_means(name, sets, means, gained=True)]
        for name in part.intermediates
        if name != NONE
    ]
    if rows:
        echo()
        show("Gains over none, in points", columns, rows, numbers=len(columns) - 1)
        if any(one.is_sure for one in found.values()):
            echo("\n* more than chance: paired t-test over seeds, p below 0.05 after Holm's correction")


def _score(part: ComparablePart, intermediate: str, target: Target) -> str:
    value = score(part, intermediate, target)
    return _hole(part, intermediate, target) if value is None else f"{value.mean:.2f}"


def _gain(part: ComparablePart, name: str, target: Target, gains: dict[tuple[str, Target], Gain]) -> str:
    gain = gains.get((name, target))
    if gain is None:
        return _hole(part, name, target) or "-"
    return f"{_estimate(gain.value)}{'*' if gain.is_sure else ''}"


def _estimate(value: SeedEstimate) -> str:
    """A gain and its spread over seeds."""
    return signed(value.mean, 2) + (f" ±{value.sd:.2f}" if value.sd is not None else "")


def _means(name: str, sets: Sequence[str], means: dict[tuple[str, str], Average], *, gained: bool) -> Iterator[str]:
    for chosen in sets:
        one = means.get((name, chosen))
        value = None if one is None else one.gain if gained else one.score
        yield "-" if value is None else _estimate(value) if gained else f"{value.mean:.2f}"


def _hole(part: ComparablePart, intermediate: str, target: Target) -> str:
    """What a hole is called; a dash where a score of `none` is missing, or nothing was asked for."""
    holes = part.holes(intermediate, target)
    return (holes[0].why or "in part") if holes else "-"


def _is_ambiguous(part: ComparablePart) -> bool:
    return len([one for one in part.results.parts if one.title == part.title]) > 1


def _holes(results: Results) -> Iterator[str]:
    """How many cells have no scores, and why, each reason once."""
    if results.holes:
        yield f"{len(results.holes)} of {len(results.outcomes)} cells have no scores."
        yield from dict.fromkeys(one.reason for one in results.holes if one.reason)
