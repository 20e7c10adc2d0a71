"""The rows of one split: its files one after another, columns checked, unwanted rows left out, labels read."""

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.data.labels import Label, LabelReader
from madx_stilts.data.opening import open_table
from madx_stilts.data.sources import SplitFiles
from madx_stilts.data.table import Table
from madx_stilts.errors import DataError
from madx_stilts.formats import FORMATS
from madx_stilts.tasks.fields import ROW_NUMBER, BadRow, Field, Row
from madx_stilts.tasks.task import Source, Task


@dataclass(frozen=True)
class RowFault:
    """A fault in the data, with file and row.

    Args:
        row: Number of the row in its file, from 0, a header being no row; None where no single row is to blame.
        problem: What was found and what was expected; a clause, or where there is no row, a sentence.
        ends_file: Whether the rest of the file could not be read.
        hint: What to do.
    """

    file: Path
    row: int | None
    problem: str
    ends_file: bool = False
    hint: str = "Fix the row, or fetch the file again."

    @property
    def place(self) -> str:
        """File and row."""
        return str(self.file) if self.row is None else f"{self.file}, row {self.row} (counted from 0)"

    def error(self) -> DataError:
        """The error for the user: file, row, and what is wrong with it."""
        message = self.problem if str(self.file) in self.problem else f"{self.place}: {self.problem}."
        return DataError(message, hint=self.hint)


Heed = Callable[[RowFault], None]
"""What is done about a fault: raise its error, or note it, so that reading goes on with the next row or file."""


def refuse(fault: RowFault) -> None:
    """Raise the fault's error: bad data are not read.

    Raises:
        DataError: Always.
    """
    raise fault.error()


@dataclass(frozen=True)
class Files:
    """The files of a split and the index of the first row of each."""

    paths: tuple[Path, ...] = ()
    starts: tuple[int, ...] = ()

    def place(self, index: int) -> tuple[Path, int]:
        """The file of a row of the split, and the row's number in it, from 0; a header is no row."""
        at = bisect_right(self.starts, index) - 1
        return self.paths[at], index - self.starts[at]

    def fault(self, error: BadRow) -> RowFault:
        """What is wrong with a row of the split; where it is not known which one, with its folder."""
        file, row = (self.paths[0].parent, None) if error.row is None else self.place(error.row)
        return RowFault(file, row, error.problem)


@dataclass(frozen=True)
class RawRow:
    """One row before it becomes an example.

    Args:
        row: Its columns, and its number in the split as `ROW_NUMBER`.
        label: Name of its label, a name for each item, or None where none is known.
    """

    row: Row
    label: Label
    source: Source


