"""What a stack says of an example depends on nothing but the stack and the example."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import Examples, read
from madx_stilts.data.text import read_text
from madx_stilts.demo.sentences import all_text
from madx_stilts.errors import DataError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.heads import add_head
from madx_stilts.nets.stacking import activate
from madx_stilts.recipe import Part, Recipe, TrainSettings
from madx_stilts.score.context import EvalContext
from madx_stilts.score.dev import LabelledData, dev_judge
from madx_stilts.score.predict import BATCH_TOKENS, first_inputs, masked_scores, predict, unwatched
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.text import MASKED_LM

StackOf = Callable[..., Stack]
LIMITS = Limits(max_tokens=24, stride=6)
RECIPE = Recipe(parts=(Part(task="xnli", language="en"),), train=TrainSettings(max_tokens=24, stride=6))
STACKS = {
    "xnli": ("intermediate/snli", "target/xnli+snli"),
    "xquad": ("language/en", "target/xquad"),
    "panx": ("language/en", "target/panx"),
    "xcopa": ("language/en", "target/xcopa"),
}
each_task = pytest.mark.parametrize("name", STACKS)


def examples_of(context: EvalContext, name: str, limit: int = 11) -> Examples[Any]:
    return read(TASKS[name], "it" if name == "xcopa" else "de", "test", place=context.place, limit=limit)


def encoded_of(context: EvalContext, examples: Examples[Any]) -> Encoded:
    return Encoder(context.backbone.words, context.backbone.fingerprint).encode(examples, LIMITS)


def set_up(context: EvalContext, stack: Stack) -> str:
    """Activate a stack and tell the name of its head."""
    activate(context.backbone, attach(context.backbone, context.zoo, [ref.id for ref in stack.refs]))
    top = stack.top
    assert top is not None
    return attach_head(context.backbone, context.zoo, top.id)


def assert_same(one: Any, other: Any) -> None:
    assert set(one) == set(other)
    for key in one:
        assert one[key].dtype == other[key].dtype
        if key == "label":
            np.testing.assert_array_equal(one[key], other[key])
        else:
            np.testing.assert_allclose(one[key], other[key], rtol=0, atol=1e-5)


@each_task
@pytest.mark.parametrize("budget", [1, 100, 333])
def test_predictions_do_not_depend_on_how_examples_share_batches(
    name: str, budget: int, context: EvalContext, stack_of: StackOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded, kind = encoded_of(context, examples_of(context, name)), FORMATS[TASKS[name].format].head
    head = set_up(context, stack_of(*STACKS[name]))
    together = predict(context.backbone, head=head, kind=kind, encoded=encoded)
    monkeypatch.setitem(BATCH_TOKENS, "cpu", budget)
    assert_same(predict(context.backbone, head=head, kind=kind, encoded=encoded), together)


@each_task
def test_predictions_do_not_depend_on_other_examples(name: str, context: EvalContext, stack_of: StackOf) -> None:
    examples, kind = examples_of(context, name, 5), FORMATS[TASKS[name].format].head
    head = set_up(context, stack_of(*STACKS[name]))
    together = predict(context.backbone, head=head, kind=kind, encoded=encoded_of(context, examples))
    alone = [
        predict(context.backbone, head=head, kind=kind, encoded=encoded_of(context, replace(examples, items=[item])))
        for item in examples.items
    ]
    assert_same({key: np.concatenate([one[key] for one in alone]) for key in together}, together)


@each_task
def test_predictions_stand_in_the_order_of_the_examples(name: str, context: EvalContext, stack_of: StackOf) -> None:
    examples, task_format = examples_of(context, name, 7), FORMATS[TASKS[name].format]
    head = set_up(context, stack_of(*STACKS[name]))

    def decoded(given: Examples[Any]) -> list[Any]:
        encoded = encoded_of(context, given)
        outputs = predict(context.backbone, head=head, kind=task_format.head, encoded=encoded)
        found = task_format.decode(outputs, encoded, given.items, given.task)
        return [prediction[0] if name == "xquad" else prediction for prediction in found]

    assert decoded(replace(examples, items=examples.items[::-1])) == decoded(examples)[::-1]


@each_task
def test_outputs_have_the_shapes_that_formats_take(name: str, context: EvalContext, stack_of: StackOf) -> None:
    encoded, task = encoded_of(context, examples_of(context, name)), TASKS[name]
    kind = FORMATS[task.format].head
    outputs = predict(context.backbone, head=set_up(context, stack_of(*STACKS[name])), kind=kind, encoded=encoded)
    tokens = (int(encoded.bounds[-1]),)
    expected = {
        "classification": {"logits": (len(encoded), len(task.labels))},
        "multiple_choice": {"logits": (len(encoded), len(task.labels))},
        "question_answering": {"start": tokens, "end": tokens},
        "tagging": {"label": tokens},
    }
    assert {key: value.shape for key, value in outputs.items()} == expected[kind]


def test_predicting_is_done_without_dropout_and_leaves_no_gradients(context: EvalContext, stack_of: StackOf) -> None:
    encoded, head = encoded_of(context, examples_of(context, "xnli")), set_up(context, stack_of(*STACKS["xnli"]))
    context.backbone.model.train()
    first = predict(context.backbone, head=head, kind="classification", encoded=encoded)
    context.backbone.model.train()
    assert_same(predict(context.backbone, head=head, kind="classification", encoded=encoded), first)
    assert [name for name, value in context.backbone.model.named_parameters() if value.grad is not None] == []


@pytest.fixture
def texts(context: EvalContext, tmp_path: Path) -> Examples[Any]:
    file = tmp_path / "text.txt"
    file.write_text("\n".join(all_text()[:40]))
    return read_text("en", str(file), place=context.place)[0]


def test_masked_pieces_are_the_same_each_time(context: EvalContext, stack_of: StackOf, texts: Examples[Any]) -> None:
    encoded = encoded_of(context, texts)
    add_head(context.backbone, "mine-1", "masked_lm", MASKED_LM, seed=0)
    activate(context.backbone, attach(context.backbone, context.zoo, [ref.id for ref in stack_of("language/en").refs]))
    found = []
    for seed in range(3):
        torch.manual_seed(seed)
        context.backbone.model.train()
        found.append(masked_scores(context.backbone, head="mine-1", encoded=encoded, share=0.15))
    assert found[0] == found[1] == found[2]
    assert set(found[0]) == {"accuracy", "loss"}
    assert 0 <= found[0]["accuracy"] <= 100
    assert found[0]["loss"] > 0
    assert masked_scores(context.backbone, head="mine-1", encoded=encoded, share=0.4) != found[0]


def test_a_head_that_always_knows_guesses_every_masked_piece(context: EvalContext, texts: Examples[Any]) -> None:
    """With one piece in the whole text and a head that says nothing else, accuracy is 100 and the loss is 0."""
    encoded = encoded_of(context, texts)
    ids = encoded.tokens["input_ids"]
    special = np.isin(ids, context.backbone.tokenizer.all_special_ids)
    encoded = replace(encoded, tokens={"input_ids": np.where(special, ids, 9).astype(np.int32)})
    add_head(context.backbone, "mine-1", "masked_lm", MASKED_LM, seed=0)
    decoder: Any = list(context.backbone.heads["mine-1"].children())[-1]
    decoder.bias.data[9] = 1000.0
    scores = masked_scores(context.backbone, head="mine-1", encoded=encoded, share=0.3)
    assert scores == {"accuracy": 100.0, "loss": 0.0}


def test_a_judge_gives_the_scores_of_the_stack_it_is_asked_for(context: EvalContext, stack_of: StackOf) -> None:
    examples = examples_of(context, "xnli", 24)
    encoder = Encoder(context.backbone.words, context.backbone.fingerprint)
    judge = dev_judge(context.backbone, encoder, RECIPE, [examples])
    assert judge is not None
    head = set_up(context, stack_of(*STACKS["xnli"]))
    expected = LabelledData(context.backbone, examples, encoded_of(context, examples), 0.15, unwatched).scores_of(head)
    names = attach(context.backbone, context.zoo, [ref.id for ref in stack_of(*STACKS["xnli"]).refs])
    activate(context.backbone, [])
    assert judge.score(names, unwatched) == expected
    assert judge.metric in expected


def test_without_dev_data_there_is_no_judge(context: EvalContext) -> None:
    encoder = Encoder(context.backbone.words, context.backbone.fingerprint)
    assert dev_judge(context.backbone, encoder, RECIPE, [None]) is None


def test_examples_without_gold_answers_are_not_scored(context: EvalContext, stack_of: StackOf) -> None:
    examples = examples_of(context, "xnli", 4)
    hidden = replace(examples, items=[replace(item, label=None) for item in examples.items])
    head = set_up(context, stack_of(*STACKS["xnli"]))
    with pytest.raises(DataError, match="gold answer"):
        LabelledData(context.backbone, hidden, encoded_of(context, hidden), 0.15, unwatched).scores_of(head)


def test_the_batch_to_try_a_stack_on_is_made_of_the_first_examples(context: EvalContext) -> None:
    for count in (2, 11):
        encoded = encoded_of(context, examples_of(context, "xnli", count))
        inputs = first_inputs(context.backbone, encoded)
        assert len(inputs["input_ids"]) == min(4, count)
        first = encoded.tokens["input_ids"][: encoded.bounds[1]]
        assert inputs["input_ids"][0, : len(first)].tolist() == first.tolist()
