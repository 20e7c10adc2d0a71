"""What is written is there whole or not at all, and equal values have one text and one digest."""

import errno
import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.errors import StorageError
from madx_stilts.files import (
    PARTIAL,
    canonical_json,
    digest,
    open_regular,
    read_bounded,
    sha256_of,
    sweep,
    write_whole,
    written_folder,
)

scalar = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
value = st.recursive(scalar, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def turned_round(value: object) -> object:
    """The same value with the keys of every mapping in reverse order."""
    if isinstance(value, dict):
        return {key: turned_round(inner) for key, inner in reversed(value.items())}
    return [turned_round(inner) for inner in value] if isinstance(value, list) else value


def everything(folder: Path) -> list[str]:
    """The names of all files and folders below."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def fill_and_fail(final: Path, error: BaseException) -> None:
    """Begin to fill a folder and break off."""
    with written_folder(final) as folder:
        (folder / "weights").write_text("1 2 3")
        raise error


@given(value)
def test_canonical_json_reads_back_as_the_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(value)
def test_the_order_of_keys_changes_neither_the_text_nor_the_digest(value: object) -> None:
    assert canonical_json(turned_round(value)) == canonical_json(value)
    assert digest(turned_round(value)) == digest(value)


@given(value, value)
def test_digests_are_equal_exactly_when_texts_are(one: object, other: object) -> None:
    assert (digest(one) == digest(other)) == (canonical_json(one) == canonical_json(other))


def test_canonical_json_has_no_spaces_and_keeps_letters() -> None:
    assert canonical_json({"b": [1, 2.5], "a": "ภาษา"}) == '{"a":"ภาษา","b":[1,2.5]}'


def test_a_digest_stays_the_same_for_ever() -> None:
    assert digest({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_lacks_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest([number])


@given(content=st.binary())
def test_a_checksum_is_that_of_the_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    write_whole(path, content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_a_file_is_written_whole_with_its_folders_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "card.json"
    write_whole(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert everything(tmp_path) == ["new", "new/folder", "new/folder/card.json"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    write_whole(path, "a longer content")
    write_whole(path, b"short")
    assert path.read_bytes() == b"short"
    assert everything(tmp_path) == ["weights"]


def test_a_crash_while_writing_keeps_the_old_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights"
    write_whole(path, "old")

    def stop(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert everything(tmp_path) == ["weights"]


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        write_whole(tmp_path / "weights", "new")
    assert "Free some space" in caught.value.hint
    assert everything(tmp_path) == []


def test_a_place_that_cannot_be_written_is_a_storage_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    for path in (file / "card.json", file / "deeper" / "card.json"):
        with pytest.raises(StorageError, match=f"Cannot write {path}") as caught:
            write_whole(path, "new")
        assert "permissions" in caught.value.hint
        with pytest.raises(StorageError, match=f"Cannot write {path}"), written_folder(path):
            pass
    assert everything(tmp_path) == ["file"]
    assert file.read_text() == "in the way"


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    with pytest.raises(StorageError, match="Cannot write"):
        write_whole(tmp_path / "card", "new")
    assert everything(tmp_path) == ["card"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission_is_a_storage_error(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StorageError, match="Permission denied"):
        write_whole(tmp_path / "card", "new")
    tmp_path.chmod(stat.S_IRWXU)
    assert everything(tmp_path) == []


def test_a_folder_appears_when_its_block_ends(tmp_path: Path) -> None:
    final = tmp_path / "zoo" / "adapter"
    with written_folder(final) as folder:
        (folder / "head").mkdir()
        (folder / "head" / "weights").write_text("1 2 3")
        assert not final.exists()
        assert folder.parent == final.parent  # the same disk, so that renaming is one step
    assert everything(tmp_path) == ["zoo", "zoo/adapter", "zoo/adapter/head", "zoo/adapter/head/weights"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_folder_whose_block_fails_is_gone(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        fill_and_fail(tmp_path / "adapter", error())
    assert everything(tmp_path) == []


def test_a_full_disk_while_filling_a_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No space left"):
        fill_and_fail(tmp_path / "adapter", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert everything(tmp_path) == []


def test_of_two_folders_of_one_name_the_first_stays(tmp_path: Path) -> None:
    final = tmp_path / "adapter"
    with written_folder(final) as slow:
        (slow / "weights").write_text("slow")
        with written_folder(final) as fast:
            (fast / "weights").write_text("fast")
    assert (final / "weights").read_text() == "fast"
    assert everything(tmp_path) == ["adapter", "adapter/weights"]


def test_sweeping_removes_what_crashes_left_and_nothing_else(tmp_path: Path) -> None:
    write_whole(tmp_path / "zoo" / "card.json", "{}")
    (tmp_path / "zoo" / f".adapter.0a1b2c3d{PARTIAL}" / "head").mkdir(parents=True)
    (tmp_path / "zoo" / f".adapter.0a1b2c3d{PARTIAL}" / f".inner{PARTIAL}").write_text("half")
    (tmp_path / f".table.0a1b2c3d{PARTIAL}").write_text("half")
    (tmp_path / "partial").write_text("a name like any other")
    left = sweep(tmp_path)
    assert tmp_path / f".table.0a1b2c3d{PARTIAL}" in left
    assert everything(tmp_path) == ["partial", "zoo", "zoo/card.json"]
    assert sweep(tmp_path) == []


def test_only_regular_files_are_opened_and_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    plain, pipe = tmp_path / "plain", tmp_path / "pipe"
    plain.write_bytes(b"content")
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(plain)
    for path in (plain, tmp_path / "link"):
        with open_regular(path) as file:
            assert file.read() == b"content"
    for path, kind in ((pipe, "a named pipe"), (tmp_path, "a folder"), (Path(os.devnull), "a device")):
        with pytest.raises(OSError, match=f"it is {kind}, not a regular file"):
            open_regular(path)


def test_a_file_larger_than_its_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, limit=5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bounded(path, limit=4)
