"""Base class of the readers of original files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from madx_stilts.data.lines import lines
from madx_stilts.errors import DataError


class RawFile:
    """An original file: its place, and how damage in it is told.

    Args:
        path: The file.
    """

    class_names: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def __init__(self, path: Path) -> None:
        self._path = path

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Each line with its number, from 1, without its end."""
        for number, line in enumerate(lines(self._path), start=1):
            yield number, line.rstrip("\r\n")

    def _damage(self, line: int, problem: str) -> DataError:
        return damage(self._path, line, problem)


def damage(path: Path, line: int, problem: str) -> DataError:
    """The error for a damaged line.

    Args:
        line: Its number, from 1.
        problem: What is wrong; a sentence without its full stop.
    """
    return DataError(f"{path}, line {line}: {problem}.", hint="Fetch the file again, or fix the line.")
