"""What a language adapter is called tells which output layer it was trained with."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from madx_stilts.card import MASKED_LM_HEAD, Card
from madx_stilts.errors import BackboneError, UsageError
from madx_stilts.nets.masked_head import FRESH
from madx_stilts.recipe import Method, Sampling
from madx_stilts.train.requests import (
    MixtureTask,
    PlainText,
    TrainRequest,
    train_intermediate,
    train_language,
    train_mixture,
)

Tensors = dict[str, Tensor]
HEAD = "lm_head."


@pytest.fixture
def text(tmp_path: Path) -> str:
    file = tmp_path / "text.txt"
    file.write_text("\n".join(f"the dog sleeps in house {at}" for at in range(60)))
    return str(file)


@pytest.fixture
def asked(settings: Callable[..., Any]) -> TrainRequest:
    return TrainRequest(config=settings(max_steps=3, evaluate_every=None, keep="last"))


@pytest.fixture
def shop_of(tiny_backbone: Path, make_context: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """A workshop on the tiny backbone, saved in another way."""

    def make(name: str, change: Callable[[Tensors], Tensors], *, pickled: bool = False) -> Any:
        folder = Path(shutil.copytree(tiny_backbone, tmp_path / name))
        weights = change(load_file(folder / "model.safetensors"))
        (folder / "model.safetensors").unlink()
        if pickled:
            torch.save(weights, folder / "pytorch_model.bin")
        else:
            save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return make_context(folder, f"zoo of {name}")

    return make


def as_it_is(weights: Tensors) -> Tensors:
    return weights


def with_another_bias(weights: Tensors) -> Tensors:
    return weights | {f"{HEAD}bias": torch.linspace(-1, 1, len(weights[f"{HEAD}bias"]))}


def without_head(weights: Tensors) -> Tensors:
    return {name: value for name, value in weights.items() if not name.startswith(HEAD)}


def weights_of(context: Any, card: Card) -> list[Tensor]:
    return [value for _, value in sorted(load_file(context.zoo.folder(card.id) / "adapter.safetensors").items())]


def same(some: list[Tensor], others: list[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(some, others, strict=True))


def test_equal_heads_make_one_adapter_however_they_were_saved(
    shop_of: Callable[..., Any], asked: TrainRequest, text: str
) -> None:
    shops = [shop_of("plain", as_it_is), shop_of("pickled", as_it_is, pickled=True)]
    plain, pickled = (train_language(context, "en", text, asked) for context in shops)
    assert plain.id == pickled.id == plain.expected_id
    assert same(weights_of(shops[0], plain), weights_of(shops[1], pickled))
    assert plain.data[MASKED_LM_HEAD] == shops[0].backbone.masked_lm_identity()


def test_another_head_or_none_makes_another_adapter(
    shop_of: Callable[..., Any], asked: TrainRequest, text: str
) -> None:
    changes = {"plain": as_it_is, "biased": with_another_bias, "bare": without_head}
    shops = {name: shop_of(name, change) for name, change in changes.items()}
    cards = {name: train_language(context, "en", text, asked) for name, context in shops.items()}
    assert len({context.backbone.fingerprint for context in shops.values()}) == 1
    assert len({card.id for card in cards.values()}) == 3
    assert cards["bare"].data[MASKED_LM_HEAD] == FRESH
    assert not same(weights_of(shops["plain"], cards["plain"]), weights_of(shops["biased"], cards["biased"]))


def test_a_mixture_with_text_tells_it_too_and_a_task_alone_does_not(
    shop_of: Callable[..., Any], asked: TrainRequest, text: str
) -> None:
    shops = [shop_of("plain", as_it_is), shop_of("biased", with_another_bias)]
    sampling, texts = Sampling(masked_lm=0.5), [PlainText(text, "en")]
    mixed = [train_mixture(context, [MixtureTask("snli")], sampling, asked, texts=texts) for context in shops]
    assert mixed[0].id != mixed[1].id
    alone = [train_intermediate(context, "snli", asked) for context in shops]
    assert alone[0].id == alone[1].id
    assert MASKED_LM_HEAD not in alone[0].data


def test_a_head_in_part_is_refused_before_a_step(shop_of: Callable[..., Any], asked: TrainRequest, text: str) -> None:
    def in_part(weights: Tensors) -> Tensors:
        return {name: value for name, value in weights.items() if name != f"{HEAD}dense.bias"}

    context = shop_of("part", in_part)
    with pytest.raises(BackboneError, match=r"head without lm_head\.dense\.bias"):
        train_language(context, "en", text, asked)
    assert context.zoo.references() == []
    assert train_intermediate(context, "snli", asked).id


def test_what_would_lose_a_part_or_its_effect_is_refused(
    shop_of: Callable[..., Any], asked: TrainRequest, settings: Callable[..., Any]
) -> None:
    context = shop_of("plain", as_it_is)
    for config, reason in (
        (settings(max_tokens=513), "max_tokens is 513, and tiny has positions for 512 tokens"),
        (settings("loreft", weight_decay=0.1), "loreft adapter comes to do nothing"),
        (settings(unfreeze_every=4, max_steps=10), "10 steps reach down to layer 1, and the adapter begins in layer 0"),
    ):
        with pytest.raises(UsageError, match=reason):
            train_intermediate(context, "snli", TrainRequest(config=config))
    assert context.zoo.references() == []
    reaching = settings(unfreeze_every=4, max_steps=10)
    high = reaching.model_copy(update={"method": Method(reduction_factor=4, leave_out=(0,))})
    assert train_intermediate(context, "snli", TrainRequest(config=high)).id
