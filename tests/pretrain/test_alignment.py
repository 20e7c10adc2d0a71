"""How well a word is found by its translation, whatever the scale; no other piece is looked at."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import chain, groupby, islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from madx_stilts.data.batch import collate
from madx_stilts.pretrain.alignment import apart, each_alone
from madx_stilts.pretrain.objective import Ids, Pieces
from madx_stilts.pretrain.plan import ArchitectureName, PretrainConfig
from madx_stilts.pretrain.pretrain import fresh
from madx_stilts.pretrain.quality import QualityMeter
from madx_stilts.pretrain.run import PretrainRun
from madx_stilts.pretrain.text import TokenizedCorpus
from madx_stilts.train.callbacks import NullCallback

Tiny = Callable[[ArchitectureName], PretrainConfig]
PAIRS, TOKENS, HIDDEN = 5, 7, 6


@pytest.fixture
def word() -> Tensor:
    """Of each pair five pieces of four words, in another order in the translation, and in other places."""
    order = torch.tensor([1, 2, 2, 3, 4])
    word = torch.zeros(2 * PAIRS, TOKENS, dtype=torch.int64)
    for row in range(PAIRS):
        word[row, 1:6] = order
        word[row + PAIRS, 2:7] = order[torch.randperm(5, generator=torch.Generator().manual_seed(row))]
    return word


@pytest.fixture
def layers() -> list[Tensor]:
    random = torch.Generator().manual_seed(1)
    return [torch.randn(2 * PAIRS, TOKENS, HIDDEN, generator=random) for _ in range(3)]


def test_texts_and_translations_are_taken_out_of_their_pairs(readings: dict[ArchitectureName, TokenizedCorpus]) -> None:
    """Each becomes a text of its own, or two segments that were cut between the same sentences in both languages."""
    reading = readings["encoder"]
    pieces = Pieces(reading.tokenizer)
    translations = np.flatnonzero(reading.text.rows["translated"])[::40]
    batch = collate(reading.text, translations, pad_id=pieces.pad, labels=("word",))
    ids, word = batch.inputs["input_ids"].numpy(), batch.labels["word"].numpy()
    taken = each_alone(ids, word, np.full(len(ids), True), pieces, np.random.default_rng(1))
    count = len(taken.ids) // 2
    assert 5 < count <= len(ids)
    whole = {tuple(half) for row in ids for half in _segments(row, pieces)}
    cut = Counter[tuple[int, bool]]()
    for one, other, here, there in zip(
        taken.ids[:count], taken.ids[count:], taken.word[:count], taken.word[count:], strict=True
    ):
        first, second = _segments(one, pieces), _segments(other, pieces)
        assert len(first) == len(second) <= 2
        turned = tuple(chain(*first)) not in whole
        for parts in (first, second):
            assert tuple(chain(*(reversed(parts) if turned else parts))) in whole
        cut[len(first), turned] += 1
        said = [_words(*sides, pieces) for sides in ((one, here), (other, there))]
        assert said[0] == said[1]
    assert cut[1, False] > 0
    assert cut[2, False] > 0
    assert cut[2, True] > 0
    assert not taken.word[pieces.special[taken.ids]].any()
    assert np.array_equal(taken.real, taken.ids != pieces.pad)


def _segments(row: Ids, pieces: Pieces) -> list[list[int]]:
    """What stands between the special pieces."""
    return [list(part) for special, part in groupby(row, lambda piece: bool(pieces.special[piece])) if not special]


def _words(row: Ids, word: Ids, pieces: Pieces) -> list[set[int]]:
    """The numbered words of each segment."""
    numbers, sides = iter(word[~pieces.special[row]]), _segments(row, pieces)
    return [set(islice(numbers, len(side))) - {0} for side in sides]


def test_an_offset_of_a_language_counts(layers: list[Tensor], word: Tensor) -> None:
    same = [_translated(states, word) for states in layers]
    before, offset = apart(same, word), torch.randn(HIDDEN)
    found = [before]
    for _ in range(3):
        for states in same:
            states[PAIRS:] += offset
        found.append(apart(same, word))
    assert sorted(found) == found


def test_it_is_the_cross_entropy_of_finding_the_translation() -> None:
    """Beside the formula, with words that lie along axes: the right one at cosine 1, all others at 0."""
    states = torch.eye(8).repeat(2, 1).unsqueeze(0) - 1 / 8
    states, word = states.view(2, 8, 8), torch.arange(1, 9).expand(2, -1)
    likeness = -1 / 7  # between axes, from their common mean
    expected = 0.1 * math.log(1 + 14 * math.exp((likeness - 1) / 0.1))
    assert apart([states], word).item() == pytest.approx(expected, rel=1e-3)


def _translated(states: Tensor, word: Tensor) -> Tensor:
    """The same mean state for each word of a translation, on each of its pieces."""
    states = states.clone()
    for row in range(PAIRS):
        for number in range(1, 5):
            states[row + PAIRS, word[row + PAIRS] == number] = states[row, word[row] == number].mean(dim=0)
    return states


def test_neither_scale_nor_rotation_nor_a_common_shift_matters(layers: list[Tensor], word: Tensor) -> None:
    turn = torch.linalg.qr(torch.randn(HIDDEN, HIDDEN)).Q
    moved = [7 * states @ turn + 3 for states in layers]
    torch.testing.assert_close(apart(moved, word), apart(layers, word), rtol=1e-4, atol=1e-6)


def test_the_order_of_words_and_their_numbers_do_not_matter(layers: list[Tensor], word: Tensor) -> None:
    order = torch.randperm(TOKENS)
    other = torch.tensor([0, 3, 9, 1, 4])[word[:, order]]
    torch.testing.assert_close(apart([states[:, order] for states in layers], other), apart(layers, word))


def test_only_words_with_a_translation_are_looked_at(layers: list[Tensor], word: Tensor) -> None:
    before = apart(layers, word)
    for states in layers:
        states[word == 0] = 100.0
    torch.testing.assert_close(apart(layers, word), before)


def test_shrinking_all_states_does_not_help(layers: list[Tensor], word: Tensor) -> None:
    scale = torch.ones((), requires_grad=True)
    apart([scale * states for states in layers], word).backward()
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(0, abs=1e-6)


def test_with_its_weight_translations_come_closer(
    tiny: Tiny, readings: dict[ArchitectureName, TokenizedCorpus], tmp_path: Path
) -> None:
    plain, reading = tiny("encoder"), readings["encoder"]
    aligned = plain.model_copy(update={"train": plain.train.model_copy(update={"alignment": 1.0})})
    found = []
    for number, config in enumerate((plain, aligned)):
        examiner, model = QualityMeter(config, reading.tokenizer), fresh(config, reading)
        pieces, folder = Pieces(reading.tokenizer), tmp_path / str(number)
        PretrainRun(config, model, pieces, reading.text, examiner, folder, NullCallback()).run()
        scores = examiner.measure(model)
        found.append(sum(scores[f"found.{code}"] for code in ("qab", "qac", "qad")))
    assert found[1] > found[0] + 10
