"""Scoring that formats share: every example needs its gold answer, every metric its function."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from madx_stilts.errors import DataError, UnknownName
from madx_stilts.tasks.task import Task

T = TypeVar("T")
Metric = Callable[[list[T], list[T], Task], float]
"""From predicted and gold answers to a score, 0 to 100."""


class HasId(Protocol):
    """An example, as far as messages need it."""

    @property
    def id(self) -> str:
        """The data's name of it, or its row."""

    @property
    def row(self) -> int:
        """Its index in its split."""


def require_gold(examples: Sequence[HasId], answers: Iterable[T | None], task: Task) -> list[T]:
    """The gold answers, all of them.

    Args:
        answers: One per example; None where it is hidden.

    Raises:
        DataError: One is hidden.
    """
    gold = []
    for example, answer in zip(examples, answers, strict=True):
        if answer is None:
            raise DataError(
                f"Row {example.row} of {task.name} (id {example.id}) has no gold answer, so it cannot be scored.",
                hint="Score a split whose answers are public, or only write the predictions.",
            )
        gold.append(answer)
    return gold


def known_gold(answer: object) -> dict[str, object]:
    """The gold answer's part of a prediction's row; none where it is hidden."""
    return {} if answer is None else {"gold": answer}


def apply_metrics(known: Mapping[str, Metric[T]], predicted: list[T], gold: list[T], task: Task) -> dict[str, float]:
    """The task's metrics.

    Raises:
        UnknownName: The task names a metric that its format does not have.
    """
    for name in task.metrics:
        if name not in known:
            raise UnknownName(f"metric of {task.format} tasks", name, known)
    return {name: known[name](predicted, gold, task) for name in task.metrics}
