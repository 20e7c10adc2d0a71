"""Defaults of trainings, filled in at one place, so that equal requests make equal adapters.

The command line, grid files and Python all come here. What is written always stays. No torch.
"""

from collections.abc import Collection, Sequence
from typing import Final, TypeVar

from madx_stilts.formats import FORMATS
from madx_stilts.recipe import Frozen, Method, Part, Sampling, TrainSettings
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM

M = TypeVar("M", bound=Frozen)

LANGUAGE_METHOD: Final = Method(kind="seq_bn_inv", reduction_factor=2)
"""The kind and size of language adapters, as in MAD-X (arXiv 2005.00052 §4.2: half as wide as the backbone)."""
MLM_SHARE: Final = 0.25
"""Share of the steps that model text beside tasks."""


def resolve_method(method: Method, tasks: Sequence[Task]) -> Method:
    """The method of a training, whose parts are of these tasks."""
    return merged(LANGUAGE_METHOD, method) if all(task.name == MASKED_LM.name for task in tasks) else method


def resolve_train(train: TrainSettings, tasks: Sequence[Task], parts: Sequence[Part] = ()) -> TrainSettings:
    """The settings of a training.

    `max_tokens` is the length that suits the formats of the tasks, the longest of them. `dev_limit` is the limit of the
    training data where each part has one, so that a quick run is quick; text that is modelled has few held-out texts
    anyway and counts for nothing here.

    Args:
        tasks: What is trained on, `MASKED_LM` for text.
        parts: The same as parts of the recipe; None: `dev_limit` stays open.
    """
    changes: dict[str, int] = {}
    if "max_tokens" not in train.model_fields_set:
        changes["max_tokens"] = max(FORMATS[task.format].max_tokens for task in tasks)
    limits = [part.limit for part in parts if part.task != MASKED_LM.name]
    known = [limit for limit in limits if limit is not None]
    if train.dev_limit is None and limits and len(known) == len(limits):
        changes["dev_limit"] = max(known)
    return train.model_copy(update=changes) if changes else train


def resolve_sampling(sampling: Sampling | None, *, tasks: int, texts: int) -> Sampling | None:
    """How a mixture is drawn; None for a single part, which has no sampling.

    Args:
        sampling: As it is written; None: in proportion to the sizes.
        tasks: How many tasks the mixture has.
        texts: How many texts stand beside them.
    """
    if tasks + texts == 1:
        return sampling
    chosen = sampling or Sampling()
    open_share = bool(tasks and texts) and chosen.masked_lm is None
    return chosen.model_copy(update={"masked_lm": MLM_SHARE}) if open_share else chosen


def merged(base: M, written: Frozen) -> M:
    """A value with the fields that are written in another one, which has no others than it.

    Raises:
        ValidationError: The two contradict each other.
    """
    if not written.model_fields_set:
        return base
    fields = {name: getattr(base, name) for name in base.model_fields_set}
    fields |= {name: getattr(written, name) for name in written.model_fields_set}
    return type(base).model_validate(fields)


def unbounded_epochs(train: TrainSettings, written: Collection[str]) -> TrainSettings:
    """Settings in which epochs that were asked for are not cut short by the steps of what they were written over.

    Args:
        written: The fields that were asked for, over settings that may bound the steps.
    """
    if "epochs" in written and "max_steps" not in written:
        return train.model_copy(update={"max_steps": None})
    return train
