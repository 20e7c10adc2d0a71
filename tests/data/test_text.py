"""Text for language adapters: files, translations, data sets in many parts that are read no further than needed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from madx_stilts.data import text as data_text
from madx_stilts.data.layout import NotHere
from madx_stilts.data.sources import DataSources
from madx_stilts.data.stream import SplitStream
from madx_stilts.data.text import Texts, TokenBudget, read_text
from madx_stilts.errors import DataError, UsageError
from madx_stilts.formats import reading
from madx_stilts.tasks.text import OPUS_100, WIKIPEDIA, published_text

NAME = "someone/corpus"
OFFLINE = DataSources(offline=True)
PARTS, ROWS = 4, 25
Both = tuple[Texts, Texts]


class Spaces(PreTrainedTokenizerFast):
    """A tokenizer that makes a token of each word, and notes which texts it saw."""

    def __init__(self) -> None:
        words = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
        words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        super().__init__(tokenizer_object=words)  # type: ignore[no-untyped-call]
        self.seen: list[str] = []

    def __call__(self, texts: list[str], **options: object) -> Any:
        self.seen += texts
        return super().__call__(texts, **options)


def budget(tokens: int) -> TokenBudget:
    tokenizer: Any = Spaces()
    return TokenBudget(tokens, tokenizer)


def texts_of(parts: Both) -> list[str]:
    """The texts of both parts, in the order of their rows."""
    return [one.text for one in sorted([*parts[0].items, *parts[1].items], key=lambda text: text.row)]


def corpus(config: str = "sw", parts: int = PARTS) -> dict[str, bytes]:
    """A data set of several files, each of 25 rows of four words."""
    header = (
        f"---\nconfigs:\n- config_name: {config}\n  data_files:\n  - split: train\n    path: {config}/train-*\n---\n"
    )
    files = {"README.md": header.encode()}
    for part in range(parts):
        lines = [json.dumps({"text": f"part {part} row {row}", "url": "x"}) for row in range(ROWS)]
        files[f"{config}/train-{part:05}-of-{parts:05}.jsonl"] = "\n".join(lines).encode()
    return files


def parts_fetched(hub: Any) -> list[int]:
    return [int(name.split("train-")[1][:5]) for name in hub.fetched if "train-" in name]


@pytest.fixture
def line_file(tmp_path: Path) -> Callable[..., str]:
    """Writes a file of the given content."""

    def write(content: str | bytes, name: str = "text.txt") -> str:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path / name)

    return write


@pytest.fixture
def online(tmp_path: Path, hub: Any) -> DataSources:
    """A place with an empty cache, and the hub."""
    return DataSources(endpoint=hub.endpoint, cache=tmp_path / "cache")


def test_each_line_that_is_not_blank_is_a_text(line_file: Callable[..., str]) -> None:
    file = line_file("\ufeffone\r\n\n  \ntwo\u2028two\n" + "more\n" * 20)
    assert texts_of(read_text("sw", file, place=OFFLINE))[:3] == ["one", "two\u2028two", "more"]


def test_one_text_in_twenty_is_held_out_and_none_is_lost(line_file: Callable[..., str]) -> None:
    lines = [f"line {number}" for number in range(100)]
    train, dev = parts = read_text("sw", line_file("\n".join(lines)), place=OFFLINE)
    assert texts_of(parts) == lines
    assert [one.row for one in dev.items] == [19, 39, 59, 79, 99]
    assert len(train) == 95
    assert train.fingerprint != dev.fingerprint


def test_a_limit_takes_the_first_texts(line_file: Callable[..., str]) -> None:
    lines = [f"line {number}" for number in range(100)]
    file = line_file("\n".join(lines))
    assert texts_of(read_text("sw", file, place=OFFLINE, limit=30)) == lines[:30]
    assert texts_of(read_text("sw", file, place=OFFLINE, limit=999)) == lines


@given(lengths=st.lists(st.integers(1, 9), min_size=25, max_size=60), tokens=st.integers(1, 300))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_budget_takes_the_first_texts_that_have_so_many_tokens(
    line_file: Callable[..., str], lengths: list[int], tokens: int
) -> None:
    lines = [f"{number}" + " x" * (length - 1) for number, length in enumerate(lengths)]
    wanted = next((at for at in range(1, len(lines)) if sum(lengths[:at]) >= tokens), len(lines))
    if wanted < 20:
        with pytest.raises(DataError, match=f"gives {wanted} texts"):
            read_text("sw", line_file("\n".join(lines)), place=OFFLINE, budget=budget(tokens))
        return
    asked = budget(tokens)
    assert texts_of(read_text("sw", line_file("\n".join(lines)), place=OFFLINE, budget=asked)) == lines[:wanted]
    seen: Any = asked.tokenizer
    assert seen.seen == lines[:wanted], "no text past the budget is read"


def test_a_limit_and_a_budget_hold_together(line_file: Callable[..., str]) -> None:
    file = line_file("two words\n" * 100)
    assert len(texts_of(read_text("sw", file, place=OFFLINE, limit=30, budget=budget(50)))) == 25
    assert len(texts_of(read_text("sw", file, place=OFFLINE, limit=30, budget=budget(90)))) == 30


def test_other_text_has_another_fingerprint(line_file: Callable[..., str]) -> None:
    file = line_file("\n".join(f"line {number}" for number in range(100)))
    whole, some, same = (read_text("sw", file, place=OFFLINE, limit=limit)[0] for limit in (None, 50, 100))
    assert whole.fingerprint == same.fingerprint != some.fingerprint


@pytest.mark.parametrize("asked", [{"limit": 0}, {"budget": budget(0)}])
def test_a_budget_of_nothing_is_refused(asked: Any, line_file: Callable[..., str]) -> None:
    with pytest.raises(UsageError, match="A limit of 0"):
        read_text("sw", line_file("a"), place=OFFLINE, **asked)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "text.txt is empty"),
        (b"\n \n", "There are no rows in .*text.txt"),
        (b"good\n\nbad \xff\n", "text.txt, line 3 is not UTF-8"),
        (b"too\nlittle\n", "gives 2 texts, and one in 20 is held out"),
    ],
)
def test_a_damaged_file_is_told(content: bytes, told: str, line_file: Callable[..., str]) -> None:
    with pytest.raises(DataError, match=told):
        read_text("sw", line_file(content), place=OFFLINE)


@pytest.mark.parametrize("source", ["text", "text.pdf", "./a/b", "/a/b", "a/b/c"])
def test_what_is_neither_a_file_nor_a_data_set_is_refused(source: str) -> None:
    with pytest.raises(UsageError, match=r"neither a \.txt or \.tsv file nor the name of a data set"):
        read_text("sw", source, place=OFFLINE)


def test_a_file_of_two_columns_is_parallel_text(line_file: Callable[..., str]) -> None:
    file = line_file('a "child\tmtoto\tignored\n' * 20, "pairs.tsv")
    train, _ = read_text("sw", file, place=OFFLINE)
    assert {(one.text, one.other) for one in train.items} == {('a "child', "mtoto")}


def test_a_file_of_one_column_is_no_parallel_text(line_file: Callable[..., str]) -> None:
    with pytest.raises(DataError, match=r"pairs\.tsv, row 0 .*: it has no translation"):
        read_text("sw", line_file("mtoto\n" * 20, "pairs.tsv"), place=OFFLINE)


def test_a_translation_changes_the_fingerprint(line_file: Callable[..., str]) -> None:
    first, second = (
        read_text("sw", line_file(f"a\t{other}\n" * 20, "pairs.tsv"), place=OFFLINE)[0].fingerprint
        for other in ("b", "c")
    )
    assert first != second


def test_a_data_set_has_a_configuration_named_like_the_language(mirror: Any) -> None:
    mirror.add(NAME, [{"text": f"row {row}"} for row in range(40)], config="sw")
    place = DataSources((mirror.root,), offline=True)
    train, dev = read_text("sw", NAME, place=place)
    assert (len(train), len(dev), train.origin) == (38, 2, f"mirror {NAME}")
    with pytest.raises(DataError, match="has no config 'de', it has sw"):
        read_text("de", NAME, place=place)


def test_a_limit_reads_no_file_past_the_one_it_ends_in(mirror: Any) -> None:
    for part in range(3):
        file = mirror.add(NAME, [{"text": f"{part} {row}"} for row in range(ROWS)], config="sw")
    file.write_bytes(b"damaged")
    place = DataSources((mirror.root,), offline=True)
    assert len(texts_of(read_text("sw", NAME, place=place, limit=2 * ROWS))) == 2 * ROWS
    with pytest.raises(DataError, match=r"part2\.parquet cannot be read"):
        read_text("sw", NAME, place=place)


@pytest.mark.parametrize(("rows", "parts"), [(20, [0]), (25, [0]), (26, [0, 1]), (75, [0, 1, 2]), (999, [0, 1, 2, 3])])
def test_of_a_large_data_set_only_the_parts_that_are_needed_are_downloaded(
    rows: int, parts: list[int], hub: Any, online: DataSources, tmp_path: Path
) -> None:
    commit = hub.publish(NAME, corpus())
    by_limit = read_text("sw", NAME, place=online, limit=rows)
    assert parts_fetched(hub) == parts
    assert len(texts_of(by_limit)) == min(rows, PARTS * ROWS)
    assert by_limit[0].origin == f"hub {NAME}@{commit}"
    hub.asked.clear()
    by_tokens = read_text("sw", NAME, place=replace(online, cache=tmp_path / "another"), budget=budget(4 * rows))
    assert parts_fetched(hub) == parts
    assert by_tokens[0].fingerprint == by_limit[0].fingerprint


def test_parts_in_the_cache_are_not_downloaded_again_and_read_offline(hub: Any, online: DataSources) -> None:
    hub.publish(NAME, corpus())
    first = read_text("sw", NAME, place=online, limit=30)
    hub.asked.clear()
    again = read_text("sw", NAME, place=online, limit=60)
    assert parts_fetched(hub) == [2]
    hub.asked.clear()
    offline = replace(online, offline=True)
    assert read_text("sw", NAME, place=offline, limit=30)[0].fingerprint == first[0].fingerprint
    assert read_text("sw", NAME, place=offline, limit=60)[0] == again[0]
    with pytest.raises(DataError, match=r"train-00003-of-00004\.jsonl is needed now.*not in the hub's cache"):
        read_text("sw", NAME, place=offline)
    assert hub.asked == []


def test_a_cache_without_the_first_part_is_no_beginning(hub: Any, online: DataSources, tmp_path: Path) -> None:
    hub.publish(NAME, corpus())
    read_text("sw", NAME, place=online, limit=30)
    next((tmp_path / "cache").rglob("train-00000-of-*")).unlink()
    with pytest.raises(DataError, match="hub: not asked"):
        read_text("sw", NAME, place=replace(online, offline=True), limit=30)


def test_a_part_that_cannot_be_downloaded_is_told_when_it_is_needed() -> None:
    def fetch(name: str) -> Path:
        raise NotHere("hub: cannot be reached (ConnectTimeout)")

    parts = SplitStream("hub someone/corpus@1", ("a", "b"), fetch)
    assert len(parts) == 2
    with pytest.raises(DataError, match="b is needed now: hub: cannot be reached") as error:
        parts[1:]
    assert "less text" in error.value.hint


@pytest.mark.parametrize(("language", "wiki"), [("sw", "sw"), ("quy", "qu"), ("yue", "zh-yue"), ("zh", "zh")])
def test_wikipedia_is_read_by_its_own_codes_at_one_commit(language: str, wiki: str, mirror: Any) -> None:
    mirror.add(WIKIPEDIA, [{"id": "1", "title": "x", "text": "words"}] * 20, config=f"20231101.{wiki}")
    train, _ = read_text(language, WIKIPEDIA, place=DataSources((mirror.root,), offline=True))
    assert train.task.licence == "CC-BY-SA-3.0 and GFDL"
    assert len(published_text(WIKIPEDIA, language).revision) == 40


@pytest.mark.parametrize(("language", "pair"), [("de", "de-en"), ("xh", "en-xh")])
def test_opus_100_is_parallel_with_english(language: str, pair: str, mirror: Any) -> None:
    rows = [{"translation": {"en": f"child {row}", language: f"other {row}"}} for row in range(20)]
    mirror.add(OPUS_100, rows, config=pair)
    train, _ = read_text(language, OPUS_100, place=DataSources((mirror.root,), offline=True))
    assert (train.items[3].text, train.items[3].other) == ("other 3", "child 3")


@pytest.mark.parametrize("limits", [{}, {"budget": budget(50)}, {"limit": 40}])
def test_a_text_that_is_too_large_is_refused_with_its_file_and_row_and_no_tokenizer_sees_it(
    line_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]
) -> None:
    for module in (reading, data_text):
        monkeypatch.setattr(module, "LARGEST_TEXT", 30)
    source = line_file("a line\n" * 3 + "x" * 31 + "\n" + "a line\n" * 40)
    with pytest.raises(DataError, match=r"text\.txt, row 3 .*'text' holds 31 characters, and 30 are the most"):
        read_text("sw", source, place=OFFLINE, **limits)
    seen: Any = limits["budget"].tokenizer if "budget" in limits else Spaces()
    assert all(len(text) <= 30 for text in seen.seen)
