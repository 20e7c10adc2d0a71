"""How far translations lie apart: by an offset of their language, whatever the scale, and nothing else is looked at."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from madx_stilts.pretrain.alignment import apart
from madx_stilts.pretrain.course import Course
from madx_stilts.pretrain.objective import Pieces
from madx_stilts.pretrain.plan import ArchitectureName, PretrainConfig
from madx_stilts.pretrain.quality import Examiner
from madx_stilts.pretrain.text import Reading
from madx_stilts.pretrain.work import fresh
from madx_stilts.train.listen import Quiet

Tiny = Callable[[ArchitectureName], PretrainConfig]
HIDDEN, WORDS = 6, 4


@pytest.fixture
def pieces(readings: dict[ArchitectureName, Reading]) -> Pieces:
    return Pieces(readings["encoder"].tokenizer)


@pytest.fixture
def ids(pieces: Pieces) -> Tensor:
    """Three pairs of segments of four words each, the last one shorter, with a hidden word."""
    begin, end, words = torch.tensor([0]), torch.tensor([pieces.end]), torch.arange(50, 50 + WORDS)
    texts = torch.cat([begin, words, end, end, words + 9, end]).repeat(3, 1)
    texts[1, 2] = pieces.mask
    texts[2, -2:] = torch.tensor([pieces.end, pieces.pad])
    return texts


@pytest.fixture
def states(ids: Tensor) -> Tensor:
    return torch.randn(*ids.shape, HIDDEN, generator=torch.Generator().manual_seed(1))


ALL = torch.tensor([True, True, True])


def segments(ids: Tensor, pieces: Pieces) -> tuple[Tensor, Tensor]:
    """Where the words of both segments stand."""
    word = (ids != 0) & (ids != pieces.end) & (ids != pieces.pad)
    late = torch.arange(ids.shape[1]) > WORDS + 1
    return word & ~late, word & late


def test_an_offset_between_two_languages_counts_by_its_square(ids: Tensor, states: Tensor, pieces: Pieces) -> None:
    first, second = segments(ids, pieces)
    # Both segments have the same mean, so that only the offset is left.
    for here in (first, second):
        for row in range(len(ids)):
            states[row, here[row]] -= states[row, here[row]].mean(dim=0)
    assert apart(states, ids, ALL, pieces).item() == pytest.approx(0, abs=1e-9)
    offset = torch.randn(HIDDEN)
    states[second] += offset
    spread = states[first | second].var(dim=0).sum()
    assert apart(states, ids, ALL, pieces).item() == pytest.approx((offset.square().sum() / spread).item(), rel=1e-4)


def test_neither_scale_nor_rotation_nor_a_common_shift_matters(ids: Tensor, states: Tensor, pieces: Pieces) -> None:
    turn = torch.linalg.qr(torch.randn(HIDDEN, HIDDEN)).Q
    moved = 7 * states @ turn + 3
    torch.testing.assert_close(apart(moved, ids, ALL, pieces), apart(states, ids, ALL, pieces), rtol=1e-4, atol=1e-6)


def test_only_words_of_translated_texts_are_looked_at(ids: Tensor, states: Tensor, pieces: Pieces) -> None:
    first, second = segments(ids, pieces)
    translated = torch.tensor([True, True, False])
    before = apart(states, ids, translated, pieces)
    states[2], states[~(first | second)] = 100.0, -100.0
    torch.testing.assert_close(apart(states, ids, translated, pieces), before)
    assert apart(states, ids, ~ALL, pieces).item() == 0
    # Texts without a translation count as 0.
    both = apart(states[:2], ids[:2], translated[:2], pieces)
    torch.testing.assert_close(before, both * 2 / 3)


def test_with_its_weight_translations_come_closer(
    tiny: Tiny, readings: dict[ArchitectureName, Reading], tmp_path: Path
) -> None:
    plain, reading = tiny("encoder"), readings["encoder"]
    aligned = plain.model_copy(update={"train": plain.train.model_copy(update={"alignment": 1.0})})
    found = []
    for config in (plain, aligned):
        examiner = Examiner(config, reading.tokenizer)
        model = fresh(config, reading)
        Course(
            config, model, Pieces(reading.tokenizer), reading.text, examiner, tmp_path / f"{len(found)}", Quiet()
        ).run()
        scores = examiner.measure(model)
        found.append(sum(scores[f"found.{code}"] for code in ("qab", "qac", "qad")))
    assert found[1] > found[0] + 10
