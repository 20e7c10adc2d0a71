"""Whether a gain is more than chance: intervals, tests, and what many tests cost.

Seeds are the repetitions: languages that share a trained adapter are not independent, so the test is over seeds, and
one seed tells nothing.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from math import atan, cos, isfinite, pi, sin, sqrt
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
"""Of the bootstrap."""
LEVEL = 0.95
"""Of its intervals."""
_SEED = 20200526
"""The same draws each time, so that a report made again is the same."""


def paired_t(differences: Sequence[float]) -> float | None:
    """The two-sided p value of Student's paired t-test.

    Args:
        differences: One for each independent repetition.

    Returns:
        None where it cannot be told: fewer than two repetitions, or all exactly alike, which is chance too where
        scores move in steps.
    """
    count = len(differences)
    spread = stdev(differences) if count > 1 else 0.0
    if spread <= 1e-12:
        return None
    return _two_sided(fmean(differences) / (spread / sqrt(count)), count - 1)


def interval(table: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """The bootstrap interval of a mean over seeds and languages, which are drawn again independently (percentiles).

    With few seeds it is too narrow: judge by the test, too.

    Args:
        table: A row for each seed, in it a number for each language.

    Returns:
        Lower and upper bound; None for fewer than two seeds.
    """
    if len(table) < 2:
        return None
    values = np.asarray(table, dtype=np.float64)
    rows, columns = (_draws(count, axis) for axis, count in enumerate(values.shape))
    means = ((rows @ values) * columns).sum(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@cache
def _draws(count: int, axis: int) -> NDArray[np.float64]:
    """How much each of so many things weighs in each draw: draws x things. The two axes are drawn independently."""
    draw = np.random.default_rng((_SEED, axis))
    return draw.multinomial(count, np.full(count, 1 / count), size=DRAWS) / count


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """Holm's correction: what p values are worth when there are so many.

    Args:
        values: p values by name.

    Returns:
        Corrected ones, 1 at most, never below the plain ones, and in the same order.
    """
    corrected, largest = {}, 0.0
    for at, (name, value) in enumerate(sorted(values.items(), key=lambda item: (item[1], item[0]))):
        largest = max(largest, min(1.0, (len(values) - at) * value))
        corrected[name] = largest
    return corrected


def _two_sided(t: float, freedom: int) -> float:
    """The chance of so large a |t|: Abramowitz and Stegun 26.7.3 and 26.7.4."""
    if not isfinite(t):
        return 0.0
    angle = atan(abs(t) / sqrt(freedom))
    odd = freedom % 2 == 1
    term, total = (cos(angle), 0.0) if odd else (1.0, 0.0)
    for step in range(1 if odd else 0, freedom - 1, 2):
        total += term
        term *= cos(angle) ** 2 * (step + 1) / (step + 2)
    inside = 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
    return max(0.0, 1.0 - inside)
