"""Several tasks in one adapter: each step is a plain step on its task's head, and heads answer as they were trained."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from madx_stilts.data.mix import timetable
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Limits
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.stacking import activate, head_names
from madx_stilts.recipe import Part, Recipe, Sampling, TrainSettings
from madx_stilts.score.predict import predict
from madx_stilts.tasks import TASKS
from madx_stilts.train.assemble import assembled, new_learner, save_all
from madx_stilts.train.batches import BatchSampler, PartBatches
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.examples import load_examples
from madx_stilts.train.requests import (
    MixtureTask,
    PlainText,
    TrainRequest,
    train_intermediate,
    train_mixture,
    train_target,
)
from madx_stilts.train.schedule import Schedule

PAIR_AND_SPAN = [MixtureTask("snli"), MixtureTask("squad_v1")]
UNIFORM = Sampling(kind="uniform")
Answers = dict[str, dict[str, Any]]


class Killed(BaseException):
    """Stands for a SIGKILL: nothing in the package may catch it."""


class KilledAt(NullCallback):
    """Ends the process, as far as the training can see, after so many steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, done: int, values: Any) -> None:
        if done == self.step:
            raise Killed


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Some plain text."""
    file = tmp_path / "text.txt"
    file.write_text("".join(f"the dog sleeps in house number {at}.\n" for at in range(60)))
    return file


def tensors_of(context: Any, card: Any) -> dict[str, Any]:
    """Every tensor of an artefact, by file and name."""
    folder = context.zoo.folder(card.id)
    files = sorted(name for name in card.files if name.endswith(".safetensors"))
    return {f"{name}/{key}": value for name in files for key, value in load_file(folder / name).items()}


def answers(context: Any, heads: dict[str, str]) -> Answers:
    """What each head says of some examples of its task, through the adapters that are active."""
    found = {}
    for name, head in heads.items():
        examples = load_examples(Part(task=name, language="en", limit=12), TrainSettings(), context.place)
        encoded = context.encoder.encode(examples.train, Limits(48, 16))
        outputs = predict(context.backbone, head=head, kind=FORMATS[TASKS[name].format].head, encoded=encoded)
        found[name] = {key: torch.from_numpy(value) for key, value in outputs.items()}
    return found


def assert_same(one: Answers, other: Answers) -> None:
    assert one.keys() == other.keys()
    for task, outputs in one.items():
        for key, value in outputs.items():
            torch.testing.assert_close(value, other[task][key], rtol=0, atol=1e-5)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[Answers]]:
    """Note what a mixture answers at the moment when it is saved."""

    def listen(context: Any) -> list[Answers]:
        said: list[Answers] = []

        def note(backbone: Any, folder: Path, name: str, recipe: Recipe) -> None:
            activate(backbone, [name])
            heads = head_names(name, recipe.tasks)
            said.append(answers(context, {task: head for task, head in heads.items() if task != "masked_lm"}))
            save_all(backbone, folder, name, recipe)

        monkeypatch.setattr("madx_stilts.train.run.save_all", note)
        return said

    return listen


def test_a_pair_and_a_span_task_share_an_adapter_and_answer_after_loading_as_before_saving(
    tiny_backbone: Path, make_context: Any, settings: Any, heard: Any
) -> None:
    context = make_context(tiny_backbone)
    said = heard(context)
    card = train_mixture(context, PAIR_AND_SPAN, UNIFORM, TrainRequest(config=settings(dev_limit=8)))
    assert list(context.backbone.model.adapters_config) == []
    assert [head for head in context.backbone.heads if card.name in head] == []
    assert context.zoo.find("intermediate/mix.snli.squad_v1").id == card.id
    assert {"heads/snli/model_head.safetensors", "heads/squad_v1/model_head.safetensors"} < set(card.files)
    assert "model_head.safetensors" not in card.files

    activate(context.backbone, attach(context.backbone, context.zoo, [card.id]))
    heads = {task: attach_head(context.backbone, context.zoo, card.id, TASKS[task]) for task in ("snli", "squad_v1")}
    assert_same(answers(context, heads), said[0])
    assert context.zoo.verify() == []


def test_plain_adapters_loads_the_adapter_and_each_of_its_heads(
    tiny_backbone: Path, make_context: Any, settings: Any, heard: Any
) -> None:
    context, other = make_context(tiny_backbone), make_context(tiny_backbone, "other")
    said = heard(context)
    card = train_mixture(context, PAIR_AND_SPAN, UNIFORM, TrainRequest(config=settings(max_steps=4, dev_limit=8)))
    model, folder = other.backbone.model, context.zoo.folder(card.id)
    model.set_active_adapters(model.load_adapter(str(folder), use_safetensors=True))
    for task in ("snli", "squad_v1"):
        model.load_head(str(folder / "heads" / task), load_as=task, use_safetensors=True)
    assert_same(answers(other, {"snli": "snli", "squad_v1": "squad_v1"}), said[0])


def test_with_masked_language_modelling_one_task_is_kept_like_an_adapter_of_that_task_alone(
    tiny_backbone: Path, make_context: Any, settings: Any, heard: Any, text: Path
) -> None:
    context = make_context(tiny_backbone)
    said = heard(context)
    request = TrainRequest(config=settings(dev_limit=8))
    alone = train_intermediate(context, "snli", request)
    mixed = train_mixture(
        context, [MixtureTask("snli")], Sampling(masked_lm=0.4), request, texts=[PlainText(str(text), "en")]
    )
    assert mixed.files.keys() == alone.files.keys()
    assert set(mixed.scores) == {"mean", "snli.accuracy", "masked_lm.accuracy", "masked_lm.loss"}
    assert mixed.scores["mean"] == (mixed.scores["snli.accuracy"] + mixed.scores["masked_lm.accuracy"]) / 2
    activate(context.backbone, attach(context.backbone, context.zoo, [mixed.id]))
    assert_same(answers(context, {"snli": attach_head(context.backbone, context.zoo, mixed.id)}), said[1])
    assert "Steps of each part: snli@en 6, masked_lm@en 4." in mixed.notes


def test_the_card_tells_of_all_parts(tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    context = make_context(tiny_backbone)
    members = [MixtureTask("snli"), MixtureTask("panx"), MixtureTask("panx", "de")]
    card = train_mixture(context, members, UNIFORM, TrainRequest(config=settings(max_steps=9, dev_limit=8)))
    keys = {f"{part}:{split}" for part in ("snli@en", "panx@en", "panx@de") for split in ("train", "dev")}
    assert set(card.data) == set(card.origins) == keys
    assert card.licence == f"{TASKS['snli'].licence}; {TASKS['panx'].licence}"
    assert {"snli.accuracy", "panx@en.f1", "panx@de.f1", "mean"} <= set(card.scores)
    assert context.zoo.find("intermediate/mix.snli.panx.panx.de").id == card.id
    assert sorted({name.split("/")[1] for name in card.files if name.startswith("heads/")}) == ["panx", "snli"]


def test_killed_again_and_again_a_mixture_ends_with_the_same_weights(
    tiny_backbone: Path, make_context: Any, settings: Any, text: Path
) -> None:
    def weights(context: Any) -> dict[str, Any]:
        request, texts = TrainRequest(config=settings(max_steps=12, dev_limit=8)), [PlainText(str(text), "en")]
        card = train_mixture(context, PAIR_AND_SPAN, Sampling(kind="uniform", masked_lm=0.3), request, texts=texts)
        return tensors_of(context, card)

    undisturbed = weights(make_context(tiny_backbone, "undisturbed"))
    for step in (2, 5, 8, 11):
        with pytest.raises(Killed):
            weights(make_context(tiny_backbone, listener=partial(KilledAt, step)))
    resumed = weights(make_context(tiny_backbone))
    assert resumed.keys() == undisturbed.keys()
    assert [name for name in resumed if not resumed[name].equal(undisturbed[name])] == []


def test_a_head_that_was_not_drawn_before_the_checkpoint_goes_on_as_fresh(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    """The optimiser's state of a head that no step was for is not in the checkpoint."""
    seed = next(seed for seed in range(9) if timetable([0.5, 0.5], 2, seed=seed).tolist() == [0, 1])
    request = TrainRequest(config=settings(dev_limit=8, keep="last"), seed=seed)

    def weights(context: Any) -> dict[str, Any]:
        return tensors_of(context, train_mixture(context, PAIR_AND_SPAN, UNIFORM, request))

    undisturbed = weights(make_context(tiny_backbone, "undisturbed"))
    with pytest.raises(Killed):
        weights(make_context(tiny_backbone, listener=partial(KilledAt, 2), every=1))
    resumed = weights(make_context(tiny_backbone))
    assert [name for name in resumed if not resumed[name].equal(undisturbed[name])] == []


