"""One recipe becomes one adapter in the zoo: read, attach, check, train, keep. Run again, it goes on or is done."""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from madx_stilts.card import Card, Parent
from madx_stilts.data.encode import Encoder
from madx_stilts.data.mix import mix_of
from madx_stilts.data.place import DataPlace
from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Limits
from madx_stilts.formats.text import LEFT_OUT
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.preflight import check_effects, check_gradients
from madx_stilts.nets.stacking import name_in_model, trunk_below
from madx_stilts.recipe import Recipe
from madx_stilts.score.judge import Judge, dev_judge
from madx_stilts.stack import Role
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.assemble import assembled, new_learner, save_all
from madx_stilts.train.feed import Feed, Supply
from madx_stilts.train.learner import Learner
from madx_stilts.train.listen import Listener, LogFile, Quiet, Several
from madx_stilts.train.loop import Session, run
from madx_stilts.train.material import Materials
from madx_stilts.train.schedule import Course
from madx_stilts.zoo.store import Zoo

LOG = "training_log.jsonl"
_LIBRARIES = ("madx-stilts", "torch", "transformers", "adapters", "datasets")


@dataclass(frozen=True)
class Workshop:
    """What trainings share. Nothing here changes a result.

    Args:
        backbone: Frozen.
        zoo: Where adapters come from and go to.
        place: Where data are looked up.
        cache: Folder for encodings; none: encode anew each time.
        listeners: Made anew for each training.
        checkpoint_every: Steps between two checkpoints.
        recompute: Whether activations are recomputed in the backward pass to save memory (gradient checkpointing).
    """

    backbone: Backbone
    zoo: Zoo
    place: DataPlace
    cache: Path | None = None
    listeners: Sequence[Callable[[], Listener]] = field(default=(Quiet,))
    checkpoint_every: int = 500
    recompute: bool = False

    @property
    def encoder(self) -> Encoder:
        """Encodes with this backbone's tokenizer."""
        return Encoder(self.backbone.words, self.backbone.fingerprint, self.cache)


def train(shop: Workshop, recipe: Recipe, materials: Materials, *, role: Role, name: str) -> Card:
    """Train what a recipe describes, unless the zoo has it, and refer to it as `role/name`.

    Returns:
        The adapter's card.

    Raises:
        MadxStiltsError: See its subclasses; nothing half-made is left in the zoo, and unfinished work is kept.
    """
    identity = recipe.identity(backbone=shop.backbone.fingerprint, data=materials.fingerprints)
    if not shop.zoo.is_sound(identity):
        with shop.zoo.work(identity) as folder:
            # Another process may have finished it while this one waited for the lock.
            if not shop.zoo.is_sound(identity):
                _make(shop, recipe, materials, name=name_in_model(name, identity), identity=identity, folder=folder)
            shop.zoo.discard_work(identity)
    shop.zoo.name(role, name, identity)
    return shop.zoo.card(identity)


def _make(shop: Workshop, recipe: Recipe, materials: Materials, *, name: str, identity: str, folder: Path) -> None:
    began = time.monotonic()
    if shop.backbone.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    course, feed = _feed(shop, recipe, materials)
    judge = _judge(shop, recipe, materials)
    fits = told_as_memory(
        f"Training {name}", hint="Try --accumulate 2 or more, --precision bf16, or --recompute layers."
    )
    parts = assembled(shop.backbone, shop.zoo, recipe, name, tasks=materials.tasks, recompute=shop.recompute)
    with fits, parts as stack:
        learner = new_learner(shop.backbone, stack, recipe, course)
        _preflight(shop.backbone, learner, feed)
        torch.manual_seed(recipe.seed)
        done = run(_session(shop, recipe, folder), [learner], feed, judge)
        learner.settle()
        scores = dict(judge.score(stack)) if judge is not None else {}
        card = _card(shop, recipe, materials, name=name, identity=identity)
        facts = {"steps": done, "examples_seen": feed.examples_seen(done), "scores": scores}
        facts |= {"notes": (*card.notes, *_left_out(recipe, feed), *_shares(recipe, feed.steps_of(done)))}
        facts |= {"wall_seconds": round(time.monotonic() - began, 2), "peak_bytes": peak_bytes(shop.backbone.device)}
        with shop.zoo.adding(card.model_copy(update=facts)) as made:
            save_all(shop.backbone, made, name, recipe)
            (made / LOG).write_bytes((folder / LOG).read_bytes())


