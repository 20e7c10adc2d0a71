"""Configs: read whole, changed from the command line, and refused with all their faults at once."""

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from madx_stilts import config
from madx_stilts.config import AdapterConfig, BackboneConfig, load, read
from madx_stilts.errors import ConfigError, UnknownName, UsageError
from madx_stilts.recipe import Frozen, TrainSettings

SHIPPED = Path(__file__).parents[1] / "configs"


class Mixture(Frozen):
    """Part of a made-up config with alternatives, lists and names."""

    tasks: tuple[str, ...]
    share: float = 0.5


class Grid(Frozen):
    """A made-up config."""

    name: Annotated[str, Field(min_length=1)]
    columns: tuple[Literal["none"] | Mixture, ...] = ()
    by_task: dict[str, TrainSettings] = {}


def faults(text: str, *overrides: str, **options: object) -> tuple[str, ...]:
    """The faults of an adapter config."""
    with pytest.raises(ConfigError) as error:
        read(text, AdapterConfig, source="my.yaml", overrides=overrides, options=options)
    assert error.value.message.startswith("my.yaml has ")
    return error.value.faults


def test_an_empty_config_has_the_defaults() -> None:
    assert read("# nothing", AdapterConfig, source="my.yaml") == AdapterConfig()


def test_a_config_is_read_into_its_model() -> None:
    text = "method: {kind: ia3, leave_out: [0, 1]}\ntrain:\n  learning_rate: 1e-4\n  epochs: 7\n"
    found = read(text, AdapterConfig, source="my.yaml")
    assert found.method.leave_out == (0, 1)
    assert (found.train.learning_rate, found.train.epochs) == (1e-4, 7)


def test_all_faults_are_told_at_once_each_with_key_and_line() -> None:
    text = "method:\n  kind: lor\ntrain:\n  epochs: 0\n  learning_rat: 1\n  precision: 16\n  epochs: 2\nseed: 3\n"
    assert faults(text) == (
        "train.epochs: is given twice, first in line 4 (line 7)",
        "method.kind: should be 'seq_bn', 'seq_bn_inv', 'double_seq_bn', 'compacter', 'ia3', 'lora', 'par_bn' or "
        "'loreft', not 'lor'; did you mean lora or loreft? (line 2)",
        "train.epochs: should be greater than or equal to 1, not 0 (line 4)",
        "train.precision: should be 'fp32', 'bf16' or 'fp16', not 16; did you mean fp16 or bf16? (line 6)",
        "train.learning_rat: is no known key; did you mean learning_rate? (line 5)",
        "seed: is no known key; known are fusion, method, train (line 8)",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("train: {epochs: true}", "train.epochs: should be a valid integer, not True (line 1)"),
        ("train: {epochs: '3'}", "train.epochs: should be a valid integer, not '3' (line 1)"),
        ("train: {learning_rate: .inf}", "train.learning_rate: should be a valid number, not '.inf' (line 1)"),
        ("train:", "train: should be an object, not None (line 1)"),
        (
            "train: {batch_size: 10, accumulate: 3}",
            "train: batch_size (10) must be a multiple of accumulate (3) (line 1)",
        ),
        ("- 1", "a config is made of `key: value` lines, not [1]"),
        ("a: [1", "line 1, column 6: expected ',' or ']', but got '<stream end>'"),
    ],
)
def test_nothing_is_taken_for_what_it_is_not(text: str, fault: str) -> None:
    assert faults(text) == (fault,)


def test_a_missing_key_and_a_number_for_a_text_are_told() -> None:
    with pytest.raises(ConfigError) as error:
        read("revision: 1234", BackboneConfig, source="my.yaml")
    assert error.value.faults == (
        "model: is missing",
        "revision: should be a valid string, not 1234; put it in quotes (line 1)",
    )


def test_a_list_that_is_too_short_names_what_it_lacks() -> None:
    assert faults("train: {adam_betas: []}") == (
        "train.adam_betas.0: is missing (line 1)",
        "train.adam_betas.1: is missing (line 1)",
    )
    assert faults("train: {adam_betas: [0.5]}") == ("train.adam_betas.1: is missing (line 1)",)


def test_faults_inside_lists_alternatives_and_mappings_name_the_way_there() -> None:
    text = "name: x\ncolumns: [none, {tasks: [mnli], shar: 0.1}]\nby_task: {mnli: {epoch: 3}}\n"
    with pytest.raises(ConfigError) as error:
        read(text, Grid, source="grid.yaml")
    assert "columns.1.shar: is no known key; did you mean share? (line 2)" in error.value.faults
    assert "by_task.mnli.epoch: is no known key; did you mean epochs? (line 3)" in error.value.faults


