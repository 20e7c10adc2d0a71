"""One recipe becomes one adapter in the zoo: read, attach, check, train, keep. Run again, it goes on or is done."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.data.array_cache import ArrayCache
from madx_stilts.data.encode import Encoder
from madx_stilts.data.mix import mix_of
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Limits
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.preflight import check_effects, check_gradients
from madx_stilts.nets.stacking import name_in_model, seeded, trunk_below
from madx_stilts.recipe import Recipe
from madx_stilts.score.dev import DevEvaluator, dev_judge
from madx_stilts.score.progress import ProgressLines, TextLines
from madx_stilts.stack import Role, require_name
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.assemble import assembled, new_learner, save_all
from madx_stilts.train.batches import BatchSampler, PartBatches
from madx_stilts.train.build_card import certificate, fingerprints, notes_of_feed
from madx_stilts.train.callbacks import CallbackList, LogFileCallback, NullCallback, TrainerCallback
from madx_stilts.train.examples import TrainingExamples
from madx_stilts.train.learner import Learner, generator_states
from madx_stilts.train.loop import LoopContext, RunFolder, run, settle
from madx_stilts.train.memory import peak_bytes, reset_peak
from madx_stilts.train.schedule import Schedule
from madx_stilts.train.translations import Translations
from madx_stilts.train.trunk_cache import TrunkCache, TrunkStates
from madx_stilts.zoo.imported import forget_imported, origin_of
from madx_stilts.zoo.store import Zoo
from madx_stilts.zoo.succession import require_no_children

LOG = "training_log.jsonl"
ROOM_HINT = "Try --accumulate 2 or more, --precision bf16, or --recompute layers."


@dataclass(frozen=True)
class TrainContext:
    """Shared services and options of trainings. They change no result, but for the trunk cache, which is in the recipe.

    Args:
        backbone: Frozen.
        zoo: Where adapters come from and go to.
        place: Where data are looked up.
        cache: Folder for encodings; None: encode each time.
        listeners: Made for each training.
        checkpoint_every: Steps between two checkpoints.
        recompute: Whether activations are recomputed in the backward pass to save memory (gradient checkpointing).
        trunk_cache: Keeps what is computed below the lowest task adapter; None: it is computed for each batch.
        replace_imported: Whether adapters that the zoo has from others are trained here, and replaced by what comes of
            it.
        tell: Told, as a sentence, what a person may want to know and no listener is told.
    """

    backbone: Backbone
    zoo: Zoo
    place: DataSources
    cache: Path | None = None
    listeners: Sequence[Callable[[], TrainerCallback]] = field(default=(NullCallback,))
    checkpoint_every: int = 500
    recompute: bool = False
    trunk_cache: ArrayCache | None = None
    replace_imported: bool = False
    tell: Callable[[str], None] = lambda sentence: None

    @property
    def encoder(self) -> Encoder:
        """Encodes with this backbone's tokenizer."""
        return Encoder(self.backbone.words, self.backbone.fingerprint, self.cache, TextLines(self.tell))


@dataclass(frozen=True)
class TrainRun:
    """One training that is prepared or running.

    Args:
        name: The adapter's in the model and in its files.
        identity: Its id.
        folder: Of its unfinished work, held for this process alone.
        listener: Told about this one alone.
    """

    recipe: Recipe
    materials: TrainingExamples
    name: str
    identity: str
    folder: Path
    listener: TrainerCallback = field(default_factory=NullCallback)


@dataclass(frozen=True)
class TrainingData:
    """Batches and dev evaluator of a training. Trainings in lockstep share it."""

    course: Schedule
    feed: BatchSampler
    judge: DevEvaluator | None
    translations: Translations | None = None


def train(context: TrainContext, recipe: Recipe, materials: TrainingExamples, *, role: Role, name: str) -> Card:
    """Train what a recipe describes, unless the zoo has it, and refer to it as `role/name`.

    What it stands on or starts from is held until the end, so that it is not pruned meanwhile.

    Returns:
        The adapter's card. Its recipe tells whether the trunk was cached.

    Raises:
        MadxStiltsError: See its subclasses; nothing half-made is left in the zoo, and unfinished work is kept.
    """
    require_name(name)
    with ExitStack() as using:
        recipe, states = agreed(using, context, recipe, materials)
        identity = identity_of(context, recipe, materials)
        if not is_done(context, identity):
            require_no_children(context.zoo, replaced(context, identity), but=set())
            # Until it has its name: what is being trained is not pruned.
            folder = using.enter_context(context.zoo.work(identity))
            # Another process may have finished it while this one waited for the lock.
            if not is_done(context, identity):
                _make(context, TrainRun(recipe, materials, name_in_model(name, identity), identity, folder), states)
            context.zoo.discard_work(identity)
        context.zoo.name(role, name, identity)
        return context.zoo.card(identity)


