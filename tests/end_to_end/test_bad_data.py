"""Damaged data sets: the error names file and row, the exit code is 3, and nothing half-made stays."""

from collections.abc import Callable
from typing import Any

import pytest

Place = Any
Row = dict[str, Any]
Change = Callable[[list[Row]], object]
Rewritten = Callable[[str, Change], Place]

SNLI, XNLI = "stanfordnlp/snli/plain_text/train.jsonl", "facebook/xnli/de/test.jsonl"
SQUAD, XQUAD = "rajpurkar/squad/plain_text/train.jsonl", "google/xquad/xquad.de/validation.jsonl"
CSQA, PANX = "tau/commonsense_qa/default/train.jsonl", "unimelb-nlp/wikiann/en/train.jsonl"
TRAIN = {
    SNLI: ("train", "intermediate", "snli", "--seed", "7"),
    SQUAD: ("train", "intermediate", "squad_v1"),
    CSQA: ("train", "intermediate", "commonsense_qa"),
    PANX: ("train", "target", "panx"),
}
SCORE = {
    XNLI: ("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de"),
    XQUAD: ("evaluate", "xquad", "--stack", "target/xquad", "--languages", "de"),
}


def put(row: int, **values: object) -> Change:
    """Change some columns of one row."""
    return lambda rows: rows[row].update(values)


def without(column: str) -> Change:
    """Take a column out of every row."""
    return lambda rows: [row.pop(column) for row in rows]


def nowhere(row: int) -> Change:
    """Let an answer not be in its context."""
    return put(row, answers={"text": ["on the moon"], "answer_start": [3]})


FAULTS: list[tuple[str, Change, int | None, list[str]]] = [
    (SNLI, without("hypothesis"), None, ["hypothesis", "premise"]),
    (SNLI, without("label"), None, ["label"]),
    (SNLI, lambda rows: rows[9].pop("premise"), 9, ["premise"]),
    (SNLI, put(4, label=7), 4, ["7", "entailment, neutral, contradiction"]),
    (SNLI, put(4, label="maybe"), 4, ["'maybe'", "entailment"]),
    (SNLI, lambda rows: rows.clear(), None, ["is empty"]),
    (SNLI, put(5, premise=None), 5, ["None"]),
    (SQUAD, put(2, answers={"text": [], "answer_start": []}), 2, ["no answer"]),
    (CSQA, put(3, answerKey="Z"), 3, ["'Z'"]),
    (PANX, put(6, ner_tags=[99, 0, 0]), 6, ["99"]),
    (PANX, lambda rows: rows[6]["ner_tags"].pop(), 6, ["tags"]),
    (XNLI, without("premise"), None, ["premise"]),
    (XNLI, put(1, label=3), 1, ["3"]),
    (XNLI, lambda rows: rows.clear(), None, ["is empty"]),
]


@pytest.mark.parametrize(
    ("file", "change", "row", "parts"), FAULTS, ids=[f"{f[0].split('/')[1]}-{i}" for i, f in enumerate(FAULTS)]
)
def test_a_damaged_file_is_told_with_the_row_that_is_to_blame(
    file: str, change: Change, row: int | None, parts: list[str], rewritten: Rewritten
) -> None:
    place = rewritten(file, change)
    before = place.refs()
    said = place(*(TRAIN | SCORE)[file])
    assert (said.code, said.out, said.trained) == (3, "", 0)
    assert said.err.count("Error: ") == 1
    assert str(place.mirror / file) in said.err
    assert row is None or f"row {row} " in said.err
    assert any(part in said.err for part in parts), said.err
    assert place.refs() == before
    assert place.has_nothing_half_written()


ODD: list[tuple[str, Change, str]] = [
    (SNLI, put(5, premise=""), "has 1 blank texts"),
    (SQUAD, nowhere(11), "1 rows of squad_v1@en:train were left out"),
    (SQUAD, put(2, context=""), "1 rows of squad_v1@en:train were left out"),
    (XNLI, put(3, hypothesis=" "), "blank texts, which are scored as they are (de 1)"),
    (XQUAD, nowhere(8), "does not occur in the context, which are scored as they are (de 1)"),
]


@pytest.mark.parametrize(
    ("file", "change", "said"), ODD, ids=[f"{one[0].split('/')[1]}-{i}" for i, one in enumerate(ODD)]
)
def test_an_odd_row_is_used_as_the_benchmark_does_and_counted(
    file: str, change: Change, said: str, rewritten: Rewritten
) -> None:
    assert said in rewritten(file, change).does(*(TRAIN | SCORE)[file]).err


def test_a_file_that_is_no_json_is_told_with_the_row(damaged: Place) -> None:
    file = damaged.mirror / SNLI
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines[:20], lines[20][:15], "\n", *lines[21:]]))
    said = damaged(*TRAIN[SNLI])
    assert said.code == 3
    assert f"{file}, row 20 " in said.err
    assert damaged.has_nothing_half_written()


def test_an_empty_text_file_is_refused(madx: Place) -> None:
    (madx.folder / "empty.txt").write_text("\n\n")
    said = madx("train", "language", "de", "--text", madx.folder / "empty.txt")
    assert said.code == 3
    assert "empty.txt" in said.err


def test_when_the_data_are_mended_the_same_command_works(rewritten: Rewritten, trained: Place) -> None:
    place = rewritten(SNLI, put(4, label=7))
    assert place(*TRAIN[SNLI]).code == 3
    (place.mirror / SNLI).write_bytes((trained.mirror / SNLI).read_bytes())
    assert place.does(*TRAIN[SNLI]).trained == 1


def test_hidden_gold_answers_are_told_unless_only_predictions_are_wanted(rewritten: Rewritten) -> None:
    place = rewritten(XNLI, lambda rows: [row.update(label=-1) for row in rows])
    said = place(*SCORE[XNLI])
    assert said.code == 3
    result = place.does(*SCORE[XNLI], "--predictions", place.folder / "said", "--json").json
    assert result["scores"] == {"de": {"n": 120}}
    assert result["mean"] is None
    assert len((place.folder / "said/xnli/test-de.jsonl").read_text().splitlines()) == 120
    assert "-" in place.does(*SCORE[XNLI], "--predictions", place.folder / "said").out
