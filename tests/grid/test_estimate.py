"""What a plan costs is told from what like jobs cost, and not at all where none ran."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from madx_stilts.grid.estimate import CostEstimate, estimate
from madx_stilts.grid.job import Job, Train
from madx_stilts.grid.plan import Plan

Planning = Callable[..., Plan]


@dataclass(frozen=True)
class Measured:
    """What a job left."""

    job: Job
    wall_seconds: float = 10.0
    cpu_seconds: float = 15.0
    peak_bytes: int = 1000
    status: str = "done"
    adapter: str | None = "a" * 64
    reused: bool = False
    device: str = "cpu"


def ran(made: Plan) -> list[Measured]:
    """A record of each job."""
    return [Measured(one.job, adapter="a" * 64 if isinstance(one.job, Train) else None) for one in made.jobs.values()]


def test_without_a_measured_job_nothing_is_told(xtreme: Plan) -> None:
    told = estimate(xtreme, [])
    assert (told.jobs, told.known, told.wall_seconds, told.peak_bytes) == (157, 0, None, None)
    assert ("train mnli on xlmr-base", 10) in told.unknown
    assert sum(count for _, count in told.unknown) == 157


def test_the_sum_is_of_jobs_that_are_not_done(xtreme: Plan) -> None:
    told = estimate(xtreme, ran(xtreme), size_of=lambda adapter: 50)
    assert (told.wall_seconds, told.cpu_seconds, told.peak_bytes, told.disk_bytes) == (1570, 2355, 1000, 67 * 50)
    assert (told.device, told.unknown) == ("cpu", ())
    assert estimate(xtreme, ran(xtreme), xtreme.jobs).jobs == 0
    assert estimate(xtreme, ran(xtreme), list(xtreme.jobs)[:7]).wall_seconds == 1500


@pytest.mark.parametrize("change", [{"status": "failed"}, {"reused": True}])
def test_a_job_that_failed_or_did_nothing_is_no_measure(xtreme: Plan, change: dict[str, object]) -> None:
    told = estimate(xtreme, [replace(one, **change) for one in ran(xtreme)])  # type: ignore[arg-type]
    assert told.wall_seconds is None


def test_rates_are_medians(planned: Planning) -> None:
    made = planned(targets=["panx"])
    runs = [replace(one, wall_seconds=seconds) for one in ran(made) for seconds in (1.0, 2.0, 60.0)]
    assert estimate(made, runs).wall_seconds == 4.0


def test_longer_trainings_of_the_same_kind_are_told_in_proportion(planned: Planning) -> None:
    short = planned(targets=["panx"], train={"target": {"train": {"max_steps": 100}}})
    long = planned(targets=["panx"], train={"target": {"train": {"max_steps": 300}}})
    told = estimate(long, [one for one in ran(short) if isinstance(one.job, Train)])
    assert (told.wall_seconds, told.known) == (30.0, 1)
    assert told.unknown == (("score panx on xlmr-base", 1),)


def test_what_cannot_be_compared_is_not(planned: Planning) -> None:
    epochs = planned(targets=["panx"])
    steps = planned(targets=["panx"], train={"target": {"train": {"max_steps": 300}}})
    other = planned(targets=["panx"], backbones=["mbert"])
    trained = [one for one in ran(epochs) if isinstance(one.job, Train)]
    assert estimate(steps, trained).known == 0
    assert estimate(other, ran(epochs)).known == 0


def test_devices_are_not_mixed(planned: Planning) -> None:
    made = planned(targets=["panx"])
    slow = ran(made)
    fast = [replace(one, device="cuda", wall_seconds=1.0) for one in ran(made) * 2]
    told = estimate(made, [*slow, *fast])
    assert (told.device, told.wall_seconds) == ("cuda", 2.0)


def test_programs_get_the_same_numbers() -> None:
    told = CostEstimate(jobs=3, known=2, wall_seconds=1.5, unknown=(("score xnli on b", 1),)).as_json()
    assert told["wall_seconds"] == 1.5
    assert told["unknown"] == [{"kind": "score xnli on b", "jobs": 1}]
