"""Plain text: full windows, no token lost. Text with its translation: a window of its own."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.formats.frame import frame_of_pair, frame_of_text
from madx_stilts.formats.text import TextExample, TextFormat
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.text import MASKED_LM

TEXT = TextFormat()
SENTENCE = "mtoto anasoma kitabu"
RUNES = "\u16a0\u16a2"
WILD = st.text(max_size=30).map("a ".__add__)
TAME = st.lists(st.text("aeiknot ", max_size=30).map("a".__add__), min_size=1, max_size=6)


def text_of(content: str, row: int = 0) -> TextExample:
    return TEXT.example(row, {"text": content}, None, MASKED_LM)


def pair_of(content: str, other: str, row: int = 0) -> TextExample:
    return TEXT.example(row, {"text": content, "other": other}, None, MASKED_LM)


def encode(examples: Sequence[TextExample], tokenizer: PreTrainedTokenizerFast, limits: Limits) -> Encoded:
    return TEXT.encode(examples, tokenizer, limits, MASKED_LM)


def windows_of(encoded: Encoded) -> list[list[int]]:
    return [window.tolist() for window in np.split(encoded.tokens["input_ids"], encoded.bounds[1:-1])]


def pieces_of(tokenizer: PreTrainedTokenizerFast, contents: list[str]) -> list[list[int]]:
    pieces: list[list[int]] = tokenizer(contents, add_special_tokens=False)["input_ids"]
    return pieces


@given(contents=st.lists(WILD, min_size=1, max_size=6), max_tokens=st.integers(4, 30), stride=st.integers(0, 12))
def test_windows_are_full_and_hold_every_known_token_once_and_in_order(
    tokenizer: PreTrainedTokenizerFast, contents: list[str], max_tokens: int, stride: int
) -> None:
    encoded = encode([text_of(one) for one in contents], tokenizer, Limits(max_tokens, stride))
    assert set(encoded.lengths[:-1]) <= {max_tokens}
    assert encoded.lengths[-1] <= max_tokens
    frame, special = frame_of_text(tokenizer), {*tokenizer.all_special_ids}
    found: list[int] = []
    for window in windows_of(encoded):
        inside = window[len(frame.before) : len(window) - len(frame.after)]
        assert frame.wrap(inside)["input_ids"] == window
        found += [piece for piece in inside if piece not in special]
    assert found == [piece for pieces in pieces_of(tokenizer, contents) for piece in pieces if piece not in special]


@given(contents=TAME, max_tokens=st.integers(4, 30))
def test_a_separator_stands_between_two_texts_of_one_window_only(
    tokenizer: PreTrainedTokenizerFast, contents: list[str], max_tokens: int
) -> None:
    encoded = encode([text_of(one) for one in contents], tokenizer, Limits(max_tokens))
    frame = frame_of_text(tokenizer)
    room, first = max_tokens - len(frame.before) - len(frame.after), list[int]()
    stream: list[int] = []
    for at, pieces in enumerate(pieces_of(tokenizer, contents)):
        if len(stream) % room and tokenizer.sep_token_id is not None:
            stream.append(tokenizer.sep_token_id)
        first += [at] * len([place for place in range(len(stream), len(stream) + len(pieces)) if place % room == 0])
        stream += pieces
    wanted = [stream[at : at + room] for at in range(0, len(stream), room)]
    assert windows_of(encoded) == [frame.wrap(inside)["input_ids"] for inside in wanted]
    assert encoded.rows["example"].tolist() == first


def test_a_long_text_is_cut_into_windows_side_by_side(tokenizer: PreTrainedTokenizerFast) -> None:
    long = " ".join([SENTENCE] * 20)
    encoded = encode([text_of(long)], tokenizer, Limits(16, stride=5))
    assert encoded.rows["example"].tolist() == [0] * len(encoded)
    assert set(encoded.lengths[:-1]) == {16}


def test_texts_that_the_tokenizer_does_not_know_are_left_out_and_counted(
    tokenizers: dict[str, PreTrainedTokenizerFast],
) -> None:
    known = tokenizers["bert_like"]
    odd = ["", "\u200b", "  ", RUNES, "\x07"]
    examples = [text_of(one, row) for row, one in enumerate([*odd[:2], SENTENCE, *odd[2:], SENTENCE])]
    encoded = encode(examples, known, Limits(64))
    assert encoded.tokens["input_ids"].tolist() == known(SENTENCE + "[SEP]" + SENTENCE)["input_ids"]
    assert encoded.rows["example"].tolist() == [2]
    assert encoded.rows["left_out"].tolist() == [5]


def test_every_window_has_a_piece_that_could_be_guessed(tokenizers: dict[str, PreTrainedTokenizerFast]) -> None:
    known = tokenizers["bert_like"]
    encoded = encode([text_of(f"{RUNES} " * 30 + SENTENCE + f" {RUNES}" * 30)], known, Limits(8))
    plain = {*known.all_special_ids}
    assert all(set(window) - plain for window in windows_of(encoded))
    assert 1 <= len(encoded) < 10


def test_a_corpus_of_nothing_but_unknown_texts_is_told(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(BadRow, match="no text has a piece that the tokenizer knows") as error:
        encode([text_of("", row=3), text_of("", row=4)], tokenizer, Limits(16))
    assert error.value.row == 3


@given(pairs=st.lists(st.tuples(WILD, WILD), min_size=1, max_size=4))
def test_a_text_and_its_translation_are_one_window(
    tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]
) -> None:
    encoded = encode([pair_of(*pair, row) for row, pair in enumerate(pairs)], tokenizer, Limits(512))
    assert windows_of(encoded) == tokenizer([one for one, _ in pairs], [other for _, other in pairs])["input_ids"]
    assert encoded.rows["example"].tolist() == list(range(len(pairs)))


def test_of_a_long_pair_the_longer_side_is_cut(tokenizer: PreTrainedTokenizerFast) -> None:
    frame = frame_of_pair(tokenizer)
    (short,), (long,) = pieces_of(tokenizer, ["mtoto"]), pieces_of(tokenizer, [" ".join([SENTENCE] * 20)])
    encoded = encode([pair_of("mtoto", " ".join([SENTENCE] * 20))], tokenizer, Limits(24))
    assert windows_of(encoded) == [frame.wrap(short, long[: frame.room(Limits(24)) - len(short)])["input_ids"]]


def test_a_pair_with_an_empty_side_is_left_out_and_counted(tokenizer: PreTrainedTokenizerFast) -> None:
    pairs = [pair_of("", SENTENCE), pair_of(SENTENCE, "a child"), pair_of(SENTENCE, "")]
    encoded = encode(pairs, tokenizer, Limits(64))
    assert (encoded.rows["example"].tolist(), encoded.rows["left_out"].tolist()) == ([1], [2])


def test_a_row_without_its_translation_is_a_bad_row() -> None:
    with pytest.raises(BadRow, match="it has no translation"):
        TEXT.example(0, {"text": "a", "other": None}, None, MASKED_LM)


def test_a_text_needs_no_label_and_has_no_predictions() -> None:
    example = text_of("a")
    assert TEXT.labelled(example)
    with pytest.raises(UsageError, match="masked_lm is masked language modelling"):
        TEXT.score([None], [example], MASKED_LM, "en")
    with pytest.raises(UsageError, match="no predictions"):
        TEXT.prediction_rows(None, example)
