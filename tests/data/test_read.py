"""Reading: labels by name, samples that contain one another, fingerprints of content, places of rows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.data.read import read
from madx_stilts.data.sample import sample
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import DataError, UsageError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow, Column
from madx_stilts.tasks.task import Labels, Source

NLI = ("entailment", "neutral", "contradiction")
PAIRS = replace(
    TASKS["snli"],
    languages=("en", "sw"),
    sources={
        "train": (
            Source(
                path="someone/pairs",
                config="{language}",
                split="train",
                fields={"id": Column("uid"), "first": Column("premise"), "second": Column("hypothesis")},
                labels=Labels(column="label", names=NLI, aliases={"contradictory": "contradiction"}),
            ),
        )
    },
)
(SOURCE,) = PAIRS.sources["train"]


@pytest.fixture
def place(mirror: Any) -> DataSources:
    return DataSources((mirror.root,), offline=True, cache=mirror.root)


def pairs(*labels: object) -> list[dict[str, object]]:
    """A row for each label, with texts of its own."""
    return [{"premise": f"premise {n}", "hypothesis": f"naïve {n}", "label": label} for n, label in enumerate(labels)]


def labels_of(place: DataSources) -> list[str | None]:
    return [example.label for example in read(PAIRS, "en", "train", place=place).items]


@pytest.mark.parametrize("limit", [None, 1, 2, 9])
def test_how_many_rows_a_split_has_does_not_depend_on_a_limit_nor_count_those_left_out(
    mirror: Any, place: DataSources, limit: int | None
) -> None:
    mirror.add("someone/pairs", pairs(2, -1, 0, 1, -1), config="en")
    (kept,) = PAIRS.sources["train"]
    task = replace(PAIRS, sources={"train": (replace(kept, drop_unlabelled=True),)})
    examples = read(task, "en", "train", place=place, limit=limit)
    assert (examples.whole, examples.left_out) == (3, 2)


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "tsv"])
def test_every_kind_of_file_gives_the_same_examples(mirror: Any, place: DataSources, kind: str) -> None:
    mirror.add("someone/pairs", pairs(2, 0, 1), config="en", kind=kind)
    examples = read(PAIRS, "en", "train", place=place)
    assert [(e.row, e.id, e.first, e.second, e.label) for e in examples.items] == [
        (0, "0", "premise 0", "naïve 0", "contradiction"),
        (1, "1", "premise 1", "naïve 1", "entailment"),
        (2, "2", "premise 2", "naïve 2", "neutral"),
    ]
    assert (examples.task, examples.language, examples.split) == (PAIRS, "en", "train")
    assert examples.origin == "mirror someone/pairs"
    assert len(examples) == 3


@pytest.mark.parametrize("order", [NLI, ("neutral", "entailment", "contradiction"), ("contradictory", *NLI[:2])])
def test_what_integers_mean_is_what_the_file_says(mirror: Any, place: DataSources, order: Sequence[str]) -> None:
    rows = pairs(*(order.index("contradictory" if n == 2 and "contradictory" in order else NLI[n]) for n in (0, 1, 2)))
    mirror.add("someone/pairs", rows, config="en", names={"label": order})
    assert labels_of(place) == list(NLI)


def test_the_library_that_the_hub_is_read_with_writes_what_we_read(mirror: Any, place: DataSources) -> None:
    datasets = pytest.importorskip("datasets")
    order = ["neutral", "entailment", "contradiction"]
    tags = datasets.Features({"tokens": [datasets.Value("string")], "tags": [datasets.ClassLabel(names=["X", "NOUN"])]})
    features = {name: datasets.Value("string") for name in ("premise", "hypothesis")}
    labels = datasets.Features({**features, "label": datasets.ClassLabel(names=order)})
    (mirror.root / "someone/pairs/en").mkdir(parents=True)
    file = mirror.root / "someone/pairs/en/train-00000-of-00001.parquet"
    datasets.Dataset.from_list(pairs(0, 1, 2), features=labels).to_parquet(file)
    assert labels_of(place) == order
    words = replace(TASKS["udpos"].sources["test"][-1], path="someone/words", config="en", split="train")
    file = mirror.root / "someone/words/en/train-00000-of-00001.parquet"
    file.parent.mkdir(parents=True)
    datasets.Dataset.from_list([{"tokens": ["a", "b"], "tags": [1, 0]}], features=tags).to_parquet(file)
    source = replace(words, labels=Labels(column="tags"), codes={})
    task = replace(TASKS["udpos"], sources={"train": (source,)})
    assert read(task, "en", "train", place=place).items[0].tags == ("NOUN", "X")


def test_an_id_is_taken_where_there_is_one(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", [{**row, "uid": 7 + n} for n, row in enumerate(pairs(0, 1))], config="en")
    mirror.add("someone/pairs", pairs(2), config="en")
    assert [example.id for example in read(PAIRS, "en", "train", place=place).items] == ["7", "8", "2"]


def test_names_and_their_other_spellings_are_labels_too(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", pairs("contradictory", "neutral", " entailment\n"), config="en", kind="jsonl")
    assert labels_of(place) == ["contradiction", "neutral", "entailment"]


@pytest.mark.parametrize("absent", [-1, "", None, "-1"])
def test_a_hidden_label_is_none(mirror: Any, place: DataSources, absent: object) -> None:
    mirror.add("someone/pairs", pairs(0 if absent == -1 else "neutral", absent), config="en", kind="jsonl")
    task = replace(PAIRS, sources={"train": (replace(SOURCE, drop_unlabelled=False),)})
    assert read(task, "en", "train", place=place).items[1].label is None
    dropping = replace(PAIRS, sources={"train": (replace(SOURCE, drop_unlabelled=True),)})
    assert [example.row for example in read(dropping, "en", "train", place=place).items] == [0]


def test_rows_keep_their_number_when_others_are_left_out(mirror: Any, place: DataSources) -> None:
    rows = [{"lang": code, **row} for code, row in zip(["en", "sw", "en", "sw"], pairs(0, 1, 2, 0), strict=True)]
    mirror.add("someone/pairs", rows, config="all")
    source = replace(SOURCE, config="all", where={"lang": "{language}"})
    task = replace(PAIRS, sources={"train": (source,)})
    assert [example.row for example in read(task, "sw", "train", place=place).items] == [1, 3]
    codes = replace(source, codes={"sw": "swh"})
    with pytest.raises(DataError, match="no rows with lang = 'swh'"):
        read(replace(PAIRS, sources={"train": (codes,)}), "sw", "train", place=place)


def test_a_row_of_a_split_is_found_in_its_file(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", pairs(0, 1, 2), config="en")
    second = mirror.add("someone/pairs", pairs(1, 0), config="en", kind="csv")
    examples = read(PAIRS, "en", "train", place=place)
    assert [example.row for example in examples.items] == [0, 1, 2, 3, 4]
    assert examples.locate(4).startswith(f"{second}, row 1 ")
    error = examples.bad_row(BadRow("its text has no tokens", row=3))
    assert error.message.startswith(f"{second}, row 0 ")
    assert "its text has no tokens" in error.message


def test_parts_of_a_split_follow_one_another(mirror: Any, place: DataSources) -> None:
    for split, label in (("train_r2", 1), ("train_r1", 0)):
        mirror.add("someone/pairs", pairs(label), config="en", split=split)
    task = replace(PAIRS, sources={"train": (replace(SOURCE, split="train_r1+train_r2"),)})
    examples = read(task, "en", "train", place=place)
    assert [(e.row, e.label) for e in examples.items] == [(0, "entailment"), (1, "neutral")]


def test_a_limit_gives_so_many_of_the_rows_in_their_order(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", pairs(*[0, 1, 2] * 20), config="en")
    mirror.add("someone/pairs", pairs(*[0, 1, 2] * 20), config="sw")
    few, more = (read(PAIRS, "en", "train", place=place, limit=limit) for limit in (5, 20))
    assert (len(few), len(more)) == (5, 20)
    rows = [example.row for example in more.items]
    assert rows == sorted(rows)
    assert {example.row for example in few.items} < set(rows)
    assert [e.row for e in read(PAIRS, "sw", "train", place=place, limit=20).items] == rows
    assert len(read(PAIRS, "en", "train", place=place, limit=1000)) == 60
    assert few.fingerprint != more.fingerprint


def test_a_limit_counts_rows_that_are_kept(mirror: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", pairs(*[-1, 0] * 10), config="en")
    assert len(read(PAIRS, "en", "train", place=place, limit=10)) == 10


def test_a_limit_below_one_is_refused(place: DataSources) -> None:
    with pytest.raises(UsageError, match="limit of 0"):
        read(PAIRS, "en", "train", place=place, limit=0)


@given(st.sets(st.integers(0, 10_000)), st.integers(1, 50), st.integers(0, 50))
def test_samples_contain_smaller_samples(rows: set[int], limit: int, more: int) -> None:
    listed = [(row, str(row)) for row in sorted(rows)]
    small, large = sample(listed, limit), sample(listed, limit + more)
    assert set(small) <= set(large)
    assert small == sorted(small)
    assert len(small) == min(limit, len(rows))


def fingerprint(mirror: Any, rows: Sequence[Mapping[str, object]], kind: str = "jsonl") -> str:
    """The fingerprint of a data set of these rows."""
    mirror.configs.clear()
    mirror.add("someone/pairs", rows, config="en", kind=kind)
    found: str = read(PAIRS, "en", "train", place=DataSources((mirror.root,), offline=True)).fingerprint
    return found


@pytest.mark.parametrize("kind", ["parquet", "csv", "tsv"])
def test_the_fingerprint_is_of_the_content_not_of_the_file(mirror: Any, kind: str) -> None:
    assert fingerprint(mirror, pairs(0, 1, 2), kind) == fingerprint(mirror, pairs(*NLI))


def test_the_fingerprint_never_changes(mirror: Any) -> None:
    content = '[{"first": "premise 0", "second": "naïve 0"}, "neutral"]'
    assert fingerprint(mirror, pairs(1)) == hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("column", ["premise", "hypothesis", "label"])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_any_change_of_a_text_or_label_changes_the_fingerprint(mirror: Any, column: str, row: int) -> None:
    rows = pairs("neutral", "neutral", "neutral")
    unchanged = fingerprint(mirror, rows)
    rows[row][column] = "entailment"
    assert fingerprint(mirror, rows) != unchanged


def test_ids_and_other_columns_leave_the_fingerprint_alone(mirror: Any) -> None:
    more = [{**row, "uid": f"made up {n}", "genre": "fiction"} for n, row in enumerate(pairs(0, 1))]
    assert fingerprint(mirror, more) == fingerprint(mirror, pairs(0, 1))


def test_the_same_rows_are_the_same_from_the_mirror_and_from_the_hub(mirror: Any, hub: Any, place: DataSources) -> None:
    mirror.add("someone/pairs", pairs(0, 1, 2), config="en", names={"label": NLI})
    commit = hub.publish_folder("someone/pairs", mirror.root / "someone/pairs")
    ours = read(PAIRS, "en", "train", place=place)
    theirs = read(PAIRS, "en", "train", place=DataSources(endpoint=hub.endpoint, cache=mirror.root / "cache"))
    assert (theirs.items, theirs.fingerprint) == (ours.items, ours.fingerprint)
    assert (ours.origin, theirs.origin) == ("mirror someone/pairs", f"hub someone/pairs@{commit}")
