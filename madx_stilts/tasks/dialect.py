"""How a table is written in a text file. It belongs to the source: the same suffix is written in several ways."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Dialect:
    r"""How values and rows are separated. The first record is the header.

    Args:
        separator: What is between two values.
        quoted: As RFC 4180 has it: a value in quotation marks may hold the separator, line ends, and quotation marks,
            each doubled. If not, quotation marks are text, and every line is a row: a lone mark must not join rows.
    """

    separator: str
    quoted: bool


QUOTED_COMMAS: Final = Dialect(",", quoted=True)
QUOTED_TABS: Final = Dialect("\t", quoted=True)
PLAIN_TABS: Final = Dialect("\t", quoted=False)
