"""Readers of a row's fields: ids, texts, labels. Anything else is a fault of the row."""

from collections.abc import Mapping, Sequence
from reprlib import repr as shortened

from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task

LARGEST_TEXT = 2_000_000
"""Characters that a field may have: a long novel, and what a tokenizer cuts within about a gigabyte."""


def read_id(fields: Mapping[str, object], row: int) -> str:
    """The example's id; its row where the data have none."""
    value = fields.get("id")
    return str(row if value is None else value)


def read_text(fields: Mapping[str, object], name: str) -> str:
    """The field's text.

    Raises:
        BadRow: It is no text, or too large a one.
    """
    value = fields[name]
    if not isinstance(value, str):
        raise BadRow(f"field {name!r} holds {shortened(value)}, not a text")
    _check_size(name, len(value))
    return value


def read_texts(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The field's texts.

    Raises:
        BadRow: It is no list of texts, or they are too large together.
    """
    value = fields[name]
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise BadRow(f"field {name!r} holds {shortened(value)}, not a list of texts")
    for item in value:
        if not isinstance(item, str):
            raise BadRow(f"field {name!r} holds a list with {shortened(item)} in it, which is not a text")
    _check_size(name, sum(map(len, value)) + len(value))
    return tuple(value)


def _check_size(name: str, characters: int) -> None:
    """Refuse what no tokenizer could cut: it would end the process for want of memory."""
    if characters > LARGEST_TEXT:
        raise BadRow(f"field {name!r} holds {characters:,} characters, and {LARGEST_TEXT:,} are the most")


def read_label(label: object, task: Task) -> str:
    """The label, one of the task's.

    Raises:
        BadRow: It is none of them.
    """
    if not isinstance(label, str) or label not in task.labels:
        raise BadRow(f"its label is {shortened(label)}, expected one of {', '.join(task.labels)}")
    return label
