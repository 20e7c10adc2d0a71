"""Question answering in SQuAD's JSON, and JSQuAD's marker."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row

Read = Callable[..., list[Row]]


def question(name: object, start: int = 0, text: str = "A", **more: object) -> dict[str, object]:
    return {"id": name, "question": "Who?", "answers": [{"text": text, "answer_start": start}], **more}


def squad(*paragraphs: tuple[str, list[Any]], **document: object) -> str:
    listed = [{"context": context, "qas": questions} for context, questions in paragraphs]
    return json.dumps({"version": "1.1", "data": [{**document, "paragraphs": listed}]}, ensure_ascii=False)


def test_each_question_is_a_row_with_its_paragraph(read: Read) -> None:
    text = squad(("A b.", [question("1"), question("2", 2, "b")]), ("C\u2028d.", []), ("A", [question("3")]), title="T")
    rows = read("squad_json", {"dev.json": text})
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[1] == {
        "id": "2",
        "title": "T",
        "context": "A b.",
        "question": "Who?",
        "answers": {"text": ["b"], "answer_start": [2]},
        "is_impossible": False,
    }


def test_a_question_without_an_answer_has_empty_lists_whatever_is_plausible(read: Read) -> None:
    impossible = question("1", is_impossible=True, plausible_answers=[{"text": "A", "answer_start": 0}])
    without = {"id": "2", "question": "Who?", "is_impossible": True}
    for row in read("squad_json", {"dev.json": squad(("A", [impossible, without]))}):
        assert row["answers"] == {"text": [], "answer_start": []}
        assert row["is_impossible"] is True


def test_titles_may_be_missing_and_ids_may_be_integers(read: Read) -> None:
    (row,) = read("squad_json", {"dev.json": squad(("A", [question(7)]))})
    assert (row["id"], row["title"]) == ("7", "")


@pytest.mark.parametrize("cut", [0, 1, 30, 95])
def test_a_file_that_is_cut_off_is_told_with_the_place(read: Read, cut: int) -> None:
    text = json.dumps(json.loads(squad(("A", [question("1")]))), indent=0)
    with pytest.raises(DataError, match=r"is empty|it is not valid JSON \(.* line \d+ column \d+"):
        read("squad_json", {"dev.json": text[:cut]})


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ({"id": "3", "answers": []}, "the question has no 'question'"),
        ({"question": "Who?", "answers": []}, "the question has no 'id'"),
        ({"id": "3", "question": "Who?"}, "the question has no 'answers'"),
        ({"id": ["3"], "question": "Who?", "answers": []}, "the question has id = "),
        ({"id": "3", "question": None, "answers": []}, "question = None, expected str"),
        (question("3", start="0"), "answer_start = '0', expected int"),  # type: ignore[arg-type]
        (question("3", is_impossible="no"), "is_impossible = 'no', expected bool"),
        ("Who?", "the question is str, not a JSON object"),
    ],
)
def test_a_question_that_lacks_something_is_told_by_its_number(read: Read, broken: object, problem: str) -> None:
    text = squad(("A", [question("1")]), ("A", [question("2"), broken]))
    with pytest.raises(BadRow, match=problem) as told:
        read("squad_json", {"dev.json": text})
    assert told.value.row == 2


def test_a_paragraph_that_lacks_something_is_told_by_its_first_question(read: Read) -> None:
    good = {"context": "A", "qas": [question("1"), question("2")]}
    with pytest.raises(BadRow, match="the paragraph has no 'context'") as told:
        read("squad_json", {"dev.json": json.dumps({"data": [{"paragraphs": [good, {"qas": []}]}]})})
    assert told.value.row == 2


@pytest.mark.parametrize("text", ["[]", '{"data": {}}', '{"rows": []}', "3"])
def test_json_of_another_form_is_told(read: Read, text: str) -> None:
    with pytest.raises(BadRow, match="the file"):
        read("squad_json", {"dev.json": text})


def test_jsquads_marker_becomes_a_line_break_and_answers_move(read: Read) -> None:
    context = "日本 [SEP] 首都は東京。 [SEP] は印。"
    asked = [question("1", 0, "日本"), question("2", context.index("東京"), "東京")]
    rows = read("jsquad", {"valid.json": squad((context, asked), title="日本")})
    assert {row["context"] for row in rows} == {"日本\n首都は東京。 [SEP] は印。"}
    assert [row["answers"] for row in rows] == [
        {"text": ["日本"], "answer_start": [0]},
        {"text": ["東京"], "answer_start": [6]},
    ]


@pytest.mark.parametrize("context", ["日本", "日本の首都 [SEP] は東京。", " [SEP] 日本 [SEP] 東京"])
def test_without_the_marker_right_behind_the_title_jsquad_is_squad(context: str, read: Read) -> None:
    text = {"valid.json": squad((context, [question("1", context.index("日本"), "日本")]), title="日本")}
    assert read("jsquad", text) == read("squad_json", text)


def test_an_answer_on_the_marker_is_told(read: Read) -> None:
    text = squad(("A [SEP] b", [question("0"), question("1", 0, "A [SEP] b")]), title="A")
    with pytest.raises(BadRow, match="lies on the marker") as told:
        read("jsquad", {"valid.json": text})
    assert told.value.row == 1


TEXTS = st.text(max_size=8)


@given(TEXTS, TEXTS, st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_answers_are_found_at_their_starts_after_the_marker_is_gone(
    read: Read, title: str, text: str, data: st.DataObject
) -> None:
    context = f"{title} [SEP] {text}"
    part, offset = data.draw(st.sampled_from([(title, 0), (text, len(title) + 7)]))
    start = data.draw(st.integers(0, len(part)))
    end = data.draw(st.integers(start, len(part)))
    asked = question("1", offset + start, part[start:end])
    (row,) = read("jsquad", {"valid.json": squad((context, [asked]), title=title)})
    (at,) = row["answers"]["answer_start"]  # type: ignore[index]
    assert row["context"] == f"{title}\n{text}"
    assert str(row["context"])[at : at + end - start] == part[start:end]
