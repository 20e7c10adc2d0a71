"""Several stacks over one trunk answer together what each answers alone, to the last bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import read
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Limits
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.stacking import activate, trunk_below
from madx_stilts.recipe import Part, Recipe, TrainSettings
from madx_stilts.score.context import EvalContext
from madx_stilts.score.dev import dev_judge
from madx_stilts.score.predict import HeadedStack, predict, predict_each, unwatched
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS

TOPS = {"xnli": "target/xnli+snli", "xquad": "target/xquad", "panx": "target/panx", "xcopa": "target/xcopa"}


@pytest.mark.parametrize("name", TOPS)
def test_together_each_stack_answers_what_it_answers_alone(
    name: str, context: EvalContext, stack_of: Callable[..., Stack]
) -> None:
    backbone, task = context.backbone, TASKS[name]
    refs = stack_of("language/en", "intermediate/snli", TOPS[name]).refs
    language, middle, top = attach(backbone, context.zoo, [ref.id for ref in refs])
    head = attach_head(backbone, context.zoo, refs[-1].id)
    examples = read(task, "it" if name == "xcopa" else "de", "test", place=context.place, limit=11)
    encoded = Encoder(backbone.words, backbone.fingerprint).encode(examples, Limits(24, 6))
    kind = FORMATS[task.format].head
    stacks = [[language, top], [language, middle, top], [language, top]]
    trunk = trunk_below(backbone, [context.zoo.card(ref.id).recipe.method for ref in refs[1:]])
    alone = []
    for stack in stacks:
        activate(backbone, stack)
        alone.append(predict(backbone, head=head, kind=kind, encoded=encoded))
    together = predict_each(
        backbone, [HeadedStack(stack, head) for stack in stacks], kind=kind, encoded=encoded, trunk=trunk
    )
    for one, other in zip(alone, together, strict=True):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key], other[key]) for key in one)
    assert any(not np.array_equal(alone[0][key], alone[1][key]) for key in alone[0])


def test_a_judge_gives_stacks_together_the_scores_it_gives_each(
    context: EvalContext, stack_of: Callable[..., Stack]
) -> None:
    backbone = context.backbone
    refs = stack_of("intermediate/snli", "target/xnli+snli").refs
    middle, top = attach(backbone, context.zoo, [ref.id for ref in refs])
    attach_head(backbone, context.zoo, refs[-1].id)
    part = Part(task="mnli", language="en")
    recipe = Recipe(parts=(part,), train=TrainSettings(max_tokens=24, stride=6))
    dev: Any = read(TASKS["mnli"], "en", "dev", place=context.place, limit=40)
    judge = dev_judge(backbone, Encoder(backbone.words, backbone.fingerprint), recipe, [dev])
    assert judge is not None
    stacks = [[top], [middle, top]]
    trunk = trunk_below(backbone, [context.zoo.card(ref.id).recipe.method for ref in refs])
    assert judge.score_each(stacks, trunk) == [judge.score(stack, unwatched) for stack in stacks]
