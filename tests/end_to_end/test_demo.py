"""The demonstration: from an empty folder to tables and a page, killed on its way, and run again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

Place = Any
pytestmark = pytest.mark.shipped


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demonstration leaves that was killed, with all its processes, as soon as the first record was there."""
    out = tmp_path_factory.mktemp("demo") / "out"
    command = [sys.executable, "-m", "madx_stilts", "demo", "--fast", "--quiet", "--out", str(out)]
    running = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    while running.poll() is None and not list(out.glob("zoo/records/*/*.json")):
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return out


@pytest.mark.slow
def test_the_demo_goes_on_after_a_kill_and_then_finds_everything_done(folder: Path, madx: Place) -> None:
    begun = {path.name for path in folder.glob("zoo/records/*/*.json")}
    assert begun
    first = madx.does("demo", "--fast", "--out", folder)
    kept = {path.name for path in folder.glob("zoo/records/*/*.json")}
    assert begun < kept
    assert "none and 2 intermediates, 3 targets, 1 seed." in first.err
    assert "Gains over none" in first.out
    assert "no score on them can be compared with a real one" in first.out
    assert first.out.index("madx-stilts train target xquad") > first.out.index("Gains over none")
    second = madx.does("demo", "--fast", "--out", folder)
    assert "nothing was left to do" in second.out
    assert madx.does("zoo", "verify", "--zoo", folder / "zoo").code == 0
    assert not list(folder.rglob("*.partial"))


@pytest.mark.slow
def test_what_the_demo_prints_for_programs_is_what_the_report_holds(folder: Path, madx: Place) -> None:
    told = madx.does("demo", "--fast", "--json", "--out", folder).json
    assert told["world"]["constructed"]
    assert told["holes"] == 0
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert "no score on them can be compared with a real one" in page
    lines = (folder / "report" / "results.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(told["scores"]) + 1


@pytest.mark.slow
def test_the_intermediates_of_the_demo_come_with_the_package(folder: Path) -> None:
    records = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("zoo/records/*/*.json")]
    alone = [one for one in records if one["job"]["kind"] == "train" and not one["job"]["recipe"]["below"]]
    tasks = {one["job"]["recipe"]["parts"][0]["task"]: one["reused"] for one in alone if one["reused"]}
    assert set(tasks) == {"mnli", "ccg"}


def test_a_folder_that_holds_something_else_is_left_alone(madx: Place, tmp_path: Path) -> None:
    (tmp_path / "mine" / "data").mkdir(parents=True)
    (tmp_path / "mine" / "data" / "letter.txt").write_text("Dear reader")
    said = madx("demo", "--out", tmp_path / "mine", "--zoo", tmp_path / "zoo")
    assert said.code == 3
    assert "--zoo, --peer, --data and --cache count for nothing" in said.err, "what is not heeded is told"
    assert "is not a miniature" in said.err
    assert [path.name for path in (tmp_path / "mine").rglob("*")] == ["data", "letter.txt"]
