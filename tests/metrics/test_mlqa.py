"""Answers score as in the evaluation script of MLQA."""

import re
import string
import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madx_stilts.metrics.mlqa import LANGUAGES, mlqa, normalise
from madx_stilts.metrics.squad import squad_v1

PUNCTUATION = {chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code))[0] == "P"}
PUNCTUATION |= set(string.punctuation)
ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": r"\sال^|ال",
}

words = ["the", "a", "der", "Das", "la", "unos", "của", "Những", "cái", "ال", "القاهرة", "في القاهرة", "北京市", "北京"]
words += [
    "Beijing北京",
    "，",
    "。",
    "¿",
    "«",
    "»",
    "$",
    "+",
    "—",
    "1,5",
    "a-b",
    "été",
    "दिल्ली",
    "।",
    "㐀",
    "İ",
    "\u00a0",
    "\n",
]
answer = st.lists(st.sampled_from(words), max_size=5).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda gap: gap.join(parts))
)
answer = answer | st.text(max_size=8)
languages = st.sampled_from(LANGUAGES)


def pieces(text: str) -> list[str]:
    """Characters of Chinese and of punctuation alone, what lies between them split at spaces."""
    found, run = [], ""
    for letter in text:
        if "\u4e00" <= letter <= "\u9fa5" or letter in PUNCTUATION:
            found += [*run.split(), letter]
            run = ""
        else:
            run += letter
    return found + run.split()


def reference(text: str, language: str) -> str:
    """An answer step by step, as the script takes them."""
    text = "".join(letter for letter in text.lower() if letter not in PUNCTUATION)
    if language in ARTICLES:
        text = re.sub(ARTICLES[language], " ", text)
    return " ".join(pieces(text) if language == "zh" else text.split())


def reference_f1(answer: str, right: str, language: str) -> float:
    mine, theirs = reference(answer, language).split(), reference(right, language).split()
    shared = sum((Counter(mine) & Counter(theirs)).values())
    precision, recall = shared / max(len(mine), 1), shared / max(len(theirs), 1)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


@given(answer, languages)
def test_normalising_takes_the_steps_of_the_script(text: str, language: str) -> None:
    assert normalise(text, language) == reference(text, language)


@settings(deadline=None)
@given(st.lists(st.tuples(answer, st.lists(answer, min_size=1, max_size=3)), min_size=1, max_size=5), languages)
def test_scores_are_means_of_the_best_match(questions: list[tuple[str, list[str]]], language: str) -> None:
    exact = [max(reference(text, language) == reference(one, language) for one in gold) for text, gold in questions]
    overlap = [max(reference_f1(text, one, language) for one in gold) for text, gold in questions]
    scores = mlqa(predicted=[text for text, _ in questions], gold=[gold for _, gold in questions], language=language)
    assert scores["exact_match"] == pytest.approx(100 * sum(exact) / len(questions))
    assert scores["f1"] == pytest.approx(100 * sum(overlap) / len(questions))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The “Tower”, of London", "tower of london"),
        ("en", "$5 + 1", "5 1"),
        ("en", "der Tower", "der tower"),
        ("de", "Der Turm, des Königs", "turm königs"),
        ("de", "the Turm", "the turm"),
        ("es", "¿La Torre?", "torre"),
        ("vi", "Những cái tháp của London", "tháp london"),
        ("ar", "في القاهرة", "في قاهرة"),
        ("ar", "أبطال", "أبط"),
        ("hi", "a दिल्ली।", "a दिल्ली"),
        ("zh", "北京市（Beijing 2008）", "北 京 市 beijing 2008"),
        ("zh", "a 㐀㐁", "a 㐀㐁"),
        ("zh", "，。", ""),
    ],
)
def test_each_language_has_its_own_rules(language: str, text: str, expected: str) -> None:
    assert normalise(text, language) == expected


def test_part_of_a_chinese_answer_earns_f1_that_squad_would_not_give() -> None:
    predicted, gold = ["北京"], [["北京市"]]
    assert mlqa(predicted=predicted, gold=gold, language="zh") == {"exact_match": 0, "f1": pytest.approx(80)}
    assert squad_v1(predicted=predicted, gold=gold)["f1"] == 0


def test_an_empty_answer_can_match_exactly_but_has_no_f1() -> None:
    assert mlqa(predicted=[""], gold=[["der"]], language="de") == {"exact_match": 100, "f1": 0}


@pytest.mark.parametrize("language", ["fr", "zh-CN", ""])
def test_a_language_that_mlqa_does_not_have_is_refused_with_those_it_has(language: str) -> None:
    with pytest.raises(ValueError, match="ar, de, en, es, hi, vi, zh"):
        mlqa(predicted=["a"], gold=[["a"]], language=language)


def test_a_question_without_gold_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="Question 1"):
        mlqa(predicted=["a", "b"], gold=[["a"], []], language="en")


def test_lists_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="1 predicted and 2 gold"):
        mlqa(predicted=["a"], gold=[["a"], ["b"]], language="en")
