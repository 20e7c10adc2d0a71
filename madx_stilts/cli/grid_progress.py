"""The progress of a grid on stderr: a bar for the whole and one for each worker, or plain lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.escape import for_terminal
from madx_stilts.grid.job import JobId
from madx_stilts.grid.plan import Plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.events import Event, Watcher, unwatched
from madx_stilts.run.ledger import Ledger, name_of


class JobCounts:
    """Counts jobs, and tells from what was measured in this run how long the others will take.

    Args:
        done: The jobs that were done before.
    """

    def __init__(self, plan: Plan, done: set[JobId]) -> None:
        self.plan = plan
        self.all = len(plan.jobs)
        self.ended = len(done)
        self._left: dict[str, set[JobId]] = {"train": set(), "score": set()}
        for id, planned in plan.jobs.items():
            if id not in done:
                self._left[planned.job.kind].add(id)
        self._seconds: dict[str, list[float]] = {"train": [], "score": []}
        self._workers: set[int] = set()
        self._done = set(done)

    def note(self, event: Event) -> None:
        """Take an event into account."""
        self._workers.add(event.worker)
        if event.kind == "began" and event.job in self._done:  # it is done again, for its adapter is damaged or gone
            self._done.discard(event.job)
            self._left[self.plan.jobs[event.job].job.kind].add(event.job)
            self.ended -= 1
        if event.kind != "ended" or event.job not in self.plan.jobs:
            return
        kind = self.plan.jobs[event.job].job.kind
        self.ended += 1
        self._left[kind].discard(event.job)
        self._done.add(event.job)
        if event.status == "done" and not event.reused:
            self._seconds[kind].append(event.seconds)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take; none as long as no job of a kind that is left was measured."""
        total = 0.0
        for kind, left in self._left.items():
            measured = self._seconds[kind]
            if left and not measured:
                return None
            total += len(left) * sum(measured) / max(1, len(measured))
        return total / max(1, len(self._workers))

    @property
    def time_left(self) -> str:
        """The same to read."""
        seconds = self.seconds_left
        return "time left not known yet" if seconds is None else f"{_clock_time(seconds)} left"


@contextmanager
def watching(settings: Settings, plan: Plan, site: RunConfig) -> Iterator[Watcher]:
    """Show what happens inside the block: bars on a terminal, lines in a file or pipe, nothing if that is wanted."""
    if settings.quiet:
        yield unwatched
        return
    ledger = Ledger(plan, site.records, site.adapters)
    ledger.look()
    tally = JobCounts(plan, set(ledger.done))
    if sys.stderr.isatty() and (ledger.open() or ledger.failed):
        bars = GridBars(tally)
        with bars.progress:
            yield bars
    else:
        yield GridLog(tally)


class AtWork:
    """Which worker does which jobs at this moment."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._worker_of: dict[JobId, int] = {}

    def note(self, event: Event) -> set[int]:
        """Take an event into account, and return the workers whose jobs it changes."""
        if event.kind == "began":
            before = self._worker_of.pop(event.job, event.worker)  # another one, if that died
            self._worker_of[event.job] = event.worker
            return {before, event.worker}
        if event.kind == "ended":
            self._worker_of.pop(event.job, None)
            return {event.worker}
        return set()

    def named(self, worker: int) -> str:
        """What a worker does, which may be many jobs at once; empty if it does nothing."""
        jobs = [job for job, by in self._worker_of.items() if by == worker]
        more = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
        return f"{name_of(self._plan, jobs[0])}{more}" if jobs else ""


class GridLog:
    """A line for each job that begins or ends, and now and then one that says how far each worker is.

    Args:
        clock: Seconds since any fixed moment.
    """

    def __init__(self, tally: JobCounts, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.tally = tally
        self.at_work = AtWork(tally.plan)
        self._clock = clock
        self._began: dict[JobId, tuple[float, int]] = {}
        """When the first step of each job was reported, and how many it had done by then."""
        self._last: dict[int, float] = {}
        """When each worker was reported last."""

    def __call__(self, event: Event) -> None:
        self.tally.note(event)
        self.at_work.note(event)
        line = _line(self.tally.plan, event)
        if event.kind == "ended":
            line = f"[{self.tally.ended}/{self.tally.all}] {line}; {self.tally.time_left}"
        if event.kind in ("began", "ended"):
            self._began.pop(event.job, None)
            self._last[event.worker] = self._clock()
        if event.kind == "stepped":
            line = self._steps(event)
        if line:
            echo(line, err=True)

    def _steps(self, event: Event) -> str:
        """How far a worker is, unless that was reported less than a minute ago."""
        now = self._clock()
        began, first = self._began.setdefault(event.job, (now, event.done))
        if now - self._last.setdefault(event.worker, now) < SECONDS_BETWEEN_LINES:
            return ""
        self._last[event.worker] = now
        name = self.at_work.named(event.worker) or name_of(self.tally.plan, event.job)
        line = f"{name}: {event.done} of {event.steps}, {_clock_time(now - began)} passed"
        if event.done > first:
            line += f", {_clock_time((now - began) / (event.done - first) * (event.steps - event.done))} left"
        return line


SECONDS_BETWEEN_LINES = 60.0
"""Of one worker: a grid of many short trainings is not drowned in lines, a long one does not look dead."""


def _clock_time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


class GridBars:
    """A bar for all jobs, and below it one for what each worker does."""

    def __init__(self, tally: JobCounts) -> None:
        self.tally = tally
        console = Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            BarColumn(bar_width=console.width // 8, table_column=Column(no_wrap=True)),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            TextColumn("{task.fields[left]}", table_column=Column(no_wrap=True)),
            console=console,
            expand=True,
            refresh_per_second=4,
        )
        self.total = self.progress.add_task(tally.plan.grid.name, total=tally.all, completed=tally.ended, left="")
        self.workers: dict[int, TaskID] = {}
        self.at_work = AtWork(tally.plan)

    def __call__(self, event: Event) -> None:
        self.tally.note(event)
        for worker in self.at_work.note(event):
            self._name(worker)
        match event.kind:
            case "said":
                self.progress.console.print(for_terminal(event.text), markup=False, highlight=False)
            case "stepped" if event.worker in self.workers:
                self.progress.update(self.workers[event.worker], completed=event.done, total=event.steps)
            case "ended":
                if event.status == "failed":
                    self.progress.console.print(
                        for_terminal(_line(self.tally.plan, event)), markup=False, highlight=False
                    )
                self.progress.update(self.total, completed=self.tally.ended, left=self.tally.time_left)

    def _name(self, worker: int) -> None:
        """Let the bar of a worker say what it does; without any job it has none."""
        name = self.at_work.named(worker)
        if not name:
            if worker in self.workers:
                self.progress.remove_task(self.workers.pop(worker))
        elif worker in self.workers:
            self.progress.update(self.workers[worker], description=f"  {name}")
        else:
            self.workers[worker] = self.progress.add_task(f"  {name}", total=None, left="")


def _line(plan: Plan, event: Event) -> str:
    match event.kind:
        case "began":
            return f"{name_of(plan, event.job)}: begins"
        case "ended":
            how = f"failed: {event.text}" if event.status == "failed" else f"done in {event.seconds:.1f} s"
            return f"{name_of(plan, event.job)}: {'taken from the zoo' if event.reused else how}"
        case "said":
            return event.text
    return ""
