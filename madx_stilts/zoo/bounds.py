"""Bounds for configs of the `adapters` library that others wrote: known keys, values of their kind, sizes that exist.

They hold for adapters of which only the method is known. Those of our recipes have one config, see `expected`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from madx_stilts.formats.base import HeadKind
from madx_stilts.zoo.expected import BOTTLENECK_KEYS, head_keys

NARROWEST: Final = 0.25
"""The least reduction factor: bottlenecks four times as wide as the model. Less is a trick to use up memory."""
WIDEST: Final = 100_000
MAX_LAYERS: Final = 1_000
MAX_LABELS: Final = 10_000
_MAX_HEAD_LAYERS: Final = 4
_WORD: Final = re.compile(r"[A-Za-z0-9_+-]{1,40}")
Check = Callable[[object], bool]


def is_whole(value: object, low: int, high: int) -> bool:
    """Whether a value is an integer within bounds, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_number(value: object, low: float, high: float) -> bool:
    """Whether a value is a number within bounds; NaN is in none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def is_word(value: object) -> bool:
    """Whether a value is a short name without spaces."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_share(value: object) -> bool:
    return is_number(value, 0, 1)


def _is_factor(value: object) -> bool:
    return is_number(value, NARROWEST, WIDEST)


def _are_layers(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) <= MAX_LAYERS and all(is_whole(one, 0, MAX_LAYERS - 1) for one in value)
    )


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


_ADAPTER: Final[Mapping[str, Check]] = {key: _is_flag for key in BOTTLENECK_KEYS} | {
    "dropout": _is_share,
    "hypercomplex_nonlinearity": is_word,
    "init_weights": is_word,
    "init_weights_seed": _or_none(lambda value: is_whole(value, 0, 2**63)),
    "inv_adapter": _or_none(lambda value: value in ("nice", "glow")),
    "inv_adapter_reduction_factor": _or_none(_is_factor),
    "leave_out": _or_none(_are_layers),
    "non_linearity": is_word,
    "phm_c_init": is_word,
    "phm_dim": lambda value: is_whole(value, 1, 64),
    "phm_init_range": _is_share,
    "phm_rank": lambda value: is_whole(value, 1, 64),
    "reduction_factor": _is_factor,
    "residual_before_ln": lambda value: isinstance(value, bool) or value == "post_add",
    "scaling": lambda value: value == "learned" or is_number(value, -WIDEST, WIDEST),
    "stochastic_depth": _is_share,
}
_HEAD: Final[Mapping[str, Check]] = {
    "activation_function": _or_none(is_word),
    "bias": _is_flag,
    "dropout_prob": _or_none(_is_share),
    "head_type": is_word,
    "layers": lambda value: is_whole(value, 1, _MAX_HEAD_LAYERS),
    "num_choices": lambda value: is_whole(value, 1, MAX_LABELS),
    "num_labels": lambda value: is_whole(value, 1, MAX_LABELS),
    "use_pooler": _is_flag,
}


def adapter_faults(config: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the config of a bottleneck adapter, a clause each."""
    yield from _faults(config, _ADAPTER)


def head_faults(config: Mapping[str, object], kind: HeadKind) -> Iterator[str]:
    """What is wrong with the config of a head, a clause each."""
    known = head_keys(kind)
    checks = {key: check for key, check in _HEAD.items() if key in known} | {"label2id": _or_none(are_labels)}
    yield from _faults(config, checks)
    labels, count = config.get("label2id"), config.get("num_choices", config.get("num_labels"))
    if isinstance(labels, dict) and count is not None and len(labels) != count:
        yield f"it has {len(labels)} labels and {count!r} outputs"


def are_labels(value: object) -> bool:
    """Whether a value numbers labels from 0, each once."""
    return (
        isinstance(value, dict)
        and 0 < len(value) <= MAX_LABELS
        and all(is_whole(one, 0, len(value) - 1) for one in value.values())
        and len({*value.values()}) == len(value)
    )


def _faults(config: Mapping[str, object], checks: Mapping[str, Check]) -> Iterator[str]:
    for key, value in config.items():
        if key not in checks:
            yield f"it has the unknown key {key[:80]!r}"
        elif not checks[key](value):
            yield f"{key} is {shown(value)}"


def shown(value: object) -> str:
    """A value in a message, in short."""
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**18 else "a number of many digits"
    return text if len(text) <= 80 else f"{text[:80]}..."
