"""A grid on a store that is full, read-only, damaged or of a newer version: it is told, and nothing is spoilt."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Place = Any


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Put a file system of its own at a folder; the test is skipped where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.which("mount") is None or not mount("-t", "tmpfs", "-o", options, "tmpfs", folder):
        pytest.skip("only root may mount a file system")
    try:
        yield
    finally:
        # Lazily: weights that were read stay mapped until the garbage is collected.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*words: str | Path) -> bool:
    return subprocess.run(["mount", *map(str, words)], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, trained: Place, small_grid: Callable[[int], str]) -> Place:
    """A workplace in which a grid of two cells is done, to be looked at only."""
    folder = tmp_path_factory.mktemp("finished")
    place = type(trained)(folder, trained.mirror, trained.backbone)
    grid_of(place).write_text(small_grid(3))
    place.does("grid", "run", grid_of(place))
    return place


@pytest.fixture
def done(finished: Place, tmp_path: Path) -> Place:
    """A copy of it, to be damaged."""
    copy = finished.copy(tmp_path)
    shutil.copy(grid_of(finished), grid_of(copy))
    shutil.copytree(finished.folder / "cache", copy.folder / "cache")
    return copy


def grid_of(place: Place) -> Path:
    path: Path = place.folder / "grid.yaml"
    return path


def run(place: Place, *words: str) -> Any:
    return place("grid", "run", grid_of(place), *words)


def record_of(place: Place, kind: str) -> Path:
    """The record of one job."""
    found: list[Path] = sorted(place.zoo.glob("records/*/*.json"))
    return next(path for path in found if json.loads(path.read_text())["job"]["kind"] == kind)


def made(place: Place) -> dict[str, bytes]:
    """All that a run is for: the adapters, but for what their cards say of times, and the numbers of the report."""
    place.does("grid", "report", grid_of(place), "--out", place.folder / "report")
    weights = {path.relative_to(place.zoo): path for path in place.zoo.glob("objects/*/*/*") if path.stem != "card"}
    numbers = {path.name: path for path in (place.folder / "report").glob("*.csv")}
    assert len(weights) > 9
    return {str(name): path.read_bytes() for name, path in [*weights.items(), *numbers.items()]}


def test_on_a_disk_that_is_full_again_and_again_a_grid_comes_to_the_same_end(done: Place, finished: Place) -> None:
    shutil.rmtree(done.zoo)
    sizes = [4, 40, 80, 120, 4000]
    with mounted(done.zoo, f"size={sizes[0]}k"):
        codes = []
        for size in sizes:
            assert mount("-o", f"remount,size={size}k", done.zoo)
            said = run(done)
            codes.append(said.code)
            if said.code:
                assert "No space left on device" in said.err
                assert "Free some space" in said.err
            assert done.has_nothing_half_written()
        assert codes[-1] == 0
        assert codes.count(3) >= 3, codes
        assert made(done) == made(finished)


def test_a_store_that_can_only_be_read_is_read_and_what_is_missing_is_told(done: Place) -> None:
    files = done.folder / "files"
    done.zoo.rename(files)
    with mounted(done.zoo, "size=8m"):
        shutil.copytree(files, done.zoo, dirs_exist_ok=True)
        assert mount("-o", "remount,ro", done.zoo)
        assert "nothing was left to do" in done.does("grid", "run", grid_of(done)).out
        assert done.does("grid", "status", grid_of(done), "--json").json["counts"]["done"] == 5
        assert done.has_nothing_half_written()
        assert mount("-o", "remount,rw", done.zoo)
        record_of(done, "score").unlink()
        assert mount("-o", "remount,ro", done.zoo)
        said = run(done)
        assert (said.code, said.out) == (3, "")
        assert "Read-only file system" in said.err
        assert str(done.zoo) in said.err
        assert mount("-o", "remount,rw", done.zoo)
        assert run(done).code == 0


@pytest.mark.parametrize("words", [("run",), ("status",), ("report",)], ids=" ".join)
def test_a_record_of_a_newer_version_is_refused_and_kept(words: tuple[str, ...], done: Place) -> None:
    record = record_of(done, "score")
    newer = json.dumps({**json.loads(record.read_text()), "format": 2, "new": 1})
    record.write_text(newer)
    said = done("grid", *words, grid_of(done))
    assert (said.code, said.out) == (3, "")
    assert f"{record} has format 2" in said.err
    assert "Update madx-stilts" in said.err
    assert record.read_text() == newer


def test_an_adapter_of_a_newer_version_is_refused_and_kept(done: Place) -> None:
    card = record_of(done, "train")
    card = next(done.zoo.glob(f"objects/*/{json.loads(card.read_text())['adapter']}/card.json"))
    newer = card.read_text().replace('"format_version":1', '"format_version":99')
    card.write_text(newer)
    shutil.rmtree(done.zoo / "records")
    said = run(done)
    assert said.code == 5
    assert f"{card} has format 99" in said.err
    assert "Update madx-stilts" in said.err
    assert card.read_text() == newer


def test_an_edited_record_is_named_shows_no_score_and_is_done_anew(done: Place, finished: Place) -> None:
    record = record_of(done, "score")
    tree = json.loads(record.read_text())
    tree["evaluation"]["scores"]["de"]["accuracy"] = 99.9
    record.write_text(json.dumps(tree))
    assert str(record) in done.does("grid", "status", grid_of(done)).out
    assert b"99.9" not in b"".join(made(done).values())
    said = run(done)
    assert said.code == 0
    assert str(record) in said.err
    assert "It is done again" in said.err
    assert made(done) == made(finished)


def test_a_flipped_byte_is_found_and_named_and_the_adapter_is_made_again_on_request(
    done: Place, finished: Place
) -> None:
    for weights in sorted(done.zoo.glob("objects/*/*/*.safetensors"))[:2]:
        content = bytearray(weights.read_bytes())
        content[len(content) // 2] ^= 1
        weights.write_bytes(content)
        verified = done("zoo", "verify")
        assert verified.code == 3
        assert f"{weights} is damaged" in verified.err
        said = run(done, "--verify")
        assert said.code == 0
        assert f"{weights.parent.name} is damaged and is trained again" in said.err
        assert "[5/5]" in said.err
        assert done.has_nothing_half_written()
    assert made(done) == made(finished)


def test_an_impossible_grid_is_refused_with_all_its_faults_before_anything_is_done(done: Place) -> None:
    shutil.rmtree(done.zoo)
    changes = {
        "intermediates": [{"chain": ["mnli", "snli", "mnli"]}, "mnil", "snli@fi"],
        "targets": ["xnli"],
        "languages": ["de", "xx"],
    }
    words = [word for key, value in changes.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    for command in ("plan", "run"):
        said = done("grid", command, grid_of(done), *words)
        assert (said.code, said.out) == (2, "")
        for fault in ("the chain comes back to it", "did you mean mnli", "no train data in fi", "no test data in xx"):
            assert fault in said.err
    assert not done.zoo.exists()
