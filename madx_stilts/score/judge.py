"""Scores of a learner on the dev data, for early stopping and for the choice of the best weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import Examples
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate
from madx_stilts.score.predict import masked_scores, predict


@dataclass(frozen=True)
class Judge:
    """Scores a stack on the dev data.

    Args:
        score: All metrics of the stack named, bottom to top; the top one's head answers.
        metric: The one that decides; higher is better.
    """

    score: Callable[[list[str]], Mapping[str, float]]
    metric: str


def dev_judge(
    backbone: Backbone, encoder: Encoder, dev: Examples[Any] | None, limits: Limits, *, share: float
) -> Judge | None:
    """A judge over dev examples; none without any.

    Args:
        share: Part of the pieces to be guessed, for masked language modelling.
    """
    if dev is None:
        return None
    encoded = encoder.encode(dev, limits)

    def score(stack: list[str]) -> Mapping[str, float]:
        activate(backbone, stack)
        return scores_of(backbone, stack[-1], dev, encoded, share=share)

    return Judge(score, dev.task.primary_metric)


def scores_of(
    backbone: Backbone, head: str, examples: Examples[Any], encoded: Encoded, *, share: float
) -> dict[str, float]:
    """All metrics of the active stack on labelled examples, 0 to 100 (losses in nats)."""
    task_format = FORMATS[examples.task.format]
    if task_format.head == "masked_lm":
        return masked_scores(backbone, head=head, encoded=encoded, share=share)
    outputs = predict(backbone, head=head, kind=task_format.head, encoded=encoded)
    predictions = task_format.decode(outputs, encoded, examples.items, examples.task)
    return dict(task_format.score(predictions, examples.items, examples.task, examples.language))
