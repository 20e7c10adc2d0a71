"""A split may be in several places, in original files, or be the union of several tasks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources, find
from madx_stilts.errors import DataError, UsageError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.task import Labels, Source, Task

FIELDS = {"id": Column("uid"), "first": Column("premise"), "second": Column("hypothesis")}
GOLD = Labels(column="label", names=("entailment", "neutral", "contradiction"))
HUB = Source(path="someone/pairs", config="{language}", split="train", fields=FIELDS, labels=GOLD)
FILES = Source(path="pairs", files=("new/{language}-*.tsv", "{language}*.tsv"), fields=FIELDS, labels=GOLD)


def task_of(*sources: Source, name: str = "pairs") -> Task:
    return replace(TASKS["snli"], name=name, languages=("en", "sw", "de"), sources={"train": sources})


def row(word: str, label: object = 0) -> dict[str, object]:
    return {"uid": word, "premise": f"a {word}", "hypothesis": f"the {word}", "label": label}


def write(file: Path, *rows: dict[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join("\t".join(map(str, values)) for values in [rows[0], *(one.values() for one in rows)]))


def words(examples: Any) -> list[str]:
    return [example.id for example in examples.items]


@pytest.fixture
def place(mirror: Any) -> DataSources:
    return DataSources((mirror.root,), offline=True, cache=mirror.root)


def test_the_first_place_that_has_the_files_counts(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", [row("hub")], config="en", kind="jsonl")
    task = task_of(FILES, HUB)
    assert words(read(task, "en", "train", place=place)) == ["hub"]
    write(mirror.root / "pairs" / "en.tsv", row("file"))
    examples = read(task, "en", "train", place=place)
    assert (words(examples), examples.origin) == (["file"], "files pairs")
    assert words(read(task_of(HUB, FILES), "en", "train", place=place)) == ["hub"]


def test_the_first_pattern_that_fits_counts_and_all_its_files(mirror: Any, place: DataSources) -> None:
    write(mirror.root / "pairs" / "en.tsv", row("old"))
    write(mirror.root / "pairs/new/en-b.tsv", row("second"))
    write(mirror.root / "pairs/new/en-a.tsv", row("first"))
    examples = read(task_of(FILES), "en", "train", place=place)
    assert words(examples) == ["first", "second"]
    assert str(mirror.root / "pairs/new/en-b.tsv") in examples.locate(1)


def test_several_mirrors_are_looked_into_in_order(mirror: Any, place: DataSources, tmp_path: Path) -> None:
    mirror.add("someone/pairs", [row("first")], config="en", kind="jsonl")
    write(tmp_path / "other" / "pairs" / "sw.tsv", row("second"))
    both = replace(place, mirrors=(*place.mirrors, tmp_path / "other"))
    assert words(read(task_of(HUB, FILES), "en", "train", place=both)) == ["first"]
    assert words(read(task_of(HUB, FILES), "sw", "train", place=both)) == ["second"]


def test_a_source_serves_only_its_languages(place: DataSources) -> None:
    task = task_of(replace(HUB, languages=("en",)), replace(FILES, languages=("de", "gsw")))
    assert task.languages_of("train") == ("en", "de", "gsw")
    assert [source.path for source in task.places("train", "de")] == ["pairs"]
    with pytest.raises(UsageError, match="'sw'") as caught:
        read(task, "sw", "train", place=place)
    assert "en, de, gsw" in caught.value.hint


@pytest.mark.usefixtures("no_connections")
def test_what_the_hub_has_wrong_is_never_asked_of_it(tmp_path: Path) -> None:
    place = DataSources(endpoint="http://127.0.0.1:9", cache=tmp_path)
    wrong = replace(HUB, obtain="Build it from the original files.")
    with pytest.raises(DataError, match="no local mirror is named") as caught:
        find((wrong,), "en", place)
    assert caught.value.hint == "Build it from the original files."


def test_all_places_are_named_where_none_has_the_files(mirror: Any, place: DataSources) -> None:
    (mirror.root / "pairs").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        read(task_of(HUB, replace(FILES, obtain="Ask the authors.")), "en", "train", place=place)
    for part in ("someone/pairs, config en", "pairs/new/en-*.tsv", "has no new/en-*.tsv or en*.tsv"):
        assert part in caught.value.message
    assert "Ask the authors." in caught.value.hint


def test_rows_may_be_chosen_by_how_a_value_begins(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", [row("english-1"), row("swahili-1"), row("english-2")], config="all", kind="jsonl")
    codes = {"en": "english", "sw": "swahili"}
    task = task_of(replace(HUB, config="all", where={"uid": "{language}-*"}, codes=codes))
    assert words(read(task, "en", "train", place=place)) == ["english-1", "english-2"]
    with pytest.raises(DataError, match=r"no rows with uid = 'de-\*'"):
        read(task, "de", "train", place=place)


def test_a_union_has_the_rows_of_all_its_tasks_in_order(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/a", [row("a1"), row("a2", -1), row("a3", 2)], config="en", kind="jsonl")
    mirror.add("someone/b", [row("b1", 1)], config="en", kind="jsonl")
    first = task_of(replace(HUB, path="someone/a", drop_unlabelled=True), name="a")
    union = replace(task_of(name="both"), sources={}, union_of=(first, task_of(replace(HUB, path="someone/b"))))
    examples = read(union, "en", "train", place=place)
    assert [(one.row, one.id, one.label) for one in examples.items] == [
        (0, "a1", "entailment"),
        (2, "a3", "contradiction"),
        (3, "b1", "neutral"),
    ]
    assert (examples.left_out, examples.origin) == (1, "mirror someone/a, mirror someone/b")
    assert "someone/b" in examples.locate(3)
    assert (union.splits, union.languages_of("train")) == (("train",), ("en", "sw", "de"))


def test_the_licence_is_that_of_the_rows_that_were_read(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", [row("english")], config="en", kind="jsonl")
    mirror.add("someone/pairs", [row("swahili")], config="sw", kind="jsonl")
    task = task_of(replace(HUB, languages=("en",)), replace(HUB, languages=("sw",), licence="CC0-1.0"))
    assert read(task, "en", "train", place=place).task.licence == task.licence
    assert read(task, "sw", "train", place=place).task.licence == "CC0-1.0"
    union = replace(task, sources={}, union_of=(task_of(replace(HUB, licence="MIT")), task_of(HUB)))
    assert read(union, "en", "train", place=place).task.licence == f"MIT; {task.licence}"


def test_a_union_needs_all_its_tasks(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/a", [row("a1")], config="en", kind="jsonl")
    first = task_of(replace(HUB, path="someone/a"))
    union = replace(first, sources={}, union_of=(first, task_of(replace(HUB, languages=("en", "de")))))
    with pytest.raises(DataError, match="someone/pairs"):
        read(union, "en", "train", place=place)
    with pytest.raises(UsageError, match="'sw'"):
        read(union, "sw", "train", place=place)
