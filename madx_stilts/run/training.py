"""One training of a plan: the adapters that it needs stand in its recipe, and it fits into memory if it can."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from madx_stilts.card import Card
from madx_stilts.data.text import TokenBudget, read_text
from madx_stilts.errors import Busy, MemoryLimitError
from madx_stilts.grid.job import JobId, PlannedJob, Train
from madx_stilts.recipe import Part, Recipe
from madx_stilts.run.result import JobResult
from madx_stilts.run.step_events import StepEvents
from madx_stilts.run.worker_context import WorkerContext
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.examples import PartExamples, TrainingExamples, load_examples
from madx_stilts.train.run import TrainContext, forms_of, identity_of, train
from madx_stilts.zoo.imported import origin_of


def trained(planned: PlannedJob, job: Train, worker: WorkerContext, uses: Mapping[JobId, str]) -> JobResult:
    """Train an adapter, unless the zoo has it, and give it all its names.

    What does not fit into memory is tried again with each batch in twice as many parts, as long as there are smaller
    ones; the result tells it.

    Raises:
        MadxStiltsError: See its subclasses.
    """
    recipe = with_adapters(job.recipe, uses)
    while True:
        try:
            result = _trained_so(planned, job, recipe, worker)
        except MemoryLimitError:
            smaller = in_smaller_parts(recipe)
            if smaller is None:
                raise
            recipe = smaller
        else:
            return replace(result, notes=(*result.notes, *parts_told(job.recipe, recipe)))
        # Not while the error is handled: it holds on to what did not fit.
        worker.forget()


def _trained_so(planned: PlannedJob, job: Train, recipe: Recipe, worker: WorkerContext) -> JobResult:
    backbone = worker.backbone(job.backbone, recipe.train.precision)
    context = worker.train_context(backbone, [lambda: StepEvents(worker.watch, worker.number, planned.id)])
    materials = materials_of(job, recipe, context)
    identities = [identity_of(context, form, materials) for form in forms_of(context, recipe)]
    reused = any(map(worker.zoo.is_sound, identities))
    role, name = planned.names[0]
    try:
        card = train(context, recipe, materials, role=role, name=name)
    except MemoryLimitError:
        if in_smaller_parts(recipe) is not None:
            # In smaller parts it is another adapter, and nobody would go on with this one.
            for identity in identities:
                with suppress(Busy):
                    worker.zoo.discard_work(identity)
        raise
    return made(planned, worker, card, reused=reused)


def made(planned: PlannedJob, worker: WorkerContext, card: Card, *, reused: bool) -> JobResult:
    """What a training made; its adapter gets the other names that it is planned to have."""
    for role, name in planned.names[1:]:
        worker.zoo.name(role, name, card.id)
    origin = origin_of(worker.zoo, card.id) if reused else None
    imported = (f"It was imported from {origin}, not trained here.",) if origin else ()
    return JobResult(adapter=card.id, reused=reused, data=card.data, notes=(*card.notes, *imported))


def materials_of(job: Train, recipe: Recipe, context: TrainContext) -> TrainingExamples:
    """Read the data of a training.

    Raises:
        DataError: They are missing or malformed.
    """
    return TrainingExamples([_material(part, job.text, recipe, context) for part in recipe.parts])


def _material(part: Part, text: str, recipe: Recipe, context: TrainContext) -> PartExamples:
    if part.task != MASKED_LM.name:
        return load_examples(part, recipe.train, context.place)
    budget = TokenBudget(part.tokens, context.backbone.words) if part.tokens else None
    texts, held_out = read_text(part.language, text, place=context.place, limit=part.limit, budget=budget)
    return PartExamples(texts, held_out, context.place.world_of(part.language))


def with_adapters(recipe: Recipe, uses: Mapping[JobId, str]) -> Recipe:
    """The recipe with the ids of adapters in the place of those of jobs."""
    start = recipe.start
    if start is not None:
        start = start.model_copy(update={"adapter": uses[start.adapter]})
    fusion = recipe.fusion
    if fusion is not None:
        fusion = fusion.model_copy(update={"members": tuple(uses[job] for job in fusion.members)})
    below = tuple(uses[job] for job in recipe.below)
    return recipe.model_copy(update={"below": below, "fusion": fusion, "start": start})


def in_smaller_parts(recipe: Recipe) -> Recipe | None:
    """The recipe with each batch computed in twice as many parts; none if they cannot be smaller."""
    settings = recipe.train
    if settings.batch_size % (2 * settings.accumulate):
        return None
    return recipe.model_copy(update={"train": settings.model_copy(update={"accumulate": 2 * settings.accumulate})})


def parts_told(wanted: Recipe, used: Recipe) -> tuple[str, ...]:
    """In how many parts batches were computed, as a sentence, if not as it was wanted."""
    parts, before = used.train.accumulate, wanted.train.accumulate
    if parts == before:
        return ()
    return (f"Trained with accumulate {parts} instead of {before}, for it did not fit into memory.",)
