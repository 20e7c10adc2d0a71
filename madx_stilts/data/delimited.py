"""Records of tables in text files: values with a separator between them, quoted or not.

Not by the `csv` module: its limit on the length of a value belongs to the whole process, and a quotation that never
ends would take in the rest of a file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from madx_stilts.data.lines import LONGEST, lines
from madx_stilts.errors import DataError
from madx_stilts.tasks.dialect import Dialect

_MARK = '"'


def records(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    """The values of each record, the header's first. Blank lines between records are none.

    Raises:
        DataError: The file cannot be read, or is not written in this dialect.
    """
    return _quoted(path, dialect.separator) if dialect.quoted else _plain(path, dialect.separator)


def _plain(path: Path, separator: str) -> Iterator[list[str]]:
    for line in lines(path):
        # A line of separators alone is a row of empty values.
        if line.strip(" \r\n"):
            yield line.rstrip("\r\n").split(separator)


def _quoted(path: Path, separator: str) -> Iterator[list[str]]:
    record: _Record | None = None
    begun = 0
    for number, line in enumerate(lines(path), start=1):
        if record is None:
            if _MARK not in line and "\r" not in line[:-2]:
                values = line.rstrip("\r\n").split(separator)
                if values != [""]:
                    yield values
                continue
            record, begun = _Record(separator), number
        try:
            ended = record.add(line)
        except ValueError as error:
            raise _damage(path, number, str(error)) from error
        if ended:
            yield record.values
            record = None
    if record is not None:
        raise _damage(path, begun, "a quotation that begins here never ends")


def _damage(path: Path, number: int, problem: str) -> DataError:
    return DataError(
        f"{path}, line {number}: {problem}.", hint="Quotes inside a value are doubled, and the value is quoted."
    )


@dataclass
class _Record:
    """A record that may go on over several lines.

    Args:
        values: Those that have ended.
        parts: Of the quoted value that has not ended; empty where none is open.
    """

    separator: str
    values: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    _length: int = field(default=0, init=False)

    def add(self, line: str) -> bool:
        """Take in the next line; whether the record ends with it.

        Raises:
            ValueError: It is not written like that; a clause.
        """
        self._length += len(line)
        if self._length > LONGEST:
            raise ValueError(f"a record has more than {LONGEST:,} characters, perhaps for a quotation that never ends")
        text = line.rstrip("\r\n")
        at = self._close(text, line, 0) if self.parts else 0
        while at is not None and at <= len(text):
            if text.startswith(_MARK, at):
                self.parts = [""]
                at = self._close(text, line, at + 1)
            else:
                end = text.find(self.separator, at)
                end = len(text) if end < 0 else end
                if "\r" in text[at:end]:
                    raise ValueError("a carriage return is inside a value without quotes")
                self.values.append(text[at:end])
                at = end + 1
        return at is not None

    def _close(self, text: str, line: str, start: int) -> int | None:
        """Read on in a quoted value; where the next value begins, or None if this one does not end in the line."""
        at = start
        while True:
            end = text.find(_MARK, at)
            if end < 0:
                self.parts.append(line[start:])
                return None
            if not text.startswith(_MARK, end + 1):
                break
            at = end + 2
        after = text[end + 1 : end + 2]
        if after not in ("", self.separator):
            raise ValueError(f"after the end of a quotation comes {after!r}, expected {self.separator!r}")
        self.parts.append(text[start:end])
        self.values.append("".join(self.parts).replace(_MARK * 2, _MARK))
        self.parts = []
        return end + 2
