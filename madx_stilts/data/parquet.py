"""Rows of a parquet file, in batches, so that a large file never is in memory as Python objects at once."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from madx_stilts import strict_json
from madx_stilts.data.lines import LONGEST
from madx_stilts.data.pages import shared_bytes
from madx_stilts.errors import DataError
from madx_stilts.files import open_regular
from madx_stilts.strict_json import JsonError
from madx_stilts.tasks.fields import BadRow, Row

BATCH: Final = 2_000
"""Rows that are Python objects at one time."""
BATCH_BYTES: Final = 2**28
"""Bytes that they may have where they share texts."""
ROWS_AT_LEAST: Final = 2_000_000
"""Rows that any file may have. A larger one has no more rows than bytes: equal rows pack to almost nothing, so that a
small file can claim any number of them, but texts that differ do not."""


class ParquetTable:
    """A parquet file, with the names of labels that `datasets` writes into its schema.

    Raises:
        DataError: The file is cut off or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told_as_damage():
            with open_regular(path) as file:
                self._bytes: int = file.seek(0, os.SEEK_END)
            self._file = pq.ParquetFile(path)
            schema = self._file.schema_arrow
        self.columns: tuple[str, ...] = tuple(schema.names)
        self.class_names: Mapping[str, tuple[str, ...]] = class_names(schema.metadata or {})

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for start, batch in self._batches(columns):
            if start > max(ROWS_AT_LEAST, self._bytes):
                raise DataError(
                    f"{self._path} gives more than {start:,} rows out of {self._bytes:,} bytes.",
                    hint="It repeats some row without end: look at how it was written.",
                )
            yield from _as_python(batch, start)

    def _batches(self, columns: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches with the number of their first row.

        Raises:
            BadRow: A row is too large.
        """
        start = 0
        with self._told_as_damage():
            for group in range(self._file.num_row_groups):
                size = self._batch_size(group, columns)
                for read in self._file.iter_batches(size, row_groups=[group], columns=list(columns)):
                    batch = _written_out(read)
                    _check_size(batch, start)
                    yield start, batch
                    start += batch.num_rows

    def _batch_size(self, group: int, columns: Sequence[str]) -> int:
        """Rows to read together. One long text that many rows refer to is written out for each of them."""
        metadata = self._file.metadata.row_group(group)
        chunks = [metadata.column(at) for at in range(metadata.num_columns)]
        inside = tuple(f"{column}." for column in columns)
        with open_regular(self._path) as file:
            sizes = [shared_bytes(file, chunk) for chunk in chunks if f"{chunk.path_in_schema}.".startswith(inside)]
        return max(1, min(BATCH, BATCH_BYTES // max([1, *sizes])))

    @contextmanager
    def _told_as_damage(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise DataError(f"There is no file {self._path}.", hint="Check the path.") from error
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(
                f"{self._path} cannot be read as parquet: {reason}", hint="Fetch the file again."
            ) from error


def _written_out(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns of categories as columns of values: each row of the former has the size of all categories."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names) if columns else batch


def _check_size(batch: pa.RecordBatch, start: int) -> None:
    """Refuse a row that is larger than a line of text may be.

    Raises:
        BadRow: One is.
    """
    if batch.nbytes <= LONGEST:
        return
    for index in range(batch.num_rows):
        if batch.slice(index, 1).nbytes > LONGEST:
            raise BadRow(f"it has more than {LONGEST:,} bytes", start + index)


def _as_python(batch: pa.RecordBatch, start: int) -> list[Row]:
    """The rows of a batch.

    Raises:
        BadRow: A text is not UTF-8, or a value is none that Python has.
    """
    try:
        rows: list[Row] = batch.to_pylist()
    except (ValueError, OverflowError):
        for index in range(batch.num_rows):
            _one_row(batch, index, start)
        raise
    return rows


def _one_row(batch: pa.RecordBatch, index: int, start: int) -> None:
    try:
        batch.slice(index, 1).to_pylist()
    except UnicodeDecodeError as error:
        raise BadRow(f"a text is not UTF-8 ({error.reason})", start + index) from error
    except (ValueError, OverflowError) as error:
        raise BadRow(f"a value cannot be read ({error})", start + index) from error


def class_names(metadata: Mapping[bytes, bytes]) -> dict[str, tuple[str, ...]]:
    """Names of `ClassLabel` columns and of lists of them; whatever else the metadata hold is not looked at.

    Args:
        metadata: Of a schema. `datasets` writes `{"info": {"features": {column: feature}}}` under `huggingface`.
    """
    try:
        content = strict_json.parse(metadata.get(b"huggingface", b"{}"), numbers="any")
    except JsonError:
        return {}
    features = _member(_member(content, "info"), "features")
    if not isinstance(features, dict):
        return {}
    found = {column: _names(feature) for column, feature in features.items()}
    return {column: names for column, names in found.items() if names}


def _names(feature: object) -> tuple[str, ...]:
    """The names of a class label; a list of them is written `[feature]` or `{"feature": feature}`."""
    if isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    if isinstance(feature, dict) and "feature" in feature:
        feature = feature["feature"]
    names = _member(feature, "names") if _member(feature, "_type") == "ClassLabel" else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(names)


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None
