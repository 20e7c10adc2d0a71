"""The traps of the sets of multiple choice."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from madx_stilts.errors import DataError

Row = Mapping[str, object]


def hellaswag(label: object) -> Row:
    return {"ind": 24, "ctx_a": "A man sits.", "ctx_b": "He", "endings": ["a", "b", "c", "d"], "label": label}


def test_hellaswag_joins_the_second_half_of_its_context_with_each_ending(reading: Any) -> None:
    example = reading("hellaswag", [hellaswag("2")]).items[0]
    assert (example.id, example.context, example.choices) == ("24", "A man sits.", ("He a", "He b", "He c", "He d"))


@pytest.mark.parametrize(("label", "position"), [("3", 3), (3, 3), ("", None)])
def test_hellaswags_labels_are_digits_as_text_and_empty_where_hidden(
    reading: Any, label: object, position: int | None
) -> None:
    assert reading("hellaswag", [hellaswag(label)], split="test").items[0].label == position


def test_cosmos_qa_puts_the_question_behind_the_context(reading: Any) -> None:
    answers = {f"answer{n}": f"reason {n}" for n in range(4)}
    example = reading(
        "cosmos_qa", [{"id": "x", "context": "I fell.", "question": "Why?", **answers, "label": 3}]
    ).items[0]
    assert (example.context, example.choices[3], example.label) == ("I fell. Why?", "reason 3", 3)
    hidden = [{"id": "x", "context": "I fell.", "question": "Why?", **answers, "label": -1}]
    assert reading("cosmos_qa", hidden, split="test").items[0].label is None


def csqa(labels: str, key: str) -> Row:
    choices = {"label": list(labels), "text": [f"place {name}" for name in labels]}
    return {"id": "x", "question": "Where?", "question_concept": "door", "choices": choices, "answerKey": key}


@pytest.mark.parametrize(("labels", "key", "position"), [("ABCDE", "B", 1), ("EDCBA", "E", 0), ("ABCDE", "", None)])
def test_commonsense_qas_key_is_one_of_the_rows_own_choices_or_empty(
    reading: Any, labels: str, key: str, position: int | None
) -> None:
    example = reading("commonsense_qa", [csqa(labels, key)]).items[0]
    assert (example.context, example.choices[0], example.label) == ("Where?", f"place {labels[0]}", position)


@pytest.mark.parametrize(("label", "position"), [("1", 0), ("3", 2), ("1\n", 0), (3, None)])
def test_siqa_counts_from_one_and_once_ended_labels_with_a_new_line(
    reading: Any, label: object, position: int | None
) -> None:
    answers = {"answerA": "a", "answerB": "b", "answerC": "c"}
    rows = [{"context": "Ann ran.", "question": "Why?", **answers, "label": label}]
    if position is None:
        with pytest.raises(DataError, match="neither the file nor the task says what integers mean"):
            reading("siqa", rows)
    else:
        example = reading("siqa", rows).items[0]
        assert (example.context, example.choices, example.label) == ("Ann ran. Why?", ("a", "b", "c"), position)


def copa(question: str, label: int = 1) -> Row:
    choices = {"choice1": "It fell.", "choice2": "It flew."}
    return {"premise": "It broke.", **choices, "question": question, "idx": 5, "label": label, "changed": False}


@pytest.mark.parametrize(
    ("question", "context"),
    [("cause", "It broke. What was the cause of this?"), ("effect", "It broke. What happened as a result?")],
)
def test_copas_question_is_spelt_out(reading: Any, question: str, context: str) -> None:
    english = reading("copa", [copa(question)], names={"label": ["choice1", "choice2"]}).items[0]
    swahili = reading("xcopa", [copa(question)], split="test", language="sw").items[0]
    for example in (english, swahili):
        assert (example.context, example.choices, example.label) == (context, ("It fell.", "It flew."), 1)


def test_copa_knows_two_questions_only(reading: Any) -> None:
    with pytest.raises(DataError, match="'why', expected one of cause, effect"):
        reading("copa", [copa("why")])


def test_hellaswags_own_files_have_integers_for_labels(reading: Any) -> None:
    text = json.dumps(hellaswag(3)) + "\n"
    assert reading.files("hellaswag", {"hellaswag/hellaswag_val.jsonl": text}, split="dev").items[0].label == 3


def test_cosmos_qas_own_files_are_csv_with_line_breaks_in_quotes(reading: Any) -> None:
    text = 'id,context,question,answer0,answer1,answer2,answer3,label\nx,"I fell,\ntwice.",Why?,a,b,c,d,2\n'
    (example,) = reading.files("cosmos_qa", {"cosmosqa/data/valid.csv": text}, split="dev").items
    assert (example.context, example.label) == ("I fell,\ntwice. Why?", 2)


def test_xcopas_own_files_are_json_lines_by_language(reading: Any) -> None:
    files = {"xcopa/data/et/test.et.jsonl": json.dumps(copa("cause")) + "\n"}
    assert reading.files("xcopa", files, split="test", language="et").items[0].label == 1


@pytest.mark.parametrize(("label", "position"), [(4, 4), (0, 0)])
def test_jcommonsenseqa_has_a_column_for_each_of_five_choices(reading: Any, label: int, position: int) -> None:
    row = {"q_id": 8, "question": "q", **{f"choice{n}": f"c{n}" for n in range(5)}, "label": label}
    files = {"JGLUE/datasets/jcommonsenseqa-v1.3/test-v1.3.json": json.dumps(row) + "\n"}
    (example,) = reading.files("jcommonsenseqa", files, split="test", language="ja").items
    assert (example.id, example.choices[4], example.label) == ("8", "c4", position)
