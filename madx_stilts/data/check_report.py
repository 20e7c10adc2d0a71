"""Request and report of a data check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from madx_stilts.data.counts import CheckNote
from madx_stilts.data.rows import RowFault
from madx_stilts.tasks.task import Split, Task

SplitPart = Literal["rows", "candidates"]


@dataclass(frozen=True)
class Rows:
    """The rows of one split in one language, or what their queries are looked for among."""

    split: Split
    language: str
    part: SplitPart = "rows"

    def __str__(self) -> str:
        return f"{self.split} {self.language}" + (", candidates" if self.part == "candidates" else "")


@dataclass(frozen=True)
class Checked:
    """Counts and findings of one set.

    Args:
        origin: Where it was found.
        rows: How many rows were read, those that are faulty among them.
        published: How many a whole copy has; None where that is not known.
        labels: How often each label or tag occurs, the task's first label first.
        faults: What training or scoring would stop at; of many only the first.
        fault_count: How many there are.
        whole: Whether all of the set was read.
    """

    set: Rows
    origin: str
    rows: int
    published: int | None
    labels: Mapping[str, int]
    notes: tuple[CheckNote, ...]
    faults: tuple[RowFault, ...]
    fault_count: int
    whole: bool

    @property
    def unlike_published(self) -> bool:
        """Whether it is another version or a part of what was published: it has more rows, or fewer."""
        known = self.published is not None and self.published != self.rows
        return known and (self.whole or self.rows > (self.published or 0))


@dataclass(frozen=True)
class Missing:
    """A set that is nowhere: what each place lacks, and how to get it."""

    set: Rows
    reason: str
    hint: str


@dataclass(frozen=True)
class Report:
    """Findings of a check, in the order of splits and languages."""

    task: Task
    checked: tuple[Checked, ...]
    missing: tuple[Missing, ...]

    @property
    def unlike_published(self) -> tuple[Checked, ...]:
        """The sets that are not what was published under their name."""
        return tuple(one for one in self.checked if one.unlike_published)

    @property
    def fault_count(self) -> int:
        """All faults of all sets."""
        return sum(one.fault_count for one in self.checked)


@dataclass(frozen=True)
class CheckRequest:
    """Sets to check, and limits.

    Args:
        sets: Splits and languages, the splits that others are compared with before those.
        limit: So many rows of each set; None for all.
        kept: How many faults of a set are kept; all are counted.
    """

    sets: Sequence[Rows]
    limit: int | None = None
    kept: int = 10


def sets_of(task: Task, splits: Sequence[Split]) -> tuple[Rows, ...]:
    """All sets of some splits."""
    return tuple(Rows(split, language) for split in splits for language in task.languages_of(split))
