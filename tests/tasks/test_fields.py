"""Fields are read from a row as a task says, and a row that lacks what they need is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.tasks.fields import (
    ROW_NUMBER,
    BadRow,
    Column,
    EachItem,
    JoinedFields,
    RowNumber,
    StrippedColumn,
    Template,
)
from madx_stilts.tasks.splits import in_files, in_splits, together
from madx_stilts.tasks.task import Source

ROW = {"a": " text\n", "b": {"c": ["x", "y"]}, "n": 3, ROW_NUMBER: 7}


def test_a_column_may_be_a_member_of_another() -> None:
    assert Column("b.c").read(ROW) == ["x", "y"]
    assert Column("b.c").columns == ("b",)
    with pytest.raises(BadRow, match="no member 'd'"):
        Column("b.d").read(ROW)


@given(st.text())
def test_blanks_around_a_text_are_taken_off_and_no_others(text: str) -> None:
    assert StrippedColumn("a").read({"a": f" {text}\n"}) == text.strip()


def test_only_texts_have_blanks() -> None:
    with pytest.raises(BadRow, match="column 'n' holds 3, not a text"):
        StrippedColumn("n").read(ROW)


def test_a_rows_number_needs_no_column() -> None:
    assert RowNumber().columns == ()
    assert RowNumber().read(ROW) == 7


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        (Template("{a} and {n}"), ("a", "n")),
        (EachItem("b.c", "{a} {item}"), ("b", "a")),
        (JoinedFields((Column("a"), StrippedColumn("n"))), ("a", "n")),
    ],
)
def test_a_field_names_all_columns_it_needs(field: Any, columns: tuple[str, ...]) -> None:
    assert field.columns == columns


PLAIN = Source(path="owner/name", fields={})


def test_splits_of_one_source_differ_in_their_names_only() -> None:
    table = in_splits(PLAIN, {"train": "train", "dev": "validation"})
    assert [(split, source.split, source.path) for split, (source,) in table.items()] == [
        ("train", "train", "owner/name"),
        ("dev", "validation", "owner/name"),
    ]


def test_original_files_are_one_pattern_or_several() -> None:
    table = in_files(PLAIN, {"train": "a.json", "dev": ("b.json", "c.json")})
    assert [source.files for (source,) in table.values()] == [("a.json",), ("b.json", "c.json")]


def test_of_several_tables_the_first_is_preferred_split_by_split() -> None:
    first, second = in_splits(PLAIN, {"dev": "x"}), in_splits(PLAIN, {"train": "y", "dev": "z"})
    found = together(first, second)
    assert {split: [source.split for source in sources] for split, sources in found.items()} == {
        "dev": ["x", "z"],
        "train": ["y"],
    }
