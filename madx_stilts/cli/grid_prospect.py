"""A plan, what of it is done and what the rest will cost, as a page and as JSON. No torch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from madx_stilts.cli import page, tables
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.zoos import open_zoo
from madx_stilts.grid.estimate import CostEstimate, estimate
from madx_stilts.grid.explain import cell_by_cell, savings, summary
from madx_stilts.grid.job import JobId, PlannedJob, Train
from madx_stilts.grid.plan import Plan
from madx_stilts.grid.records import Records
from madx_stilts.run.ledger import Ledger, name_of
from madx_stilts.stack import Role
from madx_stilts.tasks.text import MASKED_LM

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ("bytes", "kB", "MB")
_TOLD = 5
"""Tasks or kinds of jobs that a line names."""


@dataclass(frozen=True)
class PlanOverview:
    """A plan, what of it is done, and what the rest will cost."""

    plan: Plan
    done: frozenset[JobId]
    cost: CostEstimate
    adapters: tuple[str, ...] = ()
    """Ids of those that are there."""

    @classmethod
    def of(cls, plan: Plan, settings: Settings) -> "PlanOverview":
        """Look into the zoo of the settings.

        Raises:
            StorageError: A record cannot be read.
        """
        zoo, records = open_zoo(settings), Records(settings.zoo)
        ledger = Ledger(plan, records, zoo)
        ledger.look()

        def size_of(adapter: str) -> int | None:
            if not zoo.has(adapter):
                return None
            return sum(file.stat().st_size for file in zoo.folder(adapter).rglob("*") if file.is_file())

        cost = estimate(plan, records.all(), ledger.done, size_of=size_of)
        adapters = tuple(one.adapter for one in ledger.done.values() if one.adapter is not None)
        return cls(plan, frozenset(ledger.done), cost, adapters)


def prospect_facts(prospect: PlanOverview) -> dict[str, object]:
    """All of it, for programs."""
    plan = prospect.plan
    return {
        "grid": plan.grid.name,
        "cells": len(plan.cells),
        "trainings": len(plan.trainings),
        "trainings_cell_by_cell": cell_by_cell(plan),
        "savings": [{"trainings": one.trainings, "why": one.why} for one in savings(plan)],
        "jobs": [_job_facts(planned, done=planned.id in prospect.done) for planned in plan.jobs.values()],
        "groups": plan.groups,
        "estimate": prospect.cost.as_json(),
    }


def print_prospect(prospect: PlanOverview, command: str, *, explain: bool) -> None:
    """Print a table of jobs, what is shared, and what is to be done.

    Args:
        command: Runs the grid.
        explain: Whether every job is listed too.
    """
    plan = prospect.plan
    columns = ["work", "data", "jobs", "done", "cells that use each"]
    tables.show(f"Grid {plan.grid.name}: {_axes(plan)}", columns, _rows(prospect), whole=1, numbers=3)
    if explain:
        echo()
        jobs = [[name_of(plan, one.id), one.id[:8], one.why, f"{one.cells:,}"] for one in plan.jobs.values()]
        tables.show("Every job", ["job", "id", "what it is for", "cells"], jobs, whole=2, numbers=1)
    saved = savings(plan)
    width = max((len(f"{one.trainings:,}") for one in saved), default=0)
    sections = {
        "Saved": [(f"{one.trainings:,}".rjust(width), one.why) for one in saved],
        "To do": [*_work(prospect), *_cost(prospect.cost), ("command", command)],
    }
    echo()
    page.show(summary(plan), sections)


def _axes(plan: Plan) -> str:
    grid = plan.grid
    axes: dict[str, Sequence[object]] = {
        "backbone": grid.backbones,
        "intermediate": grid.intermediates,
        "transfer": grid.transfers,
        "language adapter setting": grid.language_adapters,
        "target": grid.targets,
        "seed": grid.seeds,
    }
    told = [_count(len(values), name) for name, values in axes.items() if len(values) > 1]
    return _count(len(plan.cells), "cell") + (f", {' x '.join(told)}" if told else "")


def _rows(prospect: PlanOverview) -> Iterator[list[str]]:
    """Jobs by what they do: trainings first, as they stand in a stack."""
    jobs = prospect.plan.jobs.values()
    parts = [part for planned in jobs if isinstance(planned.job, Train) for part in planned.job.recipe.parts]
    usual = Counter(part.language for part in parts).most_common(1)
    kinds: dict[tuple[int, str, str], list[PlannedJob]] = {}
    for planned in jobs:
        kinds.setdefault(_kind(planned, usual[0][0] if usual else ""), []).append(planned)
    for (_, work, data), alike in sorted(kinds.items(), key=lambda kind: kind[0][0]):
        cells = sorted({planned.cells for planned in alike})
        used = f"{cells[0]:,}" if len(cells) == 1 else f"{cells[0]:,} to {cells[-1]:,}"
        done = sum(planned.id in prospect.done for planned in alike)
        yield [work, data, f"{len(alike):,}", f"{done:,}" if done else "-", used]


def _kind(planned: PlannedJob, usual: str) -> tuple[int, str, str]:
    """What a job does and on which data, with its place among the others.

    Args:
        usual: The language that is not told.
    """
    job = planned.job
    if not isinstance(job, Train):
        return 2 * len(Role), "score", job.task
    roles = sorted({role for role, _ in planned.names})
    work = f"train {' = '.join(map(str, roles))}"
    return int(roles[0]) + int(roles[-1]), work, _data(job, usual)


def _data(job: Train, usual: str) -> str:
    if job.recipe.models_language:
        return f"text in {', '.join(part.language for part in job.recipe.parts)}"
    texts = sum(part.task == MASKED_LM.name for part in job.recipe.parts)
    tasks = [
        part.task if part.language == usual else f"{part.task} in {part.language}"
        for part in job.recipe.parts
        if part.task != MASKED_LM.name
    ]
    told = tasks if len(tasks) <= _TOLD else [*tasks[:2], f"{len(tasks) - 2} more"]
    return " + ".join([*told, *([f"text in {_count(texts, 'language')}"] if texts else [])])


def _work(prospect: PlanOverview) -> Iterator[tuple[str, str]]:
    plan, cost = prospect.plan, prospect.cost
    if not cost.jobs:
        yield "jobs", f"none, all {len(plan.jobs):,} are done"
        return
    trainings = [identity for identity in plan.trainings if identity not in prospect.done]
    done = f"; {_count(len(prospect.done), 'job')} done before" if prospect.done else ""
    yield "jobs", f"{_count(len(trainings), 'training')} and {_count(cost.jobs - len(trainings), 'scoring')}{done}"
    groups = sum(not group.isdisjoint(trainings) for group in map(set, plan.groups))
    if groups < len(trainings):
        yield "lockstep", f"the trainings see the same batches in {_count(groups, 'group')}"


def _cost(cost: CostEstimate) -> Iterator[tuple[str, str]]:
    if not cost.jobs:
        return
    if cost.wall_seconds is None:
        yield "cost", "not known: no job of these kinds was measured here yet"
        return
    yield "time", f"{_time(cost.wall_seconds)} one job after another, {_time(cost.cpu_seconds or 0)} of the processor"
    yield "memory", f"{_size(cost.peak_bytes or 0)} for the largest job"
    yield "disk", f"{_size(cost.disk_bytes)} of adapters" if cost.disk_bytes is not None else ""
    where = f" on {cost.device}" if cost.device else ""
    yield "source", f"medians of what jobs of the same kinds took{where}"
    if cost.unknown:
        kinds = [kind for kind, _ in cost.unknown[:_TOLD]]
        more = f", and {len(cost.unknown) - _TOLD} more" if len(cost.unknown) > _TOLD else ""
        jobs = _count(cost.jobs - cost.known, "job")
        yield "without", f"{jobs} of kinds that were not measured yet: {', '.join(kinds)}{more}"


def _job_facts(planned: PlannedJob, *, done: bool) -> dict[str, object]:
    job = planned.job
    return {
        "id": planned.id,
        "kind": job.kind,
        "backbone": job.backbone,
        "tasks": list(job.recipe.tasks) if isinstance(job, Train) else [job.task],
        "names": [f"{role}/{name}" for role, name in planned.names],
        "needs": list(job.needs),
        "cells": planned.cells,
        "reused": done,
        "why": planned.why,
    }


def _time(seconds: float) -> str:
    for length, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {name}"
    return f"{seconds:.0f} seconds"


def _size(size: float) -> str:
    for unit in _UNITS:
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
