"""Layers: the user's own adapters over shipped ones that are only read."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, StorageError
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return tmp_path / "shipped"


@pytest.fixture
def both(root: Path, shipped: Path) -> Zoo:
    return Zoo([root, shipped])


def test_adapters_of_all_layers_are_found(both: Zoo, shipped: Path, new_card: NewCard, add: Add) -> None:
    lower = add(Zoo([shipped]), new_card("mnli"), "intermediate/mnli")
    upper = add(both, new_card("copa", below=(lower,)), "target/copa")
    assert both.find("intermediate/mnli") == lower
    assert both.find("target/copa") == upper
    assert [entry.ref for entry in both.entries()] == [lower, upper]
    assert [card.id for card in both.lineage(upper.id)] == [lower.id, upper.id]
    assert both.verify() == []


def test_only_the_first_layer_is_written_to(both: Zoo, shipped: Path, new_card: NewCard, add: Add) -> None:
    ref = add(Zoo([shipped]), new_card("mnli"))
    before = contents(shipped)
    add(both, new_card("copa"), "target/copa")
    both.name(Role.TARGET, "xnli", ref.id)
    with both.work(ref.id):
        pass
    both.discard_work(ref.id)
    both.sweep()
    assert contents(shipped) == before
    assert both.find("target/xnli") == both.find("target/xnli@" + ref.id[:8])


def test_what_a_lower_layer_has_is_not_written_again(
    both: Zoo, root: Path, shipped: Path, new_card: NewCard, add: Add
) -> None:
    card = new_card()
    add(Zoo([shipped]), card)
    add(both, card)
    assert not root.exists()
    assert len(both.entries()) == 1


def test_a_damaged_adapter_of_a_lower_layer_is_mended_above_it(
    both: Zoo, root: Path, shipped: Path, new_card: NewCard, add: Add
) -> None:
    card = new_card()
    add(Zoo([shipped]), card)
    (Zoo([shipped]).folder(card.id) / "adapter.safetensors").write_bytes(b"")
    with pytest.raises(AdapterError):
        both.folder(card.id)
    add(both, card)
    assert both.folder(card.id).is_relative_to(root)


def test_a_parent_may_lie_in_another_layer(both: Zoo, root: Path, shipped: Path, new_card: NewCard, add: Add) -> None:
    lower = add(Zoo([shipped]), new_card("mnli"))
    add(both, new_card("copa", below=(lower,)), "target/copa")
    assert both.verify() == []
    assert [fault.problem for fault in Zoo([root]).verify()] == [
        f"names a parent that is missing, {lower} ({lower.id})."
    ]


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that this process may not write to, even if it was started as root."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "zoo"
        root.mkdir()
        root.chmod(0o555)
        Path(folder).chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield root
        finally:
            os.seteuid(user)
            root.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX users")
def test_a_first_layer_that_cannot_be_written_to_is_told_clearly(read_only: Path, new_card: NewCard, add: Add) -> None:
    zoo = Zoo([read_only])
    with pytest.raises(StorageError, match="Permission denied") as error:
        add(zoo, new_card())
    assert str(read_only) in error.value.message
    with pytest.raises(StorageError, match="Permission denied"), zoo.work("0" * 64):
        pass
    assert zoo.entries() == []
    assert zoo.verify() == []
    assert list(read_only.iterdir()) == []


def test_a_name_means_what_the_user_trained_before_what_is_shipped(
    both: Zoo, shipped: Path, new_card: NewCard, add: Add, fingerprint: Callable[[str], str]
) -> None:
    lower = add(Zoo([shipped]), new_card("mnli", backbone="mbert"), "intermediate/mnli")
    upper = add(both, new_card("mnli"), "intermediate/mnli")
    assert both.find("intermediate/mnli") == upper
    assert both.find("intermediate/mnli", backbone=fingerprint("mbert")) == lower
    assert both.find(f"intermediate/mnli@{lower.id[:8]}") == lower


def test_a_name_that_fits_in_no_layer_is_told_with_those_of_all(
    both: Zoo, shipped: Path, new_card: NewCard, add: Add, fingerprint: Callable[[str], str]
) -> None:
    add(Zoo([shipped]), new_card("mnli", backbone="mbert"), "intermediate/mnli")
    add(both, new_card("mnli"), "intermediate/mnli")
    with pytest.raises(AdapterError, match=r"xlmr-base .*mbert|mbert .*xlmr-base"):
        both.find("intermediate/mnli", backbone=fingerprint("another"))
