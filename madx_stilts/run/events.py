"""Events of workers, as values that can cross from one process to another. No torch."""

from collections.abc import Callable
from typing import Literal

from madx_stilts.grid.job import JobId
from madx_stilts.grid.records import Status
from madx_stilts.recipe import Frozen


class Event(Frozen):
    """Something that happened to a job, or a line that a worker says."""

    kind: Literal["began", "stepped", "ended", "said", "stopped"]
    worker: int = 0
    """Counted from 0."""
    job: JobId = ""
    done: int = 0
    """Steps of a training so far, or languages of a scoring."""
    steps: int = 0
    """All of them."""
    status: Status = "done"
    reused: bool = False
    seconds: float = 0.0
    """That the job took."""
    text: str = ""
    """What is said; why a job failed, or why a worker stopped."""
    error: str = ""
    """Kind of the error for which a worker stopped."""
    hint: str = ""


Watcher = Callable[[Event], None]


def unwatched(event: Event) -> None:
    """Nobody wants to know."""
