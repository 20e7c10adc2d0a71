"""Choice of the reader for a file."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from madx_stilts.data.parquet import ParquetTable
from madx_stilts.data.raw import RAW_READERS
from madx_stilts.data.table import Table
from madx_stilts.data.text_files import DelimitedTable, JsonTable, LineTable
from madx_stilts.data.unpack import GZIP, UNPACK_WITH, kind_of, opened
from madx_stilts.errors import DataError
from madx_stilts.tasks.dialect import PLAIN_TABS, QUOTED_COMMAS, Dialect

_READERS: Mapping[str, Callable[[Path], Table]] = {
    ".parquet": ParquetTable,
    ".jsonl": JsonTable,
    ".json": JsonTable,
    ".csv": partial(DelimitedTable, dialect=QUOTED_COMMAS),
    ".tsv": partial(DelimitedTable, dialect=PLAIN_TABS),
    ".txt": LineTable,
}


def open_table(path: Path, reader: str = "", *, dialect: Dialect | None = None) -> Table:
    """Open a file. Text files may be packed with gzip.

    Args:
        reader: Name of what reads it; empty: by its dialect or suffix.
        dialect: How the table is written in a text file; None: by its suffix.

    Raises:
        DataError: It is missing, no regular file, empty, damaged, or of an unknown format.
    """
    if not reader and dialect is None:
        _check_kind(path)
    with opened(path) as source:
        if not source.file.read(1):
            raise DataError(f"{path} is empty.", hint="Fetch the file again.")
    if reader:
        return RAW_READERS[reader](path)
    return DelimitedTable(path, dialect) if dialect else _READERS[kind_of(path.name)](path)


def _check_kind(path: Path) -> None:
    kind = kind_of(path.name)
    if kind not in _READERS or (kind == ".parquet" and path.suffix == GZIP):
        raise DataError(f"{path} is no data file.", hint=how_to_read(path.name))


def how_to_read(name: str) -> str:
    """What to do with a file of rows that no reader opens."""
    tool = "gunzip" if name.endswith(GZIP) else UNPACK_WITH.get(Path(name).suffix)
    if tool:
        return f"It is packed in a way that is not read here: unpack it with `{tool}`."
    return f"Files of rows end in {', '.join(_READERS)}; those of text may be packed with gzip ({GZIP})."
