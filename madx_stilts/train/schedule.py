"""What happens at which step: pure functions of the recipe, so that a resumed run repeats them exactly."""

import re
from dataclasses import dataclass

from madx_stilts.recipe import TrainSettings

_LAYER = re.compile(r"\.layer\.(\d+)\.")


@dataclass(frozen=True)
class Schedule:
    """The steps of one training.

    Args:
        settings: The recipe's.
        examples: Training examples (windows, for long contexts).
    """

    settings: TrainSettings
    examples: int

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one pass over the data."""
        return -(-self.examples // self.settings.batch_size)

    @property
    def steps(self) -> int:
        """Optimiser steps in all."""
        return self.settings.max_steps or self.settings.epochs * self.steps_per_epoch

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0: linear warm-up, then constant or linear to zero."""
        settings = self.settings
        warm = round(settings.warmup * self.steps)
        if step < warm:
            return settings.learning_rate * ((step + 1) / (warm + 1))
        if settings.schedule == "constant":
            return settings.learning_rate
        return settings.learning_rate * ((self.steps - step) / max(1, self.steps - warm))

    def looks_at_dev(self, done: int) -> bool:
        """Whether the dev data are scored after so many steps are done."""
        every = min(self.settings.evaluate_every or self.steps_per_epoch, self.steps)
        return done == self.steps or done % every == 0

    def takes_snapshot(self, done: int) -> bool:
        """Whether the weights after so many steps enter the average."""
        if self.settings.keep != "average":
            return False
        count = min(self.settings.snapshots, self.steps)
        return done in {round(self.steps * at / count) for at in range(1, count + 1)}

    def lowest_trained_layer(self, step: int, layers: int) -> int:
        """The lowest layer whose adapter is trained at a step; 0 without gradual unfreezing (arXiv 2301.05487)."""
        if self.settings.unfreeze_every is None:
            return 0
        return max(0, layers - 1 - step // self.settings.unfreeze_every)


def layer_of(parameter: str) -> int | None:
    """The layer a parameter belongs to by its name; none for heads and invertible adapters."""
    match = _LAYER.search(parameter)
    return int(match[1]) if match else None
