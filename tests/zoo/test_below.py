"""What lies in a folder and the folders in it, and how folders are put aside and removed."""

from pathlib import Path

import pytest

from madx_stilts.locks import free, held
from madx_stilts.zoo.below import bytes_below, names_below
from madx_stilts.zoo.leftovers import put_aside, remove


def test_files_in_all_depths_and_empty_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "heads" / "mnli").mkdir(parents=True)
    (tmp_path / "empty" / "too").mkdir(parents=True)
    (tmp_path / "card.json").write_bytes(b"{}")
    (tmp_path / "heads" / "mnli" / ".hidden").write_bytes(b"123")
    (tmp_path / "to a folder").symlink_to(tmp_path / "heads")
    (tmp_path / "to nothing").symlink_to("nowhere")

    assert names_below(tmp_path) == ["card.json", "empty/too", "heads/mnli/.hidden", "to a folder", "to nothing"]
    assert names_below(tmp_path / "empty" / "too") == []
    assert names_below(tmp_path / "vanished") == []


def test_bytes_are_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "one" / "two").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"1234")
    (tmp_path / "one" / "two" / "file").write_bytes(b"123")

    assert bytes_below(tmp_path) == 7
    assert bytes_below(tmp_path / "vanished") == 0


@pytest.mark.parametrize("earlier", ["nothing", "folder", "file"])
def test_a_folder_is_put_aside_whatever_an_earlier_process_put_there(tmp_path: Path, earlier: str) -> None:
    folder, away = tmp_path / "adapter", tmp_path / ".adapter.removed.partial"
    folder.mkdir()
    (folder / "new").write_bytes(b"new")
    if earlier == "folder":
        away.mkdir()
        (away / "old").write_bytes(b"old")
    elif earlier == "file":
        away.write_bytes(b"old")

    assert put_aside(folder) == away
    assert names_below(tmp_path) == [".adapter.removed.partial/new"]
    assert put_aside(folder) == away, "nothing is there to be put aside, and that is no fault"


def test_what_is_removed_is_a_file_a_folder_or_a_link_but_not_where_it_leads(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(kept)
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"")

    for name in ("link", "folder", "file", "nothing"):
        remove(tmp_path / name)
    assert names_below(tmp_path) == ["kept/file"]


def test_a_lock_is_free_only_where_nobody_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "adding.lock"
    with held(lock, busy="Busy."), free(lock) as is_free:
        assert not is_free
    with free(lock) as is_free:
        assert is_free
        with free(lock) as again:
            assert not again
    with held(lock, busy="Busy."):
        pass
