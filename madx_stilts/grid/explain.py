"""Savings of a plan over a script that trains cell by cell, as sentences."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from madx_stilts.grid.cell import Cell
from madx_stilts.grid.job import JobId, Score, Train
from madx_stilts.grid.plan import Plan
from madx_stilts.stack import Role


@dataclass(frozen=True)
class Saving:
    """Trainings that need not be done because others are the same.

    Args:
        trainings: How many.
        why: What is the same, a sentence.
    """

    trainings: int
    why: str


@dataclass(frozen=True, order=True)
class _Needed:
    """A training as a script wants it that knows nothing of other cells.

    Args:
        what: `target` or `column`, or `language`.
        name: Of the target or the column, or the language.
        place: Tells it from others of that name.
    """

    what: str
    name: str
    place: str


def cell_by_cell(plan: Plan) -> int:
    """How many trainings a script does that trains each intermediate once, and then a target for every cell."""
    return len(_wishes(plan))


def savings(plan: Plan) -> tuple[Saving, ...]:
    """What sharing saves, the most first; together it is the difference to `cell_by_cell`."""
    wanted: dict[JobId, list[_Needed]] = defaultdict(list)
    for request, identity in _wishes(plan).items():
        wanted[identity].append(request)
    saved: Counter[str] = Counter()
    for wishes in wanted.values():
        if len(wishes) > 1:
            saved[_sentence(wishes)] += len(wishes) - 1
    return tuple(Saving(count, why) for why, count in sorted(saved.items(), key=lambda pair: (-pair[1], pair[0])))


def summary(plan: Plan) -> str:
    """The counts in one sentence."""
    ours, theirs = len(plan.trainings), cell_by_cell(plan)
    if ours == theirs:
        return f"{_count(ours, 'training')}, as many as cell by cell: no two are the same."
    return f"{_count(ours, 'training')}, where a script that goes cell by cell does {theirs:,}."


def _wishes(plan: Plan) -> dict[_Needed, JobId]:
    """Every training that a cell-by-cell script does, and the job that it is."""
    return {
        request: identity for cell, scored in plan.cells.items() for request, identity in _of_cell(plan, cell, scored)
    }


def _of_cell(plan: Plan, cell: Cell, scored: JobId) -> Iterator[tuple[_Needed, JobId]]:
    job = plan.jobs[scored].job
    if not isinstance(job, Score):
        return
    places = {place.role: place.job for place in job.stack if not place.fused}
    for place in job.stack:
        if place.fused:
            yield _Needed("column", cell.intermediate, f"{cell.backbone} {place.job}"), place.job
    for identity in dict.fromkeys((*job.swap.values(), *(places[role] for role in places if role is Role.LANGUAGE))):
        # Scripts too train a language adapter once.
        yield _Needed("language", "", identity), identity
    column = places.get(Role.INTERMEDIATE)
    trained = places.get(Role.TARGET)
    while trained is not None:
        yield _Needed("target", cell.target, f"{cell} {trained}"), trained
        start = _recipe_start(plan, trained)
        if start is not None and not start[1]:
            column = start[0]
        trained = start[0] if start is not None and start[1] else None
    while column is not None:
        yield _Needed("column", cell.intermediate, f"{cell.backbone} {column}"), column
        start = _recipe_start(plan, column)
        column = start[0] if start is not None else None


def _recipe_start(plan: Plan, identity: JobId) -> tuple[JobId, bool] | None:
    """The job whose weights a training begins with, and whether its head is taken too: then it is the same target."""
    job = plan.jobs[identity].job
    if not isinstance(job, Train) or job.recipe.start is None:
        return None
    return job.recipe.start.adapter, job.recipe.start.head


def _sentence(wishes: list[_Needed]) -> str:
    targets = sorted({request.name for request in wishes if request.what == "target"})
    columns = sorted({request.name for request in wishes if request.what == "column"})
    if not columns and len(targets) > 1:
        return f"The targets {_joined(targets)} learn from the same data: one training is enough for all."
    if not columns:
        return f"The target {targets[0]} is trained alike in cells that differ only in what does not reach it."
    if not targets:
        return f"The columns {_joined(columns)} begin with the same training."
    of_columns = f"{'column' if len(columns) == 1 else 'columns'} {_joined(columns)}"
    of_targets = f"{'target' if len(targets) == 1 else 'targets'} {_joined(targets)}"
    return f"The {of_columns} and the {of_targets} without an intermediate are one training: data and settings agree."


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
