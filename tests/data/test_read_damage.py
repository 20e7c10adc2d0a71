"""Data that cannot be used: one clear error that names the file, and the row where one is to blame."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task

XNLI = TASKS["xnli"]
GOOD = {"premise": "It rains.", "hypothesis": "It is wet.", "label": 0}
NAMES = {"label": XNLI.labels}
Fails = Callable[..., str]


@pytest.fixture
def fails(mirror: Any) -> Fails:
    """Reads a task's test data, which must fail, and gives the message without line breaks."""

    def told(task: Task = XNLI, language: str = "en") -> str:
        with pytest.raises(DataError) as caught:
            read(task, language, "test", place=DataSources((mirror.root,), offline=True, cache=mirror.root))
        assert caught.value.hint
        return caught.value.message.replace("\n", " ")

    return told


def add(mirror: Any, *rows: dict[str, object], kind: str = "parquet", **names: Any) -> Path:
    """Add English test rows of XNLI."""
    file: Path = mirror.add("facebook/xnli", rows, config="en", split="test", kind=kind, names=names or None)
    return file


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "tsv"])
def test_a_missing_column_is_told_with_those_there_are(mirror: Any, fails: Fails, kind: str) -> None:
    file = add(mirror, {"sentence1": "a", "sentence2": "b", "label": 0}, kind=kind)
    assert fails() == (f"{file} has the columns sentence1, sentence2, label; xnli also needs hypothesis, premise.")


def test_columns_are_checked_before_the_first_row(mirror: Any, fails: Fails) -> None:
    add(mirror, {"premise": 1, "hypothesis": None, "gold_label": "?"})
    assert "also needs label" in fails()


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        (3, "its label is 3, expected 0 to 2 (entailment, neutral, contradiction)"),
        (-2, "its label is -2, expected 0 to 2"),
        ("not_entailment", "its label is 'not_entailment', expected one of entailment, neutral, contradiction"),
        ("--1", "its label is '--1'"),
        ("9" * 5000, "its label is '999"),
        ("x" * 100_000, "its label is 'xxx"),
        (1.5, "its label is 1.5, a float"),
        (True, "its label is True, a bool"),
    ],
)
def test_a_label_that_is_none_of_the_tasks_is_told_with_file_and_row(
    mirror: Any, fails: Fails, label: object, problem: str
) -> None:
    good = {**GOOD, "label": "neutral"}
    file = add(mirror, good, good, {**GOOD, "label": label}, kind="jsonl")
    message = fails()
    assert message.startswith(f"{file}, row 2 ")
    assert problem in message


def test_a_name_in_the_file_that_the_task_does_not_know_is_told(mirror: Any, fails: Fails) -> None:
    add(mirror, GOOD, label=["entailed", "neutral", "contradiction"])
    assert "its label is 0, which means 'entailed'" in fails()


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_text_that_is_no_text_is_told_with_file_and_row(mirror: Any, fails: Fails, kind: str) -> None:
    file = add(mirror, GOOD, {**GOOD, "premise": None}, kind=kind)
    assert fails().startswith(f"{file}, row 1 ")


def test_the_second_file_of_a_split_is_named_where_it_is_to_blame(mirror: Any, fails: Fails) -> None:
    add(mirror, GOOD, GOOD, GOOD)
    file = add(mirror, GOOD, {**GOOD, "label": 9})
    assert fails().startswith(f"{file}, row 1 ")


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv", "tsv"])
def test_an_empty_file_is_told(mirror: Any, fails: Fails, kind: str) -> None:
    file = add(mirror, GOOD, kind=kind)
    file.write_bytes(b"")
    assert fails() == f"{file} is empty."


@pytest.mark.parametrize("kind", ["parquet", "csv", "tsv"])
def test_a_split_without_rows_is_told(mirror: Any, fails: Fails, kind: str) -> None:
    file = add(mirror, GOOD, kind=kind)
    if kind == "parquet":
        pq.write_table(pq.read_table(file).slice(0, 0), file)
    else:
        file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    assert fails() == f"There are no rows in {file}."


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_parquet_file_that_is_cut_off_is_told(mirror: Any, fails: Fails, share: float) -> None:
    file = add(mirror, *[GOOD] * 50)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    assert fails().startswith(f"{file} cannot be read as parquet")


def test_damage_inside_a_parquet_file_is_told(mirror: Any, fails: Fails) -> None:
    file = add(mirror, GOOD)
    pq.write_table(pa.Table.from_pylist([GOOD] * 5000), file, compression="zstd", use_dictionary=False)
    content = bytearray(file.read_bytes())
    content[40:120] = b"\xff" * 80
    file.write_bytes(content)
    assert fails().startswith(f"{file} cannot be read as parquet")


