"""The miniature on disk: the same bytes on every run, in the form of the real data sets, gold in every language."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from madx_stilts.data.layout import RepositoryFiles
from madx_stilts.data.raw import RAW_READERS
from madx_stilts.errors import StorageError
from madx_stilts.files import sha256_of
from madx_stilts.miniature.build import build
from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.miniature.lexicon import lexicon
from madx_stilts.miniature.vocabulary import HOMONYMS
from madx_stilts.miniature.world import MiniatureWorld

CODES = tuple(CONSTRUCTED)
OTHERS = CODES[1:]
SPANS = (
    ("rajpurkar/squad", "plain_text", "train"),
    ("rajpurkar/squad_v2", "squad_v2", "train"),
    ("google-research-datasets/tydiqa", "secondary_task", "validation"),
    *(("google/xquad", f"xquad.{code}", "validation") for code in CODES),
    *(("facebook/mlqa", f"mlqa.{code}.{code}", "test") for code in CODES),
    *(("facebook/mlqa", f"mlqa-translate-train.{code}", "train") for code in OTHERS),
)
TEXTS = {
    "nyu-mll/glue/mnli": ("premise", "hypothesis"),
    "nyu-mll/glue/qqp": ("question1", "question2"),
    "stanfordnlp/snli/plain_text": ("premise", "hypothesis"),
    "facebook/xnli/qaa": ("premise", "hypothesis"),
    "google-research-datasets/paws-x/qaa": ("sentence1", "sentence2"),
    "Rowan/hellaswag/default": ("ctx", "endings"),
    "allenai/cosmos_qa/default": ("context", "question", "answer0", "answer1", "answer2", "answer3"),
    "tau/commonsense_qa/default": ("question", "choices"),
    "lighteval/siqa/default": ("context", "question", "answerA", "answerB", "answerC"),
    "aps/super_glue/copa": ("premise", "choice1", "choice2", "question"),
    "cambridgeltl/xcopa/qaa": ("premise", "choice1", "choice2", "question"),
}


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def rows(folder: Path, path: str, config: str, split: str) -> list[dict[str, object]]:
    files = tuple(str(file.relative_to(folder / path)) for file in (folder / path).rglob("*.parquet"))
    layout = RepositoryFiles(files, (folder / path / "README.md").read_text(encoding="utf-8"))
    tables = [pq.read_table(folder / path / name) for name in layout.files(config, split)]
    return [row for table in tables for row in table.to_pylist()]


def splits(folder: Path, name: str) -> Iterator[tuple[str, list[dict[str, object]]]]:
    for file in sorted((folder / name).glob("*.parquet")):
        yield file.name.split("-")[0], pq.read_table(file).to_pylist()


def test_two_builds_are_the_same_byte_for_byte_and_a_miniature_that_is_there_is_replaced(
    miniature: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    again.mkdir()
    shutil.copy(miniature / "world.json", again)
    (again / "of an older version").touch()
    code = "from pathlib import Path; from madx_stilts.miniature.build import build; "
    code += f"build(Path({str(again)!r}), seed=1, size='small')"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert digests(again) == digests(miniature)


def test_the_passport_tells_what_the_folder_is(miniature: Path) -> None:
    told = json.loads((miniature / "world.json").read_text(encoding="utf-8"))
    assert (told["format"], told["name"], told["seed"], told["source"]) == (1, "miniature", 1, "qaa")
    assert [language["code"] for language in told["languages"]] == list(CODES)
    assert [language["seen"] for language in told["languages"]] == [True, True, True, True, False]
    distances = [language["distance"] for language in told["languages"] if language["seen"]]
    assert distances == sorted(distances)


@pytest.mark.parametrize(("path", "config", "split"), SPANS)
def test_answers_stand_where_they_are_said_to(miniature: Path, path: str, config: str, split: str) -> None:
    found = rows(miniature, path, config, split)
    assert found
    for row in found:
        answers = row["answers"]
        assert isinstance(answers, dict)
        assert isinstance(context := row["context"], str)
        for text, start in zip(answers["text"], answers["answer_start"], strict=True):
            assert text
            assert context[start : start + len(text)] == text
            assert context[start - 1 : start] in ("", " ")
            assert context[start + len(text)] in " ."


@pytest.mark.parametrize("name", TEXTS)
def test_no_item_stands_twice_in_a_data_set(miniature: Path, name: str) -> None:
    texts = [tuple(str(row[column]) for column in TEXTS[name]) for _, found in splits(miniature, name) for row in found]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_a_kind_of_one_split_is_in_no_other_split_of_any_task(miniature: Path, world: MiniatureWorld) -> None:
    spelled = lexicon(world.seed, "qaa").spelled
    ambiguous = {spelled(word) for word in HOMONYMS}
    words = {spelled(kind.gloss): kind.split for kind in world.kinds} | {
        spelled(event): chain.split for chain in world.chains for event in chain.events
    }
    for name, columns in TEXTS.items():
        for split, found in splits(miniature, name):
            ours = {"validation": "dev", "validation_matched": "dev", "test_matched": "test"}.get(split, split)
            text = " ".join(str(row[column]) for row in found for column in columns).lower()
            seen = {*text.replace(".", " ").replace("?", " ").replace("'", " ").split()} - ambiguous
            assert {words[word] for word in seen & {*words}} <= {ours}, name


def test_every_language_says_the_same_with_the_same_labels(miniature: Path) -> None:
    source = rows(miniature, "facebook/xnli", "qaa", "test")
    for code in OTHERS:
        translated = rows(miniature, "facebook/xnli", code, "test")
        assert [row["label"] for row in translated] == [row["label"] for row in source]
        assert [row["premise"] for row in translated] != [row["premise"] for row in source]
    assert Counter(row["label"] for row in rows(miniature, "facebook/xnli", "qaa", "train")) == {0: 134, 1: 133, 2: 133}


def test_original_files_are_read_by_the_readers_of_the_real_ones(miniature: Path) -> None:
    for reader, pattern in (
        ("conllu", "ud/UD_*/qa?_mini-ud-test.conllu"),
        ("two_columns", "ccg/ccg.*"),
        ("tatoeba", "tatoeba/tatoeba.qa?-eng.qa?"),
        ("bucc", "bucc/qa?-en.test.qa?"),
        ("bucc", "bucc/qa?-en.dev.en"),
        ("lareqa_questions", "lareqa/qa?.json"),
        ("lareqa_sentences", "lareqa/qa?.json"),
        ("mewsli_queries", "mewsli_x/wikinews_mentions-test.jsonl"),
        ("mewsli_entities", "mewsli_x/candidate_set_entities.jsonl"),
    ):
        files = sorted(miniature.glob(pattern))
        assert files
        for file in files:
            table = RAW_READERS[reader](file)
            assert list(table.rows(table.columns))


def test_a_quarter_of_two_comparable_corpora_are_translations(miniature: Path) -> None:
    for code in OTHERS:
        table = RAW_READERS["bucc"](miniature / f"bucc/{code}-en.test.{code}")
        found = [row["gold"] for row in table.rows(table.columns)]
        assert (len(found), sum(bool(gold) for gold in found)) == (40, 10)


def test_tags_of_the_tag_file_are_those_of_the_sentences(miniature: Path) -> None:
    tags = json.loads((miniature / "ccg/tags_to_id.json").read_text(encoding="utf-8"))
    used = {
        tag
        for split in ("train", "dev", "test")
        for line in (miniature / f"ccg/ccg.{split}").read_text(encoding="utf-8").splitlines()
        for tag in line.split("\t")[1].split()
    }
    assert {*tags} == used
    assert sorted(tags.values()) == list(range(len(tags)))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(StorageError, match="is not a miniature"):
        build(tmp_path, size="small")
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_a_file_in_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here", encoding="utf-8")
    with pytest.raises(StorageError):
        build(tmp_path / "file", size="small")