def test_each_step_is_a_plain_step_on_the_librarys_own_loss_of_its_task(
    still_backbone: Path, make_context: Any, settings: Any
) -> None:
    train = settings(keep="last", schedule="constant", warmup=0.0).train
    parts = (Part(task="snli", language="en"), Part(task="panx", language="en"))
    recipe = Recipe(parts=parts, sampling=UNIFORM, train=train, method=settings().method)
    weights = []
    for way in ("ours", "plain"):
        context = make_context(still_backbone, way)
        encoded = [
            context.encoder.encode(load_examples(part, train, context.place).train, Limits(48, 16)) for part in parts
        ]
        supplies = [PartBatches(one, Schedule(train, len(one)), context.backbone, 0, masks=False) for one in encoded]
        feed = BatchSampler(supplies, [0.5, 0.5], steps=10, seed=0)
        with assembled(context.backbone, context.zoo, recipe, "a-12345678", tasks=TASKS, recompute=False) as stack:
            learner = new_learner(context.backbone, stack, recipe, Schedule(train, 100))
            context.backbone.model.train()
            if way == "ours":
                for step in range(10):
                    dealt = feed(step)
                    learner.step(dealt.batches, step, dealt.part)
            else:
                plain_steps(context.backbone.model, learner, feed)
            weights.append(learner.weights())
    for name, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][name], rtol=0, atol=1e-6)


