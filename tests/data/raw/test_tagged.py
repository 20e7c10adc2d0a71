"""Tagged sentences, a word per line or a sentence per line."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row

Read = Callable[..., list[Row]]

WORDS = st.text(st.characters(codec="utf-8", exclude_characters=" \t\n\r\ufeff"), min_size=1, max_size=5)
SENTENCES = st.lists(st.lists(st.tuples(WORDS, st.sampled_from(["O", "B-PER", "I-PER"])), min_size=1), min_size=1)


def test_the_tag_is_in_the_last_column_whether_by_tabs_or_spaces(read: Read) -> None:
    text = "-DOCSTART- -X- O\n\nWolof NNP B-LOC\ndafa  O\n\n \t\nNew York\tB-LOC\r\n.\tPUNCT\tO\r\n"
    assert read("conll", {"test.txt": text}) == [
        {"tokens": ["Wolof", "dafa"], "ner_tags": ["B-LOC", "O"]},
        {"tokens": ["New York", "."], "ner_tags": ["B-LOC", "O"]},
    ]


def test_a_no_break_space_is_a_word_and_no_blank_line(read: Read) -> None:
    assert read("conll", {"test.txt": "a O\n\u00a0 O\nb O\n"})[0]["tokens"] == ["a", "\u00a0", "b"]


def test_hash_signs_are_words(read: Read) -> None:
    assert read("conll", {"test.txt": "# O\n"})[0]["tokens"] == ["#"]


@pytest.mark.parametrize("text", ["a O\n\nb\n", "a O\n\nb\t\n", "a O\n\n O\n", "a O\n\nb", "a O\r\n\r\nb\r\n"])
def test_a_word_without_a_tag_is_told_with_its_line(read: Read, text: str) -> None:
    with pytest.raises(DataError, match="line 3: it has one column"):
        read("conll", {"test.txt": text})


def test_panx_takes_off_what_stands_before_the_first_colon(read: Read) -> None:
    text = "en:http://a.b:80\tO\nzh-min-nan:Tâi-oân\tB-LOC\nen::\tO\nen:\u00a0\tO\n"
    (row,) = read("panx", {"en-test": text})
    assert row["tokens"] == ["http://a.b:80", "Tâi-oân", ":", ""]


def test_colons_stay_where_words_have_no_language(read: Read) -> None:
    assert read("conll", {"x": "10:30\tO\n"})[0]["tokens"] == ["10:30"]


@pytest.mark.parametrize("line", ["word\tO", "en:word", "en:word O", "en:word\tNN\tO"])
def test_a_line_that_is_not_panx_is_told(read: Read, line: str) -> None:
    with pytest.raises(DataError, match=r"line 2: it is .*expected language:word, a tab and a tag"):
        read("panx", {"en-test": f"en:a\tO\n{line}\n"})


def test_words_and_supertags_stand_side_by_side(read: Read) -> None:
    text = "Mr. Vinken is\tN/N N (S[dcl]\\NP)/NP\n\nYes\t N \r\n"
    assert read("two_columns", {"ccg.dev": text}) == [
        {"tokens": ["Mr.", "Vinken", "is"], "tags": ["N/N", "N", "(S[dcl]\\NP)/NP"]},
        {"tokens": ["Yes"], "tags": ["N"]},
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a b\tX", "it has 2 words and 1 tags"),
        ("a b", "it has 1 columns"),
        ("a\tX\tY", "it has 3 columns"),
        ("a b\t", "it has 2 words and 0 tags"),
    ],
)
def test_a_sentence_that_does_not_fit_its_tags_is_told_by_row(read: Read, line: str, problem: str) -> None:
    with pytest.raises(BadRow, match=problem) as told:
        read("two_columns", {"ccg.dev": f"x\tN\n\n{line}\n"})
    assert told.value.row == 1


@given(SENTENCES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["\t", " "]), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_conll_sentences_come_back(
    read: Read, sentences: list[list[tuple[str, str]]], end: str, between: str, mark: bool
) -> None:
    text = (end * 2).join(end.join(f"{word}{between}{tag}" for word, tag in words) for words in sentences)
    data = text.encode("utf-8-sig" if mark else "utf-8")
    assert _pairs(read("conll", {"x": data}), "ner_tags") == sentences


@given(SENTENCES)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_sentences_in_two_columns_come_back(read: Read, sentences: list[list[tuple[str, str]]]) -> None:
    text = "".join(
        " ".join(word for word, _ in words) + "\t" + " ".join(tag for _, tag in words) + "\n" for words in sentences
    )
    assert _pairs(read("two_columns", {"x": text}), "tags") == sentences


def _pairs(rows: list[Row], tags: str) -> list[list[tuple[str, str]]]:
    return [list(zip(row["tokens"], row[tags], strict=True)) for row in rows]  # type: ignore[call-overload]
