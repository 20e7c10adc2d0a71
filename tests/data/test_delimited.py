"""Tables in text files: what a dialect writes is read back, and nothing is joined or lost without a word."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data import delimited
from madx_stilts.data.delimited import records
from madx_stilts.errors import DataError
from madx_stilts.tasks.dialect import PLAIN_TABS, QUOTED_COMMAS, QUOTED_TABS, Dialect

QUOTED = pytest.mark.parametrize("dialect", [QUOTED_COMMAS, QUOTED_TABS])
patient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=8), st.text('ab", \t\r\n', max_size=6), st.just(""), st.just('""')
)
WIDTHS = st.integers(1, 4)


def tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    """Records of one width."""
    return WIDTHS.flatmap(lambda width: st.lists(st.lists(values, min_size=width, max_size=width), min_size=1))


def read(folder: Path, text: str | bytes, dialect: Dialect) -> list[list[str]]:
    file = folder / "table"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(records(file, dialect))


@QUOTED
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@patient
@given(table=tables(VALUES))
def test_what_the_csv_module_writes_is_read_back(
    tmp_path: Path, dialect: Dialect, quoting: int, ending: str, table: list[list[str]]
) -> None:
    # The module quotes a carriage return only where it ends lines; without quotes it could be either.
    if ending == "\n" and quoting == csv.QUOTE_MINIMAL:
        table = [[value.replace("\r", "") for value in record] for record in table]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=dialect.separator, quoting=quoting, lineterminator=ending).writerows(table)  # type: ignore[arg-type]
    # The mark at the beginning of a file is not of its text.
    assert read(tmp_path, "\ufeff" + out.getvalue(), dialect) == table


@patient
@given(table=tables(st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\ufeff"), min_size=1)))
def test_plain_values_are_read_as_they_are(tmp_path: Path, table: list[list[str]]) -> None:
    text = "".join("\t".join(record) + "\n" for record in table)
    kept = [record for record in table if "\t".join(record).strip(" ")]
    assert read(tmp_path, text, PLAIN_TABS) == kept


def test_doubled_quotes_are_one_where_the_source_quotes_and_two_where_it_does_not(tmp_path: Path) -> None:
    text = '"He said ""come"" today."\te\n'
    assert read(tmp_path, text, QUOTED_TABS) == [['He said "come" today.', "e"]]
    assert read(tmp_path, text, PLAIN_TABS) == [['"He said ""come"" today."', "e"]]


def test_a_row_of_empty_values_is_a_row(tmp_path: Path) -> None:
    assert read(tmp_path, "a\tb\n\t\n\n  \nc\td\n", PLAIN_TABS) == [["a", "b"], ["", ""], ["c", "d"]]
    assert read(tmp_path, "a,b\n,\n\n\r\nc,d", QUOTED_COMMAS) == [["a", "b"], ["", ""], ["c", "d"]]


@QUOTED
def test_one_long_article_is_a_value_and_the_csv_module_keeps_its_limit(tmp_path: Path, dialect: Dialect) -> None:
    before = csv.field_size_limit()
    article = 'She said "yes", and\nleft. ' * 20_000
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=dialect.separator).writerows([["text"], [article], ["x" * 300_000]])
    assert read(tmp_path, out.getvalue(), dialect) == [["text"], [article], ["x" * 300_000]]
    assert csv.field_size_limit() == before


@QUOTED
def test_a_quotation_that_never_ends_is_told_where_it_begins(tmp_path: Path, dialect: Dialect) -> None:
    with pytest.raises(DataError, match="table, line 2: a quotation that begins here never ends"):
        read(tmp_path, 'a\n"b\nc\n', dialect)


def test_a_quotation_does_not_take_in_the_rest_of_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LONGEST", 1000)
    with pytest.raises(DataError, match="more than 1,000 characters"):
        read(tmp_path, 'a\n"b\n' + "c\n" * 2000 + '"\n', QUOTED_COMMAS)


@QUOTED
@pytest.mark.parametrize("text", ['a\n"b"c\n', 'a\n"b" \n', 'a\n"b""\n"c\n'])
def test_what_follows_a_quotation_is_a_separator_or_an_end(tmp_path: Path, dialect: Dialect, text: str) -> None:
    with pytest.raises(DataError, match=r"table, line \d: ") as caught:
        read(tmp_path, text, dialect)
    assert "doubled" in caught.value.hint


@QUOTED
def test_lines_that_end_as_on_old_machines_are_told(tmp_path: Path, dialect: Dialect) -> None:
    with pytest.raises(DataError, match="carriage return"):
        read(tmp_path, "a\rb\rc\r", dialect)


def test_quotes_inside_a_value_that_is_not_quoted_are_text(tmp_path: Path) -> None:
    assert read(tmp_path, 'a "b" c,5"\n', QUOTED_COMMAS) == [['a "b" c', '5"']]
