"""Scores of a learner on the dev data, for early stopping and for the choice of the best weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import Examples
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, HeadKind, Limits, Outputs
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate, head_names
from madx_stilts.recipe import Recipe
from madx_stilts.score.predict import HeadedStack, OnBatch, masked_scores, predict, predict_each, unwatched

MEAN = "mean"
"""What decides in a mixture: the mean of the primary metrics of its parts."""


@dataclass(frozen=True)
class DevEvaluator:
    """Evaluates a stack on the dev data.

    Args:
        score: All metrics of the stack named, bottom to top; the top one's heads answer. It may be ended between two
            batches: see `OnBatch`.
        metric: The one that decides; higher is better.
        together: The same for several stacks over one trunk at once; None: they are scored one after another.
    """

    score: Callable[[list[str], OnBatch], Mapping[str, float]]
    metric: str
    together: Callable[[Sequence[list[str]], Trunk, OnBatch], list[Mapping[str, float]]] | None = None

    def score_each(
        self, stacks: Sequence[list[str]], trunk: Trunk, on_batch: OnBatch = unwatched
    ) -> list[Mapping[str, float]]:
        """What `score` says of each stack.

        Args:
            trunk: What they have in common.
        """
        if self.together is None or len(stacks) == 1:
            return [self.score(stack, on_batch) for stack in stacks]
        return self.together(stacks, trunk, on_batch)


def dev_judge(
    backbone: Backbone, encoder: Encoder, recipe: Recipe, devs: Sequence[Examples[Any] | None]
) -> DevEvaluator | None:
    """A judge over the dev data of all parts of a recipe; none without any.

    The metrics of a single part bear their own names. Those of several are called `task.metric`, or
    `task@language.metric` where a task stands in the recipe in several languages, and `mean` stands beside them.

    Args:
        devs: Dev examples of each part, where it has some.
    """
    limits, share = Limits(recipe.train.max_tokens, recipe.train.shared_tokens), recipe.train.masked_share
    exams = [(dev, encoder.encode(dev, limits)) for dev in devs if dev is not None]
    if not exams:
        return None

    def score(stack: list[str], on_batch: OnBatch) -> Mapping[str, float]:
        activate(backbone, stack)
        heads = head_names(stack[-1], recipe.tasks)
        results = [
            LabelledData(backbone, dev, encoded, share, on_batch).scores_of(heads[dev.task.name])
            for dev, encoded in exams
        ]
        return _verdict(recipe, [dev for dev, _ in exams], results)

    def together(stacks: Sequence[list[str]], trunk: Trunk, on_batch: OnBatch) -> list[Mapping[str, float]]:
        columns = [
            LabelledData(backbone, dev, encoded, share, on_batch).scores_of_each(
                [HeadedStack(stack, head_names(stack[-1], recipe.tasks)[dev.task.name]) for stack in stacks], trunk
            )
            for dev, encoded in exams
        ]
        devs = [dev for dev, _ in exams]
        return [_verdict(recipe, devs, list(results)) for results in zip(*columns, strict=True)]

    return DevEvaluator(score, exams[0][0].task.primary_metric if len(recipe.parts) == 1 else MEAN, together)


def _verdict(recipe: Recipe, devs: Sequence[Examples[Any]], results: Sequence[dict[str, float]]) -> Mapping[str, float]:
    """The scores of all parts under one roof."""
    if len(recipe.parts) == 1:
        return results[0]
    named = [(_label(recipe, dev), values) for dev, values in zip(devs, results, strict=True)]
    primary = [values[dev.task.primary_metric] for dev, values in zip(devs, results, strict=True)]
    every = {f"{label}.{metric}": value for label, values in named for metric, value in values.items()}
    return {MEAN: sum(primary) / len(primary), **every}


def _label(recipe: Recipe, dev: Examples[Any]) -> str:
    """The task, with its language where it stands in the recipe more than once."""
    several = [part.task for part in recipe.parts].count(dev.task.name) > 1
    return f"{dev.task.name}@{dev.language}" if several else dev.task.name


@dataclass(frozen=True)
class LabelledData:
    """Labelled examples of one task.

    Args:
        share: Masked language modelling: of pieces that must be guessed.
    """

    backbone: Backbone
    examples: Examples[Any]
    encoded: Encoded
    share: float
    on_batch: OnBatch

    @property
    def _kind(self) -> HeadKind:
        return FORMATS[self.examples.task.format].head

    def scores_of(self, head: str) -> dict[str, float]:
        """All metrics of the active stack, 0 to 100 (losses in nats)."""
        if self._kind == "masked_lm":
            return masked_scores(
                self.backbone, head=head, encoded=self.encoded, share=self.share, on_batch=self.on_batch
            )
        return self._scored(
            predict(self.backbone, head=head, kind=self._kind, encoded=self.encoded, on_batch=self.on_batch)
        )

    def scores_of_each(self, answerers: Sequence[HeadedStack], trunk: Trunk) -> list[dict[str, float]]:
        """All metrics of each stack."""
        if self._kind != "masked_lm":
            outputs = predict_each(
                self.backbone,
                answerers,
                kind=self._kind,
                encoded=self.encoded,
                trunk=trunk,
                on_batch=self.on_batch,
            )
            return [self._scored(one) for one in outputs]
        results = []
        for one in answerers:
            activate(self.backbone, one.stack)
            results.append(self.scores_of(one.head))
        return results

    def _scored(self, outputs: Outputs) -> dict[str, float]:
        examples = self.examples
        task_format = FORMATS[examples.task.format]
        predictions = task_format.decode(outputs, self.encoded, examples.items, examples.task)
        return dict(task_format.score(predictions, examples.items, examples.task, examples.language))
