"""One file of rows, whatever its format: its columns before the first row, then its rows one by one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from madx_stilts.tasks.fields import Row


class Table(Protocol):
    """A file that is open for reading."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""

    @property
    def class_names(self) -> Mapping[str, tuple[str, ...]]:
        """For columns of labels, what the integers mean, where the file says so."""

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """Its rows, with at least these columns.

        Raises:
            BadRow: A row is damaged; `row` counts from the start of the file.
            DataError: The file is damaged.
        """
