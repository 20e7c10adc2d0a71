"""Every built-in config can be found by name and says at its top what it is and how to run it."""

import shlex
from collections import Counter
from pathlib import Path

import click
import pytest
import yaml

from madx_stilts.cli.main import cli
from madx_stilts.config import load
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.plan import plan
from madx_stilts.resources import builtin_configs
from madx_stilts.tasks import TASKS

CONFIGS = Path(__file__).parents[2] / "configs"


def files() -> list[Path]:
    """Every YAML file below `configs/`, however deep and whatever its suffix."""
    return sorted(path for path in CONFIGS.rglob("*") if path.suffix in {".yaml", ".yml"})


def heading(path: Path) -> list[str]:
    """The lines of the comment that a file opens with, without their marks."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return [line.removeprefix("#").strip() for line in lines[:end]]


def commands(path: Path) -> list[list[str]]:
    """The commands in a file's heading, in words, without `madx-stilts` itself."""
    return [shlex.split(line.partition("madx-stilts ")[2]) for line in heading(path) if "madx-stilts " in line]


def test_every_config_can_be_had_by_kind_and_name() -> None:
    on_disk = Counter(path.relative_to(CONFIGS).parts[0] for path in files())
    assert {"adapters", "backbones", "grids", "pretrain"} <= on_disk.keys()
    assert {kind: len(builtin_configs(kind)) for kind in on_disk} == on_disk


def test_every_config_is_a_mapping() -> None:
    loaded = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files()]
    assert [type(value) for value in loaded] == [dict] * len(files())


def test_every_config_opens_with_what_it_is() -> None:
    wrong = [path.name for path in files() if not heading(path) or len(heading(path)[0].split()) < 3]
    assert wrong == []


def test_every_config_opens_with_the_command_that_uses_it() -> None:
    wrong = [path.name for path in files() if not any(path.stem in words for words in commands(path))]
    assert wrong == []


@pytest.mark.parametrize("name", builtin_configs("grids"))
def test_every_grid_can_be_planned(name: str) -> None:
    grid = load(name, Grid, kind="grids")
    made = plan(grid, TASKS, lambda job: {"backbone": job.backbone})
    assert grid.name == name
    assert {*grid.backbones} <= builtin_configs("backbones").keys()
    assert grid.intermediates[0].kind == "none"
    told = " ".join(heading(builtin_configs("grids")[name]))
    # The numbers that a heading tells are those of the plan.
    assert f"{len(made.trainings)} trainings" in told
    assert f"{len(made.jobs) - len(made.trainings)} scorings" in told


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_the_command_line_understands_every_command_in_a_heading(path: Path) -> None:
    for words in commands(path):
        command: click.Command = cli
        while isinstance(command, click.Group):
            known = command.commands
            assert words[0] in known, f"no command {words[0]!r}"
            command, words = known[words[0]], words[1:]
        # An unknown option is refused. The names of help are the program's: click remembers them from the first call.
        command.make_context(command.name, words, resilient_parsing=True, help_option_names=["-h", "--help"])
