"""Links in a mirror are followed, as far as the folders that were named reach, and never in a circle."""

import json
from pathlib import Path

import pytest

from madx_stilts.data import tree
from madx_stilts.data.layout import NotHere
from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.data.tree import files_below
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS

XNLI = TASKS["xnli"]
ROW = json.dumps({"premise": "p", "hypothesis": "h", "label": 0}) + "\n"


def write(file: Path, content: str = ROW) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return file


def link(path: Path, target: Path | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def rows(*mirrors: Path, language: str = "en") -> int:
    place = DataSources(mirrors, offline=True, cache=mirrors[0] / "no cache")
    return len(read(XNLI, language, "test", place=place))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def test_a_linked_folder_of_a_configuration_is_read(mirror: Path) -> None:
    write(mirror / "facebook/xnli/elsewhere/test.jsonl")
    link(mirror / "facebook/xnli/en", "elsewhere")
    link(mirror / "facebook/xnli/de", mirror / "facebook/xnli/elsewhere")
    assert (rows(mirror), rows(mirror, language="de")) == (1, 1)


def test_a_linked_folder_may_lie_anywhere_in_a_mirror_that_was_named(mirror: Path, tmp_path: Path) -> None:
    write(tmp_path / "second/store/test.jsonl")
    link(mirror / "facebook/xnli/en", tmp_path / "second/store")
    assert rows(mirror, tmp_path / "second") == 1


def test_a_link_out_of_the_named_folders_is_refused_with_the_way_to_allow_it(mirror: Path, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside/en/test.jsonl").parent
    link(mirror / "facebook/xnli/en", outside)
    with pytest.raises(DataError, match=f"has the link en to {outside}, .*name {outside} with --data"):
        rows(mirror)
    assert rows(mirror, tmp_path / "outside") == 1


def test_a_linked_file_is_read_inside_the_named_folders_only(mirror: Path, tmp_path: Path) -> None:
    write(mirror / "facebook/xnli/store/x")
    link(mirror / "facebook/xnli/en/test.jsonl", "../store/x")
    assert rows(mirror) == 1
    (mirror / "facebook/xnli/en/test.jsonl").unlink()
    outside = write(tmp_path / "outside/x.jsonl")
    link(mirror / "facebook/xnli/en/test.jsonl", outside)
    with pytest.raises(DataError, match=f"has the link en/test.jsonl to {outside}"):
        rows(mirror)
    assert rows(mirror, outside.parent) == 1


@pytest.mark.parametrize("linked", ["facebook/xnli", "facebook"])
def test_a_linked_repository_or_owner_is_a_folder_that_was_named(mirror: Path, tmp_path: Path, linked: str) -> None:
    write(tmp_path / "store/facebook/xnli/elsewhere/test.jsonl")
    link(tmp_path / "store/facebook/xnli/en", "elsewhere")
    link(mirror / linked, tmp_path / "store" / linked)
    assert rows(mirror) == 1


def test_a_snapshot_of_the_hubs_cache_may_be_linked_as_a_repository(mirror: Path, tmp_path: Path) -> None:
    cached = tmp_path / "hub/datasets--facebook--xnli"
    write(cached / "blobs/0a")
    link(cached / "snapshots/c0ffee/en/test.jsonl", "../../../blobs/0a")
    link(mirror / "facebook/xnli", cached / "snapshots/c0ffee")
    assert rows(mirror) == 1


@pytest.mark.parametrize("target", [".", "..", "../..", "loop", "en/again"])
def test_links_in_a_circle_end(mirror: Path, target: str) -> None:
    write(mirror / "facebook/xnli/en/test.jsonl")
    link(mirror / "facebook/xnli/loop", target)
    link(mirror / "facebook/xnli/en/again", "..")
    assert rows(mirror) == 1


def test_a_link_to_nothing_is_a_file_that_is_missing(mirror: Path) -> None:
    link(mirror / "facebook/xnli/en/test.jsonl", "nowhere")
    with pytest.raises(DataError, match="has no data files"):
        rows(mirror)


def test_every_way_to_a_folder_gives_its_files_and_too_many_ways_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a/x.txt")
    link(tmp_path / "b", "a")
    assert sorted(files_below(tmp_path)) == ["a/x.txt", "b/x.txt"]
    for number in range(20):
        link(tmp_path / f"{number:02}/left", tmp_path / f"{number + 1:02}")
        link(tmp_path / f"{number:02}/right", tmp_path / f"{number + 1:02}")
    write(tmp_path / "20/x.txt")
    monkeypatch.setattr(tree, "MOST_FILES", 2000)
    with pytest.raises(NotHere, match="more than 2,000 files"):
        files_below(tmp_path)


def test_original_files_may_be_linked_inside_the_named_folders(mirror: Path, tmp_path: Path) -> None:
    row = '{"uid": "1", "context": "p", "hypothesis": "h", "label": "e"}\n'
    for number in (1, 3):
        write(mirror / f"anli_v1.0/R{number}/dev.jsonl", row)
    link(mirror / "anli_v1.0/R2", "R1")
    place = DataSources((mirror,), offline=True, cache=mirror)
    assert len(read(TASKS["anli"], "en", "dev", place=place)) == 3
    (mirror / "anli_v1.0/R2").unlink()
    write(tmp_path / "outside/R2/dev.jsonl", row)
    link(mirror / "anli_v1.0/R2", tmp_path / "outside/R2")
    with pytest.raises(DataError, match="in none of the folders that were named"):
        read(TASKS["anli"], "en", "dev", place=place)


def test_a_readme_that_is_a_folder_or_a_pipe_is_refused(mirror: Path) -> None:
    write(mirror / "facebook/xnli/en/test.jsonl")
    (mirror / "facebook/xnli/README.md").mkdir()
    with pytest.raises(DataError, match=r"README\.md that cannot be read: it is a folder"):
        rows(mirror)
