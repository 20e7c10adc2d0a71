"""Some workers, each in a process of its own. One that dies is replaced; a job that kills two has failed."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from madx_stilts import errors
from madx_stilts.errors import Interrupted, JobFailed, MadxStiltsError
from madx_stilts.grid.job import JobId
from madx_stilts.run.engines.child import Child, start
from madx_stilts.run.engines.deaths import put_death
from madx_stilts.run.engines.devices import environments, usual_workers
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.ledger import Ledger
from madx_stilts.run.worker_brief import WorkerBrief

_DEATHS = 2
"""After so many deaths of workers that did it, a job counts as failed, if it was alone at the last of them."""
_POLITE_SECONDS = 120.0
"""For workers to end their step and write a checkpoint."""


@dataclass(frozen=True)
class Processes:
    """Workers are processes of this machine, which share its cores and GPUs."""

    def workers(self, wanted: int | None, device: str) -> int:
        """See `Engine.workers`."""
        return wanted or usual_workers(device)

    def launcher(self, number: int) -> Sequence[str]:
        """What stands before the command of a worker, for engines that derive from this one; here nothing.

        It must pass on stdin, stdout, stderr and the exit code, as `nice` and `srun` do.
        """
        return ()

    def run(self, brief: WorkerBrief, *, workers: int, watch: Watcher) -> None:
        """See `Engine.run`."""
        ledger = brief.opened()[1]
        crowd = _Crowd(brief, ledger, watch, Launch(environments(brief.site.device, workers), self.launcher))
        try:
            for number in range(workers):
                crowd.start(number)
            crowd.attend()
        finally:
            crowd.stop()
        ledger.look()
        if ledger.open():
            raise crowd.reason()


@dataclass(frozen=True)
class Launch:
    """Environment and launcher of each worker.

    Args:
        environments: Of each worker.
        launcher: What stands before the command of each.
    """

    environments: Sequence[Mapping[str, str]]
    launcher: Callable[[int], Sequence[str]]


class _Crowd:
    """The workers of a run."""

    def __init__(self, brief: WorkerBrief, ledger: Ledger, watch: Watcher, launch: Launch) -> None:
        self._brief, self._ledger, self._watch = brief, ledger, watch
        self._launch = launch
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._children: list[Child] = []
        self._deaths: Counter[JobId] = Counter()
        self._reasons: list[MadxStiltsError] = []

    def start(self, number: int) -> None:
        # Of the jobs that a worker did at once, it is not known which one it died of.
        brief = self._brief.model_copy(update={"alone": frozenset(self._deaths)})
        environment, launcher = self._launch.environments[number], self._launch.launcher(number)
        text = brief.model_dump_json()
        self._children.append(start(number, text, environment, self._events.put, launcher=launcher))

    def attend(self) -> None:
        """Pass events on, and replace workers that die, until none is left."""
        while self._children:
            self._pass_on(wait_seconds=0.2)
            for child in [child for child in self._children if child.has_ended]:
                self._pass_on()
                self._children.remove(child)
                child.close()
                self._judge(child)

    def stop(self) -> None:
        """Let each worker end its step, and end those that do not; at once if that is asked for again."""
        for child in self._children:
            child.ask_to_stop()
        until = time.monotonic() + _POLITE_SECONDS
        try:
            for child in self._children:
                child.wait(max(0.0, until - time.monotonic()))
        finally:
            for child in self._children:
                child.close()

    def reason(self) -> MadxStiltsError:
        """Why workers stopped although something is left to do."""
        return next(iter(self._reasons), JobFailed("The workers stopped before all was done.", hint="Run it again."))

    def _pass_on(self, *, wait_seconds: float = 0.0) -> None:
        """Everything that workers told so far."""
        try:
            event = self._events.get(timeout=wait_seconds) if wait_seconds else self._events.get_nowait()
            while True:
                self._note(event)
                event = self._events.get_nowait()
        except Empty:
            return

    def _note(self, event: Event) -> None:
        if event.kind == "stopped":
            kind = getattr(errors, event.error, JobFailed)
            self._reasons.append(kind(event.text, hint=event.hint))
            return
        for child in self._children:
            if child.number == event.worker and event.kind == "began":  # again, if something was missing for it
                child.jobs = child.jobs | {event.job}
            if child.number == event.worker and event.kind == "ended":
                child.jobs = child.jobs - {event.job}
        self._watch(event)

    def _judge(self, child: Child) -> None:
        """What follows from the end of a worker."""
        if child.ended_well:
            return
        if child.was_stopped:
            self._reasons.append(Interrupted(f"Worker {child.number} was stopped.", hint="Run it again to go on."))
            return
        if child.told_why:
            return
        self._watch(Event(kind="said", worker=child.number, text=f"Worker {child.number} died: {child.last_words}"))
        if not child.jobs:
            self._reasons.append(JobFailed(f"A worker died before its first job: {child.last_words}"))
            return
        for job in child.jobs:
            self._deaths[job] += 1
            if self._deaths[job] >= _DEATHS and len(child.jobs) == 1:
                put_death(self._ledger, job, child.last_words, self._watch)
        self.start(child.number)
