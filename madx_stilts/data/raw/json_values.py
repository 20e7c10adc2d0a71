"""Values of JSON files, with their types checked where they are taken."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from madx_stilts import strict_json
from madx_stilts.data.lines import whole_text
from madx_stilts.errors import DataError
from madx_stilts.strict_json import JsonError
from madx_stilts.tasks.fields import BadRow

T = TypeVar("T")


def read_json(path: Path) -> object:
    """The one value that a file holds.

    Raises:
        DataError: The file is no JSON, or cut off; the message names the place.
    """
    try:
        return strict_json.parse(whole_text(path), numbers="any")
    except JsonError as error:
        raise DataError(f"{path}: {error}.", hint="Fetch the file again.") from error


def parse_line(text: str) -> object:
    """The value that a line holds.

    Raises:
        BadRow: It is no JSON.
    """
    try:
        return strict_json.parse(text, numbers="any")
    except JsonError as error:
        raise BadRow(str(error)) from error


def member(value: object, name: str, kind: type[T], owner: str) -> T:
    """A member of a JSON object.

    Args:
        kind: The type it must have.
        owner: What the object is, for the error.

    Raises:
        BadRow: `value` is no object, lacks the member, or has another type there.
    """
    if not isinstance(value, Mapping):
        raise BadRow(f"{owner} is {type(value).__name__}, not a JSON object")
    if name not in value:
        raise BadRow(f"{owner} has no {name!r}")
    found = value[name]
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise BadRow(f"{owner} has {name} = {found!r:.60}, expected {kind.__name__}")
    return found


def member_or(value: object, name: str, default: T, owner: str) -> T:
    """A member of a JSON object, of the type of `default`, which stands for one that is not there.

    Raises:
        BadRow: `value` is no object, or has another type there.
    """
    if isinstance(value, Mapping) and name not in value:
        return default
    return member(value, name, type(default), owner)
