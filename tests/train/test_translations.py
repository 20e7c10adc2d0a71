"""A language adapter pulled to translations: what it makes of a text comes near what the backbone makes of those."""

import random
from collections.abc import Callable
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from madx_stilts.config import AdapterConfig
from madx_stilts.data.batch import collate
from madx_stilts.data.mask import masked
from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Encoded, EncodedBuilder
from madx_stilts.formats.frame import frame_of_pair
from madx_stilts.nets.attach import attach
from madx_stilts.nets.stacking import activate, add_fresh
from madx_stilts.recipe import Method, Part, Recipe, TrainSettings
from madx_stilts.train.links import Cutter, TranslationTable
from madx_stilts.train.requests import TrainRequest, train_language
from madx_stilts.train.translations import _SEGMENTS, Translations

WORDS = ["the", "dog", "sleeps", "house", "red", "small", "runs"]
OTHERS = dict(zip(WORDS, ["is", "here", "under", "big", "two", "old", "eats"], strict=True))


@pytest.fixture
def context(still_backbone: Path, make_context: Callable[..., Any]) -> Any:
    return make_context(still_backbone)


@pytest.fixture
def pairs() -> list[tuple[str, str]]:
    rng = random.Random(5)
    texts = [rng.choices(WORDS, k=rng.randint(3, 8)) for _ in range(60)]
    return [(" ".join(text), " ".join(OTHERS[word] for word in reversed(text))) for text in texts]


def encoded_of(backbone: Any, pieces: list[Any]) -> Encoded:
    """Windows of texts and their translations."""
    builder, frame = EncodedBuilder(), frame_of_pair(backbone.words)
    for first, second in pieces:
        builder.add(frame.wrap(first, second), {})
    return builder.build()


def measure_of(backbone: Any, pairs: list[tuple[str, str]], room: int = 200) -> tuple[Translations, Any, Any]:
    """The measure, a batch of all windows with pieces hidden, and the pieces of texts and translations."""
    pieces = [tuple(backbone.tokenizer(text, add_special_tokens=False)["input_ids"] for text in pair) for pair in pairs]
    encoded = encoded_of(backbone, pieces)
    batch = collate(encoded, np.arange(len(pairs)), pad_id=backbone.tokenizer.pad_token_id)
    return Translations(backbone, encoded, room), masked(batch, backbone.tokenizer, share=0.4, seed=1), pieces


def segments(sequence: Any, inside: Any) -> list[int]:
    """How many pieces each segment of a frame holds."""
    return [len([*run]) for of_text, run in groupby(inside[sequence].tolist()) if of_text]


def test_each_text_is_read_alone_or_in_a_segment_with_others(context: Any, pairs: list[tuple[str, str]]) -> None:
    measure, _, pieces = measure_of(context.backbone, pairs)
    order = [*range(30, 54)]
    sides = measure.sides(order)
    lengths = [[len(pieces[at][number]) for at in order] for number in (0, 1)]
    for number, side in enumerate(sides):
        ids = side.inputs["input_ids"]
        assert ids[side.inside].tolist() == [piece for at in order for piece in pieces[at][number]]
        held = [segments(sequence, side.inside) for sequence in range(len(ids))]
        of_text = iter(lengths[number])
        for wanted, found in zip(cycle(_SEGMENTS), held, strict=False):
            assert found == [sum(next(of_text) for _ in range(count)) for count in wanted][: len(found)]
        # What is no piece of a text is of the frame, which is that of the tokenizer.
        own = [*context.backbone.tokenizer.all_special_ids]
        real = side.inputs["attention_mask"] == 1
        assert set(ids[real & ~side.inside].tolist()) <= {*own}


@pytest.mark.parametrize("spare", [4, 10, 20, 40])
def test_no_frame_is_longer_than_it_may_be_and_none_is_left_out(
    context: Any, pairs: list[tuple[str, str]], spare: int
) -> None:
    longest = max(len(context.backbone.tokenizer(text)["input_ids"]) for pair in pairs for text in pair)
    measure, _, pieces = measure_of(context.backbone, pairs, longest + spare)
    for number, side in enumerate(measure.sides(range(len(pairs)))):
        assert side.inputs["input_ids"].shape[1] <= longest + spare
        assert side.inputs["input_ids"][side.inside].tolist() == [piece for pair in pieces for piece in pair[number]]


