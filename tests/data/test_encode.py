"""Encodings are kept by content: what is in the cache equals what would be made, and damage costs only time."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer

from madx_stilts.data import encode
from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import Examples, read
from madx_stilts.data.sources import DataSources
from madx_stilts.data.text import read_text
from madx_stilts.errors import DataError, StorageError
from madx_stilts.formats import pieces
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.formats.pair import PairExample
from madx_stilts.formats.pieces import PIECES
from madx_stilts.formats.text import TextExample
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.interrupts import sigterm_as_interrupt

LIMITS = Limits(max_tokens=40, stride=8)


@pytest.fixture(scope="session")
def encoder(tiny_backbone: Path) -> Encoder:
    """Encodes again each time."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone, local_files_only=True)
    return Encoder(tokenizer, "f" * 64)


@pytest.fixture(scope="session")
def pairs(tiny_mirror: Path) -> Examples[PairExample]:
    return read(TASKS["snli"], "en", "train", place=DataSources((tiny_mirror,), offline=True), limit=20)


def files_in(folder: Path) -> set[Path]:
    """All files except locks."""
    return {path for path in folder.rglob("*") if path.is_file() and path.parent.name != "locks"}


def assert_same(first: Encoded, second: Encoded) -> None:
    assert first.group == second.group
    np.testing.assert_array_equal(first.bounds, second.bounds)
    for one, other in ((first.tokens, second.tokens), (first.rows, second.rows)):
        assert list(one) == list(other) or set(one) == set(other)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
            assert one[name].dtype == other[name].dtype


@pytest.mark.parametrize("task", ["snli", "copa", "squad_v1", "panx", "masked_lm"])
def test_an_encoding_out_of_the_cache_equals_one_made_anew(
    task: str, encoder: Encoder, tiny_mirror: Path, tmp_path: Path
) -> None:
    place = DataSources((tiny_mirror,), offline=True)
    if task == "masked_lm":
        file = tmp_path / "text.txt"
        file.write_text("The dog sleeps in the garden.\n" * 30)
        examples: Examples[Any] = read_text("en", str(file), place=place)[0]
    else:
        examples = read(TASKS[task], "en", "train", place=place, limit=12)
    cached = replace(encoder, cache=tmp_path / "cache")
    plain = encoder.encode(examples, LIMITS)
    assert_same(cached.encode(examples, LIMITS), plain)
    (file,) = files_in(tmp_path / "cache")
    made_at = file.stat().st_mtime_ns
    assert_same(cached.encode(examples, LIMITS), plain)
    assert file.stat().st_mtime_ns == made_at, "the second time nothing is made"


def test_whatever_changes_the_encoding_has_a_file_of_its_own(
    encoder: Encoder, pairs: Examples[PairExample], tiny_mirror: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cached = replace(encoder, cache=cache)
    fewer = read(TASKS["snli"], "en", "train", place=DataSources((tiny_mirror,), offline=True), limit=19)
    relabelled = replace(pairs, task=replace(pairs.task, labels=pairs.task.labels[::-1]))
    wanted = [
        (cached, pairs, LIMITS),
        (cached, fewer, LIMITS),
        (cached, relabelled, LIMITS),
        (cached, pairs, replace(LIMITS, max_tokens=20)),
        (cached, pairs, replace(LIMITS, stride=4)),
        (replace(cached, fingerprint="e" * 64), pairs, LIMITS),
    ]
    for count, (by, examples, limits) in enumerate(wanted, start=1):
        assert_same(by.encode(examples, limits), replace(by, cache=None).encode(examples, limits))
        assert len(files_in(cache)) == count
    for by, examples, limits in wanted:
        assert_same(by.encode(examples, limits), replace(by, cache=None).encode(examples, limits))
    assert len(files_in(cache)) == len(wanted)


def test_one_example_that_changed_is_encoded_anew(tmp_path: Path, encoder: Encoder, tiny_mirror: Path) -> None:
    data = tmp_path / "stanfordnlp/snli/plain_text/train.jsonl"
    data.parent.mkdir(parents=True)
    lines = (tiny_mirror / "stanfordnlp/snli/plain_text/train.jsonl").read_text().splitlines()
    cached = replace(encoder, cache=tmp_path / "cache")
    for first in (lines[0], lines[1]):
        data.write_text("\n".join([first, *lines[2:9]]))
        examples = read(TASKS["snli"], "en", "train", place=DataSources((tmp_path,), offline=True))
        assert_same(cached.encode(examples, LIMITS), encoder.encode(examples, LIMITS))
    assert len(files_in(tmp_path / "cache")) == 2


@pytest.mark.parametrize("left", [0, 5, 100, -1])
def test_a_file_that_was_cut_short_is_made_again(
    left: int, encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path
) -> None:
    cached = replace(encoder, cache=tmp_path)
    plain = cached.encode(pairs, LIMITS)
    (file,) = files_in(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:left])
    assert_same(cached.encode(pairs, LIMITS), plain)
    assert files_in(tmp_path) == {file}
    assert file.read_bytes() == whole


