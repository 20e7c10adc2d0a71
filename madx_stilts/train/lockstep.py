"""Trainings that differ only in what is frozen below them, or in what they start from, are trained together.

They see the same batches, so the trunk below their adapters runs once for all. Each has its own optimiser, clipping,
early stop, random numbers, checkpoint and artefact: what comes of it is what would come of it alone.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from madx_stilts.card import Card
from madx_stilts.errors import Interrupted, MadxStiltsError
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.stacking import name_in_model
from madx_stilts.recipe import Recipe
from madx_stilts.stack import Role
from madx_stilts.train.assemble import recompute_activations
from madx_stilts.train.callbacks import NullCallback, TrainerCallback
from madx_stilts.train.examples import TrainingExamples
from madx_stilts.train.learner import Learner
from madx_stilts.train.loop import run, settle
from madx_stilts.train.memory import free_bytes, kept_bytes, reset_peak
from madx_stilts.train.run import (
    ROOM_HINT,
    TrainContext,
    TrainingData,
    TrainRun,
    agreed,
    deliver,
    identity_of,
    in_zoo,
    learning,
    prepared,
    session_of,
    trunk_of,
)
from madx_stilts.train.trunk_cache import TrunkStates

TrainOutcome = Card | MadxStiltsError
Seated = list[tuple[TrainRun, Learner]]
Scored = list[tuple[TrainRun, Learner, Mapping[str, float]]]


@dataclass(frozen=True)
class TrainJob:
    """One training of a lockstep group.

    Args:
        materials: The examples of its recipe.
        role: What it is referred to as.
        name: What it is called.
        listener: Told about this one alone; those of the workshop are told about all that go together.
    """

    recipe: Recipe
    materials: TrainingExamples
    role: Role
    name: str
    listener: TrainerCallback = field(default_factory=NullCallback)


@dataclass(frozen=True)
class LockstepGroup:
    """Properties that trainings must share to be trained in lockstep.

    Args:
        recipe: Without task adapters below, without a fusion and without a start.
        data: Fingerprints of the data sets.
        trunk: What runs without dropout below them; it would be the same if each were alone.
    """

    recipe: Recipe
    data: tuple[tuple[str, str], ...]
    trunk: Trunk


def train_together(context: TrainContext, orders: Sequence[TrainJob]) -> list[TrainOutcome]:
    """Train what is ordered, together where that is possible, and refer to each as `role/name`.

    What the zoo has is not trained. What fails leaves the others as they would be without it. All can be run again
    after an interruption, in the same company or in another.

    Returns:
        For each order, in their order, the adapter's card, or the error that kept it from being made.

    Raises:
        Interrupted: A signal asked to stop; checkpoints were written.
    """
    work = _Round(context)
    with ExitStack() as locks:
        orders = [work.agree(locks, order) for order in orders]
        wanted: dict[str, TrainJob] = {}
        for order in orders:
            wanted.setdefault(_identity(context, order), order)
        begun = [work.begin(locks, identity, order) for identity, order in wanted.items()]
        for company, makings in work.companies([making for making in begun if making is not None]).items():
            work.train(makings, work.states.get(company, {}))
        return [work.outcome(order) for order in orders]


def company_of(context: TrainContext, recipe: Recipe, materials: TrainingExamples) -> LockstepGroup:
    """The company that a training can be in; two with an equal one can be trained together.

    Raises:
        AdapterError: Something below it is missing.
    """
    languages = tuple(identity for identity in recipe.below if context.zoo.card(identity).recipe.models_language)
    common = recipe.model_copy(update={"below": languages, "start": None, "fusion": None})
    return LockstepGroup(common, tuple(sorted(materials.fingerprints.items())), trunk_of(context, recipe))


class _Round:
    """One call of `train_together`.

    Args:
        context: What the trainings share.
    """

    def __init__(self, context: TrainContext) -> None:
        self.context = context
        self.failed: dict[str, MadxStiltsError] = {}
        self.trunks: dict[LockstepGroup, Recipe] = {}
        """A recipe of each company that was agreed on; it tells whether the trunk is cached."""
        self.states: dict[LockstepGroup, Mapping[int, TrunkStates]] = {}

    def agree(self, using: ExitStack, order: TrainJob) -> TrainJob:
        """The order with the recipe by which it is carried out, with its trunk cached or not.

        Args:
            using: As long as it is open, what is cached stays there, and what the adapter stands on is not pruned.
        """
        try:
            recipe = in_zoo(self.context, order.recipe, order.materials)
            if recipe is None:
                using.enter_context(self.context.zoo.holding(order.recipe.parents))
                company = company_of(self.context, order.recipe, order.materials)
                if company not in self.trunks:
                    made, states = agreed(using, self.context, order.recipe, order.materials)
                    self.trunks[company] = made
                    self.states[company_of(self.context, made, order.materials)] = states
                recipe = order.recipe.model_copy(update={"trunk": self.trunks[company].trunk})
        except MadxStiltsError as error:
            self.failed[_identity(self.context, order)] = error
            return order
        return replace(order, recipe=recipe)

    def begin(self, locks: ExitStack, identity: str, order: TrainJob) -> TrainRun | None:
        """The work on an adapter, its folder held; none if the zoo has the adapter or another process its folder."""
        zoo = self.context.zoo
        if identity in self.failed or zoo.is_sound(identity):
            return None
        try:
            folder = locks.enter_context(zoo.work(identity))
        except MadxStiltsError as error:
            self.failed[identity] = error
            return None
        if zoo.is_sound(identity):  # another process has just finished it
            zoo.discard_work(identity)
            return None
        name = name_in_model(order.name, identity)
        return TrainRun(order.recipe, order.materials, name, identity, folder, order.listener)

    def companies(self, makings: Sequence[TrainRun]) -> dict[LockstepGroup, list[TrainRun]]:
        """Those that can be trained together, together."""
        companies: dict[LockstepGroup, list[TrainRun]] = {}
        for making in makings:
            try:
                companies.setdefault(company_of(self.context, making.recipe, making.materials), []).append(making)
            except MadxStiltsError as error:
                self.failed[making.identity] = error
        return companies

    def train(self, company: Sequence[TrainRun], states: Mapping[int, TrunkStates]) -> None:
        """Train a company, in groups that fit into memory.

        Args:
            states: What leaves their trunk, where it is kept.
        """
        began = time.monotonic()
        try:
            lesson = prepared(self.context, company[0])
        except MadxStiltsError as error:
            self.failed.update((making.identity, error) for making in company)
            return
        # What keeps most goes first, for how many fit is reckoned from it: a fusion layer is larger than an adapter.
        waiting = sorted(company, key=lambda making: making.recipe.fusion is None)
        while waiting:
            with ExitStack() as seats:
                seated = self._seat(seats, waiting, lesson)
                scored = self._run(seated, lesson, states)
                share = (time.monotonic() - began) / max(1, len(scored))
                for making, learner, scores in scored:
                    self._deliver(making, learner, lesson, scores, share)
            began = time.monotonic()

    def outcome(self, order: TrainJob) -> TrainOutcome:
        """What came of an order; the adapter gets its name."""
        identity = _identity(self.context, order)
        if identity in self.failed:
            return self.failed[identity]
        try:
            self.context.zoo.name(order.role, order.name, identity)
            return self.context.zoo.card(identity)
        except MadxStiltsError as error:
            return error

    def _seat(self, seats: ExitStack, waiting: list[TrainRun], lesson: TrainingData) -> Seated:
        """Take those who wait into the model, as many as fit."""
        seated: Seated = []
        room: int | None = None
        reset_peak(self.context.backbone.device)
        while waiting and (room is None or len(seated) < room):
            making = waiting.pop(0)
            try:
                with told_as_memory(f"Training {making.name}", hint=ROOM_HINT):
                    seated.append((making, seats.enter_context(learning(self.context, making, lesson))))
            except MadxStiltsError as error:
                self.failed[making.identity] = error
                continue
            if len(seated) == 1:
                room = self._room_for(seated[0][1], waiting)
        if self.context.recompute:
            # One that failed has turned it off when it left.
            recompute_activations(self.context.backbone)
        return seated

    def _room_for(self, learner: Learner, waiting: Sequence[TrainRun]) -> int | None:
        """How many learners like this one fit into memory together, itself included; None: all who wait."""
        free, each = free_bytes(learner), kept_bytes(learner)
        if free is None or free >= each * (1 + len(waiting)):
            return None
        room = max(1, free // each)
        self.context.tell(
            f"{room} of {1 + len(waiting)} adapters are trained together, the others after them: "
            f"each keeps {each / 1e6:.1f} MB, and {free / 1e6:.1f} MB can be given to them."
        )
        return room

    def _run(self, seated: Seated, lesson: TrainingData, states: Mapping[int, TrunkStates]) -> Scored:
        """Train those who are seated, and score those who did not fail."""
        if not seated:
            return []
        makings, learners = [making for making, _ in seated], [learner for _, learner in seated]
        names = ", ".join(making.name for making in makings)
        session = session_of(self.context, makings, states)
        try:
            with told_as_memory(f"Training {names}", hint=ROOM_HINT):
                run(session, learners, lesson.feed, lesson.judge)
                well = [learner for learner in learners if learner.failure is None]
                scores = settle(session, well, lesson.judge)
        except Interrupted:
            raise
        except MadxStiltsError as error:
            self.failed.update((making.identity, learner.failure or error) for making, learner in seated)
            return []
        self.failed.update((making.identity, learner.failure) for making, learner in seated if learner.failure)
        kept = [making for making, learner in seated if learner.failure is None]
        return list(zip(kept, well, scores, strict=True))

    def _deliver(
        self, making: TrainRun, learner: Learner, lesson: TrainingData, scores: Mapping[str, float], seconds: float
    ) -> None:
        try:
            deliver(self.context, making, lesson, learner, scores, seconds=seconds)
            self.context.zoo.discard_work(making.identity)
        except MadxStiltsError as error:
            self.failed[making.identity] = error


def _identity(context: TrainContext, order: TrainJob) -> str:
    return identity_of(context, order.recipe, order.materials)
