"""From a task, a language and a split to examples: every row checked, every label known by its name."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from madx_stilts.data.labels import Label
from madx_stilts.data.place import DataPlace, Found, find
from madx_stilts.data.rows import Files, Raw, SplitRows
from madx_stilts.data.sample import sample
from madx_stilts.errors import DataError, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Split, Task

__all__ = ["DataPlace", "Examples", "read"]


class Example(Protocol):
    """What the examples of all formats have."""

    @property
    def row(self) -> int:
        """Index of its row in the split."""


E = TypeVar("E", bound=Example)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True)
class Examples(Generic[E]):
    """The examples of one task, split and language, in the order of their files.

    Args:
        items: The examples; `row` of each is its index in the whole split, rows that were left out counted.
        origin: Where they are from: `mirror owner/name` or `hub owner/name@commit`.
        fingerprint: The sha256, in hexadecimal, of their fields and labels, ids aside: the same wherever the same
            rows came from.
        left_out: Rows of the split that were left out because their annotators did not agree on a label.
    """

    task: Task
    language: str
    split: Split
    items: list[E]
    origin: str
    fingerprint: str
    files: Files = field(repr=False, compare=False)
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.items)

    def locate(self, row: int) -> str:
        """The file of a row of the split, and the row's number in that file, from 0; a header is no row."""
        return self.files.locate(row)

    def require_labels(self) -> None:
        """Every example has its gold answer.

        Raises:
            DataError: One has not; the message names file and row.
        """
        labelled = FORMATS[self.task.format].labelled
        hidden = next((example for example in self.items if not labelled(example)), None)
        if hidden is not None:
            raise DataError(
                f"{self.locate(hidden.row)}: no gold answer is given, so it can be neither trained on nor scored.",
                hint="The gold answers of many test splits are hidden; `evaluate --predictions DIR` needs none.",
            )

    def bad_row(self, error: BadRow) -> DataError:
        """The error for the user when an example turns out to be of no use; names file and row."""
        return self.files.bad(error)


def read(task: Task, language: str, split: Split, *, place: DataPlace, limit: int | None = None) -> Examples[Any]:
    """Read one split of a task in one language.

    Args:
        limit: At most so many examples: a fixed sample that contains every smaller one.

    Raises:
        UsageError: The split has no such language, or `limit` is below 1.
        DataError: The data are not found or damaged, lack a column, or have a row that cannot be used.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"A limit of {limit} examples leaves none.", hint="Give 1 or more, or no limit.")
    found = find_all(task, language, split, place=place)
    rows = SplitRows(task, language, found)
    items, fingerprint = _examples(task, rows, rows if limit is None else sample(rows, limit))
    if not items:
        raise rows.no_rows()
    origin = ", ".join(one.origin for one in found)
    return Examples(task, language, split, items, origin, fingerprint, rows.files, rows.left_out)


def find_all(task: Task, language: str, split: Split, *, place: DataPlace) -> tuple[Found, ...]:
    """The files of a split: one place, or for a union one for each of its tasks.

    Raises:
        UsageError: The split has no such language.
        DataError: The task has no such split, or its files are nowhere.
    """
    if task.union_of:
        task.places(split, language)
        return tuple(found for one in task.union_of for found in find_all(one, language, split, place=place))
    return (find(task.places(split, language), language, place),)


def _examples(task: Task, rows: SplitRows, chosen: Iterable[tuple[int, Raw]]) -> tuple[list[Any], str]:
    """Examples of the chosen rows, and their fingerprint."""
    make = FORMATS[task.format].example
    content = hashlib.sha256()
    items: list[Any] = []
    for index, raw in chosen:
        try:
            fields = rows.values(raw)
            items.append(make(index, fields, raw.label, task))
            content.update(_content(fields, raw.label))
        except BadRow as bad:
            raise rows.files.bad(BadRow(bad.problem, index)) from bad
    return items, content.hexdigest()


def _content(fields: dict[str, object], label: Label) -> bytes:
    """What of an example can change a training or a score.

    Raises:
        BadRow: A text holds half a character, which no tokenizer takes.
    """
    fields.pop("id", None)
    try:
        return _ENCODER.encode([fields, label]).encode()
    except UnicodeEncodeError as error:
        raise BadRow(f"a text holds half a character, {error.object[error.start : error.end]!r}") from error
