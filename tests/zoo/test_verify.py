"""Verifying a zoo: each kind of fault is found and named, and a sound zoo has none."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.card import Card
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
Family = tuple[Path, Path]

Damage = Callable[[Path, Path, Path], Path]
"""Given the root, the folder of the upper adapter and that of its parent: does damage and says where."""


def flip_a_byte(root: Path, folder: Path, parent: Path) -> Path:
    path = folder / "model_head.safetensors"
    path.write_bytes(b"dead")
    return path


def remove_a_file(root: Path, folder: Path, parent: Path) -> Path:
    (folder / "head_config.json").unlink()
    return folder / "head_config.json"


def add_a_file(root: Path, folder: Path, parent: Path) -> Path:
    (folder / "extra.bin").touch()
    return folder / "extra.bin"


def break_the_card(root: Path, folder: Path, parent: Path) -> Path:
    (folder / "card.json").write_text('{"format_version":1}')
    return folder / "card.json"


def edit_the_recipe(root: Path, folder: Path, parent: Path) -> Path:
    path = folder / "card.json"
    path.write_text(path.read_text().replace('"epochs":3', '"epochs":30'))
    return path


def put_it_elsewhere(root: Path, folder: Path, parent: Path) -> Path:
    wrong = root / "objects" / "zz" / folder.name
    wrong.parent.mkdir()
    (folder.parent / "note.txt").touch()
    (folder.parent / "note.txt").rename(wrong)
    return wrong


def write_a_stray_reference(root: Path, folder: Path, parent: Path) -> Path:
    path = root / "refs" / "target" / "copa" / "latest.json"
    path.touch()
    return path


def write_an_unknown_role(root: Path, folder: Path, parent: Path) -> Path:
    (root / "refs" / "tower").mkdir()
    return root / "refs" / "tower"


def edit_a_reference(root: Path, folder: Path, parent: Path) -> Path:
    path = root / "refs" / "target" / "copa" / f"{folder.name}.json"
    path.write_text("{}")
    return path


def refer_to_nothing(root: Path, folder: Path, parent: Path) -> Path:
    path = root / "refs" / "target" / "copa" / f"{'0' * 64}.json"
    path.write_text(f'{{"id":"{"0" * 64}","name":"copa","role":"target"}}')
    return path


def leave_a_folder_half_written(root: Path, folder: Path, parent: Path) -> Path:
    path = folder.with_name(f".{folder.name}.12345678.partial")
    (path / "inner.partial").mkdir(parents=True)
    return path


def leave_a_reference_half_written(root: Path, folder: Path, parent: Path) -> Path:
    path = root / "refs" / "target" / "copa" / f".{folder.name}.json.12345678.partial"
    path.touch()
    return path


def leave_a_checkpoint_half_written(root: Path, folder: Path, parent: Path) -> Path:
    path = root / "work" / folder.name / "checkpoints" / ".step100.12345678.partial"
    path.mkdir(parents=True)
    return path


def leave_a_record_half_written(root: Path, folder: Path, parent: Path) -> Path:
    path = root / "records" / "00" / f".{'0' * 64}.json.12345678.partial"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


DAMAGES: dict[Damage, str] = {
    flip_a_byte: "is damaged: its sha256",
    remove_a_file: "is missing",
    add_a_file: "is not in the card",
    break_the_card: "cannot be used",
    edit_the_recipe: "was changed",
    put_it_elsewhere: "is no adapter",
    write_a_stray_reference: "is no reference",
    write_an_unknown_role: "is no role",
    edit_a_reference: "does not say what its place says",
    refer_to_nothing: "refers to an adapter that is missing",
    leave_a_folder_half_written: "was left by",
    leave_a_reference_half_written: "was left by",
    leave_a_checkpoint_half_written: "was left by",
    leave_a_record_half_written: "was left by",
}


@pytest.fixture
def family(zoo: Zoo, new_card: NewCard, add: Add) -> tuple[Path, Path]:
    """The folders of an adapter and of the one below it."""
    parent = add(zoo, new_card("mnli"), "intermediate/mnli")
    child = add(zoo, new_card("copa", below=(parent,)), "target/copa")
    assert zoo.verify() == []
    return zoo.folder(child.id), zoo.folder(parent.id)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_each_damage_is_the_one_fault_that_is_found(zoo: Zoo, root: Path, family: Family, damage: Damage) -> None:
    path = damage(root, *family)
    (fault,) = zoo.verify()
    assert fault.path == path
    assert fault.problem.startswith(DAMAGES[damage])
    assert str(fault) == f"{path} {fault.problem}"


@pytest.mark.parametrize("damage", [damage for damage in DAMAGES if damage.__name__.startswith("leave")])
def test_sweeping_removes_what_was_left_and_nothing_else(zoo: Zoo, root: Path, family: Family, damage: Damage) -> None:
    path = damage(root, *family)
    assert path in zoo.sweep()
    assert not path.exists()
    assert zoo.verify() == []
    assert len(zoo.entries()) == 2


def test_all_faults_are_told_at_once(zoo: Zoo, root: Path, family: Family) -> None:
    folder, parent = family
    for damage in (flip_a_byte, remove_a_file, add_a_file, write_an_unknown_role):
        damage(root, folder, parent)
    assert len(zoo.verify()) == 4


def test_a_removed_parent_is_missed_by_its_child_and_by_its_reference(zoo: Zoo, root: Path, family: Family) -> None:
    folder, parent = family
    parent.rename(root / "gone")
    assert [fault.path for fault in zoo.verify()] == [
        folder / "card.json",
        root / "refs" / "intermediate" / "mnli" / f"{parent.name}.json",
    ]


def test_sweeping_removes_the_unfinished_training_of_an_adapter_that_is_there(
    zoo: Zoo, root: Path, family: Family
) -> None:
    folder, _ = family
    for id in (folder.name, "0" * 64):
        with zoo.work(id) as unfinished:
            (unfinished / "checkpoint").touch()
    assert zoo.sweep() == [root / "work" / folder.name]
    assert [path.name for path in (root / "work").iterdir()] == ["0" * 64]


def test_what_can_be_resumed_is_told_apart_from_what_is_left(zoo: Zoo, root: Path, family: Family) -> None:
    folder, _ = family
    stopped, done, empty = "0" * 64, folder.name, "1" * 64
    for id in (stopped, done):
        with zoo.work(id) as work:
            (work / "checkpoint.safetensors").write_bytes(b"12345")
    (root / "work" / empty).mkdir()
    assert [(one.id, one.bytes) for one in zoo.unfinished()] == [(stopped, 5)]
    faults = zoo.verify()
    assert {fault.path.name for fault in faults} == {done, empty}
    assert {fault.problem for fault in faults} == {"was left by a training that is over."}
    with zoo.work(stopped):
        assert [one.id for one in Zoo([root]).unfinished()] == [stopped]  # the lock is this thread's own
    assert {path.name for path in zoo.sweep()} == {done, empty}
    assert zoo.verify() == []
    assert [one.id for one in zoo.unfinished()] == [stopped]


def test_what_is_left_where_no_lock_is_told_and_swept_unless_it_is_being_written(
    zoo: Zoo, root: Path, family: Family
) -> None:
    places = ("published/" + "0" * 64, "slurm/plan-brief", "imported")
    left = [root / place / ".x.json.12345678.partial" for place in places]
    for path in left:
        path.parent.mkdir(parents=True)
        path.touch()
    with left[1].open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_SH)
        assert {fault.path for fault in zoo.verify()} == {left[0], left[2]}
    assert {fault.path for fault in zoo.verify()} == {*left}
    assert {*zoo.sweep()} == {*left}
    assert zoo.verify() == []


def test_the_unfinished_training_of_what_a_peer_has_by_now_is_left_too(
    zoo: Zoo, root: Path, family: Family, tmp_path: Path
) -> None:
    mine = Zoo([tmp_path / "mine", root])
    with mine.work(family[0].name) as unfinished:
        (unfinished / "checkpoint").touch()
    assert [fault.path for fault in mine.verify()] == [tmp_path / "mine" / "work" / family[0].name]
    assert mine.sweep() == [tmp_path / "mine" / "work" / family[0].name]