def plain_steps(model: Any, learner: Any, feed: BatchSampler) -> None:
    """Ten steps as anyone would write them."""
    model.set_active_adapters("a-12345678")
    optimizer = torch.optim.AdamW(learner.parameters.values(), lr=5e-3, weight_decay=0.0)
    for step in range(10):
        dealt = feed(step)
        (batch,) = dealt.batches
        model(**batch.inputs, labels=batch.labels["label"], head=learner.heads[dealt.part].name).loss.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


def test_a_step_on_one_task_leaves_the_other_heads_as_they_are(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context, config = make_context(tiny_backbone), settings(weight_decay=0.1)
    parts = (Part(task="snli", language="en"), Part(task="squad_v1", language="en"))
    recipe = Recipe(parts=parts, sampling=UNIFORM, train=config.train, method=config.method)
    encoded = context.encoder.encode(load_examples(parts[1], config.train, context.place).train, Limits(48, 16))
    supply = PartBatches(encoded, Schedule(config.train, len(encoded)), context.backbone, 0, masks=False)
    with assembled(context.backbone, context.zoo, recipe, "a-12345678", tasks=TASKS, recompute=False) as stack:
        learner = new_learner(context.backbone, stack, recipe, Schedule(config.train, 100))
        before = learner.weights()
        learner.step(supply(0), 0, part=1)
        moved = {name for name, value in learner.weights().items() if not value.equal(before[name])}
    assert any(name.startswith("heads.squad_v1__") for name in moved)
    assert not any(name.startswith("heads.snli__") for name in moved)


def test_every_task_has_a_curve_of_losses(tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    context = make_context(tiny_backbone)
    card = train_mixture(context, PAIR_AND_SPAN, UNIFORM, TrainRequest(config=settings(dev_limit=8)))
    lines = [json.loads(line) for line in (context.zoo.folder(card.id) / "training_log.jsonl").read_text().splitlines()]
    steps = [line for line in lines if "loss" in line]
    assert len(steps) == 10
    for line in steps:
        (own,) = (value for key, value in line.items() if key.startswith("loss."))
        assert own == line["loss"]
    assert {key for line in steps for key in line if key.startswith("loss.")} == {"loss.snli", "loss.squad_v1"}


@pytest.mark.parametrize("transfer", ["stack", "continue"])
def test_a_target_is_trained_on_a_mixture_as_on_any_intermediate(
    transfer: Any, tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    request = TrainRequest(config=settings(max_steps=4, dev_limit=8))
    mixture = train_mixture(context, PAIR_AND_SPAN, UNIFORM, request)
    files = mixture.files
    target = train_target(
        context, "xquad", request, on=[context.zoo.find("intermediate/mix.snli.squad_v1")], transfer=transfer
    )
    assert [parent.id for parent in target.parents] == [mixture.id]
    assert context.zoo.card(mixture.id).files == files
    assert "f1" in target.scores
    assert context.zoo.verify() == []


def test_the_head_of_a_mixture_is_chosen_by_the_task_that_is_to_be_answered(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    members = [MixtureTask("mnli"), MixtureTask("siqa"), MixtureTask("squad_v1")]
    card = train_mixture(context, members, UNIFORM, TrainRequest(config=settings(max_steps=6, dev_limit=8)))

    def head_for(task: str) -> str:
        return attach_head(context.backbone, context.zoo, card.id, TASKS[task]).removesuffix(f"__{card.name}")

    answered = {task: head_for(task) for task in ("mnli", "xnli", "siqa", "xcopa", "squad_v1", "xquad")}
    assert answered == dict.fromkeys(["mnli", "xnli"], "mnli") | dict.fromkeys(["siqa", "xcopa"], "siqa") | (
        dict.fromkeys(["squad_v1", "xquad"], "squad_v1")
    )
    with pytest.raises(UsageError, match="none is for panx"):
        head_for("panx")
    with pytest.raises(UsageError, match="no task is named"):
        attach_head(context.backbone, context.zoo, card.id)


@pytest.mark.parametrize(
    ("members", "sampling", "problem"),
    [
        ([MixtureTask("snli")], UNIFORM, "at least two parts"),
        ([MixtureTask("snli"), MixtureTask("snli", "en")], UNIFORM, "snli@en stands twice"),
        ([MixtureTask("snli"), MixtureTask("mnli")], Sampling(masked_lm=0.5), "a share of masked_lm"),
        ([MixtureTask("snli"), MixtureTask("xnli")], UNIFORM, "xnli has no training data of its own"),
    ],
)
def test_what_is_no_mixture_is_refused(
    members: list[MixtureTask], sampling: Sampling, problem: str, tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    with pytest.raises(UsageError, match=problem):
        train_mixture(context, members, sampling, TrainRequest(config=settings()))
    assert not context.zoo.entries()


def test_a_part_that_would_get_no_step_is_refused(
    tiny_backbone: Path, make_context: Any, settings: Any, text: Path
) -> None:
    context = make_context(tiny_backbone)
    with pytest.raises(UsageError, match="masked_lm would get none of the 3 steps"):
        train_mixture(
            context,
            [MixtureTask("snli")],
            Sampling(masked_lm=1e-6),
            TrainRequest(config=settings(max_steps=3)),
            texts=[PlainText(str(text), "en")],
        )
