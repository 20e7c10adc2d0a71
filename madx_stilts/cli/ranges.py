"""Ranges of numeric options, read from the same types that configs are checked with. No torch."""

import math
from typing import Any, get_args

import click
from annotated_types import Ge, Gt, Le, Lt


def within(annotation: Any) -> click.ParamType[Any]:
    """The option type of a bounded number.

    Args:
        annotation: A type of `madx_stilts.bounds`, such as `Count`.
    """
    kind, *metadata = get_args(annotation)
    low = next((one for one in metadata if isinstance(one, Ge | Gt)), None)
    high = next((one for one in metadata if isinstance(one, Le | Lt)), None)
    lowest: Any = None if low is None else low.ge if isinstance(low, Ge) else low.gt
    highest: Any = None if high is None else high.le if isinstance(high, Le) else high.lt
    shape = click.IntRange if kind is int else _Finite
    return shape(lowest, highest, min_open=isinstance(low, Gt), max_open=isinstance(high, Lt))


class _Finite(click.FloatRange):
    """A range of numbers. Click's own accepts NaN, which is neither below nor above any bound."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number.

        Raises:
            click.BadParameter: It is none, is not finite, or lies outside.
        """
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number
