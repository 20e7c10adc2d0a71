"""Strict JSON: what JSON can say is parsed as `json` parses it; everything else is one kind of error."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.strict_json import MAX_DEPTH, MAX_DIGITS, JsonError, parse

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(trees)
def test_every_value_of_json_is_parsed_as_the_standard_library_does(tree: object) -> None:
    text = json.dumps(tree)
    assert parse(text) == tree
    assert parse(text.encode()) == tree


@given(st.text() | st.text(alphabet='[]{}",:0123456789eE+-.NaIinfty \\n'))
def test_any_text_is_parsed_or_refused_with_one_kind_of_error(text: str) -> None:
    try:
        value = parse(text)
    except JsonError:
        return
    assert json.loads(text) == value


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 3_000, 100_000])
def test_deep_nesting_is_refused_closed_or_not(opening: str, depth: int) -> None:
    closing = "]" if opening == "[" else "}"
    for text in (opening * depth, opening * depth + "1" + closing * depth):
        with pytest.raises(JsonError):
            parse(text)


def test_the_deepest_allowed_nesting_is_parsed_beside_many_brackets() -> None:
    text = "[" + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + ', "' + "[{" * 500 + '"]'
    assert isinstance(parse(text), list)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "-1e999", "1" * (MAX_DIGITS + 1)])
def test_numbers_that_are_not_finite_or_far_too_long_are_refused(text: str) -> None:
    with pytest.raises(JsonError, match="it has"):
        parse(text)


def test_rows_written_by_pandas_may_hold_nan_where_the_caller_accepts_it() -> None:
    value = parse("[NaN, 1e999, 3]", numbers="any")
    assert isinstance(value, list)
    assert math.isnan(value[0])
    assert value[1:] == [math.inf, 3]
