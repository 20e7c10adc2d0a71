"""JSON within bounds: standard values only, finite numbers, and no deeper than any honest file is.

`json.loads` also accepts NaN and infinities, turns `1e999` into infinity, and ends deep nesting in a RecursionError.
Text that other people wrote is parsed here instead, so that each of these is one kind of ValueError.
"""

import json
import math
from typing import Final, Literal

MAX_DEPTH: Final = 100
"""Lists and objects inside each other."""
MAX_DIGITS: Final = 400
"""Of one integer. Python converts integers in quadratic time."""

Numbers = Literal["finite", "any"]


class JsonError(ValueError):
    """A text is not JSON, or exceeds a bound; the message is a clause without a full stop."""


def parse(text: str | bytes, *, numbers: Numbers = "finite") -> object:
    """Parse one JSON document.

    Args:
        text: Of a size that the caller has bounded.
        numbers: `any` also accepts NaN and infinities, as files written by pandas have them.

    Raises:
        JsonError: It is malformed, is nested too deep, or has a number that is not finite or far too long.
    """
    try:
        value: object = _DECODERS[numbers].decode(text if isinstance(text, str) else _decoded(text))
    except RecursionError as error:
        raise JsonError(_TOO_DEEP) from error
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError(f"it is not valid JSON ({error})") from error
    _check_depth(text, value)
    return value


_TOO_DEEP: Final = f"it has more than {MAX_DEPTH} lists or objects inside each other"


def _check_depth(text: str | bytes, value: object) -> None:
    brackets = text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    if brackets <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
    if any(isinstance(one, dict | list) for one in level):
        raise JsonError(_TOO_DEEP)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refused(constant: str) -> float:
    raise JsonError(f"it has the number {constant}, which is not finite")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JsonError(f"it has the number {digits[:20]}, which is too large")
    return number


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise JsonError(f"it has an integer of {len(digits)} digits, at most {MAX_DIGITS} are read")
    return int(digits)


def _decoded(text: bytes) -> str:
    """As `json.loads` does it."""
    return text.decode(json.detect_encoding(text), "surrogatepass")


# Made once: a decoder for each of a million rows would take as long as the rows.
_DECODERS: Final = {
    "finite": json.JSONDecoder(parse_constant=_refused, parse_float=_finite, parse_int=_integer),
    "any": json.JSONDecoder(parse_constant=float, parse_float=float, parse_int=_integer),
}
