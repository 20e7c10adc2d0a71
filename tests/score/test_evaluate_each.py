"""Stacks that are evaluated together get the scores that each gets alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.errors import UsageError
from madx_stilts.nets.backbone import load_backbone
from madx_stilts.score.context import EvalContext
from madx_stilts.score.evaluate import evaluate, evaluate_each
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS

StackOf = Callable[..., Stack]
STACKS = {
    "xnli": [("target/xnli+snli",), ("intermediate/snli", "target/xnli+snli"), ("language/en", "target/xnli+snli")],
    "panx": [("language/en", "target/panx"), ("language/en", "intermediate/snli", "target/panx"), ("target/panx",)],
    "xcopa": [("language/en", "target/xcopa"), ("language/en", "intermediate/snli", "target/xcopa")],
}


@pytest.fixture
def fresh(context: EvalContext, tiny_backbone: Path) -> EvalContext:
    """A bench like the other, with a backbone of its own."""
    return replace(context, backbone=load_backbone("tiny", tiny_backbone, offline=True))


@pytest.mark.parametrize("swaps", [False, True])
@pytest.mark.parametrize("name", STACKS)
def test_together_each_stack_gets_the_scores_it_gets_alone(
    name: str, swaps: bool, context: EvalContext, fresh: EvalContext, stack_of: StackOf
) -> None:
    refs = {code: stack_of(f"language/{code}").language for code in ("en", "de")}
    swap = LanguageSwap(refs.get, "none") if swaps else None
    stacks = [stack_of(*references) for references in STACKS[name]]
    languages = ["it"] if name == "xcopa" else ["en", "de"]

    def scored(where: EvalContext, some: list[Stack]) -> list[Any]:
        return evaluate_each(where, TASKS[name], some, languages, split="test", limit=20, swap=swap)

    alone = [evaluate(context, TASKS[name], stack, languages, split="test", limit=20, swap=swap) for stack in stacks]
    assert scored(fresh, stacks) == alone
    assert scored(fresh, stacks[:1]) == alone[:1]
    german = refs["de"]
    assert german is not None
    assert german.id not in fresh.backbone.attached, "dozens of them would fill the memory"


def test_each_language_is_told_once(context: EvalContext, stack_of: StackOf) -> None:
    told: list[str] = []
    stacks = [stack_of(*references) for references in STACKS["panx"]]
    evaluate_each(replace(context, on_language=told.append), TASKS["panx"], stacks, ["en", "de"], split="test", limit=4)
    assert told == ["en", "de"]


def test_predictions_of_several_stacks_are_not_kept_in_one_place(
    context: EvalContext, stack_of: StackOf, tmp_path: Path
) -> None:
    stacks = [stack_of(*references) for references in STACKS["panx"]]
    keeping = replace(context, predictions=tmp_path)
    with pytest.raises(UsageError, match="would overwrite one another"):
        evaluate_each(keeping, TASKS["panx"], stacks, ["de"], split="test", limit=4)
    evaluate_each(keeping, TASKS["panx"], stacks[:1], ["de"], split="test", limit=4)
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1
