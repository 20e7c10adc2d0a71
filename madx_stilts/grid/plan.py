"""The fewest jobs that give every cell of a grid its scores, in an order in which they can be done. No torch."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from madx_stilts.errors import ConfigError, UsageError
from madx_stilts.files import canonical_json
from madx_stilts.grid.cell import Cell
from madx_stilts.grid.faults import faults_of
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.groups import grouped
from madx_stilts.grid.job import Job, JobId, PlannedJob, Score, Train, job_from_json
from madx_stilts.grid.planner import Planner
from madx_stilts.grid.room import room_faults
from madx_stilts.positions import ModelLimits
from madx_stilts.stack import Role, name_fault
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.tasks.task import Task

FORMAT = 1
"""Of the text that a plan is written as."""
_AGAIN = "Plan the grid again with this version."


@dataclass(frozen=True, repr=False)
class Plan:
    """The jobs of a grid, and the cells that they serve.

    Args:
        cells: The scoring that gives each cell its scores; several cells may share one.
        jobs: By id, what is needed before what needs it.
        groups: Trainings that see the same batches, so that they may run in lockstep; each training is in one of them.
            What a group needs, as a whole, is never in itself nor waits for it.
    """

    grid: Grid
    cells: Mapping[Cell, JobId]
    jobs: Mapping[JobId, PlannedJob]
    groups: tuple[tuple[JobId, ...], ...]

    @cached_property
    def needed_by(self) -> Mapping[JobId, tuple[JobId, ...]]:
        """The jobs that need a job themselves, by its id."""
        users: dict[JobId, list[JobId]] = {identity: [] for identity in self.jobs}
        for identity, planned in self.jobs.items():
            for need in planned.job.needs:
                users[need].append(identity)
        return {identity: tuple(found) for identity, found in users.items()}

    @cached_property
    def cells_of(self) -> Mapping[JobId, tuple[Cell, ...]]:
        """The cells whose scores depend on a job, by its id."""
        scored: dict[JobId, list[Cell]] = defaultdict(list)
        for cell, identity in self.cells.items():
            scored[identity].append(cell)
        found: dict[JobId, list[Cell]] = {identity: [] for identity in self.jobs}
        for identity, cells in scored.items():
            for needed in self.all_needs(identity):
                found[needed] += cells
        return {identity: tuple(cells) for identity, cells in found.items()}

    @cached_property
    def _jobs(self) -> dict[JobId, Job]:
        return {identity: planned.job for identity, planned in self.jobs.items()}

    def to_frame(self) -> Any:
        """One row for each job, as a `pandas.DataFrame`: what it is, why it is there, and how many cells use it."""
        import pandas

        rows = [
            {
                "job": identity[:8],
                "kind": planned.job.kind,
                "adapter": " = ".join(f"{role}/{name}" for role, name in planned.names),
                "cells": planned.cells,
                "why": planned.why,
            }
            for identity, planned in self.jobs.items()
        ]
        return pandas.DataFrame(rows, columns=["job", "kind", "adapter", "cells", "why"]).set_index("job")

    def __repr__(self) -> str:
        scorings = len(self.jobs) - len(self.trainings)
        return (
            f"<Plan of {self.grid.name}: {len(self.cells)} cells, {len(self.trainings)} trainings, {scorings} scorings>"
        )

    def _repr_html_(self) -> str:
        html: str = self.to_frame().to_html()
        return html

    @property
    def trainings(self) -> tuple[JobId, ...]:
        """The jobs that train."""
        return tuple(identity for identity, planned in self.jobs.items() if isinstance(planned.job, Train))

    def all_needs(self, identity: JobId) -> tuple[JobId, ...]:
        """A job, and all that it needs, however indirectly."""
        return with_needs(identity, self._jobs)

    def all_users(self, identity: JobId) -> tuple[JobId, ...]:
        """The jobs that need a job, however indirectly: what a failure stops."""
        found: dict[JobId, None] = {}
        waiting = [identity]
        while waiting:
            new = [user for user in self.needed_by[waiting.pop()] if user not in found]
            found |= dict.fromkeys(new)
            waiting += new
        return tuple(found)

    def to_json(self) -> str:
        """All of it, so that another process can take it."""
        cells = [{**asdict(cell), "score": identity} for cell, identity in self.cells.items()]
        jobs = [_planned_facts(planned) for planned in self.jobs.values()]
        # What is not written has another meaning than what is written as its default: see `Change`.
        grid = self.grid.model_dump(mode="json", exclude_unset=True)
        return canonical_json({"format": FORMAT, "grid": grid, "cells": cells, "jobs": jobs, "groups": self.groups})

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        """Read what `to_json` wrote.

        Raises:
            UsageError: It was written by another version.
        """
        try:
            content: Any = parse(text)
            version = content.get("format")
        except (JsonError, AttributeError) as error:
            raise UsageError(f"This is no plan of a grid: {error}.", hint=_AGAIN) from error
        if version != FORMAT:
            raise UsageError(f"The plan has format {version!r}, this version reads {FORMAT}.", hint=_AGAIN)
        cells = {Cell(**{key: cell[key] for key in cell if key != "score"}): cell["score"] for cell in content["cells"]}
        jobs = {facts["id"]: _planned(facts) for facts in content["jobs"]}
        grid = Grid.model_validate_json(json.dumps(content["grid"]))
        return cls(grid, cells, jobs, tuple(map(tuple, content["groups"])))


def plan(
    grid: Grid,
    tasks: Mapping[str, Task],
    stamps: Callable[[Job], Mapping[str, str]],
    extents: Callable[[str], ModelLimits] = ModelLimits,
) -> Plan:
    """Find the fewest jobs for a grid. Nothing is read and nothing is loaded: jobs are told apart by their ids.

    Args:
        tasks: Those there are, by name.
        stamps: What stands for the bytes of a job's backbone and data; see `job_id`. Called once for each job, and
            once for each backbone, of which it raises a `UsageError` if there is no such one.
        extents: How large the backbone of a name is, as far as that is known.

    Raises:
        ConfigError: The grid cannot be planned; all faults are told.
    """
    faults = [*_backbones(grid, tasks, stamps), *faults_of(grid, tasks)]
    faults = faults or [*room_faults(grid, tasks, extents)]
    if faults:
        raise ConfigError(f"The grid {grid.name}", faults)
    weaver = Planner(grid, tasks, stamps)
    cells = weaver.cells()
    jobs = weaver.planned(_counts(cells, weaver.jobs))
    names = dict.fromkeys(name for planned in jobs.values() for _, name in planned.names)
    if faults := [f"an adapter would be called {name}: {fault}" for name in names if (fault := name_fault(name))]:
        raise ConfigError(f"The grid {grid.name}", faults)
    return Plan(grid, cells, jobs, grouped(weaver.jobs))


def _backbones(grid: Grid, tasks: Mapping[str, Task], stamps: Callable[[Job], Mapping[str, str]]) -> Iterator[str]:
    """Backbones that there are not: whoever makes the stamps looks for them."""
    task = next(name for name in (*grid.targets, *tasks) if name in tasks)
    for at, backbone in enumerate(grid.backbones):
        try:
            stamps(Score(backbone=backbone, task=task, languages=()))
        except UsageError as error:
            yield f"backbones.{at}: {error.message} {error.hint}"


def _counts(cells: Mapping[Cell, JobId], jobs: Mapping[JobId, Job]) -> dict[JobId, int]:
    """How many cells use each job."""
    scored = Counter(cells.values())
    counts: Counter[JobId] = Counter()
    for identity, number in scored.items():
        counts.update(dict.fromkeys(with_needs(identity, jobs), number))
    return dict(counts)


def with_needs(identity: JobId, jobs: Mapping[JobId, Job]) -> tuple[JobId, ...]:
    """A job, and all that it needs, however indirectly."""
    found = {identity: None}
    waiting = [identity]
    while waiting:
        new = dict.fromkeys(need for need in jobs[waiting.pop()].needs if need not in found)
        found |= new
        waiting += new
    return tuple(found)


def _planned_facts(planned: PlannedJob) -> dict[str, object]:
    return {
        "id": planned.id,
        "names": [[str(role), name] for role, name in planned.names],
        "why": planned.why,
        "cells": planned.cells,
        "job": planned.job.model_dump(mode="json"),
    }


def _planned(facts: Mapping[str, object]) -> PlannedJob:
    names = tuple((Role.parse(role), name) for role, name in facts["names"])  # type: ignore[attr-defined]
    return PlannedJob(
        id=str(facts["id"]),
        job=job_from_json(json.dumps(facts["job"])),
        names=names,
        why=str(facts["why"]),
        cells=int(str(facts["cells"])),
    )
