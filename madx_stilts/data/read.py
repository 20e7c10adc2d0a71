"""From a task, a language and a split to examples: every row checked, every label known by its name."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from madx_stilts.data.label_file import with_labels
from madx_stilts.data.labels import Label
from madx_stilts.data.rows import Files, RawRow, SplitRows
from madx_stilts.data.sample import sample
from madx_stilts.data.sources import DataSources, SplitFiles, find
from madx_stilts.data.unusable import NO_ANSWER, nothing_to_learn, nothing_to_score
from madx_stilts.errors import DataError, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Split, Task

__all__ = ["DataSources", "Examples", "read", "read_to_train"]


class Example(Protocol):
    """Fields that the examples of all formats have."""

    @property
    def row(self) -> int:
        """Index of its row in the split."""


E = TypeVar("E", bound=Example)
Choice = Callable[[Iterable[tuple[int, RawRow]]], Iterable[tuple[int, RawRow]]]
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
        whole: How many rows the whole split has, those aside; None where not all were read, or where they are invented.
        other_order: Whether they may be in another order than those of the benchmark.
        unlearnable: Rows that were left out because they can only be scored; see `read_to_train`.
        remarks: How often something odd was met in the examples: see `formats.remarks`.
    """

    task: Task
    language: str
    split: Split
    items: list[E]
    origin: str
    fingerprint: str
    files: Files = field(repr=False, compare=False)
    left_out: int = 0
    whole: int | None = None
    other_order: bool = False
    unlearnable: int = 0
    remarks: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        return len(self.items)

    def locate(self, row: int) -> str:
        """The file of a row of the split, and the row's number in that file, from 0; a header is no row."""
        file, number = self.files.place(row)
        return f"{file}, row {number} (counted from 0)"

    def require_labels(self) -> None:
        """Every example has its gold answer, and some have one that adds to a score.

        Raises:
            DataError: One has none; the message names file and row. Or none of them adds to a score.
        """
        task_format = FORMATS[self.task.format]
        hidden = next((example for example in self.items if not task_format.labelled(example)), None)
        if hidden is not None:
            raise DataError(
                f"{self.locate(hidden.row)}: {NO_ANSWER}.",
                hint="The gold answers of many test splits are hidden; `evaluate --predictions DIR` needs none.",
            )
        if not any(map(task_format.scorable, self.items)):
            raise DataError(
                f"{self.files.paths[0]}: {nothing_to_score(self.task, len(self.items))}.",
                hint="Fetch the data again; with --limit, take more.",
            )

    def bad_row(self, error: BadRow) -> DataError:
        """The error for the user when an example turns out to be of no use; names file and row."""
        return self.files.fault(error).error()


def read(task: Task, language: str, split: Split, *, place: DataSources, limit: int | None = None) -> Examples[Any]:
    """Read one split of a task in one language, to score it or to look at it.

    Args:
        limit: At most so many examples: a fixed sample that contains every smaller one.

    Raises:
        UsageError: The split has no such language, or `limit` is below 1.
        DataError: The data are not found or damaged, lack a column, or have a row that cannot be used.
    """
    choose, found = _at_most(limit), find_all(task, language, split, place=place)
    return _comparable(read_found(task, language, split, found, choose=choose), place)


def read_to_train(
    task: Task, language: str, split: Split, *, place: DataSources, limit: int | None = None
) -> Examples[Any]:
    """Read one split of a task in one language, to learn from it: as `read`, but without rows that can only be scored.

    These are counted, and are not part of the fingerprint; of `limit` rows so many are left the less.

    Raises:
        UsageError: As for `read`.
        DataError: As for `read`, or all rows can only be scored.
    """
    choose, found = _at_most(limit), find_all(task, language, split, place=place)
    examples = read_found(task, language, split, found, choose=choose, use=FORMATS[task.format].learnable)
    return _comparable(examples, place)


def _comparable(examples: Examples[Any], place: DataSources) -> Examples[Any]:
    """The examples; those of a constructed world have no published size to be compared with."""
    return examples if place.world is None else replace(examples, whole=None)


def _at_most(limit: int | None) -> Choice:
    if limit is not None and limit < 1:
        raise UsageError(f"A limit of {limit} examples leaves none.", hint="Give 1 or more, or no limit.")
    return partial(sample, limit=limit) if limit else iter


