"""Rows that can be read and are of no use all the same: found by a check as by what would score or learn from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from madx_stilts.formats import FORMATS
from madx_stilts.tasks.task import Split, Task

NO_ANSWER: Final = "no gold answer is given, so it can be neither trained on nor scored"
"""What is wrong with a row whose gold answer is not known; a clause."""


def nothing_to_score(task: Task, count: int) -> str:
    """What is wrong with so many examples none of which adds to a score; a clause."""
    return f"all {count:,} rows of {task.name} are {FORMATS[task.format].unscorable}: there is nothing to score"


def nothing_to_learn(task: Task, count: int) -> str:
    """What is wrong with so many examples all of which can only be scored; a clause."""
    return f"all {count:,} rows of {task.name} are {FORMATS[task.format].unlearnable}: nothing can be learned from them"


@dataclass
class Use:
    """What the examples of a set are good for.

    Attributes:
        hidden: Rows without a gold answer.
    """

    task: Task
    split: Split
    hidden: list[int] = field(default_factory=list)
    _all: int = 0
    _scorable: int = 0
    _learnable: int = 0

    def count(self, example: Any) -> None:
        """Add an example."""
        task_format = FORMATS[self.task.format]
        self._all += 1
        if not task_format.labelled(example):
            self.hidden.append(example.row)
            return
        self._scorable += task_format.scorable(example)
        self._learnable += task_format.learnable(example)

    @property
    def meant_to_be_hidden(self) -> bool:
        """Whether no row has a gold answer, as in many test splits, which can be predicted and not scored."""
        return self.split != "train" and not self._scorable

    def faults_of_all(self) -> Iterator[str]:
        """Clauses on all rows together; none where single rows are to blame."""
        if self.hidden or not self._all:
            return
        if not self._scorable:
            yield nothing_to_score(self.task, self._all)
        elif self.split == "train" and not self._learnable:
            yield nothing_to_learn(self.task, self._all)
