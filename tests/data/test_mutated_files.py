"""Whatever is done to a file, it is read or refused: every reader, with files cut, mixed up and made by nobody."""

import gzip
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data.label_file import with_labels
from madx_stilts.data.opening import open_table
from madx_stilts.data.raw import RAW_READERS
from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources, SplitFiles
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.dialect import PLAIN_TABS, QUOTED_COMMAS, QUOTED_TABS
from madx_stilts.tasks.fields import BadRow

XNLI = TASKS["xnli"]
ROWS = [
    {"premise": 'He said "come", today.', "hypothesis": "Er kam,\nja.", "label": 0},
    {"premise": "日本", "hypothesis": "x", "label": 2},
]
SQUAD = {
    "data": [
        {
            "title": "Sugar",
            "paragraphs": [
                {
                    "context": "Sugar [SEP] is sweet. Salt is not.",
                    "sentence_breaks": [[0, 21], [22, 34]],
                    "sentences": ["Sugar [SEP] is sweet.", "Salt is not."],
                    "qas": [
                        {
                            "id": "a",
                            "question": "What?",
                            "is_impossible": False,
                            "answers": [{"text": "Sugar", "answer_start": 0}],
                        }
                    ],
                }
            ],
        }
    ]
}
SPANS = [{"start": 0, "end": 9}]
MENTION = {
    "context": {"text": "Ada lived", "sentence_spans": SPANS, "language": "en"},
    "mention": {"mention_span": {"start": 0, "end": 3, "text": "Ada"}, "entity_id": "Q1", "example_id": "e"},
}
ENTITY = {"entity_id": "Q1", "description": "Ada lived", "description_language": "en", "sentence_spans": SPANS}
WORDS = "# sent_id = 1\n1-2\tzum\t_\t_\t_\t_\t_\t_\t_\t_\n" + "".join(
    f"{number}\t{form}\t_\tADP\t_\t_\t{3 - number}\tdep\t_\t_\n" for number, form in ((1, "zu"), (2, "dem"))
)
RAW: Mapping[str, tuple[str, str]] = {
    "americas_nli": ("gn.tsv", "gn\tHe.\tNda.\tneutral\ngn\tA.\tB.\tentailment\n"),
    "bucc": ("zh-en.dev.zh", "zh-1\t你好\nzh-2\tx\n"),
    "conll": ("x.txt", "-DOCSTART- O\n\nAda B-PER\nlived O\n\nx\tO\n"),
    "conllu": ("de_x-ud-test.conllu", WORDS + "\n"),
    "jsquad": ("x.json", json.dumps(SQUAD)),
    "lareqa_questions": ("en.json", json.dumps(SQUAD)),
    "lareqa_sentences": ("en.json", json.dumps(SQUAD)),
    "mewsli_entities": ("x.jsonl", json.dumps(ENTITY) + "\n"),
    "mewsli_queries": ("x.jsonl", json.dumps(MENTION) + "\n"),
    "no_header_tsv": ("x.tsv", "a\tb\nc\td\n"),
    "panx": ("x.tsv", "en:Ada\tB-PER\nen:lived\tO\n\n"),
    "squad_json": ("x.json", json.dumps(SQUAD)),
    "tatoeba": ("tatoeba.deu-eng.deu", "Hallo\nWelt\n"),
    "two_columns": ("x.txt", "a b\tN V\n"),
}
DIALECTS = {"quoted commas": QUOTED_COMMAS, "quoted tabs": QUOTED_TABS, "plain tabs": PLAIN_TABS}

ODD = (
    *(b"\0", b'"', b'""', b"\r", b"\n", b"\r\n", b"\t", b",", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\xbd"),
    *(b"[" * 2000, b"9" * 5000, b"NaN", b"1e999", b"-1", b"null", b"{}", b"[]", b'"\\ud83d"'),
    "\u2028\x85\u200c".encode(),
)
INSERTED = st.one_of(st.binary(max_size=8), st.sampled_from(ODD))
Mutation = Callable[[bytes], bytes]


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """Something that happens to a file."""
    kinds = ("cut", "insert", "replace", "twice", "utf-16", "cr", "crlf", "gzip", "random", "begin")
    kind = draw(st.sampled_from(kinds))
    first, second = sorted((draw(st.floats(0, 1)), draw(st.floats(0, 1))))
    inserted = draw(INSERTED)

    def mutate(content: bytes) -> bytes:
        at, end = int(first * len(content)), int(second * len(content))
        return {
            "cut": lambda: content[:end],
            "insert": lambda: content[:at] + inserted + content[at:],
            "replace": lambda: content[:at] + inserted + content[end:],
            "twice": lambda: content[:end] + content[at:],
            "utf-16": lambda: content.decode("utf-8", "replace").encode("utf-16"),
            "cr": lambda: content.replace(b"\n", b"\r"),
            "crlf": lambda: content.replace(b"\n", b"\r\n"),
            "gzip": lambda: gzip.compress(content)[: -1 if first < 0.5 else None],
            "random": lambda: inserted,
            "begin": lambda: b"\xef\xbb\xbf" + content[at:],
        }[kind]()

    return mutate


anything = given(st.lists(mutations(), min_size=1, max_size=3))
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def mutated(content: bytes, by: list[Mutation]) -> bytes:
    for mutate in by:
        content = mutate(content)
    return content


def refusal(work: Callable[[], object]) -> DataError | BadRow | None:
    """What work on a file was refused with, if it was; any other error is a fault of the reader."""
    try:
        work()
    except (DataError, BadRow) as error:
        return error
    return None


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file)
    return file.getvalue()


