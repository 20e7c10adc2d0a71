"""Sizes on the command line, as in 500MB or 2GB. No torch."""

import math
import re
from typing import Any, get_args

import click
from annotated_types import Le

from madx_stilts.bounds import Bytes

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


_LARGEST: Any = next(bound.le for bound in get_args(Bytes) if isinstance(bound, Le))


class SizeType(click.ParamType[int]):
    """A number with a unit, read as bytes: B, kB, MB, GB or TB, in powers of 1000."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(value))
        unit = _UNITS.get(found.group(2).upper()) if found else None
        number = float(found.group(1)) * unit if found and unit else math.inf
        if not 1 <= number <= _LARGEST:
            self.fail(f"{value!r} is no size. Give it as in 500MB or 2GB.", param, ctx)
        return int(number)


SIZE = SizeType()
