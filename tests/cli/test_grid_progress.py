"""The progress of a grid: a bar for the whole, and one for each worker, which may do many jobs at once."""

import re

import pytest

from madx_stilts.cli.grid_progress import Bars, Tally
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
def bars(small: Plan, monkeypatch: pytest.MonkeyPatch) -> Bars:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    return Bars(Tally(small, set()))


def rows(bars: Bars) -> list[str]:
    return [task.description.strip() for task in bars.progress.tasks]


def test_a_worker_shows_how_many_jobs_it_does_at_once(bars: Bars, small: Plan) -> None:
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


def test_a_job_of_a_worker_that_died_moves_to_the_one_that_takes_it(bars: Bars, small: Plan) -> None:
    first, second, *_ = small.jobs
    bars(Event(kind="began", worker=0, job=first))
    bars(Event(kind="began", worker=1, job=second))
    bars(Event(kind="began", worker=1, job=first))
    assert rows(bars) == ["miniature", f"{name_of(small, second)} and 1 more"]


def test_the_bars_fit_80_columns(bars: Bars, small: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    with bars.progress:
        for job in small.jobs:
            bars(Event(kind="began", job=job))
        bars.progress.refresh()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).replace("\r", "\n").splitlines()
    assert 0 < max(map(len, (line.rstrip() for line in lines))) <= 80
