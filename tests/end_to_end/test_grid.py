"""A grid from its file to its scores, as a person runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def grid(madx: Any, small_grid: Callable[[int], str]) -> Path:
    """The file of a grid of two cells."""
    path: Path = madx.folder / "grid.yaml"
    path.write_text(small_grid(3))
    return path


def test_a_grid_is_run_once_and_tells_how_it_stands(madx: Any, grid: Path) -> None:
    before = madx.does("grid", "status", grid, "--json").json
    assert before["counts"] == {"done": 0, "running": 0, "failed": 0, "ready": 2, "waiting": 3}
    waiting = {job["name"]: len(job["waits_for"]) for job in before["jobs"]}
    assert waiting["xnli by intermediate/snli ▸ target/xnli+snli"] == 2
    said = madx.does("grid", "run", grid)
    assert "5 of 5 jobs are done" in said.out
    assert "3 adapters trained, 0 taken from the zoo, 2 stacks scored" in said.out
    assert "[5/5]" in said.err
    assert madx.refs().keys() == {"intermediate/snli", "target/xnli", "target/xnli+snli"}
    again = madx.does("grid", "run", grid)
    assert "nothing was left to do" in again.out
    assert again.err == ""
    assert madx.does("grid", "status", grid, "--json").json["counts"]["done"] == 5
    assert madx.does("grid", "status", grid).out == "small: 5 done, 0 running, 0 failed, 0 ready, 0 waiting\n"
    assert madx.has_nothing_half_written()


def test_a_grid_and_single_commands_share_the_zoo_and_agree_on_scores(madx: Any, grid: Path) -> None:
    common = ("--limit", "24", "--steps", "3", "--batch-size", "8", "--max-tokens", "48", "--set", "train.keep=last")
    madx.does("train", "intermediate", "snli", *common)
    madx.does("train", "target", "xnli", "--on", "intermediate/snli", *common)
    outcome = madx.does("grid", "run", grid, "--json").json
    assert outcome["jobs"] == outcome["done"] == len(outcome["executed"]) == 5
    assert len(outcome["reused"]) == 2
    records = [json.loads(path.read_text()) for path in madx.zoo.glob("records/*/*.json")]
    (told,) = (record["evaluation"] for record in records if len(record["job"].get("stack", [])) == 2)
    stack = "intermediate/snli,target/xnli+snli"
    alone = madx.does("evaluate", "xnli", "--stack", stack, "--languages", "en,de", "--limit", "16", "--json").json
    assert told == alone


def test_failed_jobs_are_listed_and_end_with_5(madx: Any, grid: Path) -> None:
    place = madx.copy(madx.folder / "copy")
    data = place.mirror / "stanfordnlp/snli/plain_text/train.jsonl"
    whole = data.read_bytes()
    data.write_bytes(whole.replace(b'"label": 1', b'"label": 7'))
    said = place("grid", "run", grid)
    assert said.code == 5
    assert "1 job failed; 2 that need them were not done" in said.err
    assert "intermediate/snli" in said.err
    assert "2 of 5 jobs are done" in said.out
    as_json = place("grid", "run", grid, "--json")
    assert as_json.code == 5
    assert [job["name"] for job in as_json.json["failed"]] == ["intermediate/snli"]
    assert json.loads(as_json.err.splitlines()[-1])["error"] == "JobFailed"
    status = place.does("grid", "status", grid).out
    assert "failed  intermediate/snli" in status
    assert "train.jsonl" in status
    data.write_bytes(whole)
    assert "3 adapters trained" not in place.does("grid", "run", grid).out


@pytest.mark.slow
def test_processes_share_the_work(madx: Any, grid: Path) -> None:
    outcome = madx.does("grid", "run", grid, "--engine", "processes", "--workers", "2", "--json")
    assert outcome.json["done"] == 5
    assert madx.does("grid", "run", grid, "--engine", "processes", "--json").json["executed"] == []
    assert madx.has_nothing_half_written()


def test_too_many_workers_for_one_process_are_refused(madx: Any, grid: Path) -> None:
    said = madx("grid", "run", grid, "--workers", "2")
    assert said.code == 2
    assert "--engine processes" in said.err
