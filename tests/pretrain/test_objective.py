"""What is hidden: whole words, never marks of the frame; and nothing is lost by it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from madx_stilts.data.batch import collate
from madx_stilts.pretrain.objective import MASKED, Pieces, PretrainBatch, hidden_words, hide_spans, hide_words, show_all
from madx_stilts.pretrain.plan import ArchitectureName
from madx_stilts.pretrain.text import TokenizedCorpus

Readings = dict[ArchitectureName, TokenizedCorpus]
Ids = NDArray[np.int64]
SHARES = st.floats(0.001, 0.9)
SEEDS = st.integers(0, 10_000)


def some(reading: TokenizedCorpus, seed: int) -> tuple[Ids, Pieces]:
    """A padded batch of eight texts, and the pieces they are made of."""
    pieces = Pieces(reading.tokenizer)
    groups = np.random.default_rng(seed).choice(len(reading.text), 8, replace=False)
    return collate(reading.text, groups, pad_id=pieces.pad).inputs["input_ids"].numpy(), pieces


@pytest.fixture(scope="module")
def encoder(readings: Readings) -> TokenizedCorpus:
    return readings["encoder"]


@given(seed=SEEDS, share=SHARES)
@settings(max_examples=30, deadline=None)
def test_words_are_hidden_whole(encoder: TokenizedCorpus, seed: int, share: float) -> None:
    ids, pieces = some(encoder, seed)
    hidden = hidden_words(ids, pieces, (share, share), np.random.default_rng(seed))
    inside = ~pieces.begins[ids][:, 1:]
    assert np.array_equal(hidden[:, 1:][inside], hidden[:, :-1][inside])
    assert not hidden[pieces.special[ids]].any()
    assert hidden.any()


def test_texts_hide_different_shares_between_the_bounds(encoder: TokenizedCorpus) -> None:
    batches = [(*some(encoder, seed), np.random.default_rng(seed)) for seed in range(200)]
    shares = [
        (hidden.sum(axis=1) / (~pieces.special[ids]).sum(axis=1))
        for ids, pieces, random in batches
        for hidden in [hidden_words(ids, pieces, (0.1, 0.4), random)]
    ]
    assert np.mean(shares) == pytest.approx(0.25, abs=0.02)
    assert np.std(shares) > 0.1


@given(seed=SEEDS, share=SHARES)
@settings(max_examples=30, deadline=None)
def test_an_encoder_guesses_what_is_hidden_and_sees_the_rest(encoder: TokenizedCorpus, seed: int, share: float) -> None:
    ids, pieces = some(encoder, seed)
    made = hide_words(ids, pieces, (share, share), np.random.default_rng(seed))
    where, seen = made.where.numpy(), made.inputs["input_ids"].numpy()
    assert np.array_equal(made.wanted.numpy(), ids[where])
    assert np.array_equal(seen[~where], ids[~where])
    assert not np.isin(seen[where], np.setdiff1d(np.flatnonzero(pieces.special), [pieces.mask])).any()


def test_most_of_what_is_hidden_is_masked(encoder: TokenizedCorpus) -> None:
    shown = []
    for seed in range(100):
        ids, pieces = some(encoder, seed)
        made = hide_words(ids, pieces, (0.4, 0.4), np.random.default_rng(seed))
        shown += (made.inputs["input_ids"][made.where] == pieces.mask).tolist()
    assert np.mean(shown) == pytest.approx(MASKED, abs=0.02)


@given(seed=SEEDS, share=SHARES)
@settings(max_examples=30, deadline=None)
def test_spans_put_back_give_the_text(readings: Readings, seed: int, share: float) -> None:
    ids, pieces = some(readings["encoder_decoder"], seed)
    made = hide_spans(ids, pieces, (share, share), np.random.default_rng(seed))
    for row in range(len(ids)):
        assert put_back(made, pieces, row) == ids[row][ids[row] != pieces.pad].tolist()


def put_back(made: PretrainBatch, pieces: Pieces, row: int) -> list[int]:
    """The text with each sentinel replaced by what the answer tells after it."""
    answer = made.wanted.numpy()[made.where.numpy()[:row].sum() :][: int(made.where[row].sum())].tolist()
    assert answer.pop() == pieces.end
    spans: dict[int, list[int]] = {}
    for piece in answer:
        if piece in pieces.sentinels:
            spans[piece] = span = []
        else:
            span.append(piece)
    assert list(spans) == pieces.sentinels[: len(spans)].tolist()
    seen = made.inputs["input_ids"][row][made.inputs["attention_mask"][row] == 1].tolist()
    return [part for piece in seen for part in spans.get(piece, [piece])]


def test_the_second_half_of_an_encoder_decoder_sees_only_what_came_before(readings: Readings) -> None:
    ids, pieces = some(readings["encoder_decoder"], 0)
    made = hide_spans(ids, pieces, (0.2, 0.2), np.random.default_rng(0))
    given = made.inputs["decoder_input_ids"]
    first = int(made.where[0].sum())
    assert given[0, 0] == pieces.pad
    assert given[0, 1:first].tolist() == made.wanted[: first - 1].tolist()


def test_a_decoder_guesses_every_next_piece(readings: Readings) -> None:
    ids, pieces = some(readings["decoder"], 0)
    made = show_all(ids, pieces, (0.1, 0.4), np.random.default_rng(0))
    wanted = [piece for row in ids for piece in row[row != pieces.pad][1:]]
    assert made.wanted.tolist() == wanted
    assert np.array_equal(made.inputs["input_ids"].numpy(), ids)
