"""LAReQA: questions, and sentences that answer them."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.tasks.fields import BadRow, Row

Read = Callable[..., list[Row]]


def paragraph(context: str, breaks: list[list[int]], answers: dict[str, int]) -> dict[str, object]:
    questions = [
        {"id": name, "question": f"{name}?", "answers": [{"text": "x", "answer_start": start}]}
        for name, start in answers.items()
    ]
    return {"context": context, "sentence_breaks": breaks, "qas": questions}


def lareqa(*paragraphs: dict[str, object]) -> str:
    return json.dumps({"data": [{"title": "T", "paragraphs": paragraphs[:1]}, {"paragraphs": paragraphs[1:]}]})


FIRST = paragraph("Ab. Cd.\nEf.", [[0, 3], [4, 11]], {"q1": 4, "q2": 0, "q3": 10})
SECOND = paragraph("Gh.", [[0, 3]], {"q4": 2})


def test_questions_have_the_id_they_have_in_all_languages(read: Read) -> None:
    rows = read("lareqa_questions", {"en.json": lareqa(FIRST, SECOND)})
    assert rows[0] == {"id": "q1", "text": "q1?"}
    assert [row["id"] for row in rows] == ["q1", "q2", "q3", "q4"]


def test_a_candidate_is_a_sentence_and_its_paragraph_without_line_breaks(read: Read) -> None:
    rows = read("lareqa_sentences", {"en.json": lareqa(FIRST, SECOND)})
    assert rows == [
        {"id": "1_0", "text": "Ab.Ab. Cd.Ef.", "answers": ["q2"]},
        {"id": "1_1", "text": "Cd.Ef.Ab. Cd.Ef.", "answers": ["q1", "q3"]},
        {"id": "2_0", "text": "Gh.Gh.", "answers": ["q4"]},
    ]


def test_a_sentence_that_stands_twice_in_a_paragraph_answers_twice(read: Read) -> None:
    """In the Chinese part a name is cut at its dots, and "De" is two sentences."""
    rows = read("lareqa_sentences", {"zh.json": lareqa(paragraph("德 a 德", [[0, 1], [2, 3], [4, 5]], {"q": 4}))})
    assert [row["answers"] for row in rows] == [["q"], [], ["q"]]


def test_the_same_sentence_in_another_paragraph_answers_nothing(read: Read) -> None:
    twins = [paragraph("Yes.", [[0, 4]], {name: 0} if name else {}) for name in ("q", "")]
    assert [row["answers"] for row in read("lareqa_sentences", {"en.json": lareqa(*twins)})] == [["q"], []]


def test_an_answer_may_end_in_the_next_sentence(read: Read) -> None:
    inside = paragraph("Mr. X", [[0, 3], [4, 5]], {})
    inside["qas"] = [{"id": "q", "question": "?", "answers": [{"text": "Mr. X", "answer_start": 0}]}]
    assert [row["answers"] for row in read("lareqa_sentences", {"en.json": lareqa(inside)})] == [["q"], []]


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (paragraph("Ab. Cd.", [[0, 3], [4, 7]], {"q9": 3}), "question q9 begins at 3, in none of the sentences"),
        (paragraph("Ab.", [[0, 4]], {}), "expected .start, end. within 3 characters"),
        (paragraph("Ab.", [[2, 2]], {}), "sentence_breaks hold"),
        ({"context": "Ab.", "qas": []}, "has no 'sentence_breaks'"),
        ({**SECOND, "qas": [{"id": "q9", "question": "?", "answers": []}]}, "question q9 has 0 answers, expected one"),
    ],
)
def test_damage_is_told_by_row(read: Read, broken: dict[str, object], problem: str) -> None:
    with pytest.raises(BadRow, match=problem) as told:
        read("lareqa_sentences", {"en.json": lareqa(FIRST, broken)})
    assert told.value.row == 2


@given(st.lists(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4, unique=True), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_each_question_is_answered_by_its_sentence_alone(read: Read, paragraphs: list[list[str]]) -> None:
    written, expected = list[dict[str, object]](), dict[object, list[str]]()
    for number, sentences in enumerate(paragraphs, start=1):
        ends = [sum(map(len, sentences[: count + 1])) for count in range(len(sentences))]
        breaks = [[end - len(sentence), end] for sentence, end in zip(sentences, ends, strict=True)]
        answers = {f"q{number}_{position}": end - 1 for position, end in enumerate(ends)}
        written.append(paragraph("".join(sentences), breaks, answers))
        expected |= {f"{number}_{position}": [f"q{number}_{position}"] for position in range(len(sentences))}
    rows = read("lareqa_sentences", {"en.json": lareqa(*written)})
    assert {row["id"]: row["answers"] for row in rows} == expected
