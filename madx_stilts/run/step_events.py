"""Tells whoever watches a run how far its trainings are."""

import time
from collections.abc import Mapping

from madx_stilts.grid.job import JobId
from madx_stilts.run.events import Event, Watcher

_SECONDS = 0.5
"""Between two events of one training: each may have to cross to another process."""


class StepEvents:
    """A listener that passes steps on as events, not each of them.

    Args:
        worker: Its number.
        job: That is done.
    """

    def __init__(self, watch: Watcher, worker: int, job: JobId) -> None:
        self._watch, self._worker, self._job = watch, worker, job
        self._steps, self._told = 0, 0.0

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self._steps = steps
        self._tell(done)

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if time.monotonic() - self._told >= _SECONDS:
            self._tell(done)

    def on_evaluate_step(self, done: int, batches: int) -> None: ...
    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None: ...
    def on_train_end(self) -> None: ...

    def _tell(self, done: int) -> None:
        self._told = time.monotonic()
        self._watch(Event(kind="stepped", worker=self._worker, job=self._job, done=done, steps=self._steps))
