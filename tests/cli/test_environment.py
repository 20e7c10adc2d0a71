"""Environment variables and the options of the program itself: where they count, and which wins."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from madx_stilts.cli.command import Option
from madx_stilts.cli.main import CONTEXT, cli
from madx_stilts.cli.settings import Settings

Madx = Callable[..., Any]
Run = Callable[..., Settings]


@pytest.fixture
def settings_of(madx: Madx, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The settings with which a command was run."""
    seen: list[Settings] = []

    @click.pass_obj
    def note(settings: Settings, as_json: bool) -> None:
        seen.append(settings)

    monkeypatch.setattr(cli.commands["doctor"], "callback", note)

    def run(*words: str | Path) -> Settings:
        assert madx(*words).code == 0
        return seen.pop()

    return run


def target_context() -> click.Context:
    root = click.Context(cli, info_name="madx-stilts", **CONTEXT)
    train = cli.commands["train"]
    assert isinstance(train, click.Group)
    return click.Context(train.commands["target"], info_name="target", parent=click.Context(train, root, "train"))


def transfer_of(*words: str) -> object:
    """What `train target` with these words takes for --transfer."""
    context = target_context()
    return context.command.make_context("target", [*words, "xnli"], parent=context.parent).params["transfer"]


def test_every_option_of_every_command_has_two_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    context = target_context()
    options = [one for one in context.command.params if isinstance(one, Option)]
    assert len(options) > 15
    for one in options:
        name = max(one.opts, key=len).removeprefix("--").replace("-", "_").upper()
        monkeypatch.setenv(f"MADX_STILTS_{name}", "everywhere")
        assert one.resolve_envvar_value(context) == "everywhere"
        monkeypatch.setenv(f"MADX_STILTS_TRAIN_TARGET_{name}", "here")
        assert one.resolve_envvar_value(context) == "here"


def test_what_stands_on_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADX_STILTS_TRANSFER", "continue")
    assert (transfer_of(), transfer_of("--transfer", "stack")) == ("continue", "stack")


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADX_STILTS_TRANSFER", "")
    assert transfer_of() == "stack"


def test_a_wrong_value_in_a_variable_is_refused(madx: Madx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADX_STILTS_BATCH_SIZE", "many")
    said = madx("train", "intermediate", "snli")
    assert said.code == 2
    assert "--batch-size" in said.err


def test_json_can_be_wanted_everywhere(madx: Madx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADX_STILTS_JSON", "1")
    assert isinstance(madx("tasks", "list").json, list)
    assert set(json.loads(madx("tasks", "shwo").err)) == {"error", "message", "hint"}


def test_the_program_options_may_stand_before_or_after_the_command(settings_of: Run, tmp_path: Path) -> None:
    places = ("--zoo", tmp_path / "z", "--data", tmp_path, "--cache", tmp_path / "c", "--peer", tmp_path / "p")
    words, peers = (*places, "--offline", "-q", "-vv"), (tmp_path / "p",)
    expected = Settings(tmp_path / "z", (tmp_path,), tmp_path / "c", offline=True, verbose=2, quiet=True, peers=peers)
    assert settings_of(*words, "doctor") == settings_of("doctor", *words) == expected


def test_after_the_command_wins_over_before_it_and_both_over_the_environment(
    settings_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADX_STILTS_ZOO", "environment")
    assert settings_of("doctor").zoo == Path("environment")
    assert settings_of("--zoo", "before", "doctor").zoo == Path("before")
    assert settings_of("--zoo", "before", "doctor", "--zoo", "after").zoo == Path("after")


def test_an_option_before_the_command_stays_when_another_one_stands_after_it(settings_of: Run) -> None:
    settings = settings_of("--zoo", "before", "doctor", "--quiet")
    assert (settings.zoo, settings.quiet) == (Path("before"), True)


def test_without_options_adapters_and_encodings_are_kept_in_the_folders_of_the_user(
    settings_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path.home()
    assert settings_of("doctor").zoo == home / ".local/share/madx-stilts/zoo"
    assert settings_of("doctor").encodings == home / ".cache/madx-stilts/encoded"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert settings_of("doctor").zoo == Path("/data/madx-stilts/zoo")
    assert settings_of("doctor").encodings == Path("/cache/madx-stilts/encoded")


def test_a_mirror_that_is_not_there_is_refused(madx: Madx, tmp_path: Path) -> None:
    said = madx("--data", tmp_path / "nowhere", "tasks", "list")
    assert said.code == 2
    assert "nowhere" in said.err


def test_several_folders_of_data_may_be_named(
    settings_of: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raw").mkdir()
    assert settings_of("doctor", "--data", tmp_path, "--data", tmp_path / "raw").data == (tmp_path, tmp_path / "raw")
    monkeypatch.setenv("MADX_STILTS_DATA", f"{tmp_path}{os.pathsep}{tmp_path / 'raw'}")
    assert settings_of("doctor").data == (tmp_path, tmp_path / "raw")


@pytest.mark.parametrize("variable", ["HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT"])
@pytest.mark.parametrize("value", ["soon", "60.5", "", "0", "-3", "1e3", "\x1b[2J", "9" * 5000])
def test_what_would_end_the_import_of_the_hubs_client_is_refused_before(
    variable: str, value: str, madx: Madx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "huggingface_hub", raising=False)
    said = madx("tasks", "list")
    assert said.code == 2
    assert f"The variable {variable} is" in said.err
    assert "\x1b" not in said.err
