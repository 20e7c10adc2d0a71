"""Which reader opens which file."""

from collections.abc import Callable, Mapping
from pathlib import Path

from madx_stilts.data.columnar import ParquetTable
from madx_stilts.data.raw import RAW_READERS
from madx_stilts.data.table import Table
from madx_stilts.data.textual import CsvTable, JsonTable, LineTable, TsvTable
from madx_stilts.errors import DataError

_READERS: Mapping[str, Callable[[Path], Table]] = {
    ".parquet": ParquetTable,
    ".jsonl": JsonTable,
    ".json": JsonTable,
    ".csv": CsvTable,
    ".tsv": TsvTable,
    ".txt": LineTable,
}


def open_table(path: Path, reader: str = "") -> Table:
    """Open a file.

    Args:
        reader: Name of what reads it; none: by its suffix.

    Raises:
        DataError: It is missing, empty, damaged, or of an unknown format.
    """
    if not reader and path.suffix not in _READERS:
        raise DataError(f"{path} is no data file.", hint=f"Files of rows end in {', '.join(_READERS)}.")
    if not path.is_file():
        raise DataError(f"There is no file {path}.", hint="Check the path.")
    if not path.stat().st_size:
        raise DataError(f"{path} is empty.", hint="Fetch the file again.")
    return RAW_READERS[reader](path) if reader else _READERS[path.suffix](path)
