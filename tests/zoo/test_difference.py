"""`zoo diff` shows what is not the same in two adapters or two results, and nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.zoo.difference import NOTHING, Difference, card_differences, flat, result_differences

LEAVES = st.one_of(st.integers(), st.text(max_size=5), st.none())
TREES = st.recursive(
    LEAVES, lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3), max_leaves=8
)
CARDS = st.dictionaries(st.sampled_from(["recipe", "data", "scores", "versions"]), TREES)


@given(CARDS)
def test_a_card_does_not_differ_from_itself(card: dict[str, Any]) -> None:
    assert card_differences(card, card) == {
        "What determines it": [],
        "How it was made": [],
        "What came of it": [],
    }


@given(CARDS, CARDS)
def test_every_difference_is_shown_once_and_from_both_sides(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = [row for rows in card_differences(one, other).values() for row in rows]
    back = [row for rows in card_differences(other, one).values() for row in rows]
    assert {(row.key, row.other, row.one) for row in back} == {(row.key, row.one, row.other) for row in found}
    ours, theirs = dict(flat(one)), dict(flat(other))
    changed = {key for key in ours.keys() | theirs.keys() if ours.get(key, NOTHING) != theirs.get(key, NOTHING)}
    assert {row.key for row in found} == changed
    assert len(found) == len(changed)


def test_what_differs_stands_under_its_heading() -> None:
    one = {"recipe": {"seed": 0, "parts": [{"task": "mnli"}]}, "scores": {"accuracy": 50.0}, "steps": 9}
    other = {"recipe": {"seed": 1, "parts": [{"task": "mnli", "limit": 8}]}, "scores": {"accuracy": 51.0}, "steps": 9}
    assert card_differences(one, other) == {
        "What determines it": [Difference("recipe.seed", "0", "1"), Difference("recipe.parts.0.limit", NOTHING, "8")],
        "How it was made": [],
        "What came of it": [Difference("scores.accuracy", "50.0", "51.0")],
    }


def test_results_are_compared_language_by_language() -> None:
    one = {"task": "xnli", "stack": ["target/xnli@1"], "scores": {"de": {"accuracy": 50.0, "n": 8}}}
    other = {"task": "xnli", "stack": ["target/xnli@2"], "scores": {"de": {"accuracy": 50.0, "n": 16}}}
    found = result_differences(one, other)
    assert [row.key for row in found["What was scored"]] == ["stack"]
    assert found["What came of it"] == [Difference("scores.de.n", "8", "16")]
