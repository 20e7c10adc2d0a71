"""Stamps change with the bytes they stand for, and with nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.data.sources import DataSources
from madx_stilts.errors import UsageError
from madx_stilts.grid.job import Score, Train
from madx_stilts.recipe import Part, Recipe
from madx_stilts.run import data_stamps as module
from madx_stilts.run.data_stamps import DataStamps

Change = Callable[[Path, Path], object]


def train(backbone: Path, task: str = "snli") -> Train:
    return Train(backbone=str(backbone), recipe=Recipe(parts=(Part(task=task, language="en"),)))


def score(backbone: Path) -> Score:
    return Score(backbone=str(backbone), task="xnli", languages=("de",))


@pytest.fixture
def backbone(tiny_backbone: Path, tmp_path: Path) -> Path:
    """A copy of the tiny backbone, to be changed."""
    return Path(shutil.copytree(tiny_backbone, tmp_path / "tiny"))


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("changed", "of_training", "of_scoring"),
    [
        ("tiny/config.json", {"backbone"}, {"backbone"}),
        ("tiny/model.safetensors", {"backbone"}, {"backbone"}),
        ("mirror/stanfordnlp/snli/plain_text/train.jsonl", {"snli:train", "snli:dev"}, set()),
        ("mirror/facebook/xnli/de/test.jsonl", set(), {"xnli:test"}),
        ("mirror/rajpurkar/squad/plain_text/train.jsonl", set(), set()),
    ],
)
def test_a_file_that_changes_changes_the_stamps_of_what_reads_it(
    changed: str, of_training: set[str], of_scoring: set[str], backbone: Path, mirror: Path, tmp_path: Path
) -> None:
    place = DataSources((mirror,), offline=True)
    jobs = (train(backbone), score(backbone))
    before = [DataStamps(place)(job) for job in jobs]
    assert before == [DataStamps(place)(job) for job in jobs]
    grow(tmp_path / changed)
    after = [DataStamps(place)(job) for job in jobs]
    found = [{key for key in old if old[key] != new[key]} for old, new in zip(before, after, strict=True)]
    assert found == [of_training, of_scoring]


def test_files_behind_links_count(backbone: Path, mirror: Path, tmp_path: Path) -> None:
    store = mirror / "facebook/xnli/store"
    (mirror / "facebook/xnli/de").rename(store)
    (mirror / "facebook/xnli/de").symlink_to("store")
    (mirror / "facebook/xnli/again").symlink_to("..")
    place = DataSources((mirror,), offline=True)
    before = DataStamps(place)(score(backbone))["xnli:test"]
    (mirror / "facebook/xnli/de").unlink()
    assert (without := DataStamps(place)(score(backbone))["xnli:test"]) != before
    (mirror / "facebook/xnli/de").symlink_to(tmp_path / "tiny")
    assert DataStamps(place)(score(backbone))["xnli:test"] not in (before, without)


def test_a_large_file_of_a_backbone_is_not_read(backbone: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_UP_TO", 10)
    monkeypatch.setattr(module, "sha256_of", lambda path: pytest.fail(f"{path} is read"))
    assert DataStamps(DataSources((mirror,), offline=True))(score(backbone))["backbone"]


def test_data_that_are_nowhere_yet_have_the_stamp_of_their_revision(backbone: Path) -> None:
    assert DataStamps(DataSources(offline=True))(train(backbone)).keys() == {"backbone", "snli:train", "snli:dev"}


def test_a_constructed_world_written_anew_keeps_its_stamps(miniature: Path, backbone: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(miniature, copy, copy_function=shutil.copy)
    job = train(backbone, "mnli")
    first, second = (DataStamps(DataSources((folder,), offline=True))(job) for folder in (miniature, copy))
    assert first == second
    grow(copy / "world.json")
    assert DataStamps(DataSources((copy,), offline=True))(job)["mnli:train"] != first["mnli:train"]


def test_text_of_a_file_counts_by_the_file(backbone: Path, mirror: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("One.\n")
    job = train(backbone, "masked_lm").model_copy(update={"text": str(text)})
    place = DataSources((mirror,), offline=True)
    before = DataStamps(place)(job)
    grow(text)
    after = DataStamps(place)(job)
    assert {key for key in before if before[key] != after[key]} == {f"text {text}"}


def test_a_backbone_that_means_nothing_is_refused(mirror: Path) -> None:
    with pytest.raises(UsageError, match="no backbone 'xlmr-basse'") as error:
        DataStamps(DataSources((mirror,), offline=True))(score(Path("xlmr-basse")))
    assert "xlmr-base" in error.value.hint
