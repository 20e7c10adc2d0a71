"""Gold answers: their shapes on the hub, and their true places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.formats.answers import Answer, read_answers
from madx_stilts.tasks.fields import BadRow

CONTEXT = "the cat and the dog and the cow"


def test_a_struct_of_lists_and_a_list_of_structs_mean_the_same() -> None:
    expected = (Answer("cat", 4), Answer("cow", 28))
    assert read_answers({"text": ["cat", "cow"], "answer_start": [4, 28]}, CONTEXT) == expected
    assert read_answers([{"text": t, "answer_start": s} for t, s in (("cat", 4), ("cow", 28))], CONTEXT) == expected


@pytest.mark.parametrize("value", [[], {"text": [], "answer_start": []}])
def test_no_answers_are_none(value: object) -> None:
    assert read_answers(value, CONTEXT) == ()


@pytest.mark.parametrize("text", ["bird", "THE CAT", "yes", "", " ", "do\u0301g"])
@pytest.mark.parametrize("start", [-1, 4, None])
def test_answers_that_do_not_occur_keep_their_text_and_have_no_place(text: str, start: int | None) -> None:
    (answer, cat) = read_answers({"text": [text, "cat"], "answer_start": [start, start]}, CONTEXT)
    assert (answer.text, answer.start, answer.place) == (text.strip(), None, None)
    assert (cat.text, cat.place) == ("cat", (4, 7))


@pytest.mark.parametrize(("stated", "true"), [(0, 0), (4, 0), (11, 12), (9, 12), (21, 24), (999, 24), (-5, 0)])
def test_an_answer_is_found_again_nearest_to_where_it_is_said_to_be(stated: int, true: int) -> None:
    assert read_answers({"text": ["the"], "answer_start": [stated]}, CONTEXT) == (Answer("the", true),)


def test_white_space_round_an_answer_is_not_part_of_it() -> None:
    assert read_answers({"text": ["  the "], "answer_start": [10]}, CONTEXT) == (Answer("the", 12),)
    assert read_answers({"text": [" a"], "answer_start": [2]}, "aa a") == (Answer("a", 3),)


@given(context=st.text(alphabet="ab \u0301", min_size=1, max_size=12), data=st.data())
def test_the_nearest_occurrence_is_found_in_any_context(context: str, data: st.DataObject) -> None:
    low = data.draw(st.integers(0, len(context) - 1))
    text = context[low : data.draw(st.integers(low + 1, len(context)))]
    stated = data.draw(st.integers(0, len(context)))
    if text.strip() and text == text.strip():
        (answer,) = read_answers({"text": [text], "answer_start": [stated]}, context)
        places = [at for at in range(len(context)) if context.startswith(text, at)]
        assert answer.place is not None
        assert answer.start in places
        assert abs(answer.start - stated) == min(abs(place - stated) for place in places)
        assert context[slice(*answer.place)] == answer.text


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"text": ["cat", "cow"], "answer_start": [4]}, "2 texts and 1 starts"),
        ({"text": ["cat"]}, "expected 'text' and 'answer_start'"),
        ({"text": [None], "answer_start": [1]}, "an answer is None at 1"),
        ({"text": ["cat"], "answer_start": ["4"]}, "an answer is 'cat' at '4'"),
        ("cat", "expected texts and their starts"),
        (["cat"], "expected 'text' and 'answer_start'"),
    ],
)
def test_anything_else_is_a_bad_row(value: object, problem: str) -> None:
    with pytest.raises(BadRow, match=problem):
        read_answers(value, CONTEXT)
