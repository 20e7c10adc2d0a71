"""Tab-separated files whose first line need not be a header."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from madx_stilts.data.raw.file import RawFile
from madx_stilts.tasks.fields import BadRow, Row


class NoHeaderTsvTable(RawFile):
    """Each line is a row with the columns `c0`, `c1` and so on, as many as the first line has; all values are texts.

    Quotation marks are text, as XTREME reads its own XNLI and PAWS-X files.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.columns: tuple[str, ...] = tuple(f"c{place}" for place in range(len(next(self._records(), []))))

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for index, record in enumerate(self._records()):
            if len(record) != len(self.columns):
                raise BadRow(f"it has {len(record)} values, the first row has {len(self.columns)}", index)
            yield dict(zip(self.columns, record, strict=True))

    def _records(self) -> Iterator[list[str]]:
        return (line.split("\t") for _, line in self._lines() if line)


class KnownColumnsTable(RawFile):
    """Each line is a row of columns that are known beforehand; a first line of just their names is a header.

    AmericasNLI has been handed out with a header, as one file, and without, as a file for each language. Quotation
    marks are text.

    Args:
        columns: Their names, in the order of the values.
    """

    def __init__(self, path: Path, *, columns: tuple[str, ...]) -> None:
        super().__init__(path)
        self.columns = columns

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        index, first = 0, True
        for _, line in self._lines():
            values = line.split("\t")
            header, first = first and tuple(values) == self.columns, False
            if header or not line:
                continue
            if len(values) != len(self.columns):
                expected = f"expected {len(self.columns)}: {', '.join(self.columns)}"
                raise BadRow(f"it has {len(values)} values with a tab between, {expected}", index)
            yield dict(zip(self.columns, values, strict=True))
            index += 1