def identity_of(context: TrainContext, recipe: Recipe, materials: TrainingExamples) -> str:
    """The id of the adapter that a recipe makes here.

    Raises:
        BackboneError: It guesses words, and the checkpoint's head for that cannot be used.
    """
    data = fingerprints(recipe, materials, context.backbone)
    return recipe.identity(backbone=context.backbone.fingerprint, data=data)


def forms_of(context: TrainContext, recipe: Recipe) -> list[Recipe]:
    """The recipes by which an adapter may be made here: as it is given, and with its trunk cached if that is wanted."""
    return [recipe] if context.trunk_cache is None else [recipe, recipe.model_copy(update={"trunk": "cached"})]


def in_zoo(context: TrainContext, recipe: Recipe, materials: TrainingExamples) -> Recipe | None:
    """The one of these by which the zoo has the adapter."""
    forms = forms_of(context, recipe)
    return next((form for form in forms if is_done(context, identity_of(context, form, materials))), None)


def is_done(context: TrainContext, identity: str) -> bool:
    """Whether the zoo has an adapter that need not be trained."""
    return context.zoo.is_sound(identity) and not replaced(context, identity)


def replaced(context: TrainContext, identity: str) -> dict[str, Card]:
    """The adapter of others that a training takes the place of, by its id; empty: none."""
    if not context.replace_imported or not context.zoo.has(identity) or origin_of(context.zoo, identity) is None:
        return {}
    return {identity: context.zoo.card(identity)}


def agreed(
    using: ExitStack, context: TrainContext, recipe: Recipe, materials: TrainingExamples
) -> tuple[Recipe, Mapping[int, TrunkStates]]:
    """The recipe by which an adapter is trained here, and what leaves its trunk, by the part, where that is kept.

    Args:
        using: As long as it is open, what is kept stays there, and what a training stands on is not pruned.

    Raises:
        AdapterError: Something that it stands on is missing.
        UsageError: The trunk is to be cached and cannot be.
    """
    if (known := in_zoo(context, recipe, materials)) is not None:
        return known, {}
    using.enter_context(context.zoo.holding(recipe.parents))
    states: Mapping[int, TrunkStates] = {}
    if context.trunk_cache is not None:
        keeper = TrunkCache(context.backbone, context.zoo, context.trunk_cache, context.tell)
        states = keeper.opened(using, trunk_of(context, recipe), recipe, _feed(context, recipe, materials)[1].supplies)
    if recipe.trunk is not None and not states:
        raise UsageError("This recipe has its trunk cached.", hint="Give room for it with --trunk-cache.")
    return recipe.model_copy(update={"trunk": "cached" if states else None}), states


def _make(context: TrainContext, making: TrainRun, states: Mapping[int, TrunkStates]) -> None:
    began = time.monotonic()
    reset_peak(context.backbone.device)
    lesson = prepared(context, making)
    with told_as_memory(f"Training {making.name}", hint=ROOM_HINT), learning(context, making, lesson) as learner:
        session = session_of(context, [making], states)
        run(session, [learner], lesson.feed, lesson.judge)
        if learner.failure is not None:
            raise learner.failure
        (scores,) = settle(session, [learner], lesson.judge)
        deliver(context, making, lesson, learner, scores, seconds=time.monotonic() - began)


def prepared(context: TrainContext, making: TrainRun) -> TrainingData:
    """Encode the data of a training and lay out its steps.

    Raises:
        UsageError: A part of a mixture would get no step, or the best weights are wanted and there is no dev data.
    """
    for sentence in (*making.materials.oddities, *_limited(making.recipe)):
        context.tell(sentence)
    course, feed = _feed(context, making.recipe, making.materials)
    judge = _judge(context, making.recipe, making.materials)
    if course.settings.translations is None:
        return TrainingData(course, feed, judge)
    given = (feed.supplies[0].encoded, course.settings.max_tokens, ProgressLines(context.tell, "Linking words"))
    return TrainingData(course, feed, judge, Translations(context.backbone, *given))


@contextmanager
def learning(context: TrainContext, making: TrainRun, lesson: TrainingData) -> Iterator[Learner]:
    """A learner that was tried on one batch of each part; its adapter leaves the model when the block ends.

    Several may be in the model at once.

    Raises:
        AdapterError: Something below it is missing, damaged or made for another backbone.
        PreflightError: The stack does not do what it says.
        UsageError: Gradual unfreezing would not reach all of it.
    """
    recipe, tasks = making.recipe, making.materials.tasks
    with assembled(
        context.backbone, context.zoo, recipe, making.name, tasks=tasks, recompute=context.recompute
    ) as stack:
        learner = new_learner(context.backbone, stack, recipe, lesson.course, lesson.translations)
        learner.require_thawed()
        _preflight(context.backbone, learner, lesson.feed)
        with seeded(recipe.seed):
            learner.random = generator_states(context.backbone.device)
        yield learner