@given(st.integers(1, 10**9), st.floats(1e-12, 1.0), st.sampled_from(["fp32", "bf16"]))
def test_an_override_is_the_same_as_the_value_in_the_file(epochs: int, rate: float, precision: str) -> None:
    overrides = [f"train.epochs={epochs}", f"train.learning_rate={rate}", f"train.precision={precision}"]
    written = f"train: {{epochs: {epochs}, learning_rate: {rate}, precision: {precision}}}"
    changed = read("train: {epochs: 99}", AdapterConfig, source="my.yaml", overrides=overrides)
    assert changed == read(written, AdapterConfig, source="my.yaml")


def test_overrides_reach_into_lists_and_into_what_the_file_leaves_out() -> None:
    text = "method: {leave_out: [0, 1]}\ntrain:\n"
    overrides = ["method.leave_out.1=5", "train.epochs=4", "train.adam_betas=[0.8, 0.9]"]
    found = read(text, AdapterConfig, source="my.yaml", overrides=overrides)
    assert found.method.leave_out == (0, 5)
    assert (found.train.epochs, found.train.adam_betas) == (4, (0.8, 0.9))


def test_options_change_values_unless_they_were_not_given() -> None:
    options = {"train.epochs": 4, "method.leave_out": (0, 1), "train.batch_size": None}
    found = read("train: {batch_size: 8}", AdapterConfig, source="my.yaml", options=options)
    assert (found.train.epochs, found.method.leave_out, found.train.batch_size) == (4, (0, 1), 8)


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("train.epoch=3", "train.epoch: is no known key; did you mean epochs? (--set)"),
        ("train.epochs=0", "train.epochs: should be greater than or equal to 1, not 0 (--set)"),
        ("train.epochs.x=1", "train.epochs.x: train.epochs is 3 and has no x"),
        ("train.adam_betas.2=1", "train.adam_betas.2: train.adam_betas is [0.9, 0.999] and has no 2"),
        ("train.epochs", "train.epochs: --set is written key=value, such as train.epochs=5"),
        ("=5", "=5: --set is written key=value, such as train.epochs=5"),
        ("train..epochs=5", "train..epochs=5: --set is written key=value, such as train.epochs=5"),
    ],
)
def test_an_override_that_cannot_be_is_a_fault(override: str, fault: str) -> None:
    assert faults("train: {epochs: 3, adam_betas: [0.9, 0.999]}", override) == (fault,)


def test_a_key_given_twice_on_the_command_line_is_a_fault() -> None:
    assert faults("", "train.epochs=3", "train.epochs=4") == ("train.epochs: is given twice on the command line",)
    assert faults("", "train.epochs=3", **{"train.epochs": 3}) == ("train.epochs: is given twice on the command line",)


