"""Rows of text files: JSON lines (or one JSON list), CSV, TSV and plain lines, all in UTF-8."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from madx_stilts import strict_json
from madx_stilts.data.delimited import records
from madx_stilts.data.lines import lines, whole_text
from madx_stilts.data.unpack import opened
from madx_stilts.errors import DataError
from madx_stilts.strict_json import JsonError
from madx_stilts.tasks.dialect import Dialect
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
            self._whole = _list_in(path)
            self.columns = tuple(next(self._objects(), {}))
        except BadRow as bad:
            raise DataError(f"{path}, row {bad.row}: {bad.problem}.", hint="Fetch or fix the file.") from bad

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
        if self._whole is not None:
            yield from self._whole
            return
        filled = (line for line in lines(self._path) if line.strip())
        yield from (parsed(line, index) for index, line in enumerate(filled))


class DelimitedTable:
    """A table whose first record names its columns. Every value is text."""

    class_names = _NO_NAMES

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._path = path
        self._dialect = dialect
        self.columns: tuple[str, ...] = tuple(next(records(path, dialect), ()))

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for index, record in enumerate(islice(records(self._path, self._dialect), 1, None)):
            if len(record) != len(self.columns):
                raise BadRow(f"it has {len(record)} values, the header has {len(self.columns)}", index)
            yield dict(zip(self.columns, record, strict=True))


class LineTable:
    """A file of plain text: each line that is not blank is a row with one column, `text`."""

    columns = ("text",)
    class_names = _NO_NAMES

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        return ({"text": line.rstrip("\r\n")} for line in lines(self._path) if line.strip())


def _list_in(path: Path) -> list[object] | None:
    """The values of a file that is one JSON list; None if it begins like a file of lines."""
    with opened(path) as source:
        begins = source.file.read(100).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not begins.startswith(b"["):
        return None
    values = parsed(whole_text(path), 0)
    return values if isinstance(values, list) else [values]


def parsed(text: str, index: int) -> object:
    """The value of a JSON text.

    Raises:
        BadRow: It is no JSON, or exceeds a bound of `strict_json`.
    """
    try:
        return strict_json.parse(text, numbers="any")
    except JsonError as error:
        raise BadRow(str(error), index) from error
