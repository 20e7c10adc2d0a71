"""Something wrong in a zoo, as `verify` lists it and other commands say what they left out."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ZooFault:
    """Something wrong in a zoo.

    Args:
        path: The file or folder to look at.
        problem: What is wrong with it, as a sentence without a subject.
    """

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{printable(self.path)} {self.problem}"


def printable(path: Path) -> str:
    """A path as text for a terminal: what cannot be printed, or would steer it, is escaped."""
    text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]
