"""Predictions are written as XTREME takes them, or refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.errors import DataError, UnknownName, UsageError
from madx_stilts.report.kinds import ANSWERS, CHOICES, INDICES, PAIRS, RANKINGS, TAGS, YES_OR_NO
from madx_stilts.report.layout import LAYOUTS
from madx_stilts.report.submission import write_language
from madx_stilts.tasks import TASKS

word = st.text("abcäßλ中ไ-_'\"\u2028", min_size=1, max_size=5).filter(lambda text: text == text.strip())
name = st.text(max_size=5)


@pytest.mark.parametrize(
    ("task", "language", "predictions", "file", "content"),
    [
        ("xnli", "sw", ["neutral", "entailment"], "xnli/test-sw.tsv", "neutral\nentailment\n"),
        ("paws_x", "de", ["0", "1"], "pawsx/test-de.tsv", "0\n1\n"),
        ("udpos", "yo", [["DET", "NOUN"], ["X"]], "udpos/test-yo.tsv", "DET\nNOUN\n\nX\n\n"),
        ("panx", "qu", [["B-LOC"], ["O", "O"]], "panx/test-qu.tsv", "B-LOC\n\nO\nO\n\n"),
        ("xquad", "ro", {"1": "da"}, "xquad/test-ro.json", '{\n  "1": "da"\n}\n'),
        ("mlqa", "zh", {"1": "北"}, "mlqa/test-zh.json", '{\n  "1": "\\u5317"\n}\n'),
        ("tydiqa_goldp", "ko", {"korean--1": ""}, "tydiqa/test-ko.json", '{\n  "korean--1": ""\n}\n'),
        ("bucc2018", "fr", [("fr-2", "en-1"), ("fr-1", "en-2")], "bucc2018/test-fr.tsv", "fr-1\ten-2\nfr-2\ten-1\n"),
        ("tatoeba", "jv", np.array([3, 0]), "tatoeba/test-jv.tsv", "3\n0\n"),
        ("xcopa", "et", [0, 1], "xcopa/test-et.jsonl", '{"label": 0}\n{"label": 1}\n'),
        ("mewsli_x", "ja", {"a": ["Q1"]}, "mewslix/test-ja.json", '{\n  "a": [\n    "Q1"\n  ]\n}\n'),
        ("lareqa", "el", {"a": []}, "lareqa/test-el.json", '{\n  "a": []\n}\n'),
    ],
)
def test_each_task_has_its_folder_and_shape(
    tmp_path: Path, task: str, language: str, predictions: Any, file: str, content: str
) -> None:
    path = write_language(tmp_path, task, language, predictions)
    assert path == tmp_path / file
    assert path.read_bytes() == content.encode()


def test_what_was_written_before_is_replaced(tmp_path: Path) -> None:
    write_language(tmp_path, "xcopa", "et", [0, 1, 1])
    path = write_language(tmp_path, "xcopa", "et", [1])
    assert list(tmp_path.rglob("*.*")) == [path]
    assert path.read_text() == '{"label": 1}\n'


def test_nothing_mined_is_a_result() -> None:
    assert PAIRS.write(set()) == ""
    assert PAIRS.read("") == set()


@given(st.lists(st.sampled_from("01"), min_size=1))
def test_labels_come_back(labels: list[str]) -> None:
    assert YES_OR_NO.read(YES_OR_NO.write(labels)) == labels


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_positions_come_back_as_text(indices: list[int]) -> None:
    assert INDICES.read(INDICES.write(indices)) == [str(position) for position in indices]


@given(st.lists(st.lists(word, max_size=4), min_size=1))
def test_tags_come_back_even_where_a_sentence_has_none(sentences: list[list[str]]) -> None:
    assert TAGS.read(TAGS.write(sentences)) == sentences


@given(st.sets(st.tuples(word, word)))
def test_pairs_come_back(pairs: set[tuple[str, str]]) -> None:
    assert PAIRS.read(PAIRS.write(pairs)) == pairs


@given(st.dictionaries(name.filter(lambda key: key != "data"), name, min_size=1))
def test_answers_come_back(answers: dict[str, str]) -> None:
    assert ANSWERS.read(ANSWERS.write(answers)) == answers


@given(st.dictionaries(name.filter(lambda key: key != "data"), st.lists(name), min_size=1))
def test_rankings_come_back(rankings: dict[str, list[str]]) -> None:
    assert RANKINGS.read(RANKINGS.write(rankings)) == rankings


@given(st.lists(st.integers(0, 1), min_size=1))
def test_choices_come_back(choices: list[int]) -> None:
    assert CHOICES.read(CHOICES.write(choices)) == choices
    assert all(json.loads(line).keys() == {"label"} for line in CHOICES.write(choices).splitlines())


@pytest.mark.parametrize(
    ("task", "language", "predictions", "said"),
    [
        ("xnli", "sw", [], "no predictions"),
        ("xnli", "sw", ["neutral", "contradictory"], "'contradictory' is none of entailment, neutral, contradiction"),
        ("paws_x", "de", ["paraphrase"], "'paraphrase' is none of 0, 1"),
        ("udpos", "yo", [["DET", ""]], "'' cannot stand on a line"),
        ("udpos", "yo", [["DET\nNOUN"]], "cannot stand on a line"),
        ("panx", "de", [], "no predictions"),
        ("bucc2018", "fr", {("fr-1\t", "en-1")}, "cannot stand on a line"),
        ("xquad", "de", {}, "no predictions"),
        ("xquad", "de", {"1": None}, "1 has None, not a text"),
        ("xquad", "de", ["no ids"], "'list' object has no attribute 'items'"),
        ("tatoeba", "jv", [0, -1], "-1 is no position"),
        ("tatoeba", "jv", [0.5], "float"),
        ("xcopa", "et", [0, 2], "2 is neither 0 nor 1"),
        ("mewsli_x", "ja", {"a": "Q1"}, "a has the text 'Q1', not a list of ids"),
        ("mewsli_x", "ja", {"a": [1]}, "a has 1, not a text"),
    ],
)
def test_what_no_evaluator_could_read_is_refused(
    tmp_path: Path, task: str, language: str, predictions: Any, said: str
) -> None:
    with pytest.raises(DataError) as caught:
        write_language(tmp_path, task, language, predictions)
    assert caught.value.message.startswith(f"Predictions of {task} in {language} cannot be submitted: ")
    assert said in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_task_of_neither_benchmark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no task of XTREME or XTREME-R named 'pawsx'"):
        write_language(tmp_path, "pawsx", "de", ["0"])


def test_a_language_that_the_task_does_not_have_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_language(tmp_path, "bucc2018", "es", [])
    assert "de, fr, ru, zh" in caught.value.hint


def test_our_tasks_have_the_labels_that_a_submission_takes() -> None:
    for task in ("xnli", "paws_x"):
        labels = list(TASKS[task].labels)
        assert LAYOUTS[task].kind.write(labels) == "".join(f"{label}\n" for label in labels)
