"""A folder with a passport is a constructed world: every task has its languages there, and only what is in it."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.errors import DataError, UnknownName, UsageError
from madx_stilts.miniature.build import passport
from madx_stilts.miniature.world import MiniatureWorld as Made
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Source, Task
from madx_stilts.tasks.world import FORMAT, PASSPORT, ConstructedWorld, language_name, read_world, tasks_in, world_in

Passport = dict[str, Any]
TOLD: Passport = {
    **{"format": 1, "name": "tiny", "note": "Invented.", "seed": 7, "size": "small", "source": "qba"},
    **{"version": "0.1.0", "content": "of its files"},
    "languages": [
        {"code": "qbb", "name": "Other", "script": "Cyrl", "seen": False, "distance": 0.5},
        {"code": "qba", "name": "Source", "script": "Latn", "seen": True, "distance": 0},
    ],
}
FILES = (
    *("facebook/xnli/qba/test-0.parquet", "facebook/xnli/qbb/test-0.parquet", "facebook/xnli/qbb/train-0.parquet"),
    *("nyu-mll/glue/mnli/train-0.parquet", "stanfordnlp/snli/plain_text/train-0.parquet"),
    *("tatoeba/tatoeba.qbb-eng.qbb", "tatoeba/tatoeba.qbb-eng.eng"),
    *("mewsli_x/wikinews_mentions-test.jsonl", "mewsli_x/candidate_set_entities.jsonl"),
    *("facebook/anli/plain_text/train_r1-0.parquet", "facebook/anli/plain_text/train_r2-0.parquet"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A world of two languages, whose files are all empty."""
    folder = tmp_path / "tiny"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / PASSPORT).write_text(json.dumps(TOLD))
    return folder


@pytest.fixture
def world(folder: Path) -> ConstructedWorld:
    return read_world(folder)


def places(task: Task) -> Iterator[Source]:
    for sources in (*task.sources.values(), *task.candidates.values()):
        yield from sources


def test_folders_without_a_passport_have_all_tasks(tmp_path: Path) -> None:
    assert tasks_in([]) is TASKS
    assert tasks_in([tmp_path]) is TASKS
    assert world_in([tmp_path]) is None


def test_a_world_is_read_with_its_source_language_first(world: ConstructedWorld) -> None:
    assert (world.name, world.seed, world.source) == ("tiny", 7, "qba")
    assert world.names == {"qba": "Source", "qbb": "Other"}
    assert [one.seen for one in world.languages] == [True, False]


def test_what_the_miniature_writes_is_what_is_read(tmp_path: Path) -> None:
    (tmp_path / PASSPORT).write_text(json.dumps({**passport(Made(3), "small"), "content": "of its files"}))
    world = read_world(tmp_path)
    assert (world.name, world.seed, [*world.names]) == ("miniature", 3, ["qaa", "qab", "qac", "qad", "qae"])


def test_a_world_says_what_it_is(world: ConstructedWorld) -> None:
    assert world.facts == {"name": "tiny", "seed": 7, "constructed": True}
    assert str(world) == "constructed world (tiny, seed 7)"
    assert f"{world}: no score on them can be compared with a real one" in world.caveat


def without(key: str) -> Callable[[Passport], Passport]:
    return lambda told: {name: value for name, value in told.items() if name != key}


def with_codes(*codes: str) -> Callable[[Passport], Passport]:
    return lambda told: told | {"languages": [told["languages"][0] | {"code": code} for code in codes]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("seed"), "seed: Field required"),
        (without("languages"), "languages: Field required"),
        (lambda told: told | {"seed": "7"}, "seed: "),
        (lambda told: told | {"weather": "fine"}, "weather: "),
        (lambda told: told | {"source": "qbc"}, "the source language 'qbc' is none of its languages"),
        (with_codes("qba", "qba"), "a language stands there twice"),
        (with_codes("qba", "de"), "languages.1.code: "),
        (lambda told: [told], "passport"),
        (lambda told: told | {"format": FORMAT + 1}, f"has format {FORMAT + 1}"),
    ],
)
def test_a_wrong_passport_is_refused(folder: Path, change: Callable[[Passport], object], reason: str) -> None:
    (folder / PASSPORT).write_text(json.dumps(change(TOLD)))
    with pytest.raises(DataError, match=r"world\.json") as caught:
        tasks_in([folder])
    assert reason in caught.value.message
    assert "madx-stilts miniature build" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_damaged_passport_is_refused(folder: Path, content: bytes) -> None:
    (folder / PASSPORT).write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        read_world(folder)


