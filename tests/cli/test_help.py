"""`--help` at every level: it fits a terminal, tells defaults and environment variables, and misses nothing."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from madx_stilts.cli.command import EVERYWHERE, Command, Group, Option
from madx_stilts.cli.lazy import LazyCommands
from madx_stilts.cli.main import CONTEXT, cli
from madx_stilts.formats import FORMATS
from madx_stilts.resources import builtin_configs

Madx = Callable[..., Any]


def contexts(command: click.Command, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A context for every command there is."""
    settings = CONTEXT if parent is None else {}
    context = click.Context(command, info_name=command.name if parent else "madx-stilts", parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from contexts(command.commands[name], context)


ALL = list(contexts(cli))
LEAVES = [context for context in ALL if not isinstance(context.command, click.Group)]


def words(context: click.Context) -> list[str]:
    return context.command_path.split()[1:]


def name_of(context: click.Context) -> str:
    return context.command_path


def options_of(context: click.Context) -> list[Option]:
    return [parameter for parameter in context.command.params if isinstance(parameter, Option)]


def test_there_are_commands_for_all_that_is_promised() -> None:
    assert {" ".join(words(context)) for context in LEAVES} >= {
        *(
            "demo",
            "evaluate",
            "doctor",
            "miniature build",
            "submission score",
            "tasks list",
            "tasks show",
            "tasks preview",
            "backbone list",
            "backbone show",
        ),
        *("train language", "train intermediate", "train target", "zoo list", "zoo show", "zoo verify"),
    }


@pytest.mark.parametrize("context", ALL, ids=name_of)
def test_help_fits_80_columns_except_for_commands_to_copy(
    context: click.Context, madx: Madx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = madx(*words(context), "--help")
    wide = [line for line in said.out.splitlines() if len(line) > 80 and not line.strip().startswith("madx-stilts ")]
    assert (said.code, said.err, wide) == (0, "", [])


@pytest.mark.parametrize("context", ALL, ids=name_of)
def test_h_is_help(context: click.Context, madx: Madx) -> None:
    assert madx(*words(context), "-h") == madx(*words(context), "--help")


@pytest.mark.parametrize("context", ALL, ids=name_of)
def test_a_list_of_commands_cuts_none_of_their_descriptions(
    context: click.Context, madx: Madx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, _, listed = madx(*words(context), "--help").out.partition("Commands:")
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


@pytest.mark.parametrize("context", LEAVES, ids=name_of)
def test_every_command_is_one_of_ours(context: click.Context) -> None:
    assert isinstance(context.command, Command)
    assert [
        parameter for parameter in context.command.params if not isinstance(parameter, Option | click.Argument)
    ] == []


@pytest.mark.parametrize("context", LEAVES, ids=name_of)
def test_help_explains_every_option(context: click.Context) -> None:
    assert [option.name for option in options_of(context) if not option.help] == []


@pytest.mark.parametrize("context", LEAVES, ids=name_of)
def test_help_tells_every_fixed_default(context: click.Context, madx: Madx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = " ".join(madx(*words(context), "--help").out.split())
    fixed = [option for option in options_of(context) if isinstance(option.default, str | int | Path)]
    shown = [f"[default: {option.default}]" for option in fixed if not option.is_flag]
    assert [default for default in shown if default not in text] == []


@pytest.mark.parametrize("context", LEAVES, ids=name_of)
def test_help_tells_the_environment_variables(context: click.Context, madx: Madx) -> None:
    text = " ".join(madx(*words(context), "--help").out.split())
    assert f"{context.command_path.upper().replace('-', '_').replace(' ', '_')}_" in text


def test_arguments_are_explained_in_words() -> None:
    arguments = [
        (context, parameter.make_metavar(context))
        for context in LEAVES
        for parameter in context.command.params
        if isinstance(parameter, click.Argument)
    ]
    assert len(arguments) >= 8
    assert [name for context, name in arguments if f"{name} is " not in (context.command.help or "")] == []


def test_the_defaults_of_a_recipe_are_those_of_the_config_called_default() -> None:
    config = yaml.safe_load(builtin_configs("adapters")["default"].read_text())["train"]
    (context,) = (context for context in LEAVES if words(context) == ["train", "target"])
    over = [option for option in options_of(context) if option.section.startswith("Recipe, over")]
    shown = {str(option.name): str(option.show_default) for option in over}
    assert float(shown.pop("learning_rate")) == float(config["learning_rate"])
    for name in ("epochs", "batch_size", "accumulate", "precision"):
        assert shown[name] == str(config[name])
    assert shown["max_tokens"] == "what suits the task's format"
    assert len({task_format.max_tokens for task_format in FORMATS.values()}) > 1


def test_options_stand_under_headings_that_tell_what_changes_a_result(madx: Madx) -> None:
    text = madx("train", "target", "--help").out
    order = [
        text.index(heading) for heading in ("\nOptions:", "\nBackbone:", "\nRecipe (", "\nRecipe, over", "\nRun (")
    ]
    assert order == sorted(order)
    assert text.index("\nRecipe (") < text.index("--seed ") < text.index("\nRun (") < text.index("--tracker ")


def test_commands_stand_in_the_order_in_which_they_are_wanted(madx: Madx) -> None:
    lines = madx("--help").out.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in lines if line] == [
        *("demo", "miniature", "tasks", "backbone", "train", "evaluate", "grid", "submission", "zoo", "doctor")
    ]
    assert isinstance(cli, Group)


def test_the_options_of_the_program_itself_are_explained_once(madx: Madx) -> None:
    flags = [max(option.opts, key=len) for option in EVERYWHERE]
    assert [flag for flag in flags if f"{flag} " not in madx("--help").out] == []
    assert [flag for flag in flags if f"\n  {flag} " in madx("zoo", "list", "--help").out] == []


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        (("evalute",), "evaluate"),
        (("train", "intermediat"), "intermediate"),
        (("zoo", "verfy"), "verify"),
        (("evaluate", "xnli", "--stac", "a"), "--stack"),
        (("train", "target", "xnli", "--bach-size", "8"), "--batch-size"),
        (("zoo", "list", "--ofline"), "--offline"),
        (("tasks", "show", "xnl"), "xnli"),
        (("train", "intermediate", "snil"), "snli"),
        (("train", "intermediate", "snli", "--config", "quik"), "quick"),
        (("train", "intermediate", "snli", "--backbone", "xlmr-bas"), "xlmr-base"),
    ],
)
def test_a_name_that_is_nearly_right_gets_a_suggestion(wrong: tuple[str, ...], near: str, madx: Madx) -> None:
    said = madx(*wrong)
    assert said.code == 2
    assert near in said.err.partition("Error: ")[2]
    assert said.out == ""


def test_the_list_of_commands_says_of_each_what_its_own_help_says() -> None:
    listed = cli.commands
    assert isinstance(listed, LazyCommands)
    assert listed.listed == {name: command.get_short_help_str(200) for name, command in listed.items()}


def test_the_list_of_commands_imports_none_of_them() -> None:
    code = (
        "import sys; from madx_stilts.cli.main import cli; cli.main(['--help'], standalone_mode=False); "
        "sys.exit(any(f'madx_stilts.cli.{name}' in sys.modules for name in cli.commands))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
