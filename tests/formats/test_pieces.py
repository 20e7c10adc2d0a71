"""Texts are cut in calls of bounded size, and a text that no tokenizer could cut is refused before one sees it."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

import madx_stilts
from madx_stilts.formats import FORMATS, pieces, reading
from madx_stilts.formats.pieces import chunked, pieces_of_texts
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.text import MASKED_LM


@given(sizes=st.lists(st.integers(0, 700_000), max_size=30), at_once=st.integers(1, 9))
def test_chunks_hold_everything_in_order_and_no_more_than_they_may(sizes: list[int], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "CHUNK", at_once)
        chunks = list(chunked(sizes, lambda size: size))
    assert [size for chunk in chunks for size in chunk] == sizes
    assert all(0 < len(chunk) <= at_once for chunk in chunks)
    assert all(len(chunk) == 1 or sum(chunk) <= pieces.CHARACTERS for chunk in chunks)


def test_long_texts_are_cut_as_they_are_together(
    tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["the fox " * count for count in (3, 9, 1, 0, 4)]
    together = list(pieces_of_texts(tokenizer, texts))
    monkeypatch.setattr(pieces, "CHARACTERS", 20)
    assert list(pieces_of_texts(tokenizer, texts)) == together


SIZED: dict[str, tuple[Any, Mapping[str, object], str]] = {
    "pair": (TASKS["xnli"], {"first": "a", "second": "b" * 31}, "second"),
    "choice": (TASKS["copa"], {"context": "a", "choices": ["b" * 20, "c" * 11]}, "choices"),
    "span": (TASKS["squad_v2"], {"question": "a", "context": "b" * 31}, "context"),
    "tagging": (TASKS["panx"], {"words": ["b"] * 16}, "words"),
    "retrieval": (TASKS["tatoeba"], {"id": 1, "text": "b" * 31}, "text"),
    "text": (MASKED_LM, {"text": "a", "other": "b" * 31}, "other"),
}


@pytest.mark.parametrize("name", sorted(SIZED))
def test_a_text_that_is_too_large_is_refused_when_it_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(SIZED) == sorted(FORMATS)
    monkeypatch.setattr(reading, "LARGEST_TEXT", 30)
    task, fields, field = SIZED[name]
    with pytest.raises(BadRow, match=f"field '{field}' holds [0-9]+ characters, and 30 are the most"):
        FORMATS[name].example(0, fields, None, task)
    small = {key: value if key != field else fields[key][:-2] for key, value in fields.items()}  # type: ignore[index]
    if name != "choice":
        FORMATS[name].example(0, small, None, task)


def test_one_module_alone_lets_tokenizers_cut_what_data_hold() -> None:
    """`frame` and `soundness` frame a letter; documents of the miniature are this package's own, and hold no marks."""
    package = Path(madx_stilts.__file__).parent
    calling = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_tokenizer(node.func):
                calling.add(str(path.relative_to(package)))
    own = {"formats/frame.py", "nets/soundness.py", "pretrain/text.py", "pretrain/vectors.py"}
    assert calling <= {"formats/cutting.py", *own}


def _is_tokenizer(called: ast.expr) -> bool:
    """Whether an expression is a tokenizer, or its method that cuts."""
    if isinstance(called, ast.Attribute) and called.attr in ("encode", "encode_batch", "tokenize", "encode_plus"):
        called = called.value
        if isinstance(called, ast.Attribute) and called.attr == "backend_tokenizer":
            return True
    if isinstance(called, ast.Name):
        return called.id == "tokenizer"
    return isinstance(called, ast.Attribute) and called.attr.lstrip("_") == "tokenizer"
