"""Jobs from cells, each once: two trainings with one id are one training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product

from madx_stilts.grid.cell import Cell
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import Job, JobId, PlannedJob, Score, StackSlot, Train, job_id
from madx_stilts.grid.recipes import RecipeBuilder, RecipeTemplate
from madx_stilts.grid.scope import scope_of
from madx_stilts.recipe import Fusion, FusionSettings, StartWeights
from madx_stilts.stack import Role
from madx_stilts.tasks.task import Task

Stamps = Callable[[Job], Mapping[str, str]]


@dataclass
class _Uses:
    """What a job is wanted for. Keys only: each name and reason once, in order."""

    names: dict[tuple[Role, str], None] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Ground:
    """What a target stands on or starts from.

    Args:
        name: What it adds to the target's name.
        told: The same in a sentence.
        fusion: The fusion layer of the target, over those of the places that are fused.
    """

    places: tuple[StackSlot, ...] = ()
    start: StartWeights | None = None
    name: str = ""
    told: str = ""
    fusion: Fusion | None = None


class Planner:
    """Finds the jobs of a grid without faults.

    Args:
        tasks: Those there are, by name.
        stamps: What stands for the bytes of a job's backbone and data.
    """

    def __init__(self, grid: Grid, tasks: Mapping[str, Task], stamps: Stamps) -> None:
        self.jobs: dict[JobId, Job] = {}
        self._grid = grid
        self._tasks = tasks
        self._stamps = stamps
        self._uses: dict[JobId, _Uses] = {}
        self._known: dict[tuple[object, ...], JobId] = {}
        self._drawing = RecipeBuilder(grid, tasks)
        self._languages: dict[str, RecipeTemplate] = {}
        self._labels = [column.label(tasks) for column in grid.intermediates]
        self._columns = [self._drawing.column(column) for column in grid.intermediates]
        self._targets = {name: self._drawing.target(name) for name in grid.targets}
        self._scopes = {name: scope_of(grid, tasks[name]) for name in grid.targets}

    def cells(self) -> dict[Cell, JobId]:
        """The scoring of each cell; afterwards all jobs are known."""
        grid = self._grid
        found = {}
        axes = (grid.backbones, enumerate(self._labels), grid.transfers, grid.language_adapters, grid.targets)
        for backbone, (column, label), transfer, adapters, target in product(*axes):
            for seed in grid.seeds:
                cell = Cell(backbone, label, transfer, adapters, target, seed)
                found[cell] = self._cell(cell, column)
        return found

    def planned(self, counts: Mapping[JobId, int]) -> dict[JobId, PlannedJob]:
        """Every job, what is needed before what needs it.

        Args:
            counts: How many cells use each.
        """
        return {
            identity: PlannedJob(
                id=identity,
                job=job,
                names=tuple(self._uses[identity].names),
                why=f"For {'; and for '.join(self._uses[identity].reasons)}.",
                cells=counts[identity],
            )
            for identity, job in self.jobs.items()
        }

    def _cell(self, cell: Cell, column: int) -> JobId:
        scope = self._scopes[cell.target]
        bottom: tuple[StackSlot, ...] = ()
        if cell.language_adapter != "none":
            bottom = (StackSlot(role=Role.LANGUAGE, job=self._language(cell, scope.source)),)
        ground = self._ground(cell, column, bottom)
        stages = self._targets[cell.target]
        places = ground.places
        if stages:
            places = (*places, StackSlot(role=Role.TARGET, job=self._target(cell, stages, ground)))
        identity = self._score(cell, places)
        self._uses[identity].reasons[f"the scores of {cell.target}{ground.told}"] = None
        return identity

    def _score(self, cell: Cell, places: tuple[StackSlot, ...]) -> JobId:
        scope, swap = self._scopes[cell.target], self._swap(cell)
        # Where no language lacks an adapter the rule means nothing, and makes no other job.
        missing = self._grid.missing if swap and scope.missing(self._grid) else "error"
        key = (cell.backbone, cell.target, places, tuple(swap.items()), missing)
        return self._known.get(key) or self._add(
            key,
            Score(
                backbone=cell.backbone,
                task=cell.target,
                version=self._tasks[cell.target].version,
                split=scope.split,
                languages=scope.languages,
                limit=scope.limit,
                stack=places,
                swap=swap,
                missing=missing,
            ),
        )

    def _swap(self, cell: Cell) -> dict[str, JobId]:
        """The language adapter of each language; none where all would have that of the source language."""
        if cell.language_adapter != "swap":
            return {}
        scope = self._scopes[cell.target]
        own = scope.exchanged(self._grid)
        if not own and not (scope.missing(self._grid) and self._grid.missing == "none"):
            return {}
        needed = {scope.source: scope.source, **own}
        return {code: self._language(cell, adapter) for code, adapter in needed.items()}

    def _language(self, cell: Cell, code: str) -> JobId:
        seed = _seed(self._grid.train.language.seed, cell)
        blueprint = self._languages.get(code)
        if blueprint is None:
            blueprint = self._languages[code] = self._drawing.language(code)
        identity = self._train(cell.backbone, blueprint, (), None, seed)
        self._use(identity, f"the language adapter of {code}", Role.LANGUAGE, code, seed)
        return identity

    def _ground(self, cell: Cell, column: int, bottom: tuple[StackSlot, ...]) -> _Ground:
        """The intermediate of a cell, on the language adapter that the target will have."""
        stages, label = self._columns[column], self._labels[column]
        below = tuple(place.job for place in bottom)
        on_language = "".join(f"+la.{self._scopes[cell.target].source}" for _ in bottom)
        start, seed = None, _seed(self._grid.train.intermediate.seed, cell)
        asked, fused = self._grid.intermediates[column], []
        for at, blueprint in enumerate(stages, start=1):
            identity = self._train(cell.backbone, blueprint, below, None if asked.fuse else start, seed)
            part = f", training {at} of {len(stages)}" if len(stages) > 1 else ""
            self._use(identity, f"the column {label}{part}", Role.INTERMEDIATE, blueprint.name, seed)
            start = StartWeights(adapter=identity)
            fused.append(StackSlot(role=Role.INTERMEDIATE, job=identity, fused=True))
        if asked.fuse:
            settings = (asked.fusion or FusionSettings()).model_dump()
            fusion = Fusion.model_validate(settings | {"members": tuple(place.job for place in fused)})
            return _Ground((*bottom, *fused), None, f"+{label}{on_language}", f" over {label}", fusion)
        if start is None:
            return _Ground(bottom, None, on_language, " alone")
        if cell.transfer == "continue" and self._targets[cell.target]:
            return _Ground(bottom, start, f"-from-{label}{on_language}", f" from {label}")
        places = (*bottom, StackSlot(role=Role.INTERMEDIATE, job=start.adapter))
        return _Ground(places, None, f"+{label}{on_language}", f" on {label}")

    def _target(self, cell: Cell, stages: tuple[RecipeTemplate, ...], ground: _Ground) -> JobId:
        below = tuple(place.job for place in ground.places if not place.fused)
        start, identity = ground.start, ""
        for at, blueprint in enumerate(stages, start=1):
            identity = self._train(cell.backbone, blueprint, below, start, cell.seed, ground.fusion)
            part = f", training {at} of {len(stages)}" if len(stages) > 1 else ""
            reason = f"the target {cell.target}{ground.told}{part}"
            self._use(identity, reason, Role.TARGET, blueprint.name + ground.name, cell.seed)
            start = StartWeights(adapter=identity, head=True)
        return identity

    def _train(
        self,
        backbone: str,
        blueprint: RecipeTemplate,
        below: tuple[JobId, ...],
        start: StartWeights | None,
        seed: int,
        fusion: Fusion | None = None,
    ) -> JobId:
        key = (backbone, blueprint, below, start, seed, fusion)
        known = self._known.get(key)
        if known is not None:
            return known
        recipe = blueprint.recipe(below=below, fusion=fusion, start=start, seed=seed)
        return self._add(key, Train(backbone=backbone, recipe=recipe, text=blueprint.text))

    def _add(self, key: tuple[object, ...], job: Job) -> JobId:
        """The id of a job, which is hashed once for each key."""
        identity = job_id(job, self._stamps(job))
        self._known[key] = identity
        self.jobs.setdefault(identity, job)
        self._uses.setdefault(identity, _Uses())
        return identity

    def _use(self, identity: JobId, reason: str, role: Role, name: str, seed: int) -> None:
        uses = self._uses[identity]
        uses.reasons[reason] = None
        uses.names[role, f"{name}.s{seed}" if seed else name] = None


def _seed(fixed: int | None, cell: Cell) -> int:
    return cell.seed if fixed is None else fixed
