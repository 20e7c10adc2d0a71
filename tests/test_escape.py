"""Text of others comes out as text: no control character reaches a terminal, no element a page."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.escape import for_line, for_markdown, for_terminal

any_text = st.text(st.characters(codec=None), max_size=60)


@given(any_text)
def test_no_control_character_reaches_a_terminal(text: str) -> None:
    clean = for_terminal(text)
    assert all(unicodedata.category(one) not in ("Cc", "Cs", "Zl", "Zp") or one in "\n\t" for one in clean)
    assert not set(clean) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    clean.encode()


@given(any_text)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert for_terminal(for_terminal(text)) == for_terminal(text)


@pytest.mark.parametrize("text", ["مرحبا بالعالم", "שלום\u200f", "می\u200cخواهم", "ไทย", "𝒜 é", "a\tb\nc"])
def test_texts_of_all_languages_stay(text: str) -> None:
    assert for_terminal(text) == text


def test_what_is_taken_out_is_spelled() -> None:
    assert for_terminal("a\x1b[2Jb\x9bc\u202ed\re") == "a\\x1b[2Jb\\x9bc\\u202ed\\x0de"


def test_a_line_is_one_line() -> None:
    assert for_line("a\n b\r\n\u2028c") == "a b c"


@given(any_text)
def test_markdown_gets_no_element_no_link_no_code_and_no_second_line(text: str) -> None:
    clean = for_markdown(text)
    assert not set(clean) & set("<>`|\n\r")
    assert "](" not in clean.replace("\\]", "")


@pytest.mark.parametrize("text", ["squad_v2", "en", "mnli", "xlm-roberta-base", "cc-by-4.0", "f1"])
def test_names_that_are_known_come_out_as_they_are(text: str) -> None:
    assert for_markdown(text) == text


def test_json_needs_no_cleaning() -> None:
    assert json.dumps("\x1b\x9b\u202e\x07").isascii()