def test_a_file_of_something_else_is_made_again(encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    cached = replace(encoder, cache=tmp_path)
    plain = cached.encode(pairs, LIMITS)
    (file,) = files_in(tmp_path)
    save_file({"weights": np.zeros(3)}, file)
    assert_same(cached.encode(pairs, LIMITS), plain)


def test_a_cache_that_cannot_be_written_is_told(encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path) -> None:
    occupied = tmp_path / "cache"
    occupied.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="Cannot write") as caught:
        replace(encoder, cache=occupied).encode(pairs, LIMITS)
    assert str(occupied) in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_without_permission_is_told(encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        replace(encoder, cache=tmp_path).encode(pairs, LIMITS)


def test_encodings_of_code_that_cut_texts_otherwise_are_not_used(
    encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = replace(encoder, cache=tmp_path)
    cached.encode(pairs, LIMITS)
    (before,) = files_in(tmp_path)
    monkeypatch.setattr(encode, "PIECES", PIECES + 1)
    cached.encode(pairs, LIMITS)
    assert len(files_in(tmp_path) - {before}) == 1


def test_an_example_that_cannot_be_encoded_is_told_with_file_and_row(
    encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path
) -> None:
    items: list[Any] = [TextExample("0", 3, "")]
    texts = replace(pairs, items=items, task=MASKED_LM)
    with pytest.raises(DataError, match=r"train\.jsonl, row 3") as caught:
        replace(encoder, cache=tmp_path).encode(texts, LIMITS)
    assert "no text has a piece" in caught.value.message
    assert files_in(tmp_path) == set()


def test_a_folder_in_the_place_of_a_file_is_told(
    encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path
) -> None:
    cached = replace(encoder, cache=tmp_path)
    cached.encode(pairs, LIMITS)
    (file,) = files_in(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(StorageError, match="Cannot write"):
        cached.encode(pairs, LIMITS)


def test_what_a_killed_process_left_goes_when_the_same_is_encoded(
    encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path
) -> None:
    cached = replace(encoder, cache=tmp_path)
    cached.encode(pairs, LIMITS)
    (file,) = files_in(tmp_path)
    file.rename(file.with_name(f".{file.name}.0123abcd.partial"))
    cached.encode(pairs, LIMITS)
    assert files_in(tmp_path) == {file}


def test_encoding_tells_how_far_it_is_and_a_stop_leaves_nothing_in_the_cache(
    encoder: Encoder, pairs: Examples[PairExample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "CHUNK", 5)
    told: list[tuple[str, int]] = []

    def stopping(what: str, texts: int) -> None:
        told.append((what, texts))
        if len(told) == 3:
            signal.raise_signal(signal.SIGTERM)

    stopped = replace(encoder, cache=tmp_path, on_texts=stopping)
    with sigterm_as_interrupt(), pytest.raises(KeyboardInterrupt):
        stopped.encode(pairs, LIMITS)
    assert told == [("snli@en:train", texts) for texts in (5, 10, 15)]
    assert files_in(tmp_path) == set()
    assert_same(stopped.encode(pairs, LIMITS), encoder.encode(pairs, LIMITS))
    assert told[-1] == ("snli@en:train", 40), "two texts of each pair"
