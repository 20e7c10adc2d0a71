"""Answers score as in the evaluation scripts of KorQuAD 1.0 and JGLUE, each written down here step by step."""

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.metrics.characters import jsquad, korquad

PIECES = [
    "서울",
    "서울특별시",
    "《",
    "》",
    "〈",
    "’",
    "(",
    ")",
    "'",
    '"',
    "<",
    "1,000",
    "U.S.",
    "a",
    "İ",
    "東京",
    "東京都",
]
PIECES += ["。", "。。", "，", "、", " ", "\u3000", "\n", "ＡＢ", "é", "-", "%", "the"]
answer = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=6)
questions = st.lists(st.tuples(answer, st.lists(answer, min_size=1, max_size=3)), min_size=1, max_size=5)


def korean(text: str) -> str:
    for mark in ["'", '"', "《", "》", "<", ">", "〈", "〉", r"\(", r"\)", "‘", "’"]:
        text = re.sub(mark, " ", text)
    text = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    return " ".join(text.split())


def korean_f1(prediction: str, truth: str) -> float:
    first = [letter for word in korean(prediction).split() for letter in word]
    second = [letter for word in korean(truth).split() for letter in word]
    same = sum((Counter(first) & Counter(second)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(first), same / len(second)
    return 2 * precision * recall / (precision + recall)


def japanese(text: str) -> str:
    return " ".join(text.lower().rstrip("。").split())


def japanese_f1(prediction: str, truth: str) -> float:
    first, second = list(japanese(prediction)), list(japanese(truth))
    if not first or not second:
        return float(first == second)
    same = sum((Counter(first) & Counter(second)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(first), same / len(second)
    return 2 * precision * recall / (precision + recall)


@given(questions)
def test_korquad_is_what_its_script_says(asked: list[tuple[str, list[str]]]) -> None:
    predicted, gold = [one for one, _ in asked], [truths for _, truths in asked]
    exact = [max(korean(one) == korean(truth) for truth in truths) for one, truths in asked]
    overlap = [max(korean_f1(one, truth) for truth in truths) for one, truths in asked]
    assert korquad(predicted=predicted, gold=gold) == {
        "exact_match": pytest.approx(100 * sum(exact) / len(asked)),
        "f1": pytest.approx(100 * sum(overlap) / len(asked)),
    }


@given(questions)
def test_jsquad_is_what_jglues_patch_says(asked: list[tuple[str, list[str]]]) -> None:
    predicted, gold = [one for one, _ in asked], [truths for _, truths in asked]
    kept = [[truth for truth in truths if japanese(truth)] or [""] for truths in gold]
    exact = [max(japanese(one) == japanese(t) for t in truths) for one, truths in zip(predicted, kept, strict=True)]
    overlap = [max(japanese_f1(one, t) for t in truths) for one, truths in zip(predicted, kept, strict=True)]
    assert jsquad(predicted=predicted, gold=gold) == {
        "exact_match": pytest.approx(100 * sum(exact) / len(asked)),
        "f1": pytest.approx(100 * sum(overlap) / len(asked)),
    }


def test_a_particle_costs_a_part_of_f1_not_all_of_it() -> None:
    """By words, as in SQuAD's script, both would be 0."""
    assert korquad(predicted=["서울에서"], gold=[["서울"]]) == {"exact_match": 0.0, "f1": pytest.approx(200 / 3)}
    assert jsquad(predicted=["東京都"], gold=[["東京"]]) == {"exact_match": 0.0, "f1": pytest.approx(80)}


def test_what_is_not_compared() -> None:
    assert korquad(predicted=["《서울》, 1988년"], gold=[["서울 1988년"]])["exact_match"] == 100
    assert jsquad(predicted=["東京。"], gold=[["東京"]])["exact_match"] == 100
    assert jsquad(predicted=["「東京」"], gold=[["東京"]])["exact_match"] == 0


@pytest.mark.parametrize("score", [korquad, jsquad])
def test_every_question_has_an_answer_and_a_right_one(score: object) -> None:
    assert callable(score)
    with pytest.raises(ValueError, match=r"Question 1 \(from 0\) has no gold answer"):
        score(predicted=["a", "b"], gold=[["a"], []])
    with pytest.raises(ValueError, match="no answers to score"):
        score(predicted=[], gold=[])
    with pytest.raises(ValueError, match="there must be as many"):
        score(predicted=["a"], gold=[])
