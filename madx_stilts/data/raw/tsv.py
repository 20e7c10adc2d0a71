"""Tab-separated files without a header."""

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
