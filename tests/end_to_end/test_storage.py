"""No space and no permission: one clear error that names the place, exit code 3, and nothing half-written stays."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

Place = Any
TRAIN = ("train", "intermediate", "snli", "--set", "method.reduction_factor=1")
SCORE = ("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de")
NOBODY = 65534


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let the system refuse to write more than so many bytes into one file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Put a file system of its own at a folder; the test is skipped where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system")
    try:
        yield
    finally:
        # Lazily: weights that were read stay mapped until the garbage is collected.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Have no more rights than any user, also as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def encoded(madx: Place) -> Place:
    """A workplace in which the data are encoded already, and the zoo is empty."""
    madx.does(*TRAIN)
    shutil.rmtree(madx.zoo)
    return madx


def refused(place: Place, *words: str | Path) -> str:
    """What a command says that ends with a storage error."""
    said = place(*words, "-q")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("Error: Cannot ")
    assert said.err.count("\n") == 2
    return str(said.err)


def sizes(place: Place) -> list[int]:
    """Sizes of all files that a training leaves in the zoo, each once, without locks."""
    copy = replace(place, folder=place.folder / "again")
    copy.does(*TRAIN, "--cache", place.folder / "cache")
    return sorted({path.stat().st_size for path in copy.zoo.rglob("*.*") if path.is_file()} - {0})


def test_whichever_file_does_not_fit_nothing_half_written_stays(encoded: Place) -> None:
    bounds = [size - 1 for size in sizes(encoded)]
    assert len(bounds) >= 6
    for bound in bounds:
        with no_file_larger_than(bound):
            told = refused(encoded, *TRAIN)
        assert str(encoded.zoo) in told
        assert "Free some space" in told
        assert encoded.does("zoo", "list", "--json").json == []
        assert encoded.has_nothing_half_written()
    assert encoded.does(*TRAIN).trained == 1


def test_encodings_that_do_not_fit_are_told(madx: Place) -> None:
    with no_file_larger_than(1000):
        assert str(madx.folder / "cache") in refused(madx, *TRAIN)
    assert madx.has_nothing_half_written()


@pytest.mark.parametrize("size", ["4k", "64k", "148k"])
def test_a_full_disk_is_told(size: str, encoded: Place) -> None:
    with mounted(encoded.zoo, f"size={size}"):
        told = refused(encoded, *TRAIN)
        assert "No space left on device" in told
        assert "Free some space" in told
        assert encoded.does("zoo", "list", "--json").json == []
        assert encoded.has_nothing_half_written()


def test_a_zoo_that_is_mounted_for_reading_is_told(encoded: Place) -> None:
    with mounted(encoded.zoo, "ro,size=64k"):
        assert "Read-only file system" in refused(encoded, *TRAIN)


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(encoded: Place) -> None:
    words = (*TRAIN, "--checkpoint-every", "1")
    with no_file_larger_than(100_000):
        assert "checkpoint.safetensors" in refused(encoded, *words)
    assert encoded.has_nothing_half_written()
    assert encoded.does(*words).trained == 1


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--zoo", TRAIN),
        ("--cache", TRAIN),
        ("--predictions", SCORE),
        ("--out", ("demo",)),
    ],
)
def test_a_folder_below_a_file_is_refused(option: str, words: tuple[str, ...], damaged: Place) -> None:
    file = damaged.folder / "file"
    file.write_text("")
    assert str(file) in refused(damaged, *words, option, file / "folder")
    assert file.read_text() == ""
    assert damaged.has_nothing_half_written()


@pytest.fixture
def public(trained: Place) -> Iterator[Place]:
    """A workplace that any user may read and nobody but its owner may change."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = trained.copy(folder)
        shutil.copytree(place.backbone, folder / "backbone")
        shutil.copytree(trained.folder / "cache", folder / "cache")
        place.does(*SCORE)  # so that all modules are loaded: not every user may read where they lie
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield replace(place, backbone=folder / "backbone")
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_zoo_without_permission_to_write_is_told_and_can_still_be_used(public: Place) -> None:
    with as_nobody():
        told = refused(public, *TRAIN)
        assert "Permission denied" in told
        assert str(public.zoo) in told
        assert public.does("zoo", "list", "--json").json
        with tempfile.TemporaryDirectory() as cache:
            assert public.does(*SCORE, "--json", "--cache", cache).json["scores"]["de"]["n"] == 120
        assert public.does("zoo", "verify").code == 0


def test_a_zoo_without_permission_to_read_is_told(public: Place) -> None:
    lock: Callable[[int], None] = (public.zoo / "objects").chmod
    lock(0o000)
    with as_nobody():
        said = public("zoo", "list")
    lock(0o555)
    assert said.code == 3
    assert str(public.zoo / "objects") in said.err
    assert "Permission denied" in said.err
