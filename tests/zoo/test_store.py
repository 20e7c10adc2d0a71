"""Adding adapters and getting them back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, StorageError, UsageError
from madx_stilts.files import sha256_of
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
Fill = Callable[[Path], None]


def test_a_zoo_that_does_not_exist_is_empty_and_is_not_made_by_looking(zoo: Zoo, root: Path) -> None:
    assert zoo.entries() == []
    assert zoo.verify() == []
    assert not zoo.has("0" * 64)
    with pytest.raises(AdapterError):
        zoo.find("target/xnli")
    assert not root.exists()


def test_what_is_added_comes_back_with_the_sum_of_each_file(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    card = new_card()
    ref = add(zoo, card)
    folder = zoo.folder(card.id)
    assert zoo.has(card.id)
    assert zoo.card(card.id) == card.model_copy(update={"files": zoo.card(card.id).files})
    assert zoo.card(card.id).files == {p.name: sha256_of(p) for p in folder.iterdir() if p.name != "card.json"}
    assert len(zoo.card(card.id).files) == 4
    assert ref == AdapterRef(Role.INTERMEDIATE, "mnli", card.id)
    assert zoo.verify() == []


def test_objects_and_references_lie_where_git_would_put_them(zoo: Zoo, root: Path, new_card: NewCard, add: Add) -> None:
    card = new_card()
    add(zoo, card)
    assert zoo.folder(card.id) == root / "objects" / card.id[:2] / card.id
    reference = json.loads((root / "refs" / "intermediate" / "mnli" / f"{card.id}.json").read_text())
    assert reference == {"role": "intermediate", "name": "mnli", "id": card.id}


def test_adding_the_same_adapter_again_changes_nothing(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    card = new_card()
    add(zoo, card)
    before = zoo.card(card.id)
    with zoo.adding(card) as folder:
        (folder / "adapter.safetensors").write_bytes(b"other bytes")
    add(zoo, card)
    assert zoo.card(card.id) == before
    assert len(zoo.entries()) == 1
    assert zoo.verify() == []


def test_adding_a_damaged_adapter_again_mends_it(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    card = new_card()
    add(zoo, card)
    (zoo.folder(card.id) / "adapter.safetensors").write_bytes(b"")
    add(zoo, card)
    assert zoo.folder(card.id).is_dir()
    assert zoo.verify() == []


def test_one_adapter_may_have_several_references(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    card = new_card()
    first = add(zoo, card, "intermediate/mnli")
    second = zoo.name(Role.TARGET, "xnli", card.id)
    assert zoo.refs_of(card.id) == [first, second]
    assert [str(entry.ref) for entry in zoo.entries()] == [str(first), str(second)]


def test_entries_are_sorted_by_role_name_and_id(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    for ref, seed in (("target/xnli", 1), ("language/sw", 2), ("target/xnli", 3), ("target/copa", 4)):
        add(zoo, new_card(seed=seed), ref)
    refs = [entry.ref for entry in zoo.entries()]
    assert refs == sorted(refs, key=lambda ref: (ref.role, ref.name, ref.id))
    assert len(refs) == 4


def test_lineage_tells_parents_before_children_and_each_once(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    language = add(zoo, new_card("wiki"), "language/en")
    middle = add(zoo, new_card("mnli", below=(language,)), "intermediate/mnli")
    top = add(zoo, new_card("copa", below=(language, middle)), "target/copa")
    assert [card.id for card in zoo.lineage(top.id)] == [language.id, middle.id, top.id]


def test_a_file_that_was_changed_is_found_before_it_is_used(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    card = new_card()
    add(zoo, card)
    path = zoo.folder(card.id) / "adapter.safetensors"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(AdapterError, match=r"adapter\.safetensors is damaged") as error:
        zoo.folder(card.id)
    assert "madx-stilts zoo verify" in error.value.hint


def test_a_card_whose_id_is_not_its_recipes_is_refused(zoo: Zoo, root: Path, new_card: NewCard, fill: Fill) -> None:
    wrong = new_card().model_copy(update={"id": "0" * 64})
    with pytest.raises(ValueError, match="0000"), zoo.adding(wrong) as folder:
        fill(folder)
    assert not root.exists()


def test_a_card_that_could_not_be_read_again_is_not_written(zoo: Zoo, new_card: NewCard, fill: Fill) -> None:
    wrong = new_card().model_copy(update={"steps": -1})
    with pytest.raises(AdapterError, match="steps"), zoo.adding(wrong) as folder:
        fill(folder)
    assert not zoo.has(wrong.id)


def test_files_in_folders_are_in_the_card_and_looked_after(zoo: Zoo, new_card: NewCard, fill: Fill) -> None:
    card = new_card()
    with zoo.adding(card) as folder:
        fill(folder)
        (folder / "heads" / "mnli").mkdir(parents=True)
        (folder / "heads" / "mnli" / "weights").write_bytes(b"head")
    assert "heads/mnli/weights" in zoo.card(card.id).files
    assert zoo.verify() == []
    (zoo.folder(card.id) / "heads" / "stray").touch()
    assert [fault.path.name for fault in zoo.verify()] == ["stray"]
    (zoo.folder(card.id) / "heads" / "mnli" / "weights").write_bytes(b"damaged")
    with pytest.raises(AdapterError, match="heads/mnli/weights is damaged"):
        zoo.folder(card.id)


@pytest.mark.parametrize("strange", ["card.json", "empty/", None])
def test_an_adapter_is_made_of_files_only(zoo: Zoo, new_card: NewCard, strange: str | None) -> None:
    def fill(folder: Path) -> None:
        if strange and strange.endswith("/"):
            (folder / strange).mkdir()
        elif strange:
            (folder / strange).touch()

    card = new_card()
    with pytest.raises(ValueError, match="files only"), zoo.adding(card) as folder:
        fill(folder)
    assert not zoo.has(card.id)


@pytest.mark.parametrize("name", ["..", ".hidden", "a/b", "", "a b"])
def test_a_name_that_cannot_be_written_in_a_reference_is_refused(
    zoo: Zoo, new_card: NewCard, add: Add, name: str
) -> None:
    card = new_card()
    add(zoo, card)
    with pytest.raises(UsageError):
        zoo.name(Role.TARGET, name, card.id)
    assert len(zoo.entries()) == 1


def test_only_an_adapter_that_is_there_gets_a_name(zoo: Zoo, root: Path) -> None:
    with pytest.raises(AdapterError, match="0000"):
        zoo.name(Role.TARGET, "xnli", "0" * 64)
    assert not root.exists()


def test_what_is_no_id_never_becomes_a_path(zoo: Zoo) -> None:
    for text in ("../../etc", "", "ABC", "0" * 63):
        with pytest.raises(UsageError):
            zoo.has(text)


def test_a_zoo_needs_a_folder() -> None:
    with pytest.raises(ValueError, match="folder"):
        Zoo([])


def test_a_zoo_under_a_file_is_empty_to_readers_and_an_error_to_writers(
    tmp_path: Path, new_card: NewCard, add: Add
) -> None:
    (tmp_path / "file").touch()
    zoo = Zoo([tmp_path / "file" / "zoo"])
    assert zoo.entries() == []
    with pytest.raises(StorageError):
        add(zoo, new_card())


def test_a_card_of_a_newer_format_is_told_as_such(zoo: Zoo, new_card: NewCard, add: Add) -> None:
    card: Card = new_card()
    add(zoo, card)
    path = zoo.folder(card.id) / "card.json"
    path.write_text(path.read_text().replace('"format_version":1', '"format_version":99'))
    with pytest.raises(AdapterError, match="format 99"):
        zoo.card(card.id)
    with pytest.raises(AdapterError, match="format 99"):
        add(zoo, card)
    assert '"format_version":99' in path.read_text(), "nothing is put in the place of what a newer version wrote"
