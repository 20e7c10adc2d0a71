"""How a task's fields are read from one row of its data set: small values, composed, without code per task.

A row is a mapping from column names to plain Python values, as `datasets` gives it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Protocol

Row = Mapping[str, object]
ROW_NUMBER = "(row number)"
"""The member of a row that holds its number in the split, from 0; readers add it to what the file has."""


class BadRow(Exception):
    """A row that cannot be used.

    Readers and formats raise it without knowing the file; `data.read` adds file and row number.

    Args:
        problem: What was found and what was expected.
        row: Index of the row in its split, where the one who raises knows it.
    """

    def __init__(self, problem: str, row: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.row = row


class Field(Protocol):
    """One field of an example, read from a row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs, checked before the first row is read."""

    def read(self, row: Row) -> object:
        """The field's value.

        Raises:
            BadRow: The row does not hold what the field needs.
        """


@dataclass(frozen=True)
class Column:
    """The value of a column; `a.b` is member `b` of a struct column `a`."""

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name.split(".")[0],)

    def read(self, row: Row) -> object:
        value: object = row
        for part in self.name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                raise BadRow(f"column {self.name!r} has no member {part!r}")
            value = value[part]
        return value


@dataclass(frozen=True)
class StrippedColumn:
    """The text of a column without blanks around it: some files kept the ends of their lines."""

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        return Column(self.name).columns

    def read(self, row: Row) -> str:
        value = Column(self.name).read(row)
        if not isinstance(value, str):
            raise BadRow(f"column {self.name!r} holds {value!r}, not a text")
        return value.strip()


@dataclass(frozen=True)
class RowNumber:
    """The row's number in its split, from 0, for data in which rows of the same number belong together."""

    columns: tuple[str, ...] = ()

    def read(self, row: Row) -> object:
        return row[ROW_NUMBER]


@dataclass(frozen=True)
class Template:
    """Text made from columns: `"{premise} {question}"`.

    Args:
        template: Column names in braces.
        words: For a column, what its values are replaced by; a value that is not listed is a fault of the row.
    """

    template: str
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for _, name, _, _ in Formatter().parse(self.template) if name)

    def read(self, row: Row) -> str:
        return self.template.format_map({name: self._text(name, row[name]) for name in self.columns})

    def _text(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise BadRow(f"column {name!r} holds {value!r}, not a text")
        if name not in self.words:
            return value
        if value not in self.words[name]:
            raise BadRow(f"column {name!r} holds {value!r}, expected one of {', '.join(self.words[name])}")
        return self.words[name][value]


@dataclass(frozen=True)
class EachItem:
    """A list of texts: each item of a list column through a template in which the item is called `{item}`."""

    column: str
    template: str = "{item}"

    @property
    def columns(self) -> tuple[str, ...]:
        others = (name for _, name, _, _ in Formatter().parse(self.template) if name and name != "item")
        return (*Column(self.column).columns, *others)

    def read(self, row: Row) -> list[str]:
        items = Column(self.column).read(row)
        if not isinstance(items, Sequence) or isinstance(items, str):
            raise BadRow(f"column {self.column!r} holds {items!r}, not a list")
        phrase = Template(self.template)
        return [phrase.read({**row, "item": item}) for item in items]


@dataclass(frozen=True)
class JoinedFields:
    """A list of texts, one from each field."""

    parts: tuple[Field, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.columns)

    def read(self, row: Row) -> list[object]:
        return [part.read(row) for part in self.parts]
