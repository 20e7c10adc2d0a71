"""Scorings of a plan: the adapters that one needs become a stack, and the stack is evaluated."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from madx_stilts.grid.job import JobId, PlannedJob, Score, StackSlot
from madx_stilts.nets.backbone import Precision
from madx_stilts.run.data_stamps import DataStamps
from madx_stilts.run.events import Event
from madx_stilts.run.ledger import name_in
from madx_stilts.run.measure import versions
from madx_stilts.run.partial_scores import CostSoFar, PartialScores, ScoringConditions, begun, put_begun
from madx_stilts.run.result import JobResult
from madx_stilts.run.worker_context import WorkerContext, device_named
from madx_stilts.score.context import used_ids
from madx_stilts.score.evaluate import evaluate_each
from madx_stilts.score.evaluation import Evaluation, LanguageResult
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import AdapterRef, Role, Stack

Work = Sequence[tuple[PlannedJob, Score, Mapping[JobId, str]]]
"""Jobs, each with the adapters that were made by the jobs it needs."""


def scored(planned: PlannedJob, job: Score, worker: WorkerContext, uses: Mapping[JobId, str]) -> JobResult:
    """Score a stack on a task in its languages.

    Raises:
        MadxStiltsError: See its subclasses.
    """
    (result,) = scored_each([(planned, job, uses)], worker)
    return result


def scored_each(work: Work, worker: WorkerContext) -> list[JobResult]:
    """Score several stacks on one task; all that else is in their jobs is equal, and so is their precision.

    What earlier runs have scored of them is taken up, and what is scored now is kept after each language.

    Raises:
        MadxStiltsError: See its subclasses; one of them has a fault.
    """
    (_, first, uses), stacks = work[0], [_stack(worker, job, uses) for _, job, uses in work]
    tongues = {code: _ref(worker, StackSlot(role=Role.LANGUAGE, job=need), uses) for code, need in first.swap.items()}
    swap = LanguageSwap(tongues.get, first.missing) if tongues else None
    keeping = _Keeping(worker, work, stacks)
    with worker.zoo.holding(used_ids(stacks, first.languages, swap)):
        backbone = worker.backbone(first.backbone, _precision(worker, stacks[0]))
        context = worker.eval_context(
            backbone, _counting(worker, [planned.id for planned, _, _ in work], len(first.languages))
        )
        results = evaluate_each(
            replace(context, known=keeping.known, on_scored=keeping.keep),
            worker.place.tasks[first.task],
            stacks,
            first.languages,
            split=first.split,
            limit=first.limit,
            swap=swap,
        )
    data = DataStamps(worker.place)(first)
    return [
        JobResult(evaluation=one.as_json(), data=data, notes=one.all_notes, spent=before.spent)
        for one, before in zip(results, keeping.before, strict=True)
    ]


class _Keeping:
    """What earlier runs have scored of some jobs, and what this one has.

    Args:
        stacks: Of the jobs.

    Attributes:
        before: What was known of each job when this was made.
    """

    def __init__(self, worker: WorkerContext, work: Work, stacks: Sequence[Stack]) -> None:
        self._records, self._ids = worker.site.records, [planned.id for planned, _, _ in work]
        device, libraries = device_named(worker.site.device), versions()
        self._ways = [ScoringConditions(uses=dict(uses), device=device, versions=libraries) for _, _, uses in work]
        self.before = [begun(self._records, id, way) for id, way in zip(self._ids, self._ways, strict=True)]
        self._by_stack = dict(zip(stacks, self.before, strict=True))
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def known(self, stack: Stack) -> Mapping[str, LanguageResult]:
        """What earlier runs have scored of a stack, by language."""
        return self._by_stack[stack].languages

    def keep(self, results: Sequence[Evaluation]) -> None:
        """Keep what is known of each stack, where that is more than before and not yet all."""
        wall, cpu = (time.monotonic() - self._wall) / len(results), (time.process_time() - self._cpu) / len(results)
        for id, way, before, result in zip(self._ids, self._ways, self.before, results, strict=True):
            if result.unscored and result.scores.keys() - before.languages.keys():
                spent = CostSoFar(round(before.spent.wall + wall, 3), round(before.spent.cpu + cpu, 3))
                put_begun(self._records, id, way, PartialScores(result.known, spent))


def _stack(worker: WorkerContext, job: Score, uses: Mapping[JobId, str]) -> Stack:
    fused = tuple(_ref(worker, place, uses) for place in job.stack if place.fused)
    return Stack.of(tuple(_ref(worker, place, uses) for place in job.stack), fused=fused)


def _ref(worker: WorkerContext, place: StackSlot, uses: Mapping[JobId, str]) -> AdapterRef:
    return AdapterRef(place.role, name_in(worker.plan, place), uses[place.job])


def _precision(worker: WorkerContext, stack: Stack) -> Precision:
    """The precision in which the uppermost adapter was trained and judged; fp32 for the bare backbone."""
    return worker.zoo.card(stack.top.id).recipe.train.precision if stack.top is not None else "fp32"


def _counting(worker: WorkerContext, ids: Sequence[JobId], languages: int) -> Callable[[str], None]:
    """Tells how many languages are done whenever another one begins."""
    begun: list[str] = []

    def tell(language: str) -> None:
        for id in ids:
            worker.watch(Event(kind="stepped", worker=worker.number, job=id, done=len(begun), steps=languages))
        begun.append(language)

    return tell
