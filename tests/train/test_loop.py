"""The loop does what a plain loop over the library's own model does, and what its settings say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from madx_stilts.data.read import read
from madx_stilts.errors import JobFailed, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Limits
from madx_stilts.nets.heads import Head, add_head
from madx_stilts.nets.stacking import adapter_parameters, add_fresh, head_parameters
from madx_stilts.recipe import Part, Recipe
from madx_stilts.score.dev import DevEvaluator
from madx_stilts.score.predict import OnBatch, unwatched
from madx_stilts.stack import Role
from madx_stilts.tasks import TASKS
from madx_stilts.train.batches import BatchSampler, PartBatches, StepBatch
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.examples import TrainingExamples, load_examples
from madx_stilts.train.learner import Learner
from madx_stilts.train.loop import LoopContext, run
from madx_stilts.train.requests import TrainRequest, train_intermediate, train_language, train_target
from madx_stilts.train.run import train
from madx_stilts.train.schedule import Schedule

Weights = dict[str, torch.Tensor]


def weights_of(context: Any, card: Any) -> Weights:
    folder = context.zoo.folder(card.id)
    return load_file(folder / "adapter.safetensors")


def learners_of(context: Any, config: Any, names: Sequence[str]) -> tuple[list[Learner], BatchSampler]:
    """Fresh learners of MNLI on one backbone, each drawn from a seed of its own."""
    backbone, task = context.backbone, TASKS["mnli"]
    material = load_examples(Part(task="mnli", language="en"), config.train, context.place)
    encoded = context.encoder.encode(material.train, Limits(config.train.max_tokens))
    course = Schedule(config.train, len(encoded))
    kind = FORMATS[task.format].head
    learners = []
    for seed, name in enumerate(names):
        add_fresh(backbone, name, config.method, seed=seed)
        add_head(backbone, name, kind, task, seed=seed)
        parameters = {**adapter_parameters(backbone, name), **head_parameters(backbone, name)}
        learners.append(Learner(backbone, [name], [Head(name, kind, task.name)], parameters, course))
    backbone.model.requires_grad_(False)
    for learner in learners:
        for parameter in learner.parameters.values():
            parameter.requires_grad_(True)
    supply = PartBatches(encoded, course, backbone, seed=0, masks=False)
    return learners, BatchSampler([supply], [1.0], steps=max(40, course.steps), seed=0)


def session(context: Any, folder: Path) -> LoopContext:
    from madx_stilts.nets.architecture import Trunk

    return LoopContext(context.backbone, Trunk(0, into_next=True), folder, NullCallback())


def test_it_equals_a_plain_loop_over_the_librarys_own_loss(
    still_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    config = settings(keep="last", schedule="constant", warmup=0.0)
    context = make_context(still_backbone)
    (ours,), feed = learners_of(context, config, ["ours"])
    other = make_context(still_backbone, "other")
    (theirs,), _ = learners_of(other, config, ["ours"])
    run(session(context, tmp_path), [ours], feed, judge=None)

    model = other.backbone.model
    model.set_active_adapters("ours")
    optimizer = torch.optim.AdamW(theirs.parameters.values(), lr=config.train.learning_rate, weight_decay=0.0)
    for step in range(config.train.max_steps):
        (batch,) = feed(step).batches
        model(**batch.inputs, labels=batch.labels["label"], head="ours").loss.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    for name, parameter in ours.parameters.items():
        torch.testing.assert_close(parameter, theirs.parameters[name], rtol=0, atol=1e-6)


def test_learners_that_train_together_end_like_learners_that_train_alone(
    still_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    config = settings(keep="last", clip_norm=0.1)
    context = make_context(still_backbone)
    together, feed = learners_of(context, config, ["one", "two"])
    run(session(context, tmp_path / "together"), together, feed, judge=None)
    for at in range(2):
        other = make_context(still_backbone, f"alone{at}")
        alone, _ = learners_of(other, config, ["one", "two"])
        run(session(other, tmp_path / f"alone{at}"), [alone[at]], feed, judge=None)
        for name, parameter in alone[at].parameters.items():
            assert torch.equal(parameter, together[at].parameters[name])


def test_a_batch_in_parts_gives_the_same_weights(still_backbone: Path, make_context: Any, settings: Any) -> None:
    cards = []
    context = make_context(still_backbone)
    for accumulate in (1, 4):
        config = settings(keep="last", accumulate=accumulate, dev_limit=8)
        cards.append(train_intermediate(context, "mnli", TrainRequest(config=config, name=f"a{accumulate}")))
    whole, parts = (list(weights_of(context, card).values()) for card in cards)
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_recomputing_activations_changes_nothing(still_backbone: Path, make_context: Any, settings: Any) -> None:
    from dataclasses import replace

    request = TrainRequest(config=settings(keep="last", dev_limit=8))
    plain = make_context(still_backbone, "plain")
    saving = replace(make_context(still_backbone, "saving"), recompute=True)
    one = weights_of(plain, train_intermediate(plain, "mnli", request))
    other = weights_of(saving, train_intermediate(saving, "mnli", request))
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], rtol=0, atol=1e-6)


def test_training_leaves_the_backbone_as_it_was(tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    context = make_context(tiny_backbone)
    before = context.backbone.weights_digest()
    train_intermediate(context, "mnli", TrainRequest(config=settings(dev_limit=8)))
    assert context.backbone.weights_digest() == before
    assert list(context.backbone.model.adapters_config) == []


class Scripted:
    """Dev scores from a list, and the weights at each look."""

    def __init__(self, learner: Learner, scores: Sequence[float]) -> None:
        self.learner = learner
        self.scores = iter(scores)
        self.seen: list[Weights] = []

    def __call__(self, stack: list[str], on_batch: OnBatch = unwatched) -> Mapping[str, float]:
        self.seen.append(self.learner.weights())
        return {"accuracy": next(self.scores)}


@pytest.mark.parametrize(("keep", "kept"), [("best", 1), ("last", 4)])
def test_the_artefact_has_the_best_or_the_last_weights(
    keep: str, kept: int, tiny_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    context = make_context(tiny_backbone)
    (learner,), feed = learners_of(context, settings(keep=keep, evaluate_every=2), ["a"])
    script = Scripted(learner, [50, 70, 60, 70, 65])
    run(session(context, tmp_path), [learner], feed, DevEvaluator(script, "accuracy"))
    learner.settle()
    assert len(script.seen) == 5
    assert all(torch.equal(value, script.seen[kept][name]) for name, value in learner.weights().items())


def test_training_stops_early_when_patience_is_spent(
    tiny_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    context = make_context(tiny_backbone)
    (learner,), feed = learners_of(context, settings(patience=2, evaluate_every=1), ["a"])
    done = run(
        session(context, tmp_path), [learner], feed, DevEvaluator(Scripted(learner, [50, 60, 55, 60, 99]), "accuracy")
    )
    assert done == 4
    assert (learner.best_score, learner.best_step) == (60, 2)


def test_the_average_is_the_mean_of_the_snapshots(
    tiny_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    context = make_context(tiny_backbone)
    (learner,), feed = learners_of(context, settings(keep="average", snapshots=5, evaluate_every=2), ["a"])
    script = Scripted(learner, [1, 2, 3, 4, 5])
    run(session(context, tmp_path), [learner], feed, DevEvaluator(script, "accuracy"))
    learner.settle()
    for name, value in learner.weights().items():
        mean = torch.stack([seen[name] for seen in script.seen]).mean(dim=0)
        torch.testing.assert_close(value, mean, rtol=0, atol=1e-6)


def test_gradual_unfreezing_moves_upper_layers_first(
    tiny_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    context = make_context(tiny_backbone)
    (learner,), feed = learners_of(
        context, settings(unfreeze_every=2, evaluate_every=2, max_steps=8, keep="last"), ["a"]
    )
    fresh = learner.weights()
    script = Scripted(learner, [1, 2, 3, 4])
    run(session(context, tmp_path), [learner], feed, DevEvaluator(script, "accuracy"))
    moved = [
        {
            at
            for at in range(4)
            if any(f".layer.{at}." in name and not torch.equal(seen[name], fresh[name]) for name in seen)
        }
        for seen in script.seen
    ]
    assert moved == [{3}, {2, 3}, {1, 2, 3}, {0, 1, 2, 3}]


def test_a_loss_that_is_no_number_ends_the_training(tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    context, config = make_context(tiny_backbone), settings(warmup=0.0)
    wild = config.train.model_copy(update={"learning_rate": 1e30, "clip_norm": 1e30})  # no config can say so
    with pytest.raises(JobFailed, match=r"loss of mnli-.* is (nan|inf)"):
        train_intermediate(context, "mnli", TrainRequest(config=config.model_copy(update={"train": wild})))
    assert context.zoo.entries() == []
    assert list(context.backbone.model.adapters_config) == []


def test_masked_language_modelling_learns_the_text_and_keeps_no_head(
    tiny_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    from madx_stilts.demo.sentences import all_text

    text = tmp_path / "text.txt"
    text.write_text("\n".join(dict.fromkeys(all_text())))
    context = make_context(tiny_backbone)
    short, long = (settings("seq_bn_inv", max_steps=steps, evaluate_every=None, batch_size=16) for steps in (1, 60))
    cards = [
        train_language(context, "en", str(text), TrainRequest(config=config, name=f"l{n}"))
        for n, config in enumerate((short, long))
    ]
    assert cards[1].scores["loss"] < cards[0].scores["loss"] - 0.3
    assert not (context.zoo.folder(cards[1].id) / "model_head.safetensors").exists()


def test_a_target_stands_on_frozen_adapters_and_their_files_stay_as_they_are(
    tiny_backbone: Path, make_context: Any, settings: Any, tmp_path: Path
) -> None:
    from dataclasses import replace

    text = tmp_path / "text.txt"
    text.write_text("\n".join(f"the dog sleeps in house {at}" for at in range(60)))
    context = make_context(tiny_backbone)
    language = train_language(context, "en", str(text), TrainRequest(config=settings("seq_bn_inv", max_steps=2)))
    request = TrainRequest(config=settings(max_steps=3, dev_limit=8), language_adapter=context.zoo.find("language/en"))
    middle = train_intermediate(context, "snli", request)
    files = {card.id: card.files for card in (language, middle)}
    top = train_target(context, "xnli", request, on=[context.zoo.find("intermediate/snli")])
    assert top.recipe.below == (language.id, middle.id)
    assert {identity: context.zoo.card(identity).files for identity in files} == files
    assert context.zoo.verify() == []
    with pytest.raises(UsageError, match="was trained on"):
        train_target(
            context, "xnli", replace(request, language_adapter=None), on=[context.zoo.find("intermediate/snli")]
        )


def test_continuing_starts_from_the_intermediates_weights_with_a_fresh_head(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    request = TrainRequest(config=settings(max_steps=3, dev_limit=8, keep="last"))
    first = train_intermediate(context, "snli", request)
    barely = TrainRequest(config=settings(max_steps=1, dev_limit=8, keep="last", learning_rate=1e-9))
    second = train_target(context, "xnli", barely, on=[context.zoo.find("intermediate/snli")], transfer="continue")
    assert second.recipe.below == ()
    for one, other in zip(weights_of(context, first).values(), weights_of(context, second).values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    heads = [load_file(context.zoo.folder(card.id) / "model_head.safetensors") for card in (first, second)]
    assert not all(torch.equal(one, other) for one, other in zip(heads[0].values(), heads[1].values(), strict=True))


def test_xnli_without_intermediate_is_the_mnli_training_itself(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    request = TrainRequest(config=settings(max_steps=2, dev_limit=8))
    assert train_intermediate(context, "mnli", request).id == train_target(context, "xnli", request).id
    assert {str(ref.role) for ref in context.zoo.refs_of(context.zoo.find("target/xnli").id)} == {
        "intermediate",
        "target",
    }


def test_xcopa_is_trained_on_siqa_and_then_on_copa_with_the_same_head(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    card = train_target(context, "xcopa", TrainRequest(config=settings(max_steps=2, dev_limit=8)))
    siqa = context.zoo.find("target/siqa")
    assert card.recipe.start is not None
    assert (card.recipe.start.adapter, card.recipe.start.head) == (siqa.id, True)
    assert [part.task for part in card.recipe.parts] == ["copa"]


@pytest.mark.parametrize("task", ["commonsense_qa", "squad_v1", "panx"])
def test_every_format_trains(task: str, tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    context = make_context(tiny_backbone)
    recipe = Recipe(parts=(Part(task=task, language="en"),), train=settings(max_steps=2, dev_limit=8).train)
    materials = TrainingExamples([load_examples(recipe.parts[0], recipe.train, context.place)])
    card = train(context, recipe, materials, role=Role.INTERMEDIATE, name=task)
    assert card.scores[TASKS[task].primary_metric] >= 0


def test_parts_of_a_batch_are_on_the_feed_in_order(tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    """A feed is a pure function of the step, which exact resume rests on."""
    context = make_context(tiny_backbone)
    _, feed = learners_of(context, settings(accumulate=2), ["a"])

    def ids(dealt: StepBatch) -> list[list[int]]:
        return [batch.groups.tolist() for batch in dealt.batches]

    forward = [ids(feed(step)) for step in range(40)]
    assert [ids(feed(step)) for step in reversed(range(40))] == forward[::-1]


def test_a_method_that_does_not_compose_is_refused_before_anything_is_read(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(tiny_backbone)
    train_intermediate(context, "snli", TrainRequest(config=settings(max_steps=2, dev_limit=8)))
    lora = TrainRequest(config=settings("lora", max_steps=2, dev_limit=8))
    with pytest.raises(UsageError, match="lora adapters cannot be stacked"):
        train_target(context, "xnli", lora, on=[context.zoo.find("intermediate/snli")])


def test_a_limit_of_training_data_limits_dev_data_too_and_that_is_said(
    tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    said: list[str] = []
    context = replace(make_context(tiny_backbone), tell=said.append)
    request = TrainRequest(config=settings(max_steps=1), limit=12)
    card = train_intermediate(context, "mnli", request)
    assert card.recipe.train.dev_limit == 12
    few = read(TASKS["mnli"], "en", "dev", place=context.place, limit=12)
    assert card.data["mnli@en:dev"] == few.fingerprint
    assert [sentence for sentence in said if "published" not in sentence] == [
        "At most 12 dev examples are scored, as many as are trained on (train.dev_limit)."
    ]
