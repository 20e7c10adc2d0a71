"""The card: what is written is read again, and what cannot be right is refused with the reason."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from madx_stilts.card import FORMAT_VERSION, BackboneNote, Card, Foreign, Parent, now
from madx_stilts.errors import AdapterError
from madx_stilts.recipe import Method, Part, Recipe, StartWeights, TrainSettings

ids = st.text("0123456789abcdef", min_size=64, max_size=64)
finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(min_value=0, max_value=2**63)
texts = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    start = draw(st.none() | st.builds(StartWeights, adapter=ids, head=st.booleans()))
    return Recipe(
        parts=(Part(task=draw(st.text()), language="en", limit=draw(st.none() | st.integers(1, 10**6))),),
        below=tuple(draw(st.lists(ids, max_size=2))),
        start=start,
        method=Method(reduction_factor=draw(st.integers(1, 64)), leave_out=draw(st.sampled_from([(), (0, 1)]))),
        train=TrainSettings(learning_rate=draw(st.floats(1e-9, 1.0))),
        seed=draw(st.integers(0, 2**32)),
    )


@st.composite
def cards(draw: st.DrawFn) -> Card:
    recipe = draw(recipes())
    needed = [*recipe.below, *([recipe.start.adapter] if recipe.start else [])]
    note = BackboneNote(
        name=draw(st.text()), fingerprint=draw(ids), model_type="bert", hidden_size=draw(st.integers(1, 8192)), layers=2
    )
    data = draw(texts)
    return Card(
        id=recipe.identity(backbone=note.fingerprint, data=data),
        name="mnli_3f2a",
        recipe=recipe,
        backbone=note,
        data=data,
        origins=draw(texts),
        parents=tuple(Parent(reference=draw(st.text()), id=id) for id in needed),
        steps=draw(counts),
        examples_seen=draw(counts),
        scores=draw(st.dictionaries(st.text(max_size=8), finite, max_size=3)),
        files=draw(st.dictionaries(st.sampled_from(["adapter.safetensors", "heads/mnli/head_config.json"]), ids)),
        versions=draw(texts),
        licence=draw(st.text()),
        wall_seconds=draw(st.floats(0, 1e9)),
        peak_bytes=draw(counts),
        notes=tuple(draw(st.lists(st.text(), max_size=2))),
    )


@pytest.fixture
def card() -> Card:
    recipe = Recipe(parts=(Part(task="mnli", language="en"),))
    note = BackboneNote(name="tiny", fingerprint="f" * 64, model_type="bert", hidden_size=8, layers=2)
    id = recipe.identity(backbone=note.fingerprint, data={})
    return Card(id=id, name="mnli", recipe=recipe, backbone=note, data={})


@given(cards())
def test_a_card_comes_back_as_it_was_written(card: Card) -> None:
    text = card.to_json()
    assert Card.from_json(text) == card
    assert Card.from_json(text.encode()).to_json() == text


@given(cards())
def test_its_id_follows_from_recipe_backbone_and_data_also_after_reading(card: Card) -> None:
    assert card.expected_id == card.id
    assert Card.from_json(card.to_json()).expected_id == card.id


def test_a_value_given_and_the_same_value_left_out_are_one_recipe() -> None:
    parts = (Part(task="mnli", language="en"),)
    spelled_out = Recipe(parts=parts, method=Method(reduction_factor=16), train=TrainSettings(clip_norm=1))
    assert Recipe(parts=parts).identity(backbone="b", data={}) == spelled_out.identity(backbone="b", data={})


def test_its_json_is_canonical(card: Card) -> None:
    text = card.to_json()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_it_is_dated_when_it_is_made(card: Card) -> None:
    assert card.created <= now()
    assert card.created.endswith("Z")


def test_of_very_many_faults_of_a_card_the_first_are_told() -> None:
    with pytest.raises(AdapterError, match=r"and \d+ more") as error:
        Card.from_json(json.dumps({f"made up {at}": "x" * 10_000 for at in range(500)}))
    assert len(error.value.message) < 5_000


@given(st.binary(max_size=40))
def test_what_is_no_card_is_told_as_damaged(content: bytes) -> None:
    with pytest.raises(AdapterError, match=r"x/card\.json is damaged") as error:
        Card.from_json(content, source="x/card.json")
    assert "zoo verify" in error.value.hint


def changed(card: Card, key: str, value: object) -> str:
    content: dict[str, Any] = json.loads(card.to_json())
    *way, last = key.split(".")
    place = content
    for part in way:
        place = place[part]
    place[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "red"),
        ("id", "short"),
        ("steps", -1),
        ("steps", "12"),
        ("scores", {"acc": "high"}),
        ("created", "yesterday"),
        ("recipe.seed", None),
        ("parents", [{"reference": "language/en"}]),
        ("files", {"../secret": "a" * 64}),
        ("files", {"heads/../../secret": "a" * 64}),
        ("files", {"/etc/passwd": "a" * 64}),
        ("files", {"adapter.safetensors": "not a sum"}),
        ("format_version", "one"),
    ],
)
def test_a_card_with_a_wrong_value_names_its_key(card: Card, key: str, value: object) -> None:
    with pytest.raises(AdapterError, match="is damaged") as error:
        Card.from_json(changed(card, key, value))
    assert key.split(".")[-1] in error.value.message


def test_a_card_of_a_newer_format_asks_for_an_update(card: Card) -> None:
    content = {**json.loads(card.to_json()), "format_version": FORMAT_VERSION + 1, "colour": "red"}
    with pytest.raises(AdapterError, match=f"format {FORMAT_VERSION + 1}") as error:
        Card.from_json(json.dumps(content))
    assert error.value.hint == "Update madx-stilts, or name another zoo folder with --zoo."


def test_all_that_the_recipe_stands_on_is_among_the_parents(card: Card) -> None:
    recipe = card.recipe.model_copy(update={"below": ("a" * 64,)})
    with pytest.raises(ValidationError, match="not among the parents"):
        Card(id=card.id, name="mnli", recipe=recipe, backbone=card.backbone, data={})
    with pytest.raises(AdapterError, match=r"is damaged: the recipe needs a+, which is not among the parents"):
        Card.from_json(changed(card, "recipe.below", ["a" * 64]))


def test_the_id_of_an_adapter_of_others_follows_from_its_files_and_the_backbone(card: Card) -> None:
    files = {"adapter_config.json": "ab" * 32, "pytorch_adapter.bin": "cd" * 32}
    foreign = card.model_copy(update={"foreign": Foreign(source="hub:a/b@c", files=files)})
    assert Card.from_json(foreign.to_json()) == foreign
    assert foreign.expected_id != card.expected_id
    elsewhere = foreign.model_copy(update={"foreign": Foreign(source="the folder x", files=files)})
    assert elsewhere.expected_id == foreign.expected_id
    changed = foreign.model_copy(update={"foreign": Foreign(source="hub:a/b@c", files={**files, "x.json": "ef" * 32})})
    assert changed.expected_id != foreign.expected_id
