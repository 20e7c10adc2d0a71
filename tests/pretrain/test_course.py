"""Training: every architecture learns, the same config gives the same weights, the dictionary helps from the start."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from madx_stilts.errors import JobFailed
from madx_stilts.pretrain.objective import Pieces
from madx_stilts.pretrain.plan import ArchitectureName, PretrainConfig
from madx_stilts.pretrain.pretrain import fresh
from madx_stilts.pretrain.quality import QualityMeter
from madx_stilts.pretrain.run import PretrainRun
from madx_stilts.pretrain.text import OTHERS, TokenizedCorpus
from madx_stilts.train.callbacks import NullCallback

Tiny = Callable[[ArchitectureName], PretrainConfig]
Readings = dict[ArchitectureName, TokenizedCorpus]


class Losses(NullCallback):
    """Notes the loss of each step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_step_end(self, done: int, values: object) -> None:
        assert isinstance(values, dict)
        self.seen.append(values["loss"])


def course(config: PretrainConfig, reading: TokenizedCorpus, folder: Path, listener: NullCallback) -> PretrainRun:
    examiner = QualityMeter(config, reading.tokenizer)
    return PretrainRun(
        config, fresh(config, reading), Pieces(reading.tokenizer), reading.text, examiner, folder, listener
    )


def without_dictionary(config: PretrainConfig) -> PretrainConfig:
    return config.model_copy(update={"text": config.text.model_copy(update={"dictionary": False})})


@pytest.mark.parametrize("architecture", ["encoder", "encoder_decoder", "decoder"])
def test_every_architecture_learns(
    architecture: ArchitectureName, tiny: Tiny, readings: Readings, tmp_path: Path
) -> None:
    losses = Losses()
    course(tiny(architecture), readings[architecture], tmp_path, losses).run()
    guessing = np.log(len(readings[architecture].tokenizer))
    assert losses.seen[0] == pytest.approx(guessing, abs=1.0)
    assert np.mean(losses.seen[-5:]) < guessing - 1.0


def test_the_same_config_gives_the_same_weights(tiny: Tiny, readings: Readings, tmp_path: Path) -> None:
    config = tiny("encoder")
    config = config.model_copy(update={"train": config.train.model_copy(update={"steps": 8})})
    made = [course(config, readings["encoder"], tmp_path / name, NullCallback()) for name in "ab"]
    for each in made:
        each.run()
    one, two = (each.model.state_dict() for each in made)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_every_parameter_has_one_optimiser(tiny: Tiny, readings: Readings, tmp_path: Path) -> None:
    made = course(tiny("encoder"), readings["encoder"], tmp_path, NullCallback())
    muon, adam = ([p for group in each.param_groups for p in group["params"]] for each in made.optimizers)
    assert {id(p) for p in muon} | {id(p) for p in adam} == {id(p) for p in made.model.parameters()}
    assert len(muon) + len(adam) == len(list(made.model.parameters()))
    # Six matrices in each layer and one in the head; the table of pieces is no map between hidden states.
    assert len(muon) == 6 * 2 + 1


def test_the_dictionary_puts_translations_together_before_any_training(tiny: Tiny, readings: Readings) -> None:
    config, reading = tiny("encoder"), readings["encoder"]
    examiner = QualityMeter(config, reading.tokenizer)
    plain = examiner.measure(fresh(without_dictionary(config), reading))
    near = examiner.measure(fresh(config, reading))
    for code in OTHERS:
        assert near[f"found_centred.{code}"] > plain[f"found_centred.{code}"] + 15
    assert near["found_centred.qab"] > 60


def test_a_loss_that_is_not_finite_ends_the_training(tiny: Tiny, readings: Readings, tmp_path: Path) -> None:
    made = course(tiny("encoder"), readings["encoder"], tmp_path, NullCallback())
    with torch.no_grad():
        next(made.model.parameters()).fill_(torch.nan)
    with pytest.raises(JobFailed, match="nan in step 1"):
        made.run()
