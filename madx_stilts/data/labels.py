"""From the value in a label column to the task's name of that label: by name, never by integer."""

import re
from collections.abc import Mapping, Sequence

from madx_stilts.tasks.fields import BadRow, Column, Row
from madx_stilts.tasks.task import Labels

Label = str | list[str] | None

_INTEGER = re.compile(r"-?\d{1,18}")
_LISTED = 30


class LabelReader:
    """Reads the label of one row.

    Args:
        labels: Where it is and what its values mean.
        known: The task's own labels.
        class_names: What the integers in a column mean according to the file; wins over `labels.names`.
    """

    def __init__(self, labels: Labels, known: tuple[str, ...], class_names: Mapping[str, tuple[str, ...]]) -> None:
        self._column = Column(labels.column)
        self._among = Column(labels.among) if labels.among else None
        self._names = class_names.get(labels.column) or labels.names
        self._labels = labels
        self._known = known
        self._is_known = frozenset(known)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self._column.columns + (self._among.columns if self._among else ())

    def read(self, row: Row) -> Label:
        """The label's name, a name for each item of a list, or None where none is known.

        Raises:
            BadRow: The value means none of the task's labels.
        """
        value = self._column.read(row)
        if self._among is not None:
            return self._position(value, self._among.read(row))
        if isinstance(value, list):
            names = [self._name(item) for item in value]
            known = [name for name in names if name is not None]
            if known and len(known) < len(names):
                raise BadRow(f"{len(names) - len(known)} of its {len(names)} labels are not known")
            return known or None
        return self._name(value)

    def _position(self, value: object, choices: object) -> str | None:
        """The task's name of the place at which the row's own choices have `value`."""
        value = _bare(value)
        if value in self._labels.absent:
            return None
        if not isinstance(choices, Sequence) or isinstance(choices, str) or value not in choices:
            raise BadRow(f"its label {value!r:.60} is none of its choices {choices!r:.120}")
        place = choices.index(value)
        if place >= len(self._known):
            raise BadRow(f"its label is choice {place + 1}, the task has {len(self._known)}")
        return self._known[place]

    def _name(self, value: object) -> str | None:
        value = _bare(value)
        if value in self._labels.absent:
            return None
        if isinstance(value, str):
            name = self._labels.aliases.get(value, value)
            if name in self._is_known:
                return name
            if not _INTEGER.fullmatch(value):
                raise BadRow(f"its label is {value!r:.60}, expected one of {self._listed()}")
            value = int(value)
            if value in self._labels.absent:
                return None
        return self._named(value)

    def _named(self, value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadRow(f"its label is {value!r:.60}, a {type(value).__name__}, expected a name or an integer")
        if not self._names:
            raise BadRow(f"its label is {value}, and neither the file nor the task says what integers mean")
        if not 0 <= value < len(self._names):
            raise BadRow(f"its label is {value}, expected 0 to {len(self._names) - 1} ({', '.join(self._names)})")
        name = self._labels.aliases.get(self._names[value], self._names[value])
        if name not in self._is_known:
            raise BadRow(f"its label is {value}, which means {name!r}; expected one of {self._listed()}")
        return name

    def _listed(self) -> str:
        """The task's labels, or the first of a great many."""
        more = len(self._known) - _LISTED
        return ", ".join(self._known[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _bare(value: object) -> object:
    return value.strip() if isinstance(value, str) else value