def deliver(
    context: TrainContext,
    making: TrainRun,
    lesson: TrainingData,
    learner: Learner,
    scores: Mapping[str, float],
    *,
    seconds: float,
) -> None:
    """Put a learner that has ended into the zoo.

    Args:
        scores: On the dev data.
        seconds: Wall time to put on the card.

    Raises:
        StorageError: It cannot be written.
    """
    recipe, feed = making.recipe, lesson.feed
    card = certificate(
        recipe, making.materials, context.backbone, context.zoo, name=making.name, identity=making.identity
    )
    facts = {"steps": learner.done, "examples_seen": feed.examples_seen(learner.done), "scores": dict(scores)}
    facts |= {"notes": (*card.notes, *notes_of_feed(recipe, feed, done=learner.done))}
    facts |= {"wall_seconds": round(seconds, 2), "peak_bytes": peak_bytes(context.backbone.device)}
    over = replaced(context, making.identity).get(making.identity)
    with context.zoo.adding(card.model_copy(update=facts), over=over) as made:
        save_all(context.backbone, made, making.name, recipe)
        (made / LOG).write_bytes((making.folder / LOG).read_bytes())
    forget_imported(context.zoo.own_root, making.identity)


def _feed(context: TrainContext, recipe: Recipe, materials: TrainingExamples) -> tuple[Schedule, BatchSampler]:
    """The steps, and what each of them learns from."""
    context.backbone.extent.require(recipe.method, recipe.train)
    if recipe.train.translations is not None:
        materials.require_translations()
    limits = Limits(recipe.train.max_tokens, recipe.train.shared_tokens)
    encoded = [context.encoder.encode(part.train, limits) for part in materials.parts]
    mix = mix_of(recipe, [len(one) for one in encoded])
    course = Schedule(recipe.train, mix.epoch)
    supplies = [
        PartBatches(
            one, Schedule(recipe.train, len(one)), context.backbone, recipe.seed, masks=part.task == MASKED_LM.name
        )
        for part, one in zip(recipe.parts, encoded, strict=True)
    ]
    feed = BatchSampler(supplies, mix.shares, steps=course.steps, seed=recipe.seed)
    for part, steps in zip(recipe.parts, feed.steps_of(course.steps), strict=True):
        if steps == 0:
            raise UsageError(
                f"{part.task} would get none of the {course.steps} steps of this mixture.",
                hint="Train for more steps, or give it a larger share: a cap, a temperature, uniform sampling.",
            )
    return course, feed


def _limited(recipe: Recipe) -> Iterator[str]:
    """That the dev data are limited together with the training data, as a sentence."""
    limit = recipe.train.dev_limit
    if limit is not None and limit == max(part.limit or 0 for part in recipe.parts):
        yield f"At most {limit} dev examples are scored, as many as are trained on (train.dev_limit)."


def _judge(context: TrainContext, recipe: Recipe, materials: TrainingExamples) -> DevEvaluator | None:
    for part in materials.parts:
        if part.dev is None and recipe.train.keep == "best":
            raise UsageError(
                f"{part.train.task.name} has no dev data to choose the best weights by.",
                hint="Use --set train.keep=last.",
            )
    return dev_judge(context.backbone, context.encoder, recipe, [part.dev for part in materials.parts])


def _preflight(backbone: Backbone, learner: Learner, feed: BatchSampler) -> None:
    # The longest batches, so that what does not fit into memory is known at once and not after an hour.
    batches = [supply.longest().to(backbone.device) for supply in feed.supplies]
    largest = max(batches, key=lambda batch: batch.inputs["input_ids"].numel())
    check_effects(backbone, learner.stack, largest.inputs, trained=learner.name)
    losses = [partial(learner.loss, batch, 1, part) for part, batch in enumerate(batches)]
    check_gradients(backbone, learner.parameters, *losses)


def trunk_of(context: TrainContext, recipe: Recipe) -> Trunk:
    """The part of the backbone below a training's lowest task adapter.

    Raises:
        AdapterError: Something below it is missing.
    """
    below = [context.zoo.card(identity).recipe for identity in recipe.beneath]
    # A language adapter is the same for all cells of a language, so it belongs to the trunk.
    task_methods = [one.method for one in below if not one.models_language]
    return trunk_below(context.backbone, [*task_methods, recipe.method])


def session_of(context: TrainContext, makings: Sequence[TrainRun], states: Mapping[int, TrunkStates]) -> LoopContext:
    """What the loop needs around the learners of these adapters, which have one trunk and these states of it."""
    desks = {
        one.name: RunFolder(one.folder, CallbackList([LogFileCallback(one.folder / LOG), one.listener]))
        for one in makings
    }
    listener = CallbackList([make() for make in context.listeners])
    first = makings[0]
    trunk = trunk_of(context, first.recipe)
    return LoopContext(context.backbone, trunk, first.folder.parent, listener, context.checkpoint_every, desks, states)