def test_a_pointer_to_a_large_file_is_told_with_its_cure(mirror: Any) -> None:
    add(mirror, GOOD).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 12\n")
    with pytest.raises(DataError) as caught:
        read(XNLI, "en", "test", place=DataSources((mirror.root,), offline=True))
    assert "git lfs pull" in caught.value.hint


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
def test_a_text_file_of_another_encoding_is_told_with_the_line(mirror: Any, fails: Fails, kind: str) -> None:
    file = add(mirror, GOOD, {**GOOD, "premise": "naïve"}, kind=kind)
    file.write_bytes(file.read_bytes().decode().encode("latin-1"))
    line = 2 if kind == "jsonl" else 3
    assert fails().startswith(f"{file}, line {line} is not UTF-8")


def test_a_text_in_parquet_that_is_not_utf_8_is_told_with_its_row(mirror: Any, fails: Fails) -> None:
    file = add(mirror, GOOD)
    texts = pa.array([b"fine", b"na\xefve"]).view(pa.string())
    pq.write_table(pa.table({"premise": texts, "hypothesis": texts, "label": [0, 1]}), file)
    message = fails()
    assert message.startswith(f"{file}, row 1 ")
    assert "not UTF-8" in message


def test_half_a_character_is_told_with_its_row(mirror: Any, fails: Fails) -> None:
    file = add(mirror, GOOD, kind="jsonl")
    file.write_text('{"premise": "\\ud83d", "hypothesis": "b", "label": 0}\n', encoding="utf-8")
    assert fails().startswith(f"{file}, row 0 ")


@pytest.mark.parametrize(
    ("line", "problem"), [('{"premise": "It r', "it is not valid JSON"), ("[1]", "a JSON object"), ("{}", "it has no")]
)
def test_a_line_that_is_no_row_is_told(mirror: Any, fails: Fails, line: str, problem: str) -> None:
    file = add(mirror, GOOD, kind="jsonl")
    file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")
    message = fails()
    assert message.startswith(f"{file}, row 1 ")
    assert problem in message


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_a_row_with_a_value_too_many_is_told(mirror: Any, fails: Fails, kind: str) -> None:
    file = add(mirror, GOOD, GOOD, kind=kind)
    separator = "," if kind == "csv" else "\t"
    file.write_text(file.read_text(encoding="utf-8").rstrip() + f"{separator}1\n", encoding="utf-8")
    message = fails()
    assert message.startswith(f"{file}, row 1 ")
    assert "it has 4 values, the header has 3" in message


def test_a_quotation_that_never_ends_is_told(mirror: Any, fails: Fails) -> None:
    file = add(mirror, GOOD, GOOD, kind="csv")
    file.write_text('premise,hypothesis,label\n"It rains.,It is wet.,0\n' * 2, encoding="utf-8")
    assert fails().startswith(f"{file}, line ")


def test_an_answer_of_another_shape_is_told_with_file_and_row(mirror: Any, fails: Fails) -> None:
    row = {"id": "q", "context": "Sugar is sweet.", "question": "What is sweet?"}
    rows = [{**row, "answers": {"text": ["Sugar"], "answer_start": [start]}} for start in ("0", "1")]
    file = mirror.add("google/xquad", rows, config="xquad.en", split="validation")
    message = fails(TASKS["xquad"])
    assert message.startswith(f"{file}, row 0 ")
    assert "'Sugar' at '0'" in message


def test_tags_must_be_as_many_as_words_and_all_known(mirror: Any, fails: Fails) -> None:
    path = TASKS["panx"].sources["test"][0].path
    mirror.add(path, [{"tokens": ["a", "b"], "ner_tags": [0]}], config="en", split="test")
    assert "2 words and 1 tags" in fails(TASKS["panx"])
    mirror.add(path, [{"tokens": ["a", "b"], "ner_tags": [0, -1]}], config="de", split="test")
    assert "1 of its 2 labels are not known" in fails(TASKS["panx"], "de")


def test_a_key_that_is_none_of_the_choices_is_told(mirror: Any, fails: Fails) -> None:
    choices = {"label": ["A", "B", "C", "D", "E"], "text": ["bank", "door", "mall", "context", "park"]}
    row = {"id": "1", "question": "Where?", "choices": choices, "answerKey": "F"}
    mirror.add("tau/commonsense_qa", [row], split="test")
    assert "its label 'F' is none of its choices" in fails(TASKS["commonsense_qa"])


def test_integers_that_nobody_names_are_refused(mirror: Any, fails: Fails) -> None:
    add(mirror, GOOD)
    source, *_ = XNLI.sources["test"]
    assert source.labels is not None
    bare = replace(XNLI, sources={"test": (replace(source, labels=replace(source.labels, names=())),)})
    assert "neither the file nor the task says what integers mean" in fails(bare)
