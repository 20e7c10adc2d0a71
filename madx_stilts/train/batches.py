"""Batches of encoded training data, as pure functions of the step, so that a resumed run sees the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from madx_stilts.data.batch import Batch, Groups, collate, epoch_order, group_lengths, parts
from madx_stilts.data.mask import masked
from madx_stilts.data.mix import Ints, timetable, turns
from madx_stilts.formats.base import Encoded
from madx_stilts.nets.backbone import Backbone
from madx_stilts.train.schedule import Schedule


@dataclass(frozen=True)
class PartBatches:
    """Batches of one part of a recipe, one after another.

    Args:
        encoded: The training data.
        course: Of this part alone: it knows how many batches an epoch has.
        backbone: Its tokenizer pads and masks.
        seed: Of the recipe.
        masks: Whether pieces are hidden (masked language modelling).
    """

    encoded: Encoded
    course: Schedule
    backbone: Backbone
    seed: int
    masks: bool
    _orders: dict[int, list[Groups]] = field(default_factory=dict)

    def examples_seen(self, done: int) -> int:
        """Examples in the first `done` batches."""
        epochs, rest = divmod(done, self.course.steps_per_epoch)
        return epochs * len(self.encoded) + sum(len(groups) for groups in self._epoch(epochs)[:rest])

    def longest(self) -> Batch:
        """The first micro-batch of a batch of the longest examples: what fits with it fits with all."""
        order = np.argsort(-group_lengths(self.encoded), kind="stable")
        return self._micro_batches(order[: self.course.settings.batch_size], turn=0)[0]

    def __call__(self, turn: int) -> Sequence[Batch]:
        """The micro-batches of a batch, counted from 0."""
        epoch, at = divmod(turn, self.course.steps_per_epoch)
        return self._micro_batches(self._epoch(epoch)[at], turn)

    def _micro_batches(self, groups: Groups, turn: int) -> list[Batch]:
        settings = self.course.settings
        batches = [self._batch(part) for part in parts(groups, settings.accumulate)]
        if not self.masks:
            return batches
        share, tokenizer = settings.masked_share, self.backbone.tokenizer
        return [
            masked(batch, tokenizer, share=share, seed=_draw(self.seed, turn, number))
            for number, batch in enumerate(batches)
        ]

    def _batch(self, groups: Groups) -> Batch:
        return collate(self.encoded, groups, pad_id=self.backbone.tokenizer.pad_token_id)

    def _epoch(self, epoch: int) -> list[Groups]:
        """The order of an epoch, made once: its batches follow one another."""
        if epoch not in self._orders:
            self._orders.clear()
            self._orders[epoch] = epoch_order(
                self.encoded, self.course.settings.batch_size, seed=self.seed, epoch=epoch
            )
        return self._orders[epoch]


@dataclass(frozen=True)
class StepBatch:
    """The data of one step: the micro-batches of a batch, and which part of the recipe it belongs to."""

    part: int
    batches: Sequence[Batch]


class BatchSampler:
    """Draws the batch of each step from the parts of a recipe.

    Args:
        supplies: Of each part, in the recipe's order.
        shares: How much of the steps each part gets.
        steps: Of the whole course.
        seed: Of the recipe.
    """

    def __init__(self, supplies: Sequence[PartBatches], shares: Sequence[float], *, steps: int, seed: int) -> None:
        self.supplies = supplies
        self.drawn: Ints = timetable(shares, steps, seed=seed)
        self._turns = turns(self.drawn)

    def steps_of(self, done: int) -> list[int]:
        """How many of the first `done` steps each part got."""
        counts: list[int] = np.bincount(self.drawn[:done], minlength=len(self.supplies)).tolist()
        return counts

    def examples_seen(self, done: int) -> int:
        """Examples in the batches of the first `done` steps."""
        return sum(supply.examples_seen(n) for supply, n in zip(self.supplies, self.steps_of(done), strict=True))

    def __call__(self, step: int) -> StepBatch:
        """The batch of a step, counted from 0."""
        part = int(self.drawn[step])
        return StepBatch(part, self.supplies[part](int(self._turns[step])))


def _draw(seed: int, turn: int, part: int) -> int:
    return int(np.random.SeedSequence((seed, turn, part)).generate_state(1)[0])