def quoted(separator: str) -> bytes:
    return f'premise{separator}"hypothesis"{separator}label\n"a ""b"""{separator}"c\nd"{separator}0\n'.encode()


TABLES = {
    "parquet": parquet(),
    "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode(),
    "json": json.dumps(ROWS).encode(),
    "csv": quoted(","),
    "tsv": b'premise\thypothesis\tlabel\nHe said "a\tb\tneutral\n',
}


@pytest.mark.parametrize("kind", TABLES)
def test_the_tables_are_sound_to_begin_with(tmp_path: Path, kind: str) -> None:
    assert read_as_xnli(tmp_path, kind, TABLES[kind]) > 0


@pytest.mark.parametrize("kind", TABLES)
@patient
@anything
def test_a_mutated_table_is_read_or_refused(tmp_path: Path, kind: str, by: list[Mutation]) -> None:
    error = refusal(lambda: read_as_xnli(tmp_path, kind, mutated(TABLES[kind], by)))
    assert error is None or (isinstance(error, DataError) and f"test.{kind}" in error.message and error.hint)


def read_as_xnli(folder: Path, kind: str, content: bytes) -> int:
    file = folder / "facebook/xnli/en" / f"test.{kind}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return len(read(XNLI, "en", "test", place=DataSources((folder,), offline=True, cache=folder)))


def test_every_reader_of_original_files_is_tried() -> None:
    assert set(RAW) == set(RAW_READERS)


def write_raw(folder: Path, reader: str, content: bytes) -> Path:
    name, _ = RAW[reader]
    (folder / "tatoeba.deu-eng.eng").write_bytes(b"Hello\nWorld\n")
    (folder / "zh-en.dev.gold").write_bytes(b"zh-1\ten-1\n")
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("reader", RAW)
def test_the_original_files_are_sound_to_begin_with(tmp_path: Path, reader: str) -> None:
    table = open_table(write_raw(tmp_path, reader, RAW[reader][1].encode()), reader)
    assert list(table.rows(table.columns))


@pytest.mark.parametrize("reader", RAW)
@patient
@anything
def test_a_mutated_original_file_is_read_or_refused(tmp_path: Path, reader: str, by: list[Mutation]) -> None:
    path = write_raw(tmp_path, reader, mutated(RAW[reader][1].encode(), by))
    error = refusal(lambda: list(open_table(path, reader).rows(())))
    assert error is None or str(error)


@pytest.mark.parametrize("reader", RAW)
def test_what_gzip_packed_is_read_alike(tmp_path: Path, reader: str) -> None:
    plain = write_raw(tmp_path, reader, RAW[reader][1].encode())
    rows = list(open_table(plain, reader).rows(()))
    packed = plain.with_name(f"{plain.name}.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert list(open_table(packed, reader).rows(())) == rows


@pytest.mark.parametrize("name", DIALECTS)
@patient
@given(content=st.one_of(st.binary(), st.text('ab",\t\r\n').map(str.encode)), by=st.lists(mutations(), max_size=2))
def test_any_bytes_are_a_table_or_refused(tmp_path: Path, name: str, content: bytes, by: list[Mutation]) -> None:
    path = tmp_path / "x.data"
    path.write_bytes(mutated(content, by))
    try:
        table = open_table(path, dialect=DIALECTS[name])
        rows = list(table.rows(table.columns))
    except (DataError, BadRow):
        return
    assert all(tuple(row) == tuple(dict.fromkeys(table.columns)) for row in rows)


@patient
@anything
def test_a_mutated_file_of_labels_is_read_or_refused(tmp_path: Path, by: list[Mutation]) -> None:
    ccg: Any = TASKS["ccg"]
    (tmp_path / ccg.label_file).write_bytes(mutated(b'{"NP": 0, "S\\\\NP": 1}', by))
    found = SplitFiles(ccg.sources["train"][0], "files ccg", (tmp_path / "ccg.train",))
    error = refusal(lambda: with_labels(ccg, (found,)))
    assert error is None or ccg.label_file in str(error)
