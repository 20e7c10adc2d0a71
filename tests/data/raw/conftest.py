"""Files written on the spot and read back."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from madx_stilts.data.opening import open_table
from madx_stilts.tasks.fields import Row

Read = Callable[..., list[Row]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write texts or bytes into files and read the first of them: `read("conll", {"test.txt": "a O"})`."""

    def write_and_read(reader: str, files: dict[str, str | bytes], columns: Sequence[str] = ()) -> list[Row]:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        table = open_table(tmp_path / next(iter(files)), reader)
        rows = list(table.rows(columns or table.columns))
        assert all(tuple(row) == table.columns for row in rows)
        return rows

    return write_and_read
