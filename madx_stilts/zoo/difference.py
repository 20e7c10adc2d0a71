"""Why two adapters, or two scores, differ: their cards or results, key by key. No torch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

NOTHING: Final = "-"
"""Stands for a key that one of the two lacks."""
_CARD: Final = {
    "What determines it": ("recipe", "backbone", "data", "foreign"),
    "How it was made": ("versions", "origins", "created", "wall_seconds", "peak_bytes"),
    "What came of it": ("steps", "examples_seen", "scores", "files", "notes"),
}
_RESULT: Final = {
    "What was scored": ("task", "split", "stack", "fused", "backbone", "language_adapters", "retrieval", "world"),
    "How much": ("n", "languages", "unscored", "remarks"),
    "What came of it": ("metric", "scores", "baseline", "mean", "mean_without_source", "gap", "notes", "warnings"),
}


@dataclass(frozen=True)
class Difference:
    """One key that is not the same in both.

    Args:
        key: Dotted, as `recipe.train.max_steps`.
        one: Its value in the first, `-` where that lacks it.
        other: Its value in the second.
    """

    key: str
    one: str
    other: str


def card_differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[Difference]]:
    """What differs between two cards, under a heading each; all headings are there.

    Args:
        one: A card as JSON.
        other: Likewise.
    """
    return _sorted_out(_CARD, one, other)


def result_differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[Difference]]:
    """What differs between two evaluations, as `evaluate --json` prints them, under a heading each."""
    return _sorted_out(_RESULT, one, other)


def flat(value: object, key: str = "") -> Iterable[tuple[str, str]]:
    """The leaves of a tree as text, by dotted key."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from flat(member, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and any(isinstance(member, Mapping) for member in value):
        yield from flat({str(place): member for place, member in enumerate(value)}, key)
    else:
        yield key, str(value)


def _sorted_out(
    headings: Mapping[str, tuple[str, ...]], one: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, list[Difference]]:
    found: dict[str, list[Difference]] = {}
    for heading, keys in headings.items():
        ours, theirs = (dict(flat({key: tree[key] for key in keys if key in tree})) for tree in (one, other))
        both = ((key, ours.get(key, NOTHING), theirs.get(key, NOTHING)) for key in {**ours, **theirs})
        found[heading] = [Difference(*three) for three in both if three[1] != three[2]]
    return found
