"""The progress of a grid: a bar for the whole, and one for each worker, which may do many jobs at once."""

import re

import pytest

from madx_stilts.cli.grid_progress import SECONDS_BETWEEN_LINES, GridBars, GridLog, JobCounts
from madx_stilts.config import load
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.run.events import Event
from madx_stilts.run.ledger import name_of
from madx_stilts.tasks import TASKS


@pytest.fixture(scope="module")
def small() -> Plan:
    wanted = ["intermediates=[none,mnli]", "targets=[xnli]"]
    return plan(load("miniature", Grid, kind="grids", overrides=wanted), TASKS, lambda job: {})


@pytest.fixture
def bars(small: Plan, monkeypatch: pytest.MonkeyPatch) -> GridBars:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    return GridBars(JobCounts(small, set()))


def rows(bars: GridBars) -> list[str]:
    return [task.description.strip() for task in bars.progress.tasks]


def test_a_worker_shows_how_many_jobs_it_does_at_once(bars: GridBars, small: Plan) -> None:
    first, second, third, *_ = small.jobs
    for job in (first, second, third):
        bars(Event(kind="began", job=job))
    bars(Event(kind="stepped", job=third, done=3, steps=80))
    assert rows(bars) == ["miniature", f"{name_of(small, first)} and 2 more"]
    assert bars.progress.tasks[1].completed == 3
    bars(Event(kind="ended", job=first, seconds=1.0))
    assert rows(bars) == ["miniature", f"{name_of(small, second)} and 1 more"]
    for job in (second, third):
        bars(Event(kind="ended", job=job, seconds=1.0))
    assert rows(bars) == ["miniature"]
    assert bars.progress.tasks[0].completed == 3


def test_a_job_of_a_worker_that_died_moves_to_the_one_that_takes_it(bars: GridBars, small: Plan) -> None:
    first, second, *_ = small.jobs
    bars(Event(kind="began", worker=0, job=first))
    bars(Event(kind="began", worker=1, job=second))
    bars(Event(kind="began", worker=1, job=first))
    assert rows(bars) == ["miniature", f"{name_of(small, second)} and 1 more"]


def test_the_bars_fit_80_columns(bars: GridBars, small: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    with bars.progress:
        for job in small.jobs:
            bars(Event(kind="began", job=job))
        bars.progress.refresh()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).replace("\r", "\n").splitlines()
    assert 0 < max(map(len, (line.rstrip() for line in lines))) <= 80


class Clock:
    """Stands still until a test lets time pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_log_says_now_and_then_how_far_a_long_training_is(small: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = GridLog(JobCounts(small, set()), clock=clock)
    first = next(iter(small.jobs))
    lines(Event(kind="began", job=first))
    for done in range(0, 1801, 5):  # half an hour, a step a second
        lines(Event(kind="stepped", job=first, done=done, steps=1800))
        clock.now += 5
    lines(Event(kind="ended", job=first, seconds=1800.0))
    begins, *steps, ends = capsys.readouterr().err.splitlines()
    assert begins == f"{name_of(small, first)}: begins"
    assert ends.startswith(f"[1/{len(small.jobs)}] {name_of(small, first)}: done")
    assert len(steps) == 1800 / SECONDS_BETWEEN_LINES
    assert steps[0] == f"{name_of(small, first)}: 60 of 1800, 0:01:00 passed, 0:29:00 left"
    assert steps[-1] == f"{name_of(small, first)}: 1800 of 1800, 0:30:00 passed, 0:00:00 left"


def test_jobs_done_at_once_share_a_line_and_short_ones_have_none(
    small: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    lines = GridLog(JobCounts(small, set()), clock=clock)
    first, second, *_ = small.jobs
    for job in (first, second):
        lines(Event(kind="began", job=job))
    for done in range(20):
        for job in (first, second):
            lines(Event(kind="stepped", job=job, done=done, steps=20))
        clock.now += 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    clock.now += SECONDS_BETWEEN_LINES
    for job in (first, second):
        lines(Event(kind="stepped", job=job, done=20, steps=20))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{name_of(small, first)} and 1 more: 20 of 20, ")


def test_what_goes_on_after_a_checkpoint_is_not_thought_faster_than_it_is(
    small: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    lines = GridLog(JobCounts(small, set()), clock=clock)
    job = next(iter(small.jobs))
    lines(Event(kind="began", job=job))
    lines(Event(kind="stepped", job=job, done=900, steps=1000))
    clock.now += 100
    lines(Event(kind="stepped", job=job, done=950, steps=1000))
    assert capsys.readouterr().err.splitlines()[-1].endswith(": 950 of 1000, 0:01:40 passed, 0:01:40 left")
