"""What a backbone has no room for ends a command with exit 2 while nothing but its config was read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Madx = Callable[..., Any]


@pytest.fixture
def config_alone(tmp_path: Path) -> Path:
    """A folder with the config of a backbone of 130 positions and nothing else: its weights cannot be loaded."""
    folder = tmp_path / "short"
    folder.mkdir()
    config = {"model_type": "xlm-roberta", "max_position_embeddings": 130, "pad_token_id": 1, "num_hidden_layers": 4}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("target", "xnli", "--max-tokens", "129"), 129),
        (("target", "xquad"), 384),
        (("intermediate", "mnli"), 256),
        (("intermediate", "mnli", "squad_v1", "--sampling", "uniform"), 384),
        (("language", "sw", "--text", "none.txt"), 256),
        (("target", "xnli", "--set", "train.max_tokens=400"), 400),
    ],
)
def test_training_beyond_the_positions_is_refused(
    words: tuple[str, ...], asked: int, config_alone: Path, madx: Madx, tmp_path: Path
) -> None:
    said = madx("--zoo", tmp_path / "zoo", "train", *words, "--backbone", config_alone, "--device", "cpu")
    assert said.code == 2
    assert f"max_tokens is {asked}, and short has positions for 128 tokens" in said.err
    assert "--max-tokens 128 or less" in said.err
    assert not (tmp_path / "zoo").exists()


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_grid_beyond_the_positions_is_refused(command: str, config_alone: Path, madx: Madx, tmp_path: Path) -> None:
    grid = tmp_path / "grid.yaml"
    keys = {"name": "g", "backbones": [str(config_alone)], "intermediates": ["none"], "targets": ["xnli", "xquad"]}
    grid.write_text(json.dumps({**keys, "seeds": [0], "train": {"target": {"train": {"max_tokens": 200}}}}))
    said = madx("--zoo", tmp_path / "zoo", "grid", command, grid)
    assert said.code == 2
    for name in ("xnli", "xquad"):
        assert f"train.target: for {name}, max_tokens is 200, and short has positions for 128 tokens" in said.err
    assert not (tmp_path / "zoo" / "records").exists()
