"""Configs beside an adapter's weights: read within bounds, and compared with what its card says. No torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError
from madx_stilts.files import read_bounded
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo import bounds

MAX_CONFIG_BYTES: Final = 1_000_000
_OUTER_KEYS: Final = frozenset({"config", "hidden_size", "model_class", "model_name", "model_type", "name", "version"})
_LONGEST: Final = 1_000
"""Characters of a text in a config."""


def read_config(card: Card, folder: Path, file: str, name: str) -> dict[str, object]:
    """The library's config of an adapter or a head, after what stands around it was found to agree with the card.

    Args:
        name: The name in the model that it must have.

    Raises:
        AdapterError: It cannot be read, or does not agree.
    """
    return inner_config(card, file, outer_config(card, folder, file), name)


def outer_config(card: Card, folder: Path, file: str) -> dict[str, object]:
    """The table that a config file holds.

    Raises:
        AdapterError: It cannot be read, or is no JSON object.
    """
    try:
        content = parse(read_bounded(folder / file, limit=MAX_CONFIG_BYTES))
    except JsonError as error:
        raise disagrees(card, file, str(error)) from error
    except OSError as error:
        raise disagrees(card, file, error.strerror or str(error)) from error
    if not isinstance(content, dict):
        raise disagrees(card, file, "it holds no table")
    return content


def inner_config(card: Card, file: str, outer: Mapping[str, object], name: str) -> dict[str, object]:
    """The config itself, after what stands around it was found to agree with the card.

    Raises:
        AdapterError: It does not agree.
    """
    note = card.backbone
    known = {"hidden_size": note.hidden_size, "model_type": note.model_type, "name": name}
    for key in sorted(outer.keys() ^ _OUTER_KEYS):
        raise disagrees(card, file, f"it has the unknown key {key[:80]!r}" if key in outer else f"it lacks {key}")
    for key, wanted in known.items():
        if not same(outer[key], wanted):
            raise disagrees(card, file, f"{key} is {bounds.shown(outer[key])}, expected {wanted!r}")
    for key in ("model_class", "model_name", "version"):
        text = outer[key]
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise disagrees(card, file, f"{key} is {bounds.shown(text)}")
    inner = outer["config"]
    if not isinstance(inner, dict):
        raise disagrees(card, file, f"config is {bounds.shown(inner)}")
    return inner


def compare(card: Card, file: str, found: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    """Refuse a config that is not exactly the wanted one.

    Raises:
        AdapterError: A key is missing, unknown or has another value.
    """
    for key in sorted(found.keys() - wanted.keys()):
        raise disagrees(card, file, f"it has the unknown key {key[:80]!r}")
    for key, value in wanted.items():
        if key not in found:
            raise disagrees(card, file, f"it lacks {key}")
        if not same(found[key], value):
            reason = f"{key} is {bounds.shown(found[key])}, and its recipe makes it {bounds.shown(value)}"
            raise disagrees(card, file, reason)


def same(found: object, wanted: object) -> bool:
    """Whether two values of JSON are equal; a truth value is no number."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def disagrees(card: Card, file: str, reason: str) -> AdapterError:
    """The error for a file that is not what the card says.

    Args:
        reason: A clause.
    """
    return AdapterError(
        f"{file} does not agree with the card of {card.name}: {reason}.",
        hint="It was not written by madx-stilts, or was changed since. Fetch it from where it was published first.",
    )
