"""Values of options as the types that the API takes. No torch."""

from typing import get_args

from madx_stilts.tasks.task import Split, Task
from madx_stilts.zoo.composition import Transfer


def first_split(task: Task, text: str | None) -> Split:
    """The split that was asked for; none was: test, or the first that there is.

    Raises:
        DataError: The task has no such split.
    """
    if text is None:
        return "test" if "test" in task.splits else task.splits[0]
    split = split_of(text)
    task.languages_of(split)
    return split


def split_of(text: str) -> Split:
    """The split of that name."""
    return next(split for split in get_args(Split) if split == text)


def transfer_of(text: str) -> Transfer:
    """The transfer of that name."""
    return next(transfer for transfer in get_args(Transfer) if transfer == text)
