"""Scorings of a plan: the adapters that one needs become a stack, and the stack is evaluated."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from madx_stilts.grid.job import JobId, Place, Planned, Score
from madx_stilts.nets.backbone import Precision
from madx_stilts.run.begun import SoFar, Spent, Way, begun, put_begun
from madx_stilts.run.crew import Crew, device_named
from madx_stilts.run.events import Event
from madx_stilts.run.ledger import name_in
from madx_stilts.run.measure import versions
from madx_stilts.run.result import Result
from madx_stilts.run.stamps import Stamps
from madx_stilts.score.bench import used_ids
from madx_stilts.score.evaluate import evaluate_each
from madx_stilts.score.evaluation import Evaluation, Known
from madx_stilts.score.swap import Swap
from madx_stilts.stack import AdapterRef, Role, Stack

Work = Sequence[tuple[Planned, Score, Mapping[JobId, str]]]
"""Jobs, each with the adapters that were made by the jobs it needs."""


def scored(planned: Planned, job: Score, crew: Crew, uses: Mapping[JobId, str]) -> Result:
    """Score a stack on a task in its languages.

    Raises:
        MadxStiltsError: See its subclasses.
    """
    (result,) = scored_each([(planned, job, uses)], crew)
    return result


def scored_each(work: Work, crew: Crew) -> list[Result]:
    """Score several stacks on one task; all that else is in their jobs is equal, and so is their precision.

    What earlier runs have scored of them is taken up, and what is scored now is kept after each language.

    Raises:
        MadxStiltsError: See its subclasses; one of them has a fault.
    """
    (_, first, uses), stacks = work[0], [_stack(crew, job, uses) for _, job, uses in work]
    tongues = {code: _ref(crew, Place(role=Role.LANGUAGE, job=need), uses) for code, need in first.swap.items()}
    swap = Swap(tongues.get, first.missing) if tongues else None
    keeping = _Keeping(crew, work, stacks)
    with crew.zoo.holding(used_ids(stacks, first.languages, swap)):
        backbone = crew.backbone(first.backbone, _precision(crew, stacks[0]))
        bench = crew.bench(backbone, _counting(crew, [planned.id for planned, _, _ in work], len(first.languages)))
        results = evaluate_each(
            replace(bench, known=keeping.known, on_scored=keeping.keep),
            crew.place.tasks[first.task],
            stacks,
            first.languages,
            split=first.split,
            limit=first.limit,
            swap=swap,
        )
    data = Stamps(crew.place)(first)
    return [
        Result(evaluation=one.as_json(), data=data, notes=one.all_notes, spent=before.spent)
        for one, before in zip(results, keeping.before, strict=True)
    ]


class _Keeping:
    """What earlier runs have scored of some jobs, and what this one has.

    Args:
        stacks: Of the jobs.

    Attributes:
        before: What was known of each job when this was made.
    """

    def __init__(self, crew: Crew, work: Work, stacks: Sequence[Stack]) -> None:
        self._records, self._ids = crew.site.records, [planned.id for planned, _, _ in work]
        device, libraries = device_named(crew.site.device), versions()
        self._ways = [Way(uses=dict(uses), device=device, versions=libraries) for _, _, uses in work]
        self.before = [begun(self._records, id, way) for id, way in zip(self._ids, self._ways, strict=True)]
        self._by_stack = dict(zip(stacks, self.before, strict=True))
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def known(self, stack: Stack) -> Mapping[str, Known]:
        """What earlier runs have scored of a stack, by language."""
        return self._by_stack[stack].languages

    def keep(self, results: Sequence[Evaluation]) -> None:
        """Keep what is known of each stack, where that is more than before and not yet all."""
        wall, cpu = (time.monotonic() - self._wall) / len(results), (time.process_time() - self._cpu) / len(results)
        for id, way, before, result in zip(self._ids, self._ways, self.before, results, strict=True):
            if result.unscored and result.scores.keys() - before.languages.keys():
                spent = Spent(round(before.spent.wall + wall, 3), round(before.spent.cpu + cpu, 3))
                put_begun(self._records, id, way, SoFar(result.known, spent))


def _stack(crew: Crew, job: Score, uses: Mapping[JobId, str]) -> Stack:
    fused = tuple(_ref(crew, place, uses) for place in job.stack if place.fused)
    return Stack.of(tuple(_ref(crew, place, uses) for place in job.stack), fused=fused)


def _ref(crew: Crew, place: Place, uses: Mapping[JobId, str]) -> AdapterRef:
    return AdapterRef(place.role, name_in(crew.plan, place), uses[place.job])


def _precision(crew: Crew, stack: Stack) -> Precision:
    """The precision in which the uppermost adapter was trained and judged; fp32 for the bare backbone."""
    return crew.zoo.card(stack.top.id).recipe.train.precision if stack.top is not None else "fp32"


def _counting(crew: Crew, ids: Sequence[JobId], languages: int) -> Callable[[str], None]:
    """Tells how many languages are done whenever another one begins."""
    begun: list[str] = []

    def tell(language: str) -> None:
        for id in ids:
            crew.watch(Event(kind="stepped", worker=crew.number, job=id, done=len(begun), steps=languages))
        begun.append(language)

    return tell
