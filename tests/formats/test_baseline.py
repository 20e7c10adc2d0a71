"""Every table says what is scored without any knowledge, and warns of predictions that show none."""

from typing import Any

import pytest

from madx_stilts.formats import FORMATS
from madx_stilts.formats.answers import Answer
from madx_stilts.formats.choice import ChoiceExample
from madx_stilts.formats.pair import PairExample
from madx_stilts.formats.retrieval import RankedCandidate, RetrievalExample
from madx_stilts.formats.span import SpanExample, SpanPrediction
from madx_stilts.formats.tagging import TagExample
from madx_stilts.tasks import TASKS


def pairs(labels: str, task: str = "paws_x") -> list[PairExample]:
    """Pairs with the task's labels at these positions."""
    names = TASKS[task].labels
    return [PairExample(str(at), at, "a", "b", names[int(label)]) for at, label in enumerate(labels)]


def questions(*answers: str) -> list[SpanExample]:
    """A question for each answer; for an empty one there is none."""
    return [
        SpanExample(str(at), at, "q", "some context", (Answer(text, None),) if text else ())
        for at, text in enumerate(answers)
    ]


def said(*texts: str, pieces: tuple[int, ...] = (), starts: tuple[int, ...] = ()) -> list[SpanPrediction]:
    places = zip(texts, pieces or [0] * len(texts), starts or [-1] * len(texts), strict=True)
    return [SpanPrediction(text, 1.0, 0.0, size, start) for text, size, start in places]


def warned(task: str, predictions: Any, examples: Any) -> list[str]:
    return list(FORMATS[TASKS[task].format].warnings(predictions, examples, TASKS[task]))


def baseline(task: str, examples: Any, **more: Any) -> dict[str, float]:
    return FORMATS[TASKS[task].format].baseline(examples, TASKS[task], "en", **more)


def test_the_baseline_of_accuracy_is_the_share_of_the_most_frequent_label() -> None:
    assert baseline("xnli", pairs("0112221", "xnli"))["accuracy"] == pytest.approx(300 / 7)
    choices = [ChoiceExample(str(at), at, "c", ("x", "y"), int(label)) for at, label in enumerate("00010")]
    assert baseline("xcopa", choices) == {"accuracy": 80.0}


def test_the_baseline_of_f1_is_that_of_the_best_constant() -> None:
    positive = TASKS["paws_x"].labels.index(TASKS["paws_x"].positive)
    found = baseline("paws_x", pairs("".join(str(positive if at == 0 else 1 - positive) for at in range(4))))
    assert found["accuracy"] == 75.0
    assert found["f1"] == pytest.approx(100 * 2 * 0.25 / 1.25)


def test_the_baseline_of_tags_is_one_tag_for_every_word() -> None:
    examples = [TagExample("0", 0, ("a", "b", "c"), ("O", "O", "B-PER")), TagExample("1", 1, ("d",), ("O",))]
    assert baseline("panx", examples)["accuracy"] == 75.0
    assert 0 < baseline("panx", examples)["f1"] < 50


def test_the_baseline_of_questions_is_no_answer_or_the_most_frequent_one() -> None:
    assert baseline("squad_v2", questions("", "", "", "cat"))["f1"] == 75.0
    assert baseline("squad_v1", questions("yes", "yes", "no")) == pytest.approx({"exact_match": 200 / 3, "f1": 200 / 3})


def test_the_baseline_of_retrieval_is_a_random_ranking() -> None:
    queries = [RetrievalExample(str(at), at, "t", (str(at),)) for at in range(5)]
    assert baseline("tatoeba", queries, candidates=50) == {"accuracy": 2.0}
    assert baseline("tatoeba", queries) == {}


def test_one_answer_for_all_is_warned_of_unless_it_is_right() -> None:
    no, _ = TASKS["paws_x"].labels
    assert warned("paws_x", [no] * 5, pairs("00101")) == [f"every answer is {no!r}"]
    assert warned("paws_x", [no] * 5, pairs("00000")) == []
    assert warned("paws_x", [no] * 3, pairs("001")) == []
    hidden = [PairExample("0", 0, "a", "b", None)] * 4
    assert warned("paws_x", [no] * 4, hidden) == [f"every answer is {no!r}"]
    examples = [ChoiceExample(str(at), at, "c", ("x", "y"), at % 2) for at in range(4)]
    assert warned("xcopa", [1] * 4, examples) == ["every answer is the choice at position 1"]
    assert warned("xcopa", [1, 1, 0, 1], examples) == []
    sentence = [TagExample("0", 0, ("a", "b", "c", "d"), ("O", "O", "B-PER", "O"))]
    assert warned("panx", [("O",) * 4], sentence) == ["every word is tagged 'O'"]


@pytest.mark.parametrize(
    ("predictions", "clauses"),
    [
        (said("", "", "", ""), ["every answer is empty"]),
        (said("some", "some", "some", "some"), ["every answer is 'some'"]),
        (said("ab", "cd", "ef", "gh"), ["every answer has the same length (2 characters)"]),
        (said("ab", "c", "ef", "gh", pieces=(3, 3, 3, 3)), ["every answer has the same length (3 tokens)"]),
        (said("ab", "", "", "gh", pieces=(3, 3, 3, 3)), []),
        (
            said("a", "ab", "abc", "a", pieces=(1, 2, 3, 1), starts=(0, 0, 0, 0)),
            ["every answer begins at character 0 of its context"],
        ),
        (said("ab", "c", "ef", "gh", pieces=(3, 2, 3, 3), starts=(0, 4, 0, 2)), []),
        (said("w", "x", "y", "z", pieces=(1, 1, 1, 1)), []),
    ],
)
def test_answers_that_are_empty_or_alike_in_length_or_place_are_warned_of(
    predictions: list[SpanPrediction], clauses: list[str]
) -> None:
    assert warned("squad_v1", predictions, questions("w", "x", "y", "z")) == clauses


def test_searches_that_find_nothing_or_always_the_same_are_warned_of() -> None:
    queries = [RetrievalExample(str(at), at, "t", (str(at),)) for at in range(4)]
    assert warned("bucc2018", [()] * 4, queries) == ["nothing is found for any query"]
    assert warned("tatoeba", [(RankedCandidate("2", 1.0),)] * 4, queries) == [
        "every query finds the same candidate first, '2'"
    ]
    assert warned("tatoeba", [(RankedCandidate(query.id, 1.0),) for query in queries], queries) == []
