"""Adapters with damaged files: refused wherever they stand in a stack, found by verify, mended by training again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Place = Any
Damage = Callable[[Path], object]

DAMAGES: dict[str, Damage] = {
    "corrupt": lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\x7f"),
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "empty": lambda file: file.write_bytes(b""),
    "missing": lambda file: file.unlink(),
}


def weights(place: Place, reference: str, name: str = "adapter.safetensors") -> Path:
    """A file of an adapter."""
    return Path(place.does("zoo", "show", reference, "--json").json["folder"], name)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("reference", ["intermediate/snli", "target/xnli+snli"])
def test_a_stack_with_damaged_weights_is_not_scored(reference: str, damage: Damage, damaged: Place) -> None:
    file = weights(damaged, reference)
    damage(file)
    said = damaged("evaluate", "xnli", "--stack", "intermediate/snli,target/xnli+snli", "--languages", "de")
    assert (said.code, said.out) == (3, "")
    assert str(file) in said.err
    assert "zoo verify" in said.err
    verified = damaged("zoo", "verify")
    assert verified.code == 3
    assert f"{file} is " in verified.err


def test_a_damaged_head_is_not_used(damaged: Place) -> None:
    file = weights(damaged, "target/xnli", "model_head.safetensors")
    DAMAGES["truncated"](file)
    said = damaged("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de")
    assert said.code == 3
    assert str(file) in said.err


def test_nothing_is_trained_on_a_damaged_adapter(damaged: Place) -> None:
    DAMAGES["corrupt"](weights(damaged, "intermediate/snli"))
    said = damaged("train", "target", "xnli", "--on", "intermediate/snli", "--seed", "9")
    assert (said.code, said.trained) == (3, 0)
    assert list(damaged.folder.rglob("*.partial")) == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_training_again_mends_an_adapter(damage: Damage, damaged: Place) -> None:
    file = weights(damaged, "intermediate/snli")
    before = file.read_bytes()
    damage(file)
    assert damaged.does("train", "intermediate", "snli").trained == 1
    assert file.read_bytes() == before
    assert damaged.has_nothing_half_written()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format_version": 99}', '{"id": "x"}'])
def test_a_damaged_card_is_told_with_its_file(content: str, damaged: Place) -> None:
    card = weights(damaged, "target/xnli", "card.json")
    card.write_text(content)
    said = damaged("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de")
    assert said.code == 3
    assert str(card) in said.err
    assert damaged("zoo", "verify").code == 3


def test_a_damaged_card_harms_only_its_own_adapter(damaged: Place) -> None:
    card = weights(damaged, "intermediate/snli", "card.json")
    sound = len(damaged.does("zoo", "list", "--json").json) - 1
    DAMAGES["truncated"](card)
    said = damaged("zoo", "list", "--json")
    assert (said.code, len(said.json)) == (3, sound)
    assert "1 more cannot be listed" in said.err
    assert str(card) in said.err
    assert damaged("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de", "--limit", "5").code == 0
