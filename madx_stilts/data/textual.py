"""Rows of text files: JSON lines (or one JSON list), CSV, TSV and plain lines, all in UTF-8."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from madx_stilts.data.lines import lines
from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row

_NO_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class JsonTable:
    """A file with one JSON object per line, or one list of objects.

    Raises:
        DataError: It holds no objects.
    """

    class_names = _NO_NAMES

    def __init__(self, path: Path) -> None:
        self._path = path
        self.columns: tuple[str, ...] = ()
        try:
            self.columns = tuple(next(self._objects(), {}))
        except BadRow as bad:
            raise DataError(f"{path}, row {bad.row}: {bad.problem}.", hint="Fetch or mend the file.") from bad

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for index, row in enumerate(self._objects()):
            lacking = [name for name in columns if name not in row]
            if lacking:
                raise BadRow(f"it has no {', '.join(lacking)}", index)
            yield row

    def _objects(self) -> Iterator[Row]:
        for index, value in enumerate(self._values()):
            if not isinstance(value, dict):
                raise BadRow(f"it is {type(value).__name__}, not a JSON object", index)
            yield value

    def _values(self) -> Iterator[object]:
        with self._path.open("rb") as file:
            whole = file.read(100).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        filled = (line for line in lines(self._path) if line.strip())
        if not whole:
            yield from (_parsed(line, index) for index, line in enumerate(filled))
            return
        values = _parsed("".join(filled), 0)
        yield from values if isinstance(values, list) else [values]


class CsvTable:
    """A file of comma-separated values with a header, quoted as RFC 4180 has it. Every value is text."""

    class_names = _NO_NAMES

    def __init__(self, path: Path) -> None:
        self._path = path
        self.columns: tuple[str, ...] = tuple(next(self._records(), ()))

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        records = self._records()
        header = next(records, [])
        for index, record in enumerate(records):
            if len(record) != len(header):
                raise BadRow(f"it has {len(record)} values, the header has {len(header)}", index)
            yield dict(zip(header, record, strict=True))

    def _records(self) -> Iterator[list[str]]:
        reader = csv.reader(lines(self._path), strict=True)
        try:
            yield from (record for record in reader if record)
        except csv.Error as error:
            raise DataError(
                f"{self._path}, line {reader.line_num} is not CSV: {error}.", hint="Quotes inside a value are doubled."
            ) from error


class TsvTable(CsvTable):
    """A file of tab-separated values with a header. Quotation marks are text: a lone one must not join rows."""

    def _records(self) -> Iterator[list[str]]:
        for line in lines(self._path):
            if line.strip():
                yield line.rstrip("\r\n").split("\t")


class LineTable:
    """A file of plain text: each line that is not blank is a row with one column, `text`."""

    columns = ("text",)
    class_names = _NO_NAMES

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        return ({"text": line.rstrip("\r\n")} for line in lines(self._path) if line.strip())


def _parsed(text: str, index: int) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadRow(f"it is not JSON ({error.msg}, character {error.pos})", index) from error