class SplitRows:
    """Goes through the rows of a split.

    Args:
        found: Its files, in order, from one place or several.
        heed: What is done about a fault. If it does not raise, a row without a usable label is passed over, and so is
            the rest of a file from a place on that cannot be read.

    Attributes:
        files: Those that were opened so far.
        wanted: Rows so far that belong to the split, those that were left out or passed over among them.
        left_out: Rows left out so far because annotators did not agree on a label.
        finished: Whether all rows were gone through.
    """

    def __init__(self, task: Task, language: str, found: Sequence[SplitFiles], *, heed: Heed = refuse) -> None:
        self._optional = frozenset(FORMATS[task.format].optional_fields)
        self._task = task
        self._language = language
        self._found = found
        self._heed = heed
        self.files = Files()
        self.wanted = self.left_out = 0
        self.finished = False

    def __iter__(self) -> Iterator[tuple[int, RawRow]]:
        """Each wanted row, with its index in the split.

        Raises:
            DataError: A file lacks a column or is damaged, or a label is none of the task's.
        """
        index, self.files, self.wanted, self.left_out, self.finished = 0, Files(), 0, 0, False
        for found in self._found:
            for path in found.paths:
                self.files = Files((*self.files.paths, path), (*self.files.starts, index))
                index = yield from self._rows_of(path, found.source, index)
        self.finished = True

    def report(self, problem: str, index: int) -> None:
        """Tell of a row of the split that cannot be used.

        Raises:
            DataError: Unless faults are only noted.
        """
        self._heed(self.files.fault(BadRow(problem, index)))

    def _rows_of(self, path: Path, source: Source, index: int) -> Generator[tuple[int, RawRow], None, int]:
        """The wanted rows of one file, whose first row is number `index`; returns the number after its last."""
        wanted = _Wanted(source, self._language)
        for row, labels in self._all_rows_of(path, source):
            if wanted(row):
                self.wanted += 1
                try:
                    label = labels.read(row) if labels else None
                except BadRow as bad:
                    self.report(bad.problem, index)
                else:
                    if label is None and source.drop_unlabelled:
                        self.left_out += 1
                    else:
                        yield index, RawRow({**row, ROW_NUMBER: index}, label, source)
            index += 1
        return index

    def _all_rows_of(self, path: Path, source: Source) -> Iterator[tuple[Row, LabelReader | None]]:
        """Every row that can be read of a file, and what reads their labels."""
        done = 0
        try:
            table = open_table(path, source.reader, dialect=source.dialect)
            labels = LabelReader(source.labels, self._task.labels, table.class_names) if source.labels else None
            for row in table.rows(self._check_columns(table, path, source, labels)):
                yield row, labels
                done += 1
        except BadRow as bad:
            self._heed(RowFault(path, done if bad.row is None else bad.row, bad.problem, ends_file=True))
        except DataError as error:
            self._heed(RowFault(path, None, error.message, ends_file=True, hint=error.hint))

    def values(self, raw: RawRow) -> dict[str, object]:
        """The fields of a row by name; an optional one whose column is not in the file is None.

        Raises:
            BadRow: A field cannot be read.
        """
        return {
            name: None if name in self._optional and not _has(raw.row, field) else field.read(raw.row)
            for name, field in raw.source.fields.items()
        }

    def no_rows(self) -> DataError:
        """The error for a split without a wanted row."""
        source = self._found[0].source
        wanted = " and ".join(
            f"{column} = {value.format(language=source.code(self._language))!r}"
            for column, value in source.where.items()
        )
        what = f"no rows with {wanted}" if wanted else "no labelled rows" if source.drop_unlabelled else "no rows"
        paths = ", ".join(str(path) for found in self._found for path in found.paths)
        return DataError(f"There are {what} in {paths}.", hint="Fetch the data set again.")

    def _check_columns(self, table: Table, path: Path, source: Source, labels: LabelReader | None) -> list[str]:
        """The columns to read."""
        optional, needed = set[str](), set(source.where)
        for name, field in source.fields.items():
            (optional if name in self._optional else needed).update(field.columns)
        needed.update(labels.columns if labels else ())
        twice = sorted({column for column in needed | optional if table.columns.count(column) > 1})
        if twice:
            raise DataError(
                f"{path} has the column {', '.join(twice)} twice.",
                hint="Rename the one that is not meant.",
            )
        lacking = sorted(needed - set(table.columns))
        if lacking:
            raise DataError(
                f"{path} has the columns {', '.join(table.columns) or 'none'}; "
                f"{self._task.name} also needs {', '.join(lacking)}.",
                hint=f"{self._task.name} is read from {source.path}; is it that data set?",
            )
        return [column for column in table.columns if column in needed | optional]


class _Wanted:
    """Whether a row is one of those that a source keeps."""

    def __init__(self, source: Source, language: str) -> None:
        code = source.code(language)
        self._values = {column: value.format(language=code) for column, value in source.where.items()}

    def __call__(self, row: Row) -> bool:
        return not self._values or all(_fits(str(row[column]), value) for column, value in self._values.items())


def _fits(text: str, wanted: str) -> bool:
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def _has(row: Row, field: Field) -> bool:
    return all(column in row for column in field.columns)
