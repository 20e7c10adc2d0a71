"""A language adapter pulled to translations: what it makes of a text comes near what the backbone makes of those."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from madx_stilts.config import AdapterConfig
from madx_stilts.data.batch import collate
from madx_stilts.data.mask import masked
from madx_stilts.errors import UsageError
from madx_stilts.formats.base import EncodedBuilder
from madx_stilts.formats.frame import frame_of_pair
from madx_stilts.nets.attach import attach
from madx_stilts.nets.stacking import activate, add_fresh
from madx_stilts.recipe import Method, Part, Recipe, TrainSettings
from madx_stilts.train.roles import Wish, train_language
from madx_stilts.train.translations import Translations

WORDS = ["the", "dog", "sleeps", "house", "red", "small", "runs"]
OTHERS = dict(zip(WORDS, ["is", "here", "under", "big", "two", "old", "eats"], strict=True))


@pytest.fixture
def shop(still_backbone: Path, make_shop: Callable[..., Any]) -> Any:
    return make_shop(still_backbone)


@pytest.fixture
def pairs() -> list[tuple[str, str]]:
    rng = random.Random(5)
    texts = [rng.choices(WORDS, k=rng.randint(3, 8)) for _ in range(60)]
    return [(" ".join(text), " ".join(OTHERS[word] for word in reversed(text))) for text in texts]


def batch_of(backbone: Any, pairs: list[tuple[str, str]]) -> Any:
    """Windows of texts and translations with pieces hidden, and the pieces of both."""
    pieces = [tuple(backbone.tokenizer(text, add_special_tokens=False)["input_ids"] for text in pair) for pair in pairs]
    builder, frame = EncodedBuilder(), frame_of_pair(backbone.words)
    for first, second in pieces:
        builder.add(frame.wrap(first, second), {})
    batch = collate(builder.build(), np.arange(len(pairs)), pad_id=backbone.tokenizer.pad_token_id)
    return masked(batch, backbone.tokenizer, share=0.4, seed=1), pieces


def test_texts_are_found_again_under_the_mask_some_alone_and_some_in_pairs(
    shop: Any, pairs: list[tuple[str, str]]
) -> None:
    batch, pieces = batch_of(shop.backbone, pairs)
    sides = Translations(shop.backbone, 200).sides(batch)
    for number, side in enumerate(sides):
        ids = side.inputs["input_ids"]
        for at, pair in enumerate(pieces):
            assert ids[side.text == at].tolist() == pair[number]
        held = [len({*row[row >= 0].tolist()}) for row in side.text]
        assert held == [2, 1, 1] * (len(pairs) // 4)
        # What is no piece of a text is of the frame, which is that of the tokenizer.
        own = [*shop.backbone.tokenizer.all_special_ids]
        real = side.inputs["attention_mask"] == 1
        assert set(ids[real & (side.text < 0)].tolist()) <= {*own}
    assert torch.equal(sides[0].text.max(dim=1).values, sides[1].text.max(dim=1).values)


def test_texts_that_are_too_long_together_are_read_alone(shop: Any, pairs: list[tuple[str, str]]) -> None:
    batch, pieces = batch_of(shop.backbone, pairs)
    longest = max(len(text) for pair in pieces for text in pair)
    for room in (longest + 4, longest + 20):
        sides = Translations(shop.backbone, room).sides(batch)
        assert all(side.inputs["input_ids"].shape[1] <= room for side in sides)
        assert {*sides[0].text[sides[0].text >= 0].tolist()} == {*range(len(pieces))}
        assert 0 < sum(len({*row[row >= 0].tolist()}) == 2 for row in sides[0].text) < len(pairs) / 4


def test_a_text_that_is_its_own_translation_is_at_no_distance_until_an_adapter_changes_it(
    shop: Any, pairs: list[tuple[str, str]]
) -> None:
    backbone = shop.backbone
    batch, _ = batch_of(backbone, [(text, text) for text, _ in pairs])
    add_fresh(backbone, "la", Method(kind="seq_bn_inv", reduction_factor=4), seed=0)
    backbone.model.eval()
    measure = Translations(backbone, 200)
    with torch.no_grad():
        assert measure.distance(batch, []).item() == pytest.approx(0, abs=1e-9)
        for name, parameter in backbone.model.named_parameters():
            if ".la." in name:
                parameter.add_(0.5)
        assert measure.distance(batch, ["la"]).item() > 0.01


def test_translations_are_read_without_dropout_and_dropout_is_as_it_was(
    tiny_backbone: Path, make_shop: Callable[..., Any], pairs: list[tuple[str, str]]
) -> None:
    backbone: Any = make_shop(tiny_backbone).backbone
    batch, _ = batch_of(backbone, pairs)
    backbone.model.train()
    first = next(iter(backbone.base.modules()))
    first.training = False
    before = [module.training for module in backbone.base.modules()]
    measure = Translations(backbone, 200)
    with torch.no_grad():
        found = [measure.distance(batch, []).item() for _ in range(2)]
    assert found[0] != found[1]  # the texts are read with it
    assert [module.training for module in backbone.base.modules()] == before


@pytest.mark.parametrize("count", [1, 2])
def test_one_sequence_alone_has_no_distance(shop: Any, pairs: list[tuple[str, str]], count: int) -> None:
    batch, _ = batch_of(shop.backbone, pairs[:count])
    activate(shop.backbone, [])
    assert Translations(shop.backbone, 200).distance(batch, []).item() == 0


def test_training_brings_texts_to_their_translations(
    shop: Any, pairs: list[tuple[str, str]], settings: Callable[..., AdapterConfig], tmp_path: Path
) -> None:
    text = tmp_path / "pairs.tsv"
    text.write_text("".join(f"{first}\t{second}\n" for first, second in pairs))
    batch, _ = batch_of(shop.backbone, pairs)
    found = []
    for name, changes in (("plain", {}), ("aligned", {"alignment": 5.0})):
        config = settings("seq_bn_inv", max_steps=40, keep="last", **changes)
        card = train_language(shop, "de", str(text), Wish(config=config, name=name))
        assert ("alignment" in card.recipe.model_dump(exclude_none=True)["train"]) == bool(changes)
        with torch.no_grad():
            stack = attach(shop.backbone, shop.zoo, [card.id])
            shop.backbone.model.eval()
            found.append(Translations(shop.backbone, 200).distance(batch, stack).item())
    assert found[1] < 0.7 * found[0]


def test_text_without_translations_is_refused_before_any_step(
    shop: Any, settings: Callable[..., AdapterConfig], tmp_path: Path
) -> None:
    text = tmp_path / "plain.txt"
    text.write_text("\n".join(f"the dog sleeps in house {at}" for at in range(20)))
    # One of the twenty is held back to look at.
    with pytest.raises(UsageError, match="19 have none"):
        train_language(shop, "en", str(text), Wish(config=settings("seq_bn_inv", alignment=1.0)))
    assert shop.zoo.references() == []


def test_it_is_for_language_adapters_alone_and_leaves_the_ids_of_all_others_as_they_were() -> None:
    part = Part(task="mnli", language="en")
    with pytest.raises(ValueError, match="language adapters alone"):
        Recipe(parts=(part,), train=TrainSettings(alignment=1.0))
    assert "alignment" not in Recipe(parts=(part,)).model_dump(mode="json", exclude_none=True)["train"]
