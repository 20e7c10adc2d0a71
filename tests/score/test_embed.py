"""A text's embedding is its layer's hidden states, pooled, and depends on nothing but the text and the stack."""

from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from madx_stilts.demo.sentences import all_text
from madx_stilts.errors import JobFailed, StorageError, UsageError
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.formats.retrieval import RetrievalExample, RetrievalFormat
from madx_stilts.nets.attach import attach
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate
from madx_stilts.score.context import EvalContext
from madx_stilts.score.embed import Pooling, embed, published_layer, room_for
from madx_stilts.score.predict import BATCH_TOKENS, batches
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS

TEXTS = ["", *all_text()[:20], " ".join(all_text()[20:26])]
EVERY = (1, 2, 3, 4)


def encoded_of(backbone: Backbone, texts: list[str]) -> Encoded:
    examples = [RetrievalExample(str(at), at, text) for at, text in enumerate(texts)]
    return RetrievalFormat().encode(examples, backbone.words, Limits(40), TASKS["tatoeba"])


@pytest.fixture
def backbone(context: EvalContext, stack_of: Callable[..., Stack]) -> Backbone:
    """A backbone with two adapters active, one of them invertible."""
    refs = stack_of("language/en", "intermediate/snli").refs
    activate(context.backbone, attach(context.backbone, context.zoo, [ref.id for ref in refs]))
    return context.backbone


@pytest.mark.parametrize("kind", ["mean", "cls"])
@pytest.mark.parametrize("layer", EVERY)
def test_it_is_the_pooled_hidden_states_of_its_layer_after_the_adapters(
    kind: Any, layer: int, backbone: Backbone
) -> None:
    encoded = encoded_of(backbone, TEXTS)
    found = embed(backbone, encoded, kind=kind, layers=[layer])[layer]
    backbone.model.eval()
    for at in range(len(TEXTS)):
        ids = encoded.tokens["input_ids"][encoded.bounds[at] : encoded.bounds[at + 1]]
        inputs = {"input_ids": torch.tensor(ids[None].astype(np.int64)), "attention_mask": torch.ones(1, len(ids))}
        with torch.inference_mode():
            states: Any = backbone.base(**inputs, output_hidden_states=True)
        hidden = states.hidden_states[layer][0].numpy()
        expected = hidden.mean(axis=0) if kind == "mean" else hidden[0]
        np.testing.assert_allclose(found[at], expected / np.linalg.norm(expected), atol=1e-5)


def test_adapters_change_it(backbone: Backbone) -> None:
    encoded = encoded_of(backbone, TEXTS)
    stacked = embed(backbone, encoded, kind="mean", layers=EVERY)
    activate(backbone, [])
    bare = embed(backbone, encoded, kind="mean", layers=EVERY)
    assert all(np.abs(stacked[layer] - bare[layer]).max() > 1e-3 for layer in EVERY)


@pytest.mark.parametrize("budget", [1, 90, 333])
def test_it_does_not_depend_on_how_texts_share_batches(
    budget: int, backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = encoded_of(backbone, TEXTS)
    together = embed(backbone, encoded, kind="mean", layers=[3])[3]
    monkeypatch.setitem(BATCH_TOKENS, "cpu", budget)
    np.testing.assert_allclose(embed(backbone, encoded, kind="mean", layers=[3])[3], together, atol=1e-5)


def test_all_layers_of_one_pass_are_those_of_a_pass_each(backbone: Backbone) -> None:
    encoded = encoded_of(backbone, TEXTS)
    together = embed(backbone, encoded, kind="mean", layers=EVERY)
    for layer in EVERY:
        np.testing.assert_array_equal(embed(backbone, encoded, kind="mean", layers=[layer])[layer], together[layer])
        np.testing.assert_allclose(np.linalg.norm(together[layer], axis=1), 1, atol=1e-5)


def test_leaving_the_model_early_leaves_it_as_it_was(backbone: Backbone) -> None:
    encoded = encoded_of(backbone, TEXTS)
    inputs = next(batches(backbone, encoded)).inputs
    backbone.model.eval()
    with torch.inference_mode():
        before = backbone.hidden(inputs)
        embed(backbone, encoded, kind="mean", layers=[1])
        assert torch.equal(backbone.hidden(inputs), before)


def test_what_lies_above_the_layer_is_not_computed(backbone: Backbone) -> None:
    seen: list[int] = []
    layers = backbone.anatomy.layer_list(backbone.base)
    hooks = [module.register_forward_pre_hook(lambda *_, at=at: seen.append(at)) for at, module in enumerate(layers)]
    embed(backbone, encoded_of(backbone, TEXTS[:1]), kind="mean", layers=[2])
    for hook in hooks:
        hook.remove()
    assert seen == [0, 1]


def test_hidden_states_that_are_not_finite_are_told(backbone: Backbone) -> None:
    next(backbone.anatomy.layer_list(backbone.base)[1].parameters()).data.fill_(float("nan"))
    with pytest.raises(JobFailed, match="layer 2 are not finite"):
        embed(backbone, encoded_of(backbone, TEXTS), kind="mean", layers=[2])


# --- Where vectors are kept. ---


def test_vectors_are_on_disk_under_no_name(tmp_path: Path) -> None:
    vectors = room_for(3, 4, tmp_path / "new")
    vectors[:] = 1
    assert isinstance(vectors, np.memmap)
    assert vectors.sum() == 12
    assert list((tmp_path / "new").iterdir()) == []


def test_a_place_that_cannot_hold_them_is_told(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    with pytest.raises(StorageError, match="occupied"):
        room_for(3, 4, tmp_path / "occupied")


def test_a_full_disk_is_told_and_does_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: FileIO("/dev/full", "r+"))
    with pytest.raises(StorageError, match="No space"):
        room_for(3, 4)


# --- Which layer. ---


def test_the_layer_is_that_of_xtreme_unless_one_is_named() -> None:
    assert [published_layer(layers) for layers in (12, 24, 6, 4, 1)] == [8, 14, 4, 2, 1]
    assert Pooling().layer_of(12) == 8
    assert Pooling(layer=3).layer_of(12) == 3


@pytest.mark.parametrize("layer", [0, 13, -1])
def test_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    with pytest.raises(UsageError, match=f"no layer {layer}") as caught:
        Pooling(layer=layer).layer_of(12)
    assert "1 to 12" in caught.value.hint
