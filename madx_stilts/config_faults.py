"""Faults of a config as plain sentences: pydantic's findings with keys, near names and places."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from reprlib import Repr
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from madx_stilts.strict_yaml import Key, dotted

MOST = 100
"""Findings of which sentences are made; a config that has more is not one that somebody wrote."""
_SHOWN = 60
"""Characters of a wrong value that a message shows."""


def faults_of(
    error: ValidationError, *, model: type[BaseModel], tree: object, place: Callable[[Key], str]
) -> Iterator[str]:
    """One sentence for each finding, beginning with the key; for the first hundred.

    Args:
        model: What the config was read into.
        tree: The values that were read.
        place: Where a value was given, as a suffix (" (line 3)").
    """
    for found in islice(error.errors(include_url=False), MOST):
        key = _key(found, tree)
        # What is missing has no line; what it is missing from has one.
        given = (key[:-1] or key) if found["type"] == "missing" else key
        sentence = f"{_problem(found, model, key)}{place(given)}"
        yield f"{dotted(key)}: {sentence}" if key else sentence
    if error.error_count() > MOST:
        yield f"there are {error.error_count() - MOST} more"


def _problem(found: ErrorDetails, model: type[BaseModel], key: Key) -> str:
    if found["type"] == "missing":
        return "is missing"
    if found["type"] == "extra_forbidden":
        known = sorted({name for kind in _models_at(model, key[:-1]) for name in kind.model_fields})
        return f"is no known key{_near(str(key[-1]), known)}"
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    problem = f"{_message(found)}, not {shown(found['input'])}"
    if found["type"] == "literal_error":
        return problem + _near(str(found["input"]), str(found["ctx"]["expected"]).split("'")[1::2], listed=False)
    if found["type"] == "string_type" and isinstance(found["input"], int | float):
        return problem + "; put it in quotes"
    return problem


def _message(found: ErrorDetails) -> str:
    """What pydantic says, with bounds written as numbers and not as thirty digits."""
    message = found["msg"].removeprefix("Input ")
    bounds = [found["ctx"][name] for name in ("gt", "ge", "lt", "le") if name in found.get("ctx", {})]
    for bound in bounds:
        if isinstance(bound, float) and abs(bound) < 1e-4:
            message = f"{message.rpartition(' ')[0]} {bound:g}"
    return message


def _near(name: str, known: list[str], *, listed: bool = True) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.6) if len(name) < _SHOWN else []
    if near:
        return f"; did you mean {' or '.join(near)}?"
    return f"; known are {', '.join(known)}" if listed and known else ""


def shown(value: object) -> str:
    """A value as a message shows it: its beginning."""
    text = _short.repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_short = Repr()
_short.maxstring = _short.maxother = _short.maxlong = 2 * _SHOWN
_short.maxlist = _short.maxdict = _short.maxlevel = 10


def _key(found: ErrorDetails, tree: object) -> Key:
    """The key of a finding, without the names of alternatives that pydantic puts between."""
    key: list[str | int] = []
    for part in found["loc"]:
        inside = isinstance(tree, Mapping) and part in tree
        if inside or (isinstance(tree, list) and isinstance(part, int) and part < len(tree)):
            key.append(part)
            tree = tree[part]  # type: ignore[index]
    return (*key, found["loc"][-1]) if found["type"] == "missing" else tuple(key)


def _models_at(model: type[BaseModel], key: Key) -> set[type[BaseModel]]:
    """The models that may stand at a key."""
    models = {model}
    for part in key:
        fields = [kind.model_fields[part] for kind in models if isinstance(part, str) and part in kind.model_fields]
        if fields:
            models = {inner for field in fields for inner in _models_in(field.annotation)}
    return models


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
