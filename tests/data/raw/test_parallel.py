"""Tatoeba's aligned files and BUCC's comparable corpora."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row

Read = Callable[..., list[Row]]

DEU, ENG = "tatoeba.deu-eng.deu", "tatoeba.deu-eng.eng"
ZH, EN, GOLD = "zh-en.dev.zh", "zh-en.dev.en", "zh-en.dev.gold"


def test_lines_of_one_number_belong_together(read: Read) -> None:
    assert read("tatoeba", {DEU: "Ja. \nEr\u2028geht.\r\n", ENG: "\ufeffYes.\nHe goes."}) == [
        {"id": 0, "source": "Ja.", "target": "Yes."},
        {"id": 1, "source": "Er\u2028geht.", "target": "He goes."},
    ]


def test_the_other_side_opens_too(read: Read) -> None:
    assert read("tatoeba", {ENG: "Yes.\n", DEU: "Ja.\n"})[0]["source"] == "Yes."


def test_an_empty_line_keeps_its_number(read: Read) -> None:
    assert [row["source"] for row in read("tatoeba", {DEU: "a\n\nc\n", ENG: "a\nb\nc\n"})] == ["a", "", "c"]


def test_files_of_different_length_are_told_with_both_counts(read: Read) -> None:
    with pytest.raises(DataError, match=r"deu has 2 lines, tatoeba.deu-eng.eng has 1;"):
        read("tatoeba", {DEU: "a\nb\n", ENG: "a\n"})


def test_a_file_without_its_other_language_is_told(read: Read) -> None:
    with pytest.raises(DataError, match=r"has no tatoeba.deu-eng.eng beside it"):
        read("tatoeba", {DEU: "a\n"})


@pytest.mark.parametrize("name", ["deu.txt", "tatoeba.deu.deu", "tatoeba.deu-eng.fra", "deu"])
@pytest.mark.parametrize("reader", ["tatoeba", "bucc"])
def test_a_name_that_tells_no_pair_of_languages_is_told(read: Read, reader: str, name: str) -> None:
    with pytest.raises(DataError, match="does not tell its pair of languages"):
        read(reader, {name: "a\n"})


def test_damage_in_the_other_file_is_told_with_its_name(read: Read) -> None:
    with pytest.raises(DataError, match=r"deu-eng.eng, line 2 is not UTF-8"):
        read("tatoeba", {DEU: "a\nb\n", ENG: b"a\n\xff\n"})


def test_gold_stands_at_the_sentences_of_the_first_language(read: Read) -> None:
    files = {ZH: "zh-1\t一。\r\nzh-2\t二\tb\nzh-3\t \n", GOLD: "zh-3\ten-9\r\nzh-1\ten-4\nzh-3\ten-2\n"}
    assert read("bucc", files) == [
        {"id": "zh-1", "text": "一。", "gold": ["en-4"]},
        {"id": "zh-2", "text": "二\tb", "gold": []},
        {"id": "zh-3", "text": "", "gold": ["en-9", "en-2"]},
    ]


def test_the_second_language_has_no_gold(read: Read) -> None:
    assert read("bucc", {EN: "en-1\tOne.\n", GOLD: "zh-1\ten-1\n"}) == [{"id": "en-1", "text": "One.", "gold": None}]


def test_without_a_gold_file_all_gold_is_none(read: Read) -> None:
    assert [row["gold"] for row in read("bucc", {ZH: "zh-1\ta\nzh-2\tb\n"})] == [None, None]


def test_gold_for_a_sentence_that_is_not_there_is_told(read: Read) -> None:
    with pytest.raises(DataError, match=r"gold names 2 sentences that zh-en.dev.zh does not have, zh-7 first"):
        read("bucc", {ZH: "zh-1\ta\n", GOLD: "zh-7\ten-1\nzh-1\ten-2\nzh-8\ten-3\n"})


@pytest.mark.parametrize("line", ["zh-1", "zh-1 en-1 en-2", ""])
def test_a_broken_line_of_gold_is_told_with_its_number(read: Read, line: str) -> None:
    with pytest.raises(DataError, match=r"gold, line 2: it is .*expected two ids"):
        read("bucc", {ZH: "zh-1\ta\n", GOLD: f"zh-1\ten-1\n{line}\n"})


@pytest.mark.parametrize(
    ("line", "problem"),
    [("zh-1\tb", "its id 'zh-1' stands in an earlier row too"), ("zh-2 b", "expected an id, a tab"), ("", "expected")],
)
def test_a_broken_row_is_told(read: Read, line: str, problem: str) -> None:
    with pytest.raises(BadRow, match=problem) as told:
        read("bucc", {ZH: f"zh-1\ta\n{line}\n"})
    assert told.value.row == 1


SENTENCES = st.text(st.characters(codec="utf-8", exclude_characters="\n\ufeff")).map(str.strip)


@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_pairs_come_back(read: Read, pairs: list[tuple[str, str]]) -> None:
    files = {DEU: "".join(f"{a}\n" for a, _ in pairs), ENG: "".join(f"{b}\n" for _, b in pairs)}
    rows = read("tatoeba", files)
    assert [(row["id"], row["source"], row["target"]) for row in rows] == [(i, *pair) for i, pair in enumerate(pairs)]


@given(
    st.lists(SENTENCES, min_size=1),
    st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9))),
)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_gold_pairs_come_back(read: Read, tmp_path: Path, texts: list[str], pairs: set[tuple[int, int]]) -> None:
    gold = sorted((f"zh-{a}", f"en-{b}") for a, b in pairs if a < len(texts))
    files = {
        ZH: "".join(f"zh-{index}\t{text}\n" for index, text in enumerate(texts)),
        GOLD: "".join(f"{a}\t{b}\n" for a, b in gold),
    }
    rows = read("bucc", files)
    assert [row["text"] for row in rows] == texts
    assert [(row["id"], name) for row in rows for name in row["gold"]] == gold  # type: ignore[attr-defined]