@pytest.fixture
def builtin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one built-in config, `short`."""
    path = tmp_path / "short.yaml"
    path.write_text("train: {epochs: 1}")
    monkeypatch.setattr(config, "builtin_configs", lambda kind: {"short": path})
    return path


@pytest.mark.usefixtures("builtin")
def test_a_built_in_config_is_found_by_name() -> None:
    assert load("short", AdapterConfig, kind="adapters").train.epochs == 1


@pytest.mark.usefixtures("builtin")
def test_an_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(UnknownName) as error:
        load("shrt", AdapterConfig, kind="adapters")
    assert error.value.near == ("short",)


def test_a_file_is_found_by_its_path(builtin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(builtin.parent)
    (builtin.parent / "mine.yaml").write_bytes(b"\xef\xbb\xbftrain: {epochs: 2}")
    for path in (builtin.parent / "mine.yaml", "mine.yaml", "./mine.yaml", str(builtin.parent / "mine.yaml")):
        assert load(path, AdapterConfig, kind="adapters").train.epochs == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_told_with_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mine.yaml"
    if content:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        load(path, AdapterConfig, kind="adapters")


def test_every_shipped_adapter_config_loads() -> None:
    paths = sorted((SHIPPED / "adapters").glob("*.yaml"))
    assert {path.stem for path in paths} >= {"default", "gradual-unfreezing", "language", "quick"}
    for path in paths:
        load(path, AdapterConfig, kind="adapters")


def test_every_shipped_backbone_config_loads() -> None:
    paths = sorted((SHIPPED / "backbones").glob("*.yaml"))
    assert {path.stem for path in paths} >= {"mbert", "xlmr-base", "xlmr-large"}
    for path in paths:
        assert load(path, BackboneConfig, kind="backbones").description


def test_the_default_adapter_config_spells_out_the_defaults() -> None:
    found = load(SHIPPED / "adapters" / "default.yaml", AdapterConfig, kind="adapters")
    assert found == AdapterConfig()
    assert TrainSettings.model_fields.keys() - found.train.model_fields_set == {"max_tokens"}


NUMBERS = {
    "train.learning_rate": ["1e300", "0", "-1e-4", "11", "1e-31"],
    "train.adam_betas": ["[1.0, 0.9]", "[0.9, 1]", "[-0.1, 0.9]"],
    "train.adam_epsilon": ["0", "1e-300", "2"],
    "train.weight_decay": ["-1", "1e300"],
    "train.clip_norm": ["0", "1e300"],
    "train.warmup": ["1.1", "-0.1"],
    "train.epochs": ["0", "2147483648", "1e3", "9" * 399],
    "train.batch_size": ["0", "65537", "2147483648"],
    "train.max_tokens": ["7", "1048577"],
    "train.stride": ["-1", "1e1"],
    "train.masked_share": ["0", "1", "1.0"],
    "train.translations": ["0", "1e300"],
    "method.reduction_factor": ["0", "1e-300", "1e300"],
    "method.leave_out": ["[-1]", "[0.5]", str([*range(1001)])],
    "fusion.rate": ["0", "1e300"],
    "fusion.pull": ["-1", "1e300"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in NUMBERS.items() for value in values])
def test_a_number_beyond_its_bounds_is_a_fault_in_the_file_and_on_the_command_line(key: str, value: str) -> None:
    section, name = key.split(".")
    for found in (faults(f"{section}: {{{name}: {value}}}"), faults("", f"{key}={value}")):
        (fault,) = found
        assert fault.startswith(key)
        assert len(fault) < 300


@pytest.mark.parametrize("value", ["1e999", "-1e999", "!!float .inf", "9" * 5000, "1e" + "9" * 5000])
def test_a_number_that_is_not_finite_or_far_too_long_is_a_fault(value: str) -> None:
    (fault, *_) = faults(f"train: {{learning_rate: {value}}}")
    assert fault.startswith("train.learning_rate: ")
    assert len(fault) < 300


def test_bounds_in_thirty_digits_are_written_as_numbers() -> None:
    assert faults("train: {learning_rate: 1e-31}") == (
        "train.learning_rate: should be greater than or equal to 1e-30, not 1e-31 (line 1)",
    )


BOMB = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))


@pytest.mark.parametrize("text", [BOMB, "[" * 50_000, "{a: " * 50_000, "k: 1\n" * 30_000, f"? {'k' * 10**6}\n: 1"])
def test_a_config_that_is_made_to_hang_is_refused_in_a_few_words(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(text, AdapterConfig, source="my.yaml")
    assert len(error.value.message) < 30_000


def test_of_very_many_faults_the_first_are_told_and_the_others_counted() -> None:
    text = "{" + ", ".join(f"key{at}: 1" for at in range(500)) + "}"
    found = faults(text)
    assert len(found) == 101
    assert found[-1] == "there are 400 more"
    with pytest.raises(ConfigError) as error:
        read(text, AdapterConfig, source="my.yaml")
    assert error.value.message.count("\n") < 60


@pytest.mark.parametrize(
    "override",
    [
        ".".join("a" * 21) + "=1",
        ".".join("a" * 60_000) + "=1",
        "train.adam_betas." + "9" * 5000 + "=1",
        "a=" + "[" * 500,
    ],
)
def test_an_override_that_is_made_to_hang_is_a_fault(override: str) -> None:
    assert faults("train: {adam_betas: [0.9, 0.99]}", override)


def test_a_config_is_a_regular_file_of_a_bounded_size(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "large.yaml").write_bytes(b"#" * 3_000_000)
    for name, reason in (("pipe", "a named pipe"), ("folder", "a folder"), ("large", "more than 2,000,000 bytes")):
        with pytest.raises(UsageError, match=reason):
            load(tmp_path / f"{name}.yaml", AdapterConfig, kind="adapters")
    with pytest.raises(UsageError, match="File name too long"):
        load(f"{'a' * 300}.yaml", AdapterConfig, kind="adapters")
