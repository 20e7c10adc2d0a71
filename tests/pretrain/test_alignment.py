"""How far translations lie apart: by an offset of their language, whatever the scale, and nothing else is looked at."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from madx_stilts.data.batch import collate
from madx_stilts.pretrain.alignment import apart, each_alone
from madx_stilts.pretrain.course import Course
from madx_stilts.pretrain.objective import Pieces
from madx_stilts.pretrain.plan import ArchitectureName, PretrainConfig
from madx_stilts.pretrain.quality import Examiner
from madx_stilts.pretrain.text import Reading
from madx_stilts.pretrain.work import fresh
from madx_stilts.train.listen import Quiet

Tiny = Callable[[ArchitectureName], PretrainConfig]
PAIRS, TOKENS, HIDDEN = 5, 7, 6


@pytest.fixture
def words() -> Tensor:
    """A mark, then words, then the end and padding."""
    lengths = torch.tensor([3, 5, 4, 2, 5, 4, 3, 5, 5, 1])
    at = torch.arange(TOKENS)
    return (at > 0) & (at <= lengths.unsqueeze(1))


@pytest.fixture
def layers() -> list[Tensor]:
    random = torch.Generator().manual_seed(1)
    return [torch.randn(2 * PAIRS, TOKENS, HIDDEN, generator=random) for _ in range(3)]


def test_texts_and_translations_are_taken_out_of_their_pairs(readings: dict[ArchitectureName, Reading]) -> None:
    reading = readings["encoder"]
    pieces = Pieces(reading.tokenizer)
    batch = collate(reading.text, np.arange(0, len(reading.text), 40), pad_id=pieces.pad, labels=("translated",))
    ids, translated = batch.inputs["input_ids"].numpy(), batch.labels["translated"].numpy() == 1
    alone = [text[text != pieces.pad].tolist() for text in each_alone(ids, translated, pieces)]
    pairs = [text[text != pieces.pad].tolist() for text in ids[translated]]
    first, second = alone[: len(alone) // 2], alone[len(alone) // 2 :]
    assert 5 < len(first) <= len(pairs)
    assert {text.count(pieces.end) for text in alone} == {1}
    # The frame of a pair is that of a text, and once more with the end in the place of its beginning.
    assert all([*one, pieces.end, *other[1:]] in pairs for one, other in zip(first, second, strict=True))


def test_an_offset_counts_by_its_square(layers: list[Tensor], words: Tensor) -> None:
    same = [torch.cat([states[:PAIRS], states[:PAIRS]]) for states in layers]
    both = torch.cat([words[:PAIRS], words[:PAIRS]])
    assert apart(same, both).item() == 0
    offset = torch.randn(HIDDEN)
    for states in same:
        states[PAIRS:] += offset
    expected = torch.stack([offset.square().sum() / states[both].var(dim=0).sum() for states in same]).mean()
    torch.testing.assert_close(apart(same, both), expected)


def test_neither_scale_nor_rotation_nor_a_common_shift_matters(layers: list[Tensor], words: Tensor) -> None:
    turn = torch.linalg.qr(torch.randn(HIDDEN, HIDDEN)).Q
    moved = [7 * states @ turn + 3 for states in layers]
    torch.testing.assert_close(apart(moved, words), apart(layers, words), rtol=1e-4, atol=1e-6)


def test_only_words_are_looked_at(layers: list[Tensor], words: Tensor) -> None:
    before = apart(layers, words)
    for states in layers:
        states[~words] = 100.0
    torch.testing.assert_close(apart(layers, words), before)


def test_shrinking_all_states_does_not_help(layers: list[Tensor], words: Tensor) -> None:
    scale = torch.ones((), requires_grad=True)
    apart([scale * states for states in layers], words).backward()
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(0, abs=1e-6)


def test_with_its_weight_translations_come_closer(
    tiny: Tiny, readings: dict[ArchitectureName, Reading], tmp_path: Path
) -> None:
    plain, reading = tiny("encoder"), readings["encoder"]
    aligned = plain.model_copy(update={"train": plain.train.model_copy(update={"alignment": 1.0})})
    found = []
    for number, config in enumerate((plain, aligned)):
        examiner, model = Examiner(config, reading.tokenizer), fresh(config, reading)
        pieces, folder = Pieces(reading.tokenizer), tmp_path / str(number)
        Course(config, model, pieces, reading.text, examiner, folder, Quiet()).run()
        scores = examiner.measure(model)
        found.append(sum(scores[f"found.{code}"] for code in ("qab", "qac", "qad")))
    assert found[1] > found[0] + 10
