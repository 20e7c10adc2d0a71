"""Several data sets in one training: how often each is drawn, and at which steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from madx_stilts.recipe import Recipe
from madx_stilts.tasks.text import MASKED_LM

Ints = NDArray[np.int64]
_STREAM = 7
"""Sets these random numbers apart from others that are drawn from the same seed."""


@dataclass(frozen=True)
class Mixing:
    """Division of a training's batches among the parts of its recipe.

    Args:
        shares: Of each part, in their order; they sum to 1.
        epoch: Examples that make one epoch: as many as the tasks count. What masked language modelling adds beside
            them comes on top, whatever the size of its text.
    """

    shares: tuple[float, ...]
    epoch: int


def mix_of(recipe: Recipe, sizes: Sequence[int]) -> Mixing:
    """The mixture that a recipe describes.

    Args:
        sizes: Training examples of each part (windows, for long contexts).
    """
    sampling = recipe.sampling
    if sampling is None:
        return Mixing((1.0,), sizes[0])
    counted = np.minimum(np.asarray(sizes, dtype=np.float64), sampling.cap or np.inf)
    power = {"uniform": 0.0, "proportional": 1.0, "temperature": 1 / (sampling.temperature or 1.0)}[sampling.kind]
    weights = counted**power
    if sampling.masked_lm is None:
        return Mixing(_normalised(weights), int(counted.sum()))
    text = np.array([part.task == MASKED_LM.name for part in recipe.parts])
    weights[text] *= sampling.masked_lm / weights[text].sum()
    weights[~text] *= (1 - sampling.masked_lm) / weights[~text].sum()
    return Mixing(_normalised(weights), round(counted[~text].sum() / (1 - sampling.masked_lm)))


def timetable(shares: Sequence[float], steps: int, *, seed: int) -> Ints:
    """Which part each step draws from: random, yet never far from the shares wanted.

    A part with share `p` comes once, at a random moment, in each stretch of `1 / p` steps (stratified sampling), so
    that after `t` steps it came `p * t` times, give or take `1 + p * len(shares)`. A longer timetable begins with a
    shorter one.

    Returns:
        The part's position at each step. *Shape:* ``(steps,)``.
    """
    moments, parts = [], []
    for part, share in enumerate(shares):
        # The first `steps` moments of all parts lie before `steps + len(shares)`.
        count = int(np.ceil(share * (steps + len(shares)))) + 1
        random = np.random.default_rng((_STREAM, seed, part))
        moments.append((np.arange(count) + random.random(count)) / share)
        parts.append(np.full(count, part))
    order = np.argsort(np.concatenate(moments), kind="stable")[:steps]
    result: Ints = np.concatenate(parts)[order]
    return result


def turns(drawn: Ints) -> Ints:
    """How often each step's part was drawn before it. *Shape:* that of `drawn`."""
    result = np.zeros_like(drawn)
    for part in np.unique(drawn):
        steps = np.flatnonzero(drawn == part)
        result[steps] = np.arange(len(steps))
    return result


def _normalised(weights: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((weights / weights.sum()).tolist())
