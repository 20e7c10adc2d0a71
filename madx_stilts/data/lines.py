"""Lines of a text file in UTF-8."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from madx_stilts.data.unpack import opened, read_whole
from madx_stilts.errors import DataError

LONGEST: Final = 2**26
"""Bytes of one line. What is longer is no text that a tokenizer takes, or has no line feeds."""


def lines(path: Path) -> Iterator[str]:
    r"""Lines with their ends. Only `\n` ends a line: texts contain other separators, U+2028 for one.

    Raises:
        DataError: The file cannot be read; a line is not UTF-8, or is longer than `LONGEST`.
    """
    with opened(path) as source:
        left = source.most
        for number, line in enumerate(iter(partial(source.file.readline, LONGEST + 1), b""), start=1):
            left -= len(line)
            if left < 0:
                raise source.too_much()
            if len(line) > LONGEST:
                raise DataError(
                    f"{path}, line {number} has more than {LONGEST:,} bytes.",
                    hint="Divide the text into lines of sentences or paragraphs; lines end in a line feed.",
                )
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise _not_utf8(path, number, error) from error


def whole_text(path: Path) -> str:
    """The text of a file that is one document.

    Raises:
        DataError: The file cannot be read, is too large, or is not UTF-8; the message names the line.
    """
    content = read_whole(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, content.count(b"\n", 0, error.start) + 1, error) from error


def _not_utf8(path: Path, number: int, error: UnicodeDecodeError) -> DataError:
    return DataError(f"{path}, line {number} is not UTF-8 ({error.reason}).", hint="Convert the file to UTF-8.")
