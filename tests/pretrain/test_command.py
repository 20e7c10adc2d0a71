"""`madx-stilts backbone pretrain`: a config by name or file, changes over it, faults told before any work."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from madx_stilts.cli.main import cli

TINY = """\
architecture: decoder
size: {layers: 1, hidden: 16, heads: 2, feed_forward: 32, vocabulary: 600}
text: {documents: 200, measured: 10}
train: {steps: 30, batch_size: 8, looks: 1}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(TINY)
    return file


def pretrain(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["backbone", "pretrain", *map(str, words)])


def test_it_tells_what_comes_then_the_scores(config: Path, tmp_path: Path) -> None:
    said = pretrain(config, "--out", tmp_path / "made")
    assert said.exit_code == 0
    assert (tmp_path / "made" / "model.safetensors").exists()
    order = ["parameters", "more minutes at the speed", "step 30 of 30", "Bolune (qae, held out)", "Use it with"]
    assert [said.output.find(part) for part in order] == sorted(said.output.find(part) for part in order)
    assert min(said.output.find(part) for part in order) >= 0


def test_programs_get_json_and_quiet_ones_nothing_else(config: Path, tmp_path: Path) -> None:
    said = pretrain(config, "--set", "train.steps=2", "--out", tmp_path / "made", "--json", "--quiet")
    assert said.stderr == ""
    assert json.loads(said.stdout)["scores"].keys() >= {"accuracy.qaa", "found_centred.qae"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["encoder-smal"], "Did you mean encoder-small"),
        (["encoder-small", "--set", "train.steps=0"], "train.steps"),
        (["missing.yaml"], "Cannot read the config missing.yaml"),
    ],
)
def test_faults_are_told_before_any_work(words: list[str], told: str, tmp_path: Path) -> None:
    said = pretrain(*words, "--out", tmp_path / "made")
    assert said.exit_code == 2
    assert told in said.stderr
    assert list(tmp_path.iterdir()) == []
