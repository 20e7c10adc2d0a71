"""From a plan and what its jobs left to what a report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from madx_stilts.errors import DataError
from madx_stilts.grid.cell import Cell
from madx_stilts.grid.job import JobId, PlannedJob, Score, Train
from madx_stilts.grid.plan import Plan
from madx_stilts.grid.records import DamagedRecord, Record, Records
from madx_stilts.report.results import CellOutcome, JobCost, Results, Target
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.world import ConstructedWorld


def gather(plan: Plan, records: Records, tasks: Mapping[str, Task], *, world: ConstructedWorld | None) -> Results:
    """Read the records of a plan, as far as there are any.

    Args:
        tasks: Those there are, by name.
        world: The constructed world that the tasks are of; None: they are real.

    Raises:
        DataError: Some scores are of another world.
        StorageError: A record cannot be read, or a newer version of the package wrote it.
    """
    book = _Book(plan, records, tasks, world)
    outcomes = tuple(book.outcome(cell, id) for cell, id in plan.cells.items())
    return Results(
        grid=plan.grid.name,
        description=plan.grid.description,
        outcomes=outcomes,
        intermediates=tuple(dict.fromkeys(cell.intermediate for cell in plan.cells)),
        targets=tuple(dict.fromkeys(cell.target for cell in plan.cells)),
        seeds=tuple(dict.fromkeys(cell.seed for cell in plan.cells)),
        costs=tuple(map(book.cost, plan.jobs.values())),
        world=world,
        facts=_facts(plan),
    )


@dataclass(frozen=True)
class _Standing:
    """How one job stands: its record if that counts, else what it is called and why."""

    record: Record | None = None
    why: str = ""
    reason: str = ""


class _Book:
    """The jobs of a plan, as their records tell them."""

    def __init__(self, plan: Plan, records: Records, tasks: Mapping[str, Task], world: ConstructedWorld | None) -> None:
        self.plan, self.records, self.tasks, self.world = plan, records, tasks, world
        self._standings: dict[JobId, _Standing] = {}
        for id, planned in plan.jobs.items():
            self._standings[id] = self._stand(id, planned)
        self._places = {} if world is None else {one.code: one.distance for one in world.languages}

    def _stand(self, id: JobId, planned: PlannedJob) -> _Standing:
        """How a job stands; those it needs were looked at before."""
        needed = {need: self._standings[need] for need in planned.job.needs}
        for need, standing in needed.items():
            if standing.record is None and standing.why == "failed":
                return _Standing(why="failed", reason=standing.reason or f"{name_of(self.plan.jobs[need])} failed.")
        found = self.records.look(id)
        if isinstance(found, DamagedRecord):
            return _Standing(why="damaged", reason=f"Its record {found}")
        if found is None or any(one.record is None for one in needed.values()):
            return _Standing(why="running" if self.records.running(id) else "not run")
        if found.error is not None:
            return _Standing(why="failed", reason=f"{name_of(planned)} failed: {found.error.message}")
        used = {need: one.record.adapter for need, one in needed.items() if one.record is not None}
        if found.uses != used:
            return _Standing(why="outdated", reason=f"What {name_of(planned)} stood on was made again since.")
        return _Standing(record=found)

    def outcome(self, cell: Cell, id: JobId) -> CellOutcome:
        """What came of a cell."""
        standing, job = self._standings[id], self.plan.jobs[id].job
        if isinstance(job, Train):
            raise DataError(f"The plan scores {cell} by a training.", hint="Plan the grid again.")
        if standing.record is None or standing.record.evaluation is None:
            target = self._target(job, self.tasks[job.task].primary_metric)
            return CellOutcome(cell, target, job=id, why=standing.why, reason=standing.reason)
        told: Mapping[str, Any] = standing.record.evaluation
        self._check_world(cell, told.get("world"))
        return CellOutcome(
            cell=cell,
            target=self._target(job, told["metric"]),
            fingerprint=told["backbone"]["fingerprint"],
            scores=told["scores"],
            language_adapters=told["language_adapters"],
            job=id,
            notes=tuple(told["notes"]),
            baseline=told.get("baseline", {}),  # scorings by earlier versions have none
        )

    def _target(self, job: Score, metric: str) -> Target:
        task = self.tasks[job.task]
        source, far = task.source_language, float("inf")
        languages = sorted(job.languages, key=lambda code: (code != source, self._places.get(code, far)))
        return Target(task.name, job.version, metric, source, tuple(languages), task.search is not None)

    def _check_world(self, cell: Cell, facts: object) -> None:
        here = None if self.world is None else self.world.facts
        if facts != here:
            raise DataError(
                f"The scores of {cell} are of {facts or 'real data'}, the data named here are {here or 'real'}.",
                hint="Name with --data the folder that the grid was run with.",
            )

    def cost(self, planned: PlannedJob) -> JobCost:
        """What a job took."""
        standing, record = self._standings[planned.id], self._standings[planned.id].record
        if record is None:
            return JobCost(planned.id, planned.job.kind, name_of(planned), standing.why, planned.cells)
        return JobCost(
            job=planned.id,
            kind=planned.job.kind,
            name=name_of(planned),
            status="reused" if record.reused else "done",
            cells=planned.cells,
            wall_seconds=record.wall_seconds,
            cpu_seconds=record.cpu_seconds,
            peak_bytes=record.peak_bytes,
            device=record.device,
        )


def name_of(planned: PlannedJob) -> str:
    """What a job is called: an adapter's references, or the task that is scored and on how many adapters."""
    if isinstance(planned.job, Train):
        return " = ".join(f"{role}/{name}" for role, name in planned.names) or f"adapter {planned.id[:8]}"
    count = len(planned.job.stack)
    return f"score {planned.job.task} ({planned.id[:8]}, {f'{count} in the stack' if count else 'bare backbone'})"


def _facts(plan: Plan) -> dict[str, str]:
    """What is scored of each target: one value if all agree."""
    jobs = [planned.job for planned in plan.jobs.values() if isinstance(planned.job, Score)]
    splits = {job.task: job.split for job in jobs}
    limits = {job.task: f"{job.limit:,}" if job.limit else "all" for job in jobs}
    return {"split": _agreed(splits), "examples per language": _agreed(limits)}


def _agreed(by_task: Mapping[str, str]) -> str:
    values = dict.fromkeys(by_task.values())
    if len(values) < 2:
        return next(iter(values), "")
    return ", ".join(f"{task} {value}" for task, value in by_task.items())
