"""Tables and pages: whatever the width, what a person copies is never folded; in a pipe nothing is."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.cli import page, tables

Terminal = Callable[[int], None]
shared = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
words = st.text("abcdefgh-_.+@/[]:", min_size=1, max_size=45)
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)
widths = st.integers(10, 140)


@shared
@given(st.lists(st.tuples(words, sentences), min_size=1, max_size=5), widths)
def test_the_first_column_is_never_folded(
    capsys: pytest.CaptureFixture[str], terminal: Terminal, rows: list[tuple[str, str]], width: int
) -> None:
    terminal(width)
    tables.show("title", ["reference", "scores"], rows)
    lines = capsys.readouterr().out.splitlines()
    assert [name for name, _ in rows if not any(line.startswith(name) for line in lines)] == []


@shared
@given(
    st.lists(st.tuples(st.text(max_size=12), st.text("αβ日本e\u0301 -", max_size=9), words), max_size=5),
    st.integers(0, 3),
)
def test_a_table_that_fits_is_what_rich_would_print(
    capsys: pytest.CaptureFixture[str], rows: list[tuple[str, str, str]], numbers: int
) -> None:
    columns = ["name", "", "scores"]
    tables.show("title", columns, rows, numbers=numbers)
    printed = capsys.readouterr().out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_plain", lambda rows, numbers: [])
        tables.show("title", columns, rows, numbers=numbers)
    assert printed == capsys.readouterr().out


@shared
@given(st.lists(st.tuples(words, sentences), min_size=1, max_size=5))
def test_a_pipe_gets_a_line_per_row(capsys: pytest.CaptureFixture[str], rows: list[tuple[str, str]]) -> None:
    tables.show("title", ["reference", "scores"], rows)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 + len(rows)
    assert [line.split() for line in lines[4:]] == [[name, *text.split()] for name, text in rows]


@shared
@given(st.lists(st.tuples(words, sentences), min_size=1, max_size=5), widths)
def test_a_table_is_as_wide_as_the_terminal_or_as_its_longest_word(
    capsys: pytest.CaptureFixture[str], terminal: Terminal, rows: list[tuple[str, str]], width: int
) -> None:
    terminal(width)
    tables.show("title", ["reference", "scores"], rows)
    lines = capsys.readouterr().out.splitlines()
    reference = max(len("reference"), *(len(name) for name, _ in rows))
    longest = max(len("scores"), *(len(word) for _, text in rows for word in text.split()))
    assert max(map(len, lines)) <= max(width, reference + 3 + longest)


def test_what_looks_like_markup_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show("Zoo [bold]", ["[red]name"], [["[green]a[/green] :cat:"]])
    out = capsys.readouterr().out
    assert [text in out for text in ("Zoo [bold]", "[red]name", "[green]a[/green] :cat:")] == [True] * 3


def test_numbers_stand_at_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show("t", ["name", "score"], [["a", "100.00"], ["b", "7.00"]], numbers=1)
    assert capsys.readouterr().out.splitlines()[-2:] == ["a      100.00", "b        7.00"]


@shared
@given(st.lists(st.tuples(words, sentences), min_size=1, max_size=5), widths)
def test_no_word_of_a_page_is_ever_broken(
    capsys: pytest.CaptureFixture[str], terminal: Terminal, facts: list[tuple[str, str]], width: int
) -> None:
    terminal(width)
    page.show("title", {"": facts, "Heading": facts})
    found = capsys.readouterr().out.split()
    told = [word for key, value in facts for word in (key, *value.split())]
    assert found == ["title", *told, "Heading:", *told]


def test_a_page_leaves_out_what_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    page.show("title", {"": [("a", "1"), ("bb", "")], "None": [], "Empty": [("c", "")], "Some": [("d", "2")]})
    assert capsys.readouterr().out == "title\n\na  1\n\nSome:\n  d  2\n"
