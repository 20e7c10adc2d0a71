"""What one training reads: examples to train on, examples to look at, and their fingerprints."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from madx_stilts.data.batch import Batch, Groups, collate, epoch_order, group_lengths, parts
from madx_stilts.data.mask import masked
from madx_stilts.data.read import DataPlace, Examples, read
from madx_stilts.formats.base import Encoded
from madx_stilts.nets.backbone import Backbone
from madx_stilts.recipe import Part, TrainSettings
from madx_stilts.tasks import TASKS
from madx_stilts.train.schedule import Course


@dataclass(frozen=True)
class Material:
    """Examples of one training.

    Args:
        train: To learn from; every one has its gold answer.
        dev: To choose the best weights by; none if the task has no dev data.
    """

    train: Examples[Any]
    dev: Examples[Any] | None

    @property
    def fingerprints(self) -> dict[str, str]:
        """Fingerprint of each data set, by `task@language:split`."""
        return {_key(examples): examples.fingerprint for examples in self._all()}

    @property
    def origins(self) -> dict[str, str]:
        """Where each data set came from, by `task@language:split`."""
        return {_key(examples): examples.origin for examples in self._all()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out on purpose, a sentence each."""
        dropped = [examples for examples in self._all() if examples.left_out]
        return tuple(f"{one.left_out} rows of {_key(one)} without an agreed label were left out." for one in dropped)

    def _all(self) -> list[Examples[Any]]:
        return [self.train, *([self.dev] if self.dev is not None else [])]


def gather(part: Part, settings: TrainSettings, place: DataPlace) -> Material:
    """Read a task's training and dev data.

    Raises:
        DataError: They are missing or malformed, or an example has no gold answer.
    """
    task = TASKS[part.task]
    train = read(task, part.language, "train", place=place, limit=part.limit)
    dev = read(task, part.language, "dev", place=place, limit=settings.dev_limit) if "dev" in task.splits else None
    train.require_labels()
    if dev is not None:
        dev.require_labels()
    return Material(train, dev)


@dataclass(frozen=True)
class Feed:
    """Batches of encoded training data, as a pure function of the step.

    Args:
        encoded: The training data.
        course: Knows how many steps an epoch has.
        backbone: Its tokenizer pads and masks.
        seed: Of the recipe.
        masks: Whether pieces are hidden (masked language modelling).
    """

    encoded: Encoded
    course: Course
    backbone: Backbone
    seed: int
    masks: bool
    _orders: dict[int, list[Groups]] = field(default_factory=dict)

    def examples_seen(self, done: int) -> int:
        """Examples in the batches of the first `done` steps."""
        epochs, rest = divmod(done, self.course.steps_per_epoch)
        return epochs * len(self.encoded) + sum(len(groups) for groups in self._epoch(epochs)[:rest])

    def longest(self) -> Batch:
        """The first part of a batch of the longest examples: what fits with it fits with all."""
        order = np.argsort(-group_lengths(self.encoded), kind="stable")
        return self._parts(order[: self.course.settings.batch_size], step=0)[0]

    def __call__(self, step: int) -> Sequence[Batch]:
        """The parts of the batch of a step, counted from 0."""
        epoch, at = divmod(step, self.course.steps_per_epoch)
        return self._parts(self._epoch(epoch)[at], step)

    def _parts(self, groups: Groups, step: int) -> list[Batch]:
        settings = self.course.settings
        batches = [self._batch(part) for part in parts(groups, settings.accumulate)]
        if not self.masks:
            return batches
        share, tokenizer = settings.masked_share, self.backbone.tokenizer
        return [
            masked(batch, tokenizer, share=share, seed=_draw(self.seed, step, number))
            for number, batch in enumerate(batches)
        ]

    def _batch(self, groups: Groups) -> Batch:
        return collate(self.encoded, groups, pad_id=self.backbone.tokenizer.pad_token_id)

    def _epoch(self, epoch: int) -> list[Groups]:
        """The order of an epoch, made once: its steps follow one another."""
        if epoch not in self._orders:
            self._orders.clear()
            self._orders[epoch] = epoch_order(
                self.encoded, self.course.settings.batch_size, seed=self.seed, epoch=epoch
            )
        return self._orders[epoch]


def _draw(seed: int, step: int, part: int) -> int:
    return int(np.random.SeedSequence((seed, step, part)).generate_state(1)[0])


def _key(examples: Examples[Any]) -> str:
    return f"{examples.task.name}@{examples.language}:{examples.split}"
