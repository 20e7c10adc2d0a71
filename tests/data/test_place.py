"""A source is looked up in the mirror, then in the hub's cache, then on the hub; offline, no connection is opened."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from madx_stilts.data.sources import CONVERTED, DataSources, find
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Source

NAME = "someone/pairs"
ENGLISH = Source(path=NAME, config="{language}", split="test", fields={})
Places = Callable[..., DataSources]


def files_of(*configs: str, word: str = "hello") -> dict[str, bytes]:
    """A repository with a test split per config, described in its README by pattern, as the hub does."""
    lines = ["---", "configs:"]
    for config in configs:
        lines += [f"- config_name: {config}", "  data_files:", "  - split: test", f"    path: {config}/test-*"]
    data = {
        f"{config}/test-0000{part}-of-00002.jsonl": json.dumps({"text": f"{word} {config} {part}"}).encode()
        for config in configs
        for part in (0, 1)
    }
    return {"README.md": "\n".join([*lines, "---"]).encode(), ".gitattributes": b"", **data}


def publish_to_mirror(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / NAME / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / NAME / name).write_bytes(content)


@pytest.fixture
def place_with(tmp_path: Path, mirror: Any, hub: Any) -> Places:
    """Makes a place of the mirror, an empty cache and the hub."""
    place = DataSources((mirror.root,), endpoint=hub.endpoint, cache=tmp_path / "cache")
    return lambda offline=False: replace(place, offline=offline)


def test_the_mirror_comes_first(mirror: Any, hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en"))
    publish_to_mirror(mirror.root, files_of("en"))
    found = find((ENGLISH,), "en", place_with())
    assert found.origin == f"mirror {NAME}"
    assert [path.parent for path in found.paths] == [mirror.root / NAME / "en"] * 2
    assert hub.asked == []


def test_from_the_hub_come_the_readme_and_the_files_that_are_wanted_only(hub: Any, place_with: Places) -> None:
    commit = hub.publish(NAME, files_of("en", "de", "sw"))
    found = find((ENGLISH,), "sw", place_with())
    assert found.origin == f"hub {NAME}@{commit}"
    assert [path.read_bytes() for path in found.paths] == [b'{"text": "hello sw 0"}', b'{"text": "hello sw 1"}']
    assert sorted(hub.fetched) == ["README.md", "sw/test-00000-of-00002.jsonl", "sw/test-00001-of-00002.jsonl"]


def test_what_was_downloaded_once_is_found_without_asking_again(hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en"))
    first = find((ENGLISH,), "en", place_with())
    hub.asked.clear()
    assert find((ENGLISH,), "en", place_with()) == first
    assert find((ENGLISH,), "en", place_with(offline=True)) == first
    assert hub.asked == []


def test_another_config_of_a_cached_data_set_is_downloaded(hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en", "sw"))
    find((ENGLISH,), "en", place_with())
    hub.asked.clear()
    assert len(find((ENGLISH,), "sw", place_with()).paths) == 2
    assert [name for name in hub.fetched if name.startswith("en/")] == []


def test_half_a_download_is_completed(hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en"))
    whole = find((ENGLISH,), "en", place_with())
    whole.paths[1].unlink()
    with pytest.raises(DataError, match="1 of the 2 files"):
        find((ENGLISH,), "en", place_with(offline=True))
    assert find((ENGLISH,), "en", place_with()) == whole
    assert whole.paths[1].exists()


def test_what_the_mirror_lacks_comes_from_the_hub_and_the_origin_says_so(
    mirror: Any, hub: Any, place_with: Places
) -> None:
    publish_to_mirror(mirror.root, files_of("en"))
    commit = hub.publish(NAME, files_of("en", "sw"))
    assert find((ENGLISH,), "en", place_with()).origin == f"mirror {NAME}"
    assert find((ENGLISH,), "sw", place_with()).origin == f"hub {NAME}@{commit}"


def test_a_pinned_commit_stays_when_main_moves_on(hub: Any, place_with: Places) -> None:
    old = hub.publish(NAME, files_of("en", word="old"))
    new = hub.publish(NAME, files_of("en", word="new"))
    assert find((replace(ENGLISH, revision=old),), "en", place_with()).paths[0].read_bytes() == b'{"text": "old en 0"}'
    assert find((replace(ENGLISH, revision=old),), "en", place_with()).origin == f"hub {NAME}@{old}"
    assert find((ENGLISH,), "en", place_with()).origin == f"hub {NAME}@{new}"


def test_a_data_set_with_a_loading_script_comes_from_the_hubs_conversion(hub: Any, place_with: Places) -> None:
    hub.publish(NAME, {"README.md": b"# Old", "pairs.py": b"import os"})
    converted = {"default/test/0000.jsonl": b'{"text": "hello"}', "default/partial-train/0000.jsonl": b"{}"}
    commit = hub.publish(NAME, converted, revision=CONVERTED)
    source = Source(path=NAME, split="test", fields={})
    found = find((source,), "en", place_with())
    assert found.origin == f"hub {NAME}@{commit}"
    assert find((source,), "en", place_with(offline=True)) == found
    with pytest.raises(DataError, match="loading script"):
        find((replace(source, split="train"),), "en", place_with())


@pytest.mark.usefixtures("no_connections")
def test_offline_opens_no_connection_and_tells_where_it_looked(mirror: Any, tmp_path: Path) -> None:
    publish_to_mirror(mirror.root, files_of("en"))
    place = DataSources((mirror.root,), offline=True, endpoint="http://127.0.0.1:9", cache=tmp_path / "cache")
    assert find((ENGLISH,), "en", place).origin == f"mirror {NAME}"
    with pytest.raises(DataError) as caught:
        find((ENGLISH,), "sw", place)
    assert f"mirror {NAME}: has no config 'sw', it has en" in caught.value.message
    assert f"hub's cache: has no {NAME} at main" in caught.value.message
    assert "offline" in caught.value.message
    assert NAME in caught.value.hint


@pytest.mark.usefixtures("no_connections")
def test_the_hubs_own_offline_switch_is_obeyed(tmp_path: Path) -> None:
    assert constants.HF_HUB_OFFLINE, "tests run with HF_HUB_OFFLINE=1"
    with pytest.raises(DataError, match="offline"):
        find((ENGLISH,), "en", DataSources(cache=tmp_path))


def test_a_missing_split_is_told_with_those_there_are(mirror: Any) -> None:
    publish_to_mirror(mirror.root, files_of("en"))
    with pytest.raises(DataError, match="no split 'train' in config 'en', it has test"):
        find((replace(ENGLISH, split="train"),), "en", DataSources((mirror.root,), offline=True, cache=mirror.root))


def test_an_unknown_data_set_or_revision_is_told(hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en"))
    with pytest.raises(DataError, match="there is no someone/else"):
        find((replace(ENGLISH, path="someone/else"),), "en", place_with())
    with pytest.raises(DataError, match="has no revision v9"):
        find((replace(ENGLISH, revision="v9"),), "en", place_with())


def test_what_is_missing_may_be_had_in_both_layouts_and_the_hint_names_both(tmp_path: Path) -> None:
    place = DataSources((tmp_path,), offline=True, cache=tmp_path)
    with pytest.raises(DataError) as caught:
        find(TASKS["xquad"].places("test", "de"), "de", place)
    assert caught.value.hint == (
        "Put it as google/xquad into the folder of the local mirror (--data DIR), or allow the download. Original "
        "files serve as well. Clone github.com/google-deepmind/xquad as `xquad` into the folder of the local mirror "
        "(--data DIR)."
    )
    with pytest.raises(DataError) as caught:
        find(TASKS["qqp"].places("test", "en"), "en", place)
    assert "Original files" not in caught.value.hint


def test_files_of_one_name_in_several_folders_come_in_the_order_of_the_folders(tmp_path: Path) -> None:
    for round in (3, 1, 2):
        file = tmp_path / f"anli_v1.0/R{round}/train.jsonl"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
    found = find(TASKS["anli"].places("train", "en"), "en", DataSources((tmp_path,), offline=True))
    assert [path.parent.name for path in found.paths] == ["R1", "R2", "R3"]


def test_a_data_set_behind_a_gate_is_told(hub: Any, place_with: Places) -> None:
    hub.gated.add(NAME)
    with pytest.raises(DataError, match="only to accounts with access"):
        find((ENGLISH,), "en", place_with())


def test_a_hub_that_does_not_answer_is_told(hub: Any, place_with: Places) -> None:
    with pytest.raises(DataError, match="cannot be reached"):
        find((ENGLISH,), "en", replace(place_with(), endpoint="http://127.0.0.1:9"))


def test_a_single_file_may_be_named_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    found = find((replace(ENGLISH, path=str(file)),), "en", DataSources(offline=True))
    assert (found.origin, found.paths) == (f"file {file}", (file,))


def test_a_place_has_the_tasks_of_its_mirror(miniature: Path, tmp_path: Path) -> None:
    real, world = DataSources((tmp_path,), offline=True), DataSources((miniature,), offline=True)
    assert (real.world, real.tasks, real.world_of("qab")) == (None, TASKS, None)
    assert world.tasks["xnli"].source_language == "qaa"
    assert world.tasks is world.tasks
    assert (world.world_of("qab"), world.world_of("en")) == (world.world, None)


def test_data_of_a_world_are_looked_for_in_its_folder_only(miniature: Path) -> None:
    place = DataSources((miniature,), endpoint="http://127.0.0.1:9")
    empty = replace(place, mirrors=())
    sources = place.tasks["xnli"].places("test", "qab")
    assert find(sources, "qab", place).origin == "mirror facebook/xnli"
    with pytest.raises(DataError, match="facebook/xnli") as caught:
        find(sources, "qab", empty)
    assert "madx-stilts miniature build" in caught.value.hint


@pytest.mark.parametrize("what", ["/en/test-00001-of-00002.jsonl", "/README.md", "/revision/main"])
def test_a_hub_that_sends_a_byte_now_and_then_is_given_up(
    what: str, hub: Any, place_with: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("madx_stilts.transfer._LEAST_WAITS", 0.002)
    hub.publish(NAME, files_of("en"))
    hub.trickling = (what,)
    with pytest.raises(DataError, match=r"download of someone/pairs .* given up: too slow, .* bytes came in") as caught:
        find((ENGLISH,), "en", place_with())
    assert "HF_HUB_DOWNLOAD_TIMEOUT" in caught.value.hint


@pytest.mark.parametrize(
    "change",
    [
        {"siblings": 7},
        {"siblings": [7]},
        {"siblings": [{"size": 4}]},
        {"siblings": [{"rfilename": 7}]},
        {"siblings": {"a": 1}},
        {"sha": None},
        {"createdAt": "x"},
        7,
        [],
    ],
)
def test_a_hub_that_says_nothing_sensible_is_told(change: Any, hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en"))
    hub.says = change
    with pytest.raises(DataError, match="hub: what it says of someone/pairs makes no sense"):
        find((ENGLISH,), "en", place_with())


@pytest.mark.parametrize("size", ["120", None, -1, 10**30, 1.5])
def test_an_odd_size_is_no_reason_to_refuse_files(size: object, hub: Any, place_with: Places) -> None:
    hub.publish(NAME, files_of("en"))
    siblings = [{"rfilename": name, "size": size} for name in files_of("en")]
    hub.says = {"siblings": siblings}
    assert len(find((ENGLISH,), "en", place_with()).paths) == 2


def test_a_file_that_is_not_the_one_that_the_hub_has_does_not_stay_in_the_cache(hub: Any, place_with: Places) -> None:
    files = files_of("en")
    hub.publish(NAME, files)
    siblings = [{"rfilename": name, "size": len(content)} for name, content in files.items()]
    wrong = {"sha256": "0" * 64, "size": 4, "pointerSize": 130}
    hub.says = {"siblings": [{**one, "lfs": wrong} if "test-" in str(one["rfilename"]) else one for one in siblings]}
    with pytest.raises(DataError, match=r"en/test-00000-of-00002\.jsonl came damaged"):
        find((ENGLISH,), "en", place_with())
    hub.says = None
    hub.asked.clear()
    find((ENGLISH,), "en", place_with())
    assert hub.fetched == ["en/test-00000-of-00002.jsonl"]
