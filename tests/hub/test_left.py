"""What a killed command left: the next one of whatever kind removes it, verify lists it, nothing is in the way."""

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

Place = Any


def leave(zoo: Path, finished: str) -> list[Path]:
    """What kills leave in a zoo: a half-added adapter, a half-removed one, a checkpoint of a training that is done."""
    half = zoo / "objects" / "00" / f".{'0' * 64}.12345678.partial"
    removed = zoo / "objects" / finished[:2] / f".{finished}.removed.partial"
    work = zoo / "work" / finished
    for folder in (half, removed, work):
        folder.mkdir(parents=True)
        (folder / "adapter.safetensors").write_bytes(b"x")
    return [half, removed, work]


COMMANDS = {
    "train": ["train", "intermediate", "snli", "--offline"],
    "import": ["zoo", "import", "GIVEN"],
    "publish": ["zoo", "publish", "target/xnli", "--to", "SHARED"],
    "prune": ["zoo", "prune", "--older-than", "1000", "--yes"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_next_command_that_writes_removes_what_a_kill_left(name: str, ours: Place, tmp_path: Path) -> None:
    ours.does("zoo", "export", "target/xnli", tmp_path / "given")
    left = leave(ours.zoo, ours.does("zoo", "show", "target/xnli", "--json").json["id"])
    said = ours("zoo", "verify")
    assert said.code == 3
    assert [path for path in left if str(path) not in said.err] == []
    assert "removed by the next training, import or pruning" in said.err
    places = {"GIVEN": tmp_path / "given", "SHARED": tmp_path / "shared"}
    ours.does(*(places.get(word, word) for word in COMMANDS[name]))
    assert [path for path in left if path.exists()] == []
    ours.does("zoo", "verify")


def test_verify_lists_what_can_be_resumed_and_calls_it_no_fault(ours: Place) -> None:
    stopped = ours.zoo / "work" / ("0" * 64)
    stopped.mkdir(parents=True)
    (stopped / "checkpoint.safetensors").write_bytes(bytes(2_500_000))
    assert f"Unfinished training: {stopped} (2.5 MB); the same command goes on" in ours.does("zoo", "verify").out
    assert ours.does("zoo", "verify", "--json").json["unfinished"] == [
        {"id": "0" * 64, "folder": str(stopped), "bytes": 2_500_000}
    ]
    ours.does("zoo", "prune", "--older-than", "1000", "--yes")
    assert stopped.exists()


def test_publishing_to_a_folder_goes_on_where_it_was_killed_before_its_first_rename(
    ours: Place, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    for folder in (shared / "locks", shared / "published", shared / ".x.12345678.partial"):
        folder.mkdir(parents=True)
    (shared / "locks" / f"adding-{'0' * 64}.lock").touch()
    assert "2 adapters copied" in ours.does("zoo", "publish", "target/xnli+snli", "--to", shared).out
    other = tmp_path / "other"
    (other / "locks").mkdir(parents=True)
    (other / "thesis.txt").touch()
    assert ours("zoo", "publish", "target/xnli+snli", "--to", other).code == 2


def test_an_export_that_is_there_whole_is_the_same_export(ours: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = ours.does("zoo", "export", "target/xnli+snli", out).out
    assert ours.does("zoo", "export", "target/xnli+snli", out).out == first
    (out / "README.md").write_text("mine")
    said = ours("zoo", "export", "target/xnli+snli", out)
    assert (said.code, "is not empty" in said.err) == (3, True)
    assert (out / "README.md").read_text() == "mine"
    assert ours("zoo", "export", "target/xnli", out).code == 3


def test_what_a_killed_export_left_beside_its_folder_goes_with_the_next(ours: Place, tmp_path: Path) -> None:
    left, written = (tmp_path / f".out.{digits}.partial" for digits in ("12345678", "87654321"))
    for folder in (left, written):
        folder.mkdir()
        (folder / "card.json").touch()
    with (written / "card.json").open() as inner, open_folder(written) as writer:
        fcntl.flock(writer, fcntl.LOCK_SH)  # as another export that is at work
        ours.does("zoo", "export", "target/xnli", tmp_path / "out")
        assert inner.read() == ""
    assert (left.exists(), written.exists()) == (False, True)


def open_folder(folder: Path) -> Any:
    """A descriptor of a folder, closed at the end of the block."""
    import os
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Any:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    return opened()


def test_prune_says_what_stays_and_what_it_left_as_it_is(ours: Place) -> None:
    from madx_stilts.zoo.store import Zoo

    refs = ours.refs()
    (ours.zoo / "published" / ("0" * 64)).mkdir(parents=True)
    (ours.zoo / "published" / ("0" * 64) / "0.json").write_text("{")
    ids = {name: ours.does("zoo", "show", ref, "--json").json["id"] for name, ref in refs.items()}
    with Zoo([ours.zoo]).holding([ids["intermediate/snli"]]):
        said = ours.does("zoo", "prune", "--older-than", "0", "--yes", "--json")
    kept = {one["id"]: one["reason"] for one in said.json["kept"]}
    assert "0.json is damaged" in said.err
    assert len(said.json["skipped"]) == 1
    assert kept == {ids["intermediate/snli"]: "is in use by another process"}
    assert set(ours.refs()) <= {"intermediate/snli", "target/xnli"}
    assert json.loads(ours.does("zoo", "list", "--json").out)