def test_links_are_between_what_says_the_same(context: Any) -> None:
    names = context.backbone.tokenizer.get_vocab()
    pieces = [piece for name, piece in sorted(names.items()) if name.startswith("▁") and name[1:].isalpha()]
    meant = dict(zip(pieces[:7], pieces[7:14], strict=True))
    rng = random.Random(6)
    texts = [rng.sample([*meant], 3) for _ in range(60)]
    windows = [(text, [meant[piece] for piece in reversed(text)]) for text in texts]
    measure = Translations(context.backbone, encoded_of(context.backbone, windows), 200)
    order = [5, 3, 40]
    here, there = (
        side.inputs["input_ids"][side.inside][links].tolist()
        for side, links in zip(measure.sides(order), measure.links(order), strict=True)
    )
    assert here == [piece for at in order for piece in texts[at]]
    assert there == [meant[piece] for piece in here]


def test_of_very_many_windows_some_are_learned_from(
    context: Any, pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[int] = []

    class Told(TranslationTable):
        def __init__(self, pairs: Any, cutter: Cutter, on_batch: Any) -> None:
            learned.append(len(pairs))
            super().__init__(pairs, cutter, on_batch)

    monkeypatch.setattr("madx_stilts.train.translations.TranslationTable", Told)
    for most in (len(pairs), len(pairs) - 1, 7):
        monkeypatch.setattr("madx_stilts.train.translations._LEARNED_FROM", most)
        measure_of(context.backbone, pairs)
    assert learned[0] == len(pairs)
    assert learned[1] == len(pairs) / 2
    assert 0 < learned[2] <= 7


def test_a_text_that_is_its_own_translation_is_at_no_distance_until_an_adapter_changes_it(
    context: Any, pairs: list[tuple[str, str]]
) -> None:
    backbone = context.backbone
    measure, batch, _ = measure_of(backbone, [(text, text) for text, _ in pairs])
    add_fresh(backbone, "la", Method(kind="seq_bn_inv", reduction_factor=4), seed=0)
    backbone.model.eval()
    with torch.no_grad():
        assert measure.distance(batch, []).item() == pytest.approx(0, abs=1e-9)
        for name, parameter in backbone.model.named_parameters():
            if ".la." in name:
                parameter.add_(0.5)
        assert measure.distance(batch, ["la"]).item() > 0.01


def test_translations_are_read_without_dropout_and_dropout_is_as_it_was(
    tiny_backbone: Path, make_context: Callable[..., Any], pairs: list[tuple[str, str]]
) -> None:
    backbone: Any = make_context(tiny_backbone).backbone
    measure, batch, _ = measure_of(backbone, pairs)
    backbone.model.train()
    first = next(iter(backbone.base.modules()))
    first.training = False
    before = [module.training for module in backbone.base.modules()]
    with torch.no_grad():
        found = [measure.distance(batch, []).item() for _ in range(2)]
    assert found[0] != found[1]  # the texts are read with it
    assert [module.training for module in backbone.base.modules()] == before


def test_one_sequence_alone_has_no_distance(context: Any, pairs: list[tuple[str, str]]) -> None:
    measure, batch, _ = measure_of(context.backbone, pairs[:1])
    activate(context.backbone, [])
    assert measure.distance(batch, []).item() == 0


def test_training_brings_texts_to_their_translations(
    context: Any, pairs: list[tuple[str, str]], settings: Callable[..., AdapterConfig], tmp_path: Path
) -> None:
    text = tmp_path / "pairs.tsv"
    text.write_text("".join(f"{first}\t{second}\n" for first, second in pairs))
    measure, batch, _ = measure_of(context.backbone, pairs)
    found = []
    for name, changes in (("plain", {}), ("pulled", {"translations": 5.0})):
        config = settings("seq_bn_inv", max_steps=40, keep="last", **changes)
        card = train_language(context, "de", str(text), TrainRequest(config=config, name=name))
        assert ("translations" in card.recipe.model_dump(exclude_none=True)["train"]) == bool(changes)
        with torch.no_grad():
            stack = attach(context.backbone, context.zoo, [card.id])
            context.backbone.model.eval()
            found.append(measure.distance(batch, stack).item())
    assert found[1] < 0.7 * found[0]


def test_text_without_translations_is_refused_before_any_step(
    context: Any, settings: Callable[..., AdapterConfig], tmp_path: Path
) -> None:
    text = tmp_path / "plain.txt"
    text.write_text("\n".join(f"the dog sleeps in house {at}" for at in range(20)))
    # One of the twenty is held back to look at.
    with pytest.raises(UsageError, match="19 have none"):
        train_language(context, "en", str(text), TrainRequest(config=settings("seq_bn_inv", translations=1.0)))
    assert context.zoo.references() == []


def test_it_is_for_language_adapters_alone_and_leaves_the_ids_of_all_others_as_they_were() -> None:
    part = Part(task="mnli", language="en")
    with pytest.raises(ValueError, match="language adapters alone"):
        Recipe(parts=(part,), train=TrainSettings(translations=1.0))
    assert "translations" not in Recipe(parts=(part,)).model_dump(mode="json", exclude_none=True)["train"]
