"""The command that writes the miniature."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from madx_stilts.cli.miniature import miniature as command


def test_the_command_writes_a_miniature_and_tells_how_to_use_it(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    result = CliRunner().invoke(command, ["build", str(folder), "--size", "small", "--seed", "2"])
    assert result.exit_code == 0, result.output
    assert json.loads((folder / "world.json").read_text(encoding="utf-8"))["seed"] == 2
    assert f"--data {folder}" in result.output


@pytest.mark.parametrize("arguments", [["build"], ["build", "x", "--size", "huge"], ["build", "x", "--seed", "one"]])
def test_wrong_usage_is_told(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2
