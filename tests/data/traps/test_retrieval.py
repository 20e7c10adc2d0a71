"""The traps of the sets in which texts are looked for: what is a query, what is searched, what is right."""

from collections.abc import Sequence
from typing import Any

import pytest

from madx_stilts.data.read import find_all
from madx_stilts.data.rows import SplitRows
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split

Fields = list[dict[str, object]]


@pytest.fixture
def fields(reading: Any) -> Any:
    """The fields of queries and of candidates, as they are handed to the format."""

    def read(name: str, language: str, split: Split = "test") -> tuple[Fields, Fields]:
        found = []
        for task in (TASKS[name], TASKS[name].searched):
            rows = SplitRows(task, language, find_all(task, language, split, place=reading.place))
            found.append([rows.values(raw) for _, raw in rows])
        return found[0], found[1]

    return read


def write(reading: Any, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = reading.mirror.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def tatoeba(*pairs: Sequence[str]) -> list[dict[str, str]]:
    """Rows as google/xtreme has them: the languages' names are those of files in somebody's cache."""
    return [
        {"source_sentence": f"{one}\n", "target_sentence": f"{other}\n", "source_lang": "4f1c", "target_lang": "4f1c"}
        for one, other in pairs
    ]


def test_in_tatoeba_english_asks_and_only_its_own_line_is_right(reading: Any, fields: Any) -> None:
    write(reading, {"tatoeba/tatoeba.swh-eng.swh": "Habari\nNdiyo\n", "tatoeba/tatoeba.swh-eng.eng": "News\nYes\n"})
    queries, candidates = fields("tatoeba", "sw")
    assert queries == [{"id": 0, "text": "News", "gold": 0}, {"id": 1, "text": "Yes", "gold": 1}]
    assert candidates == [{"id": 0, "text": "Habari"}, {"id": 1, "text": "Ndiyo"}]


def test_xtremes_copy_of_tatoeba_has_no_ids_and_keeps_the_ends_of_lines(reading: Any, fields: Any) -> None:
    reading.mirror.add(
        "google/xtreme", tatoeba(["Ja", "Yes"], ["Nein", "No"]), config="tatoeba.deu", split="validation"
    )
    queries, candidates = fields("tatoeba", "de")
    assert queries == [{"id": 0, "text": "Yes", "gold": 0}, {"id": 1, "text": "No", "gold": 1}]
    assert candidates == [{"id": 0, "text": "Ja"}, {"id": 1, "text": "Nein"}]


def test_tatoeba_sentences_that_stand_there_twice_are_different_rows(reading: Any, fields: Any) -> None:
    rows = tatoeba(["Ja", "Yes"], ["Ja", "Yes"])
    reading.mirror.add("google/xtreme", rows, config="tatoeba.deu", split="validation")
    queries, _ = fields("tatoeba", "de")
    assert [query["gold"] for query in queries] == [0, 1]


BUCC = {"zh": "zh-1\t辽宁\nzh-2\t沈阳\n", "en": "en-1\tLiaoning\nen-2\tShenyang\nen-3\tThree\n", "gold": "zh-2\ten-2\n"}


@pytest.mark.parametrize(
    ("split", "stem"),
    [
        ("dev", "bucc/zh-en.dev"),
        ("test", "bucc/zh-en.test"),
        ("dev", "bucc/zh-en/zh-en.sample"),
        ("test", "bucc/bucc2018/zh-en/zh-en.training"),
    ],
)
def test_bucc_goes_by_the_names_of_xtreme_and_of_limsi(reading: Any, fields: Any, split: Split, stem: str) -> None:
    write(reading, {f"{stem}.{part}": text for part, text in BUCC.items()})
    queries, candidates = fields("bucc2018", "zh", split)
    assert [(query["id"], query["gold"]) for query in queries] == [("zh-1", []), ("zh-2", ["en-2"])]
    assert candidates[2] == {"id": "en-3", "text": "Three"}


def test_buccs_gold_is_hidden_in_xtremes_test(reading: Any, fields: Any) -> None:
    write(reading, {f"bucc/zh-en.test.{part}": BUCC[part] for part in ("zh", "en")})
    queries, _ = fields("bucc2018", "zh")
    assert [query["gold"] for query in queries] == [None, None]


MENTION = (
    '{"context": {"document_title": "t", "document_url": "u", "document_id": "d", "language": "%s", '
    '"text": "Ada wrote.", "sentence_spans": [{"start": 0, "end": 10}]}, "mention": {"example_id": "%s", '
    '"mention_span": {"start": 0, "end": 3, "text": "Ada"}, "entity_id": "Q7259"}}'
)
ENTITY = (
    '{"entity_id": "%s", "title": "t", "description": "A person.", "description_language": "%s", '
    '"description_url": "u", "sentence_spans": [{"start": 0, "end": 9}]}'
)


def test_mewsli_x_keeps_all_languages_in_one_file_and_all_entities_in_one_pool(reading: Any, fields: Any) -> None:
    mentions = [MENTION % ("uk", "uk-1"), MENTION % ("de", "de-1")]
    entities = [ENTITY % ("Q7259", "en"), ENTITY % ("Q1", "fr")]
    files = {"wikinews_mentions-test.jsonl": mentions, "candidate_set_entities.jsonl": entities}
    write(reading, {f"mewsli_x/{name}": "\n".join(lines) + "\n" for name, lines in files.items()})
    queries, candidates = fields("mewsli_x", "uk")
    assert [(query["id"], query["gold"]) for query in queries] == [("uk-1", ["Q7259"])]
    assert [candidate["id"] for candidate in candidates] == ["Q7259", "Q1"]


def test_lareqas_sentences_know_which_questions_they_answer(reading: Any, fields: Any) -> None:
    text = (
        '{"data": [{"title": "t", "paragraphs": [{"context": "Salz. Zucker.", "sentence_breaks": [[0, 5], [6, 13]], '
        '"sentences": ["Salz.", "Zucker."], "qas": [{"id": "q1", "question": "Was?", "answers": [{"text": "Zucker", '
        '"answer_start": 6}]}]}]}]}'
    )
    write(reading, {"lareqa/de.json": text})
    queries, candidates = fields("lareqa", "de")
    assert queries == [{"id": "q1", "text": "Was?"}]
    assert [candidate["answers"] for candidate in candidates] == [[], ["q1"]]
