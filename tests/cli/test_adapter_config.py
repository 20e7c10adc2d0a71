"""Options over a config: what is asked for on the command line counts."""

from madx_stilts.cli.checks import adapter_config
from madx_stilts.cli.options import CommonOptions


def test_epochs_count_over_a_config_that_bounds_the_steps() -> None:
    bounded = adapter_config(CommonOptions(config="quick"), "pair").train
    assert bounded.max_steps is not None
    asked = adapter_config(CommonOptions(config="quick", epochs=2), "pair").train
    assert (asked.epochs, asked.max_steps) == (2, None)


def test_steps_count_over_epochs_where_both_are_given() -> None:
    asked = adapter_config(CommonOptions(config="quick", epochs=2, max_steps=7), "pair").train
    assert (asked.epochs, asked.max_steps) == (2, 7)
    override = adapter_config(CommonOptions(config="quick", epochs=2, overrides=("train.max_steps=7",)), "pair").train
    assert override.max_steps == 7


def test_the_length_is_the_formats_unless_one_is_given() -> None:
    assert adapter_config(CommonOptions(), "span").train.max_tokens == 384
    assert adapter_config(CommonOptions(max_tokens=64), "span").train.max_tokens == 64
    assert adapter_config(CommonOptions(config="quick"), "span").train.max_tokens == 96
