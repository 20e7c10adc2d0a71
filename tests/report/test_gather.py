"""Results are what the records of a plan say: what counts is taken, what does not is a hole that says why."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from madx_stilts.card import now
from madx_stilts.errors import DataError
from madx_stilts.grid.cell import Cell
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import JobId, Score, Train
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.grid.records import Failure, Record, Records
from madx_stilts.report.gains import all_gains
from madx_stilts.report.gather import gather
from madx_stilts.report.results import CellOutcome, Results
from madx_stilts.tasks import TASKS


@pytest.fixture
def woven() -> Plan:
    """Two columns, a trained target and a retrieval, two seeds."""
    grid = Grid(
        name="small",
        backbones=("tiny",),
        intermediates=("none", "mnli"),  # type: ignore[arg-type]
        targets=("xnli", "tatoeba"),
        seeds=(0, 1),
    )
    plain = plan(grid, TASKS, lambda job: {})
    assert {cell.target for cell in plain.cells} == {"xnli", "tatoeba"}
    return plain


def adapter(id: JobId) -> str:
    """The adapter that a training made."""
    return id[::-1]


def evaluation(job: Score) -> dict[str, object]:
    metric = TASKS[job.task].primary_metric
    return {
        "task": job.task,
        "metric": metric,
        "backbone": {"name": "tiny", "fingerprint": "sum"},
        "scores": {code: {metric: 50.0 + len(job.stack), "n": 10} for code in job.languages},
        "language_adapters": {},
        "notes": ["Of few examples."],
        "world": None,
    }


def record(woven: Plan, id: JobId, **changes: object) -> Record:
    """What a job left that went well."""
    job = woven.jobs[id].job
    made: Mapping[str, object] = {"adapter": adapter(id)} if isinstance(job, Train) else {"evaluation": evaluation(job)}
    common = {"id": id, "job": job, "status": "done", "started": now(), "ended": now(), "wall_seconds": 2.0}
    uses = {need: adapter(need) for need in job.needs}
    return Record.model_validate({**common, "uses": uses, **made, **changes})


@pytest.fixture
def run(woven: Plan, tmp_path: Path) -> Records:
    """Every job was done."""
    records = Records(tmp_path)
    for id in woven.jobs:
        records.put(record(woven, id))
    return records


def told(results: Results, cell: Cell) -> CellOutcome:
    return next(one for one in results.outcomes if one.cell == cell)


def cell_of(target: str, intermediate: str = "mnli", seed: int = 0) -> Cell:
    return Cell("tiny", intermediate, "stack", "none", target, seed)


def test_a_finished_grid_has_no_hole(woven: Plan, run: Records) -> None:
    results = gather(woven, run, TASKS, world=None)
    assert results.holes == ()
    assert {one.cell for one in results.outcomes} == set(woven.cells)
    assert results.facts == {"split": "test", "examples per language": "all"}
    one = told(results, cell_of("xnli"))
    assert one.target.languages[0] == "en"
    assert one.primary == dict.fromkeys(TASKS["xnli"].languages, 52.0)
    assert one.notes == ("Of few examples.",)


def test_retrieval_is_compared_with_the_bare_backbone(woven: Plan, run: Records) -> None:
    gains = all_gains(gather(woven, run, TASKS, world=None))
    means = {(one.intermediate, one.target.name): one.value.mean for one in gains if one.over == "all"}
    assert means == {("none", "xnli"): 0.0, ("none", "tatoeba"): 0.0, ("mnli", "xnli"): 1.0, ("mnli", "tatoeba"): 1.0}


def test_a_grid_that_was_not_run_is_all_holes(woven: Plan, tmp_path: Path) -> None:
    results = gather(woven, Records(tmp_path / "nothing"), TASKS, world=None)
    assert len(results.holes) == len(woven.cells)
    assert {one.why for one in results.holes} == {"not run"}
    assert {one.status for one in results.costs} == {"not run"}


Spoil = Callable[[Plan, Records, JobId], None]


def fails(woven: Plan, records: Records, id: JobId) -> None:
    failure = Failure(error="JobFailed", message="The loss is not a number.")
    records.put(record(woven, id, status="failed", evaluation=None, adapter=None, error=failure))


def is_cut(woven: Plan, records: Records, id: JobId) -> None:
    path = records.path(id)
    path.write_bytes(path.read_bytes()[:-9])


def is_gone(woven: Plan, records: Records, id: JobId) -> None:
    records.path(id).unlink()


def stands_on_another(woven: Plan, records: Records, id: JobId) -> None:
    needs = woven.jobs[id].job.needs
    records.put(record(woven, id, uses={need: "0" * 64 for need in needs}))


@pytest.mark.parametrize(
    ("spoil", "why", "reason"),
    [
        (fails, "failed", "The loss is not a number."),
        (is_cut, "damaged", "is no JSON"),
        (is_gone, "not run", ""),
        (stands_on_another, "outdated", "made again"),
    ],
)
def test_a_scoring_that_does_not_count_is_a_hole(
    woven: Plan, run: Records, spoil: Spoil, why: str, reason: str
) -> None:
    cell = cell_of("xnli", seed=1)
    spoil(woven, run, woven.cells[cell])
    results = gather(woven, run, TASKS, world=None)
    assert [(one.cell, one.why) for one in results.holes] == [(cell, why)]
    assert reason in results.holes[0].reason


def test_a_failed_training_names_itself_in_every_cell_that_needs_it(woven: Plan, run: Records) -> None:
    intermediate = next(id for id, one in woven.jobs.items() if any(name == "mnli" for _, name in one.names))
    fails(woven, run, intermediate)
    results = gather(woven, run, TASKS, world=None)
    needing = {cell for cell, id in woven.cells.items() if intermediate in woven.all_needs(id)}
    assert {one.cell for one in results.holes} == needing
    assert {one.why for one in results.holes} == {"failed"}
    assert all("intermediate/mnli" in one.reason for one in results.holes)


def test_a_job_under_way_says_so(woven: Plan, run: Records) -> None:
    cell = cell_of("tatoeba")
    id = woven.cells[cell]
    run.path(id).unlink()
    # In a process of its own: a lock does not keep out the process that holds it.
    holds = "import sys; from pathlib import Path; from madx_stilts.grid.records import Records"
    holds += "\nwith Records(Path(sys.argv[1])).lock(sys.argv[2]): print(flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", holds, str(run.folder), id]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        results = gather(woven, run, TASKS, world=None)
        worker.communicate()
    assert {one.why for one in results.holes} == {"running"}


def test_scores_of_another_world_are_refused(woven: Plan, run: Records) -> None:
    id = woven.cells[cell_of("xnli")]
    job = woven.jobs[id].job
    assert isinstance(job, Score)
    run.put(record(woven, id, evaluation={**evaluation(job), "world": {"name": "m", "seed": 1, "constructed": True}}))
    with pytest.raises(DataError, match="the data named here are real"):
        gather(woven, run, TASKS, world=None)


def test_costs_are_those_of_the_records(woven: Plan, run: Records) -> None:
    first = next(iter(woven.jobs))
    run.put(record(woven, first, reused=True, wall_seconds=5.0, peak_bytes=7))
    costs = {one.job: one for one in gather(woven, run, TASKS, world=None).costs}
    assert costs.keys() == woven.jobs.keys()
    assert (costs[first].status, costs[first].wall_seconds, costs[first].peak_bytes) == ("reused", 5.0, 7)
    assert sum(one.wall_seconds for one in costs.values()) == 5.0 + 2.0 * (len(costs) - 1)


def test_the_rows_stand_as_in_the_grid(woven: Plan, run: Records) -> None:
    results = gather(woven, run, TASKS, world=None)
    assert (results.intermediates, results.targets, results.seeds) == (("none", "mnli"), ("xnli", "tatoeba"), (0, 1))
    assert [one.cell for one in results.in_order] == [
        cell_of(target, intermediate, seed)
        for intermediate in ("none", "mnli")
        for target in ("xnli", "tatoeba")
        for seed in (0, 1)
    ]
