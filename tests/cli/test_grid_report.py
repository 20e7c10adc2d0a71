"""`grid report` shows a grid at any time, also before it was run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Madx = Callable[..., Any]
GRID = """\
name: small
backbones: [{backbone}]
intermediates: [none, snli]
targets: [xnli]
languages: [en, de]
seeds: [0]
"""


@pytest.fixture
def grid(tmp_path: Path, tiny_backbone: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(GRID.format(backbone=tiny_backbone))
    return file


@pytest.fixture
def report(madx: Madx, tmp_path: Path, tiny_mirror: Path, grid: Path) -> Madx:
    """Reports the grid, of which nothing was run."""
    where = ("--data", tiny_mirror, "--zoo", tmp_path / "zoo", "--offline")
    return lambda *words: madx("grid", "report", grid, "--out", tmp_path / "out", *where, *words)


def test_a_grid_that_was_not_run_is_shown_as_holes(report: Madx, tmp_path: Path) -> None:
    said = report()
    assert said.code == 0
    assert "not run" in said.out
    assert "2 of 2 cells have no scores" in said.err
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"report.html", "results.csv", "gains.csv"}


def test_programs_get_one_document(report: Madx, tmp_path: Path) -> None:
    facts = json.loads(report("--json").out)
    assert (facts["grid"], facts["cells"], facts["holes"], facts["world"]) == ("small", 2, 2, None)
    assert {row["missing"] for row in facts["scores"]} == {"not run"}
    assert facts["files"]["page"] == str(tmp_path / "out" / "report.html")


def test_a_folder_that_cannot_be_written_is_named(madx: Madx, tmp_path: Path, tiny_mirror: Path, grid: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "out"
    said = madx("grid", "report", grid, "--out", out, "--data", tiny_mirror, "--zoo", tmp_path / "zoo", "--offline")
    assert said.code == 3
    assert str(out) in said.err


def test_a_grid_with_faults_is_refused_before_anything_is_written(madx: Madx, tmp_path: Path, grid: Path) -> None:
    said = madx("grid", "report", grid, "--set", "targets=[xnlii]", "--out", tmp_path / "out", "--offline")
    assert said.code == 2
    assert "xnlii" in said.err
    assert not (tmp_path / "out").exists()
