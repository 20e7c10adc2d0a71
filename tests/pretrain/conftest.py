"""A pretraining in seconds: few documents, few steps, a network of 32."""

from collections.abc import Callable

import pytest

from madx_stilts.pretrain.plan import ArchitectureName, ModelSize, Optimisation, PretrainConfig, TextConfig
from madx_stilts.pretrain.text import TokenizedCorpus, prepare

Tiny = Callable[[ArchitectureName], PretrainConfig]


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    """The config of a tiny network, by its architecture."""
    return lambda architecture: PretrainConfig(
        architecture=architecture,
        size=ModelSize(layers=2, hidden=32, heads=2, feed_forward=64, vocabulary=2500),
        text=TextConfig(documents=1200, measured=40),
        train=Optimisation(steps=60, batch_size=16, adam_rate=5e-3, looks=1),
    )


@pytest.fixture(scope="session")
def readings(tiny: Tiny) -> dict[ArchitectureName, TokenizedCorpus]:
    """What tiny networks of each architecture read."""
    names: tuple[ArchitectureName, ...] = ("encoder", "encoder_decoder", "decoder")
    return {name: prepare(tiny(name)) for name in names}
