"""Progress on stderr, so that stdout holds results only."""

import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.score.progress import ProgressLines
from madx_stilts.train.callbacks import TrainerCallback

PLAIN_LINES = 10
"""Lines in which a whole training is told where there is no terminal, dev scores aside."""


def listeners(settings: Settings) -> list[Callable[[], TrainerCallback]]:
    """What shows a training: a bar on a terminal, lines in a file or pipe, nothing if that is wanted."""
    if settings.quiet:
        return []
    return [ProgressBar if sys.stderr.isatty() else ProgressLog]


class _Brief(ProgressColumn):
    """A text that is cut where the line is too short, so that steps and times stay whole.

    Args:
        key: Of the text among the fields of the task.
    """

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def render(self, task: Task) -> Text:
        return Text(task.fields[self.key], no_wrap=True, overflow="ellipsis")


class ProgressBar:
    """A progress bar with the loss, the last dev scores, the time that has passed and the time that is left."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self.progress = Progress(
            _Brief("name"),
            BarColumn(bar_width=console.width // 8, table_column=Column(no_wrap=True)),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            _Brief("values"),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            TextColumn("left"),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            console=console,
            expand=True,
            refresh_per_second=4,  # enough to see, and little for a log that records a terminal
        )
        self.task = TaskID(0)
        self.name = self.dev = ""
        self.over: ProgressLines | None = None

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self.name, self.over = name, None
        if done:
            echo(_going_on(name, done, steps), err=True)
        self.task = self.progress.add_task("", total=steps, completed=done, name=name, values="")
        self.progress.start()

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        self.progress.update(self.task, completed=done, values=f"loss {values['loss']:.3f}{self.dev}")

    def on_evaluate_step(self, done: int, batches: int) -> None:
        self.progress.update(self.task, values=f"scoring dev, batch {done} of {batches}")
        if self.over is not None:
            self.over(done, batches)

    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None:
        self.dev = f"  dev {_scores(values)}"

    def on_train_end(self) -> None:
        self.progress.stop()
        self.over = _dev_pace(self.name)


class ProgressLog:
    """Plain lines: the start, every tenth of the way, and each look at the dev data; now and then how far that is."""

    def __init__(self) -> None:
        self.name = ""
        self.pace = _dev_pace("")
        self.first = self.steps = 0
        self.began = 0.0

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self.pace = _dev_pace(name)
        self.name, self.first, self.steps, self.began = name, done, steps, time.monotonic()
        echo(_going_on(name, done, steps) if done else f"{name}: step 0 of {steps}", err=True)

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done * PLAIN_LINES // self.steps > (done - 1) * PLAIN_LINES // self.steps:
            spent = time.monotonic() - self.began
            left = spent / (done - self.first) * (self.steps - done)
            times = f"{_clock(spent)} passed, {_clock(left)} left"
            echo(f"{self.name}: step {done} of {self.steps}, loss {values['loss']:.3f}, {times}", err=True)

    def on_evaluate_step(self, done: int, batches: int) -> None:
        self.pace(done, batches)

    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None:
        echo(f"{self.name}: step {done} of {self.steps}, dev {_scores(values)}", err=True)

    def on_train_end(self) -> None: ...


def say_on_stderr(text: str) -> None:
    """Print a line of progress."""
    echo(text, err=True)


def _dev_pace(name: str) -> ProgressLines:
    return ProgressLines(say_on_stderr, f"{name}: scoring the dev data")


def _going_on(name: str, done: int, steps: int) -> str:
    return f"{name}: going on after step {done} of {steps}."


def _scores(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in values.items())


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
