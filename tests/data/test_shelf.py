"""Large files that can be made again: whole or not there, within a limit, removed by age, never while in use."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from madx_stilts.data.array_cache import ArrayCache, ArrayLayout, Arrays
from madx_stilts.errors import StorageError

LAYOUT = ArrayLayout({"low": ("F32", (100, 8)), "high": ("BF16", (100, 4))})
SIZE = LAYOUT.file_bytes


class Scribe:
    """Writes numbers, counts how often, and keeps what is told."""

    def __init__(self, number: float = 1.0) -> None:
        self.number = number
        self.written = 0
        self.told: list[str] = []

    def fill(self, arrays: Arrays) -> None:
        self.written += 1
        for array in arrays.values():
            array[:] = np.arange(array.size).reshape(array.shape) + self.number

    def use(self, shelf: ArrayCache, key: str) -> Arrays:
        with shelf.opened(key, LAYOUT, self.fill, self.told.append) as arrays:
            return {name: np.array(array) for name, array in arrays.items()}


@pytest.fixture
def shelf(tmp_path: Path) -> ArrayCache:
    """Room for three files."""
    return ArrayCache(tmp_path / "shelf", 3 * SIZE)


def files(shelf: ArrayCache) -> set[str]:
    return {path.stem for path in shelf.folder.glob("*.safetensors")}


def age(shelf: ArrayCache, key: str, seconds: float) -> None:
    before = time.time() - seconds
    os.utime(shelf.folder / f"{key}.safetensors", (before, before))


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_what_is_written_once_is_read_afterwards(
    system: str, shelf: ArrayCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)  # they reserve the room in two ways
    scribe = Scribe()
    first, again = scribe.use(shelf, "a"), scribe.use(shelf, "a")
    assert scribe.written == 1
    assert first["low"][3, 2] == 27.0
    assert first["high"].dtype == np.uint16
    assert (shelf.folder / "a.safetensors").stat().st_size == SIZE
    for name, array in first.items():
        assert np.array_equal(array, again[name])


def test_the_size_is_known_to_the_byte_before_anything_is_written(shelf: ArrayCache) -> None:
    Scribe().use(shelf, "a")
    assert (shelf.folder / "a.safetensors").stat().st_size == SIZE


def test_files_are_in_the_format_of_safetensors(tmp_path: Path) -> None:
    layout = ArrayLayout({"low": ("F32", (5, 3)), "high": ("F16", (5, 2))})
    with ArrayCache(tmp_path, 10**6).opened("a", layout, Scribe().fill, print):
        pass
    read = load_file(tmp_path / "a.safetensors")
    assert read["low"].tolist() == (np.arange(15).reshape(5, 3) + 1.0).tolist()
    assert read["high"].dtype == np.float16


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def rename_an_array(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"low"', b'"lov"'))


def empty(path: Path) -> None:
    path.write_bytes(b"\0" * SIZE)


@pytest.mark.parametrize("damage", [cut, flip, rename_an_array, empty])
def test_damage_is_found_and_mended(damage: Callable[[Path], None], shelf: ArrayCache) -> None:
    scribe = Scribe()
    first = scribe.use(shelf, "a")
    damage(shelf.folder / "a.safetensors")
    again = scribe.use(shelf, "a")
    assert scribe.written == 2
    assert ["is damaged" in sentence for sentence in scribe.told] == [True]
    assert np.array_equal(first["low"], again["low"])


def test_what_was_used_longest_ago_goes_first(shelf: ArrayCache) -> None:
    scribe = Scribe()
    for at, key in enumerate("abc"):
        scribe.use(shelf, key)
        age(shelf, key, 100 - at)
    scribe.use(shelf, "a")  # made first, used last
    scribe.use(shelf, "d")
    assert files(shelf) == {"a", "c", "d"}
    assert len(scribe.told) == 1
    assert "used longest ago" in scribe.told[0]


def test_what_is_in_use_stays(shelf: ArrayCache) -> None:
    scribe = Scribe()
    with ExitStack() as using:
        for key in "ab":
            using.enter_context(shelf.opened(key, LAYOUT, scribe.fill, print))
            age(shelf, key, 100)
        scribe.use(shelf, "c")
        scribe.use(shelf, "d")
        assert files(shelf) == {"a", "b", "d"}
        using.enter_context(shelf.opened("d", LAYOUT, scribe.fill, print))
        with pytest.raises(StorageError, match="are in use"):
            scribe.use(shelf, "e")
    scribe.use(shelf, "e")
    assert "e" in files(shelf)


def test_what_is_larger_than_the_limit_removes_nothing(shelf: ArrayCache) -> None:
    scribe = Scribe()
    scribe.use(shelf, "a")
    small = ArrayCache(shelf.folder, SIZE - 1)
    with pytest.raises(StorageError, match="are allowed"):
        scribe.use(small, "b")
    assert files(shelf) == {"a"}
    scribe.use(small, "a")  # what is there already is read
    assert scribe.written == 1


def test_a_full_disk_is_told_before_anything_is_written(shelf: ArrayCache, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = SIZE - 1

    monkeypatch.setattr("madx_stilts.data.array_cache.shutil.disk_usage", lambda folder: Usage)
    scribe = Scribe()
    with pytest.raises(StorageError, match="the disk has"):
        scribe.use(shelf, "a")
    assert scribe.written == 0
    assert list(shelf.folder.glob("*a*")) == []


def test_what_failed_leaves_nothing_and_what_a_crash_left_is_removed(shelf: ArrayCache) -> None:
    def fail(arrays: Arrays) -> None:
        raise KeyError

    with pytest.raises(KeyError), shelf.opened("a", LAYOUT, fail, print):
        pass
    assert [path.name for path in shelf.folder.iterdir()] == ["locks"]
    left = shelf.folder / ".b.12345678.partial"
    left.write_bytes(b"\0" * 3 * SIZE)
    Scribe().use(shelf, "a")
    assert not left.exists()


OTHER = """
import sys, time
from pathlib import Path
from madx_stilts.data.array_cache import ArrayCache, ArrayLayout

written = []

def fill(arrays):
    time.sleep(0.2)
    arrays["low"][:] = 1
    written.append(1)

layout = ArrayLayout({"low": ("F32", (100, 8)), "high": ("BF16", (100, 4))})
with ArrayCache(Path(sys.argv[1]), 10**6).opened("a", layout, fill, print) as arrays:
    print(len(written), arrays["low"].sum(), flush=True)
    sys.stdin.read()
"""


def another(shelf: ArrayCache) -> "subprocess.Popen[str]":
    """A process that uses the file `a` until its input ends."""
    command = [sys.executable, "-c", OTHER, str(shelf.folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_that_want_the_same_write_it_once(shelf: ArrayCache) -> None:
    others = [another(shelf) for _ in range(3)]
    told = sorted(other.communicate("")[0].split() for other in others)
    assert told == [["0", "800.0"], ["0", "800.0"], ["1", "800.0"]]
    assert files(shelf) == {"a"}


def test_another_process_removes_nothing_that_this_one_uses(shelf: ArrayCache) -> None:
    with another(shelf) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "1 800.0\n"
        age(shelf, "a", 100)
        narrow = ArrayCache(shelf.folder, SIZE)
        with pytest.raises(StorageError, match="are in use"):
            Scribe().use(narrow, "b")
        other.kill()  # the lock ends with the process, however that ends
    Scribe().use(narrow, "b")
    assert files(shelf) == {"b"}
