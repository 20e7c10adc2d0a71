"""Scorings of a plan: the adapters that one needs become a stack, and the stack is evaluated."""

from collections.abc import Callable, Mapping, Sequence

from madx_stilts.grid.job import JobId, Place, Planned, Score
from madx_stilts.nets.backbone import Precision
from madx_stilts.run.crew import Crew
from madx_stilts.run.events import Event
from madx_stilts.run.ledger import name_in
from madx_stilts.run.result import Result
from madx_stilts.run.stamps import Stamps
from madx_stilts.score.bench import used_ids
from madx_stilts.score.evaluate import evaluate_each
from madx_stilts.score.swap import Swap
from madx_stilts.stack import AdapterRef, Role, Stack


def scored(planned: Planned, job: Score, crew: Crew, uses: Mapping[JobId, str]) -> Result:
    """Score a stack on a task in its languages.

    Raises:
        MadxStiltsError: See its subclasses.
    """
    (result,) = scored_each([(planned, job, uses)], crew)
    return result


def scored_each(work: Sequence[tuple[Planned, Score, Mapping[JobId, str]]], crew: Crew) -> list[Result]:
    """Score several stacks on one task; all that else is in their jobs is equal, and so is their precision.

    Args:
        work: The jobs, each with the adapters that were made by the jobs it needs.

    Raises:
        MadxStiltsError: See its subclasses; one of them has a fault.
    """
    (_, first, uses), stacks = work[0], [_stack(crew, job, uses) for _, job, uses in work]
    tongues = {code: _ref(crew, Place(role=Role.LANGUAGE, job=need), uses) for code, need in first.swap.items()}
    swap = Swap(tongues.get, first.missing) if tongues else None
    with crew.zoo.holding(used_ids(stacks, first.languages, swap)):
        backbone = crew.backbone(first.backbone, _precision(crew, stacks[0]))
        results = evaluate_each(
            crew.bench(backbone, _counting(crew, [planned.id for planned, _, _ in work], len(first.languages))),
            crew.place.tasks[first.task],
            stacks,
            first.languages,
            split=first.split,
            limit=first.limit,
            swap=swap,
        )
    data = Stamps(crew.place)(first)
    return [Result(evaluation=one.as_json(), data=data, notes=one.all_notes) for one in results]


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