def _any(example: object) -> bool:
    return True


def read_found(
    task: Task,
    language: str,
    split: Split,
    found: Sequence[SplitFiles],
    *,
    choose: Choice,
    use: Callable[[Any], bool] = _any,
) -> Examples[Any]:
    """Read one split out of files that were found.

    Args:
        choose: Which of its rows.
        use: Whether an example is of use; those that are not are counted as `unlearnable`.

    Raises:
        DataError: The data are damaged, lack a column, or have a row that cannot be used, or no example is of use.
    """
    licences = "; ".join(dict.fromkeys(one.source.licence or task.licence for one in found))
    task = replace(with_labels(task, found), licence=licences)
    rows = SplitRows(task, language, found)
    sums = _Sums()
    items = list(sums.used(task, made(task, rows, choose(rows)), use))
    origin = ", ".join(one.origin for one in found)
    if not items and sums.unlearnable:
        raise DataError(
            f"{rows.files.paths[0]}: {nothing_to_learn(task, sums.unlearnable)}.",
            hint="Take other training data, or more of them (--limit).",
        )
    if not items:
        raise rows.no_rows()
    examples = Examples(
        task,
        language,
        split,
        items,
        origin,
        sums.content.hexdigest(),
        rows.files,
        left_out=rows.left_out,
        unlearnable=sums.unlearnable,
        remarks=dict(sums.remarks),
    )
    whole = rows.wanted - rows.left_out if rows.finished else None
    return replace(examples, whole=whole, other_order=any(one.source.other_order for one in found))


def find_all(task: Task, language: str, split: Split, *, place: DataSources) -> tuple[SplitFiles, ...]:
    """The files of a split: one place, or for a union one for each of its tasks.

    Raises:
        UsageError: The split has no such language.
        DataError: The task has no such split, or its files are nowhere.
    """
    if task.union_of:
        task.places(split, language)
        return tuple(found for one in task.union_of for found in find_all(one, language, split, place=place))
    return (find(task.places(split, language), language, place),)


@dataclass(frozen=True, slots=True)
class ReadExample(Generic[E]):
    """An example with what it was made of.

    Args:
        fields: Its fields by name, as the file has them.
        label: Its label's name, a name for each item, or None where none is known.
        content: Bytes that tell all of it that can change a training or a score, ids aside.
    """

    example: E
    fields: dict[str, object]
    label: Label
    content: bytes


def made(task: Task, rows: SplitRows, chosen: Iterable[tuple[int, RawRow]]) -> Iterator[ReadExample[Any]]:
    """Make an example of each chosen row that one can be made of; of the others `rows` is told.

    Raises:
        DataError: A row cannot be used, unless `rows` only notes it.
    """
    make = FORMATS[task.format].example
    for index, raw in chosen:
        try:
            fields = rows.values(raw)
            one = ReadExample(make(index, fields, raw.label, task), fields, raw.label, _content(fields, raw.label))
        except BadRow as bad:
            rows.report(bad.problem, index)
        else:
            yield one


@dataclass
class _Sums:
    """What is added up while examples are read: their content, what is odd in them, and those of no use."""

    content: Any = field(default_factory=hashlib.sha256)
    remarks: Counter[str] = field(default_factory=Counter)
    unlearnable: int = 0

    def used(self, task: Task, all_made: Iterable[ReadExample[Any]], use: Callable[[Any], bool]) -> Iterator[Any]:
        """The examples that are of use."""
        remarks = FORMATS[task.format].remarks
        for one in all_made:
            if use(one.example):
                self.content.update(one.content)
                self.remarks.update(remarks(one.example))
                yield one.example
            else:
                self.unlearnable += 1


def _content(fields: Mapping[str, object], label: Label) -> bytes:
    """What of an example can change a training or a score.

    Raises:
        BadRow: A text holds half a character, which no tokenizer takes.
    """
    telling = {name: value for name, value in fields.items() if name != "id"}
    try:
        return _ENCODER.encode([telling, label]).encode()
    except UnicodeEncodeError as error:
        raise BadRow(f"a text holds half a character, {error.object[error.start : error.end]!r}") from error
