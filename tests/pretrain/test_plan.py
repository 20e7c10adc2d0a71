"""Configs of pretrainings: what they may say, and what the built-in ones say."""

import pytest

from madx_stilts.config import load, read
from madx_stilts.errors import ConfigError
from madx_stilts.pretrain.plan import Optimisation, PretrainConfig, TextConfig
from madx_stilts.resources import builtin_configs

BUILT_IN = builtin_configs("pretrain")


def built_in(name: str, *overrides: str) -> PretrainConfig:
    return load(name, PretrainConfig, kind="pretrain", overrides=overrides)


def test_each_architecture_comes_in_three_sizes() -> None:
    architectures = ("encoder", "encoder-decoder", "decoder")
    assert set(BUILT_IN) == {f"{kind}-{size}" for kind in architectures for size in ("small", "base", "large")}
    assert all(built_in(name).architecture == name.rpartition("-")[0].replace("-", "_") for name in BUILT_IN)


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("size.heads=5", "hidden (96) must be a multiple of twice the heads (5)"),
        ("size.layers=0", "greater than or equal to 1"),
        ("text.translated=0.9", "exceed all documents"),
        ("train.decay=0.99", "exceed all steps"),
        ("train.hidden_share=[0.4, 0.1]", "hidden_share must rise"),
        ("train.epochs=3", "is no known key"),
        ("architecture=encodr", "did you mean encoder"),
        ("architecture=decoder", "train.alignment (1.0) is for an encoder, not for decoder"),
    ],
)
def test_a_config_that_makes_no_sense_is_told(override: str, fault: str) -> None:
    with pytest.raises(ConfigError) as told:
        built_in("encoder-small", override)
    assert fault in str(told.value)


def test_a_config_needs_architecture_size_and_steps() -> None:
    with pytest.raises(ConfigError) as told:
        read("train: {}", PretrainConfig, source="mine.yaml")
    faults = told.value.faults
    assert len(faults) == 3
    assert all("is missing" in fault for fault in faults)


def test_documents_are_shared_out_completely() -> None:
    text = TextConfig(documents=1000, translated=0.25, switched=0.5)
    assert text.counts == (250, 250, 500)


def test_rates_rise_stay_and_fall() -> None:
    train = Optimisation(steps=100, warmup=0.1, decay=0.4)
    factors = [train.factor(step) for step in range(100)]
    assert factors[:11] == sorted(set(factors[:11]))
    assert set(factors[10:60]) == {1.0}
    assert factors[60:] == sorted(set(factors[60:]), reverse=True)
    assert 0 < factors[0] < 0.1
    assert 0 < factors[-1] < 0.1
