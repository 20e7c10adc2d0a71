"""Tab-separated files without a header, and what all readers have in common."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data.opening import open_table
from madx_stilts.data.raw import RAW_READERS
from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row

Read = Callable[..., list[Row]]


def test_columns_are_numbered_and_quotation_marks_are_text(read: Read) -> None:
    text = '\ufeffHe said "no.\tYes"\tneutral\r\n"\t\tentailment\r\n'
    assert read("no_header_tsv", {"test-en.tsv": text}) == [
        {"c0": 'He said "no.', "c1": 'Yes"', "c2": "neutral"},
        {"c0": '"', "c1": "", "c2": "entailment"},
    ]


def test_a_row_of_another_length_is_told(read: Read) -> None:
    with pytest.raises(BadRow, match="it has 1 values, the first row has 2") as told:
        read("no_header_tsv", {"x.tsv": "a\tb\n\nc\td\ne\n"})
    assert told.value.row == 2


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\ufeff"), min_size=1)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1)))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_values_come_back(read: Read, records: list[list[str]]) -> None:
    rows = read("no_header_tsv", {"x.tsv": "".join("\t".join(record) + "\n" for record in records)})
    assert [list(row.values()) for row in rows] == records


NAMES = {"tatoeba": "x.deu-eng.deu", "bucc": "zh-en.dev.zh"}


@pytest.mark.parametrize("reader", RAW_READERS)
@pytest.mark.parametrize(("content", "problem"), [(b"", "is empty"), ("ä\n".encode("utf-16"), "line 1 is not UTF-8")])
def test_an_empty_file_or_another_encoding_is_told(tmp_path: Path, reader: str, content: bytes, problem: str) -> None:
    path = tmp_path / NAMES.get(reader, "x")
    path.write_bytes(content)
    path.with_suffix(".eng").write_bytes(b"a\n")
    with pytest.raises(DataError, match=problem):
        list(open_table(path, reader).rows(()))