def _feed(shop: Workshop, recipe: Recipe, materials: Materials) -> tuple[Course, Feed]:
    """The steps, and what each of them learns from."""
    limits = Limits(recipe.train.max_tokens, recipe.train.shared_tokens)
    encoded = [shop.encoder.encode(part.train, limits) for part in materials.parts]
    mix = mix_of(recipe, [len(one) for one in encoded])
    course = Course(recipe.train, mix.epoch)
    supplies = [
        Supply(one, Course(recipe.train, len(one)), shop.backbone, recipe.seed, masks=part.task == MASKED_LM.name)
        for part, one in zip(recipe.parts, encoded, strict=True)
    ]
    feed = Feed(supplies, mix.shares, steps=course.steps, seed=recipe.seed)
    for part, steps in zip(recipe.parts, feed.steps_of(course.steps), strict=True):
        if steps == 0:
            raise UsageError(
                f"{part.task} would get none of the {course.steps} steps of this mixture.",
                hint="Train for more steps, or give it a larger share: a cap, a temperature, uniform sampling.",
            )
    return course, feed


def _judge(shop: Workshop, recipe: Recipe, materials: Materials) -> Judge | None:
    for part in materials.parts:
        if part.dev is None and recipe.train.keep == "best":
            raise UsageError(
                f"{part.train.task.name} has no dev data to choose the best weights by.",
                hint="Use --set train.keep=last.",
            )
    return dev_judge(shop.backbone, shop.encoder, recipe, [part.dev for part in materials.parts])


def _preflight(backbone: Backbone, learner: Learner, feed: Feed) -> None:
    # The longest batches, so that what does not fit into memory is known at once and not after an hour.
    batches = [supply.longest().to(backbone.device) for supply in feed.supplies]
    largest = max(batches, key=lambda batch: batch.inputs["input_ids"].numel())
    check_effects(backbone, learner.stack, largest.inputs, trained=learner.name)
    losses = [partial(learner.loss, batch, 1, part) for part, batch in enumerate(batches)]
    check_gradients(backbone, learner.parameters, *losses)


def _session(shop: Workshop, recipe: Recipe, folder: Path) -> Session:
    below = [shop.zoo.card(identity).recipe for identity in recipe.below]
    # A language adapter is the same for all cells of a language, so it belongs to the trunk.
    task_methods = [one.method for one in below if not one.models_language]
    listener = Several([LogFile(folder / LOG), *(make() for make in shop.listeners)])
    trunk = trunk_below(shop.backbone, [*task_methods, recipe.method])
    return Session(shop.backbone, trunk, folder, listener, shop.checkpoint_every)


def _card(shop: Workshop, recipe: Recipe, materials: Materials, *, name: str, identity: str) -> Card:
    parents = [*recipe.below, *([recipe.start.adapter] if recipe.start else [])]
    return Card(
        id=identity,
        name=name,
        recipe=recipe,
        backbone=shop.backbone.note(),
        data=materials.fingerprints,
        origins=materials.origins,
        parents=tuple(Parent(reference=shop.zoo.card(parent).name, id=parent) for parent in parents),
        versions={library: version(library) for library in _LIBRARIES} | {"python": sys.version.split()[0]},
        licence=materials.licence,
        notes=("Everything below the lowest task adapter ran without dropout.", *materials.notes),
    )


def _left_out(recipe: Recipe, feed: Feed) -> tuple[str, ...]:
    """Which texts the tokenizer could make nothing of, a sentence for each part."""
    counts = (int(supply.encoded.rows.get(LEFT_OUT, np.zeros(1)).sum()) for supply in feed.supplies)
    return tuple(
        f"{count} texts of {part.task}@{part.language} were left out: the tokenizer knows nothing in them."
        for part, count in zip(recipe.parts, counts, strict=True)
        if count
    )


def _shares(recipe: Recipe, steps: list[int]) -> tuple[str, ...]:
    """How the steps of a mixture were divided, as a sentence."""
    if len(recipe.parts) == 1:
        return ()
    each = (f"{part.task}@{part.language} {n}" for part, n in zip(recipe.parts, steps, strict=True))
    return (f"Steps of each part: {', '.join(each)}.",)


def peak_bytes(device: torch.device) -> int:
    """Highest memory so far: of the GPU where one is used, else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
