"""Lines of a text file in UTF-8."""

from collections.abc import Iterator
from pathlib import Path

from madx_stilts.errors import DataError


def lines(path: Path) -> Iterator[str]:
    r"""Lines with their ends. Only `\n` ends a line: texts contain other separators, U+2028 for one.

    Raises:
        DataError: A line is not UTF-8.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}, line {number} is not UTF-8 ({error.reason}).", hint="Convert the file to UTF-8."
                ) from error
