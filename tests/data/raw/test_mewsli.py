"""Mewsli-X: mentions in their sentences, and descriptions of entities."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data.opening import open_table
from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import Row

Read = Callable[..., list[Row]]

TEXT = "She {won}. The verdict for  Smith {AG}\nof {x came. End."
SENTENCES = [[0, 10], [11, 50], [51, 55]]


def span(start: int, end: int) -> dict[str, int]:
    return {"start": start, "end": end}


def mention(name: str, start: int, end: int, entity: str = "Q1", text: str = TEXT) -> dict[str, object]:
    place = {**span(start, end), "text": text[start:end]}
    return {"example_id": name, "mention_span": place, "entity_id": entity, "metadata": None}


def context(text: str = TEXT, sentences: list[list[int]] = SENTENCES) -> dict[str, object]:
    return {"text": text, "sentence_spans": [span(*pair) for pair in sentences], "language": "en", "document_id": "Q5"}


def smith() -> dict[str, object]:
    start = TEXT.index("Smith")
    return mention("de-1", start, start + 5)


def test_a_query_is_the_mention_and_its_sentence_with_braces_around_it(read: Read) -> None:
    line = json.dumps({"context": context(), "mentions": [smith()]})
    assert read("mewsli_queries", {"wikinews_mentions-test.jsonl": line + "\n"}) == [
        {
            "id": "de-1",
            "text": "Smith: The verdict for  { Smith } (AG) of {x came.",
            "gold": ["Q1"],
            "language": "en",
        }
    ]


def test_one_line_may_hold_several_mentions_or_one_or_a_pair(read: Read) -> None:
    several = {"context": context(), "mentions": [smith(), {**smith(), "example_id": "de-2", "entity_id": ""}]}
    one = {"context": context(), "mention": {**smith(), "example_id": "de-3"}}
    pair = {"contextual_mention": {**one, "mention": {**smith(), "example_id": "de-4"}}, "entity": {}}
    text = "\r\n".join(map(json.dumps, (several, one, pair)))
    rows = read("mewsli_queries", {"x.jsonl": text})
    assert [row["id"] for row in rows] == ["de-1", "de-2", "de-3", "de-4"]
    assert [row["gold"] for row in rows] == [["Q1"], None, ["Q1"], ["Q1"]]


def test_an_entity_is_the_sentences_of_its_description(read: Read) -> None:
    entity = {
        "entity_id": "Q64",
        "title": "Berlin",
        "description": "Berlin is\na city.  It is old. (cut",
        "sentence_spans": [span(0, 17), span(19, 29)],
        "description_language": "de",
        "description_url": "",
    }
    assert read("mewsli_entities", {"candidate_set_entities.jsonl": json.dumps(entity)}) == [
        {"id": "Q64", "text": "Berlin is a city. It is old.", "language": "de"}
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"context": context(), "mentions": [mention("a", 8, 14)]}, "lies in none of the context's sentences"),
        ({"context": context(), "mentions": [mention("a", 60, 70)]}, "span 60 to 70 of a text of 55 characters"),
        (
            {"context": context(), "mentions": [mention("a", 0, 3, text="He ran")]},
            "its place in the context holds 'She'",
        ),
        ({"context": context(sentences=[[4, 2]]), "mentions": []}, "span 4 to 2"),
        ({"context": context()}, "the line has no 'mention'"),
        ({"mentions": []}, "the line has no 'context'"),
        ([], "the line is list, not a JSON object"),
    ],
)
def test_a_broken_mention_is_told_with_its_line(read: Read, line: object, problem: str) -> None:
    good = {"context": context(), "mentions": [smith()]}
    with pytest.raises(DataError, match=f"line 2: .*{problem}"):
        read("mewsli_queries", {"x.jsonl": f"{json.dumps(good)}\n{json.dumps(line)}\n"})


@pytest.mark.parametrize("reader", ["mewsli_queries", "mewsli_entities"])
def test_a_line_that_is_cut_off_is_told(read: Read, reader: str) -> None:
    with pytest.raises(DataError, match=r"line 1: it is not valid JSON \(.* column \d+"):
        read(reader, {"x.jsonl": '{"entity_id": "Q6'})


def test_entities_are_read_one_by_one(tmp_path: Path) -> None:
    """A broken line far down does not keep the first ones from being read."""
    entity = {"entity_id": "Q1", "description": "A.", "sentence_spans": [span(0, 2)], "description_language": "en"}
    (tmp_path / "x.jsonl").write_text(f"{json.dumps(entity)}\n" * 3 + "broken")
    rows = open_table(tmp_path / "x.jsonl", "mewsli_entities").rows(())
    assert [row["id"] for row in islice(rows, 3)] == ["Q1"] * 3


@given(st.text("abcäß德", min_size=1, max_size=12), st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_query_without_its_braces_is_the_mention_and_the_sentence(read: Read, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    line = {"context": context(text, [[0, len(text)]]), "mentions": [mention("a", start, end, text=text)]}
    (row,) = read("mewsli_queries", {"x.jsonl": json.dumps(line)})
    head, _, rest = str(row["text"]).partition(": ")
    assert head == text[start:end]
    assert rest.replace(" ", "") == f"{text[:start]}{{{text[start:end]}}}{text[end:]}"
