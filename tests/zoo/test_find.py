"""Finding an adapter by its readable name, and what is said when that is not possible."""

from collections.abc import Callable

import pytest

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.stack import AdapterRef, WrittenRef
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
Fingerprint = Callable[[str], str]


def test_a_name_that_one_adapter_has_is_enough(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    ref = add(zoo, new_card(), "intermediate/mnli")
    add(zoo, new_card("squad_v1"), "intermediate/squad_v1")
    assert zoo.find("intermediate/mnli") == ref
    assert zoo.find(WrittenRef.parse("intermediate/mnli")) == ref


def test_a_version_is_the_beginning_of_the_id(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    refs = [add(zoo, new_card(seed=seed)) for seed in range(3)]
    for ref in refs:
        assert zoo.find(str(ref)) == ref
        assert zoo.find(f"intermediate/mnli@{ref.id}") == ref


def test_an_ambiguous_name_lists_what_differs(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    language = add(zoo, new_card("wiki"), "language/en")
    refs = [
        add(zoo, new_card(seed=0)),
        add(zoo, new_card(seed=1, epochs=5)),
        add(zoo, new_card(seed=1, below=(language,))),
    ]
    with pytest.raises(AdapterError, match="means 3 adapters") as error:
        zoo.find("intermediate/mnli")
    lines = error.value.message.splitlines()[1:]
    assert sorted(lines) == sorted(
        [
            f"  - {refs[0]}  below=nothing, seed=0, train.epochs=3",
            f"  - {refs[1]}  below=nothing, seed=1, train.epochs=5",
            f"  - {refs[2]}  below={language}, seed=1, train.epochs=3",
        ]
    )
    assert "Add @version" in error.value.hint


def test_adapters_of_other_backbones_are_left_out(
    zoo: Zoo, new_card: NewCard, add: Add, fingerprint: Fingerprint
) -> None:
    base = add(zoo, new_card(backbone="xlmr-base"))
    large = add(zoo, new_card(backbone="xlmr-large"))
    assert zoo.find("intermediate/mnli", backbone=fingerprint("xlmr-base")) == base
    assert zoo.find("intermediate/mnli", backbone=fingerprint("xlmr-large")) == large
    with pytest.raises(AdapterError, match="means 2 adapters"):
        zoo.find("intermediate/mnli")


def test_a_name_that_only_another_backbone_has_says_which(
    zoo: Zoo, new_card: NewCard, add: Add, fingerprint: Fingerprint
) -> None:
    add(zoo, new_card(backbone="xlmr-large"))
    with pytest.raises(AdapterError, match="was made for xlmr-large"):
        zoo.find("intermediate/mnli", backbone=fingerprint("xlmr-base"))


def test_a_version_that_is_not_there_lists_those_that_are(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    ref = add(zoo, new_card())
    other = "0000" if not ref.id.startswith("0000") else "1111"
    with pytest.raises(AdapterError, match=f"no version @{other}") as error:
        zoo.find(f"intermediate/mnli@{other}")
    assert ref.id[:8] in error.value.hint


@pytest.mark.parametrize(
    ("text", "near"),
    [("intermediate/mnly", "intermediate/mnli"), ("target/mnli", "intermediate/mnli"), ("target/zzz", "zoo list")],
)
def test_an_unknown_name_suggests_near_ones(zoo: Zoo, new_card: NewCard, add: Add, text: str, near: str) -> None:
    add(zoo, new_card())
    with pytest.raises(AdapterError, match=f"no adapter {text}") as error:
        zoo.find(text)
    assert near in error.value.hint


def test_a_damaged_adapter_does_not_hide_others(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    broken = add(zoo, new_card())
    ref = add(zoo, new_card("copa"), "target/copa")
    (zoo.folder(broken.id) / "card.json").write_text("{")
    assert zoo.find("target/copa") == ref
    with pytest.raises(AdapterError, match="is damaged"):
        zoo.find("intermediate/mnli")


def test_what_is_no_reference_is_a_fault_of_the_command(zoo: Zoo) -> None:
    with pytest.raises(UsageError):
        zoo.find("mnli")