def test_a_passport_that_is_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    (folder / PASSPORT).unlink()
    os.mkfifo(folder / PASSPORT)
    with pytest.raises(DataError, match="cannot be read: it is a named pipe"):
        read_world(folder)


def test_a_world_stands_alone(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    with pytest.raises(UsageError, match="constructed world") as caught:
        world_in([real, folder])
    assert str(real) in caught.value.message
    assert world_in([folder, folder]) == read_world(folder)


def test_a_world_has_the_tasks_that_have_files_in_it(folder: Path) -> None:
    tasks = tasks_in([folder])
    assert {*tasks} == {"mnli", "snli", "xnli", "tatoeba", "mewsli_x"}
    with pytest.raises(UnknownName, match="constructed world 'tiny' named 'ocnli'") as caught:
        tasks["ocnli"]
    assert "mnli" in caught.value.near
    with pytest.raises(UnknownName) as caught:
        tasks["udpos"]
    assert caught.value.hint == "Known: mewsli_x, mnli, snli, tatoeba, xnli."


def test_a_split_has_the_languages_whose_files_are_there(world: ConstructedWorld) -> None:
    xnli, mnli = world.task(TASKS["xnli"]), world.task(TASKS["mnli"])
    assert xnli.splits == ("test",)
    assert xnli.languages_of("test") == ("qba", "qbb")
    assert mnli.languages_of("train") == ("qba", "qbb")
    assert world.task(TASKS["snli"]).languages == ("qba",)
    with pytest.raises(UsageError, match="'en'"):
        xnli.places("test", "en")


def test_a_split_in_several_parts_needs_all_of_them(folder: Path) -> None:
    assert "anli" not in tasks_in([folder])
    (folder / "facebook/anli/plain_text/train_r3-0.parquet").touch()
    tasks = tasks_in([folder])
    assert tasks["anli"].splits == ("train",)
    assert tasks["anli_plus"].languages_of("train") == tasks["anli_plus"].languages == ("qba",)


def test_the_source_language_plays_english_in_retrieval(world: ConstructedWorld) -> None:
    tatoeba, mewsli = world.task(TASKS["tatoeba"]), world.task(TASKS["mewsli_x"])
    assert (tatoeba.languages, tatoeba.query_language, tatoeba.candidate_language) == (("qbb",), "qba", "")
    assert tatoeba.searched.languages_of("test") == ("qbb",)
    assert mewsli.candidate_language == "mixed"
    assert mewsli.languages == mewsli.searched.languages_of("test") == ("qba", "qbb")
    assert world.task(TASKS["bucc2018"]).candidate_language == "qba"


@pytest.mark.parametrize("name", TASKS)
def test_no_task_of_a_world_looks_anywhere_else_or_passes_as_real(name: str, world: ConstructedWorld) -> None:
    task = world.task(TASKS[name])
    assert not any(source.on_hub for source in places(task))
    assert {source.licence for source in places(task)} <= {""}
    assert (task.source_language, task.note) == ("qba", world.caveat)
    assert task.licence.startswith("constructed")
    assert task.citation.startswith("Constructed")
    assert (task.labels, task.metrics, task.trains_on) == (
        *(TASKS[name].labels, TASKS[name].metrics),
        TASKS[name].trains_on,
    )


def test_adapting_a_task_twice_changes_nothing_more(world: ConstructedWorld) -> None:
    for task in world.tasks().values():
        again = world.task(task)
        assert (again.sources, again.candidates, again.languages) == (task.sources, task.candidates, task.languages)


def test_languages_have_the_names_that_the_world_gives_them(world: ConstructedWorld) -> None:
    assert language_name("qbb", world) == "Other"
    assert language_name("qbb", None) == ""
    assert language_name("de", None) == language_name("de", world) == "German"
