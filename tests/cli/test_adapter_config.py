"""Options over a config: what is asked for on the command line counts."""

from madx_stilts.cli.checks import adapter_config
from madx_stilts.cli.options import CommonOptions


def test_epochs_count_over_a_config_that_bounds_the_steps() -> None:
    bounded = adapter_config(CommonOptions(config="quick")).train
    assert bounded.max_steps is not None
    asked = adapter_config(CommonOptions(config="quick", epochs=2)).train
    assert (asked.epochs, asked.max_steps) == (2, None)


def test_steps_count_over_epochs_where_both_are_given() -> None:
    asked = adapter_config(CommonOptions(config="quick", epochs=2, max_steps=7)).train
    assert (asked.epochs, asked.max_steps) == (2, 7)
    override = adapter_config(CommonOptions(config="quick", epochs=2, overrides=("train.max_steps=7",))).train
    assert override.max_steps == 7


def test_an_override_of_the_epochs_counts_like_the_option() -> None:
    asked = adapter_config(CommonOptions(config="quick", overrides=("train.epochs=2",))).train
    assert (asked.epochs, asked.max_steps) == (2, None)


def test_without_a_config_nothing_is_written() -> None:
    assert adapter_config(CommonOptions()).method.model_fields_set == set()
    assert "learning_rate" not in adapter_config(CommonOptions(batch_size=8)).train.model_fields_set
