"""Sizes of whole copies: that they are complete and add up, and what is said of other data."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.tasks import TASKS
from madx_stilts.tasks.sizes import SIZES, published_rows, unlike_published
from madx_stilts.tasks.task import Split

UNKNOWN = {("ccg", "train"), ("ccg", "dev"), ("ccg", "test")}
"""A split of CCG is whatever its file holds."""
INDIC = {"as", "bn", "gu", "kn", "ml", "mr", "or", "pa", "ta", "te"}
UNKNOWN_IN = {
    ("mnli", "train"): INDIC,
    ("mnli", "dev"): INDIC,
    ("udpos", "train"): {"fr", "lt", "pl", "ro", "ru", "uk"},
    ("udpos", "dev"): {"fr", "lt", "pl", "ro", "ru", "uk"},
}


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_every_split_in_every_language_has_a_size_but_those_that_are_listed_here(task: Any) -> None:
    for split in task.splits:
        lacking = {code for code in task.languages_of(split) if published_rows(task.name, split, code) is None}
        if (task.name, split) not in UNKNOWN:
            assert lacking == UNKNOWN_IN.get((task.name, split), set()), (split, lacking)


def test_sizes_are_of_splits_and_languages_that_there_are() -> None:
    for (name, split), sizes in SIZES.items():
        known = TASKS[name].languages_of(split)
        assert [code for code in (sizes if not isinstance(sizes, int) else ()) if code not in known] == [], (
            name,
            split,
        )


@pytest.mark.parametrize(
    ("name", "split", "total"),
    [
        ("tydiqa_goldp", "train", 49_881),
        ("tydiqa_goldp", "test", 5_077),
        ("mewsli_x", "dev", 2_991),
        ("mewsli_x", "test", 14_624),
    ],
)
def test_what_is_listed_by_language_adds_up_to_the_published_total(name: str, split: Split, total: int) -> None:
    assert sum(published_rows(name, split, code) or 0 for code in TASKS[name].languages) == total


def test_other_rows_than_published_are_another_version_or_a_part() -> None:
    rows = {"sw": 6_593, "ha": 1_912, "yo": 12, "ig": None}
    assert unlike_published("masakhaner", "train", rows) == (
        "masakhaner train is another version or a part of what was published; rows: sw 6,593 (published 2,109), "
        "yo 12 (published 2,171).",
    )
    assert unlike_published("udpos", "test", {"yo": 317}) != ()
    assert unlike_published("udpos", "test", {"yo": 100}) == ()


@given(st.sampled_from([*SIZES]), st.sampled_from(["en", "de", "sw", "xx"]), st.none() | st.integers(0, 10**6))
def test_nothing_is_said_exactly_where_a_size_is_equal_or_one_of_the_two_is_not_known(
    key: tuple[str, Split], language: str, rows: int | None
) -> None:
    published = published_rows(*key, language)
    silent = rows is None or published is None or rows == published
    assert (unlike_published(*key, {language: rows}) == ()) == silent


def test_a_task_without_sizes_says_nothing() -> None:
    assert unlike_published("masked_lm", "train", {"en": 7}) == ()
