"""`grid plan` shows what a grid comes down to, and reads no data and loads nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.config import load
from madx_stilts.data.sources import DataSources
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import Train
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.grid.records import Record, Records
from madx_stilts.run.data_stamps import DataStamps
from madx_stilts.tasks import TASKS

Madx = Callable[..., Any]

GRID = """
name: few
backbones: [mbert]
intermediates: [none, mnli]
targets: [xnli, xquad, mlqa, tatoeba]
seeds: [0]
"""
AT = {"started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:10Z"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "few.yaml"
    path.write_text(GRID)
    return path


def plan_of(config: Path) -> Plan:
    """The plan that the command makes."""
    return plan(load(config, Grid, kind="grids"), TASKS, DataStamps(DataSources()))


def test_the_page_has_jobs_savings_and_the_command_that_runs_it(madx: Madx, config: Path, tmp_path: Path) -> None:
    said = madx("grid", "plan", config, "--zoo", tmp_path / "zoo", "--set", "seeds=[0,1]")
    assert said.code == 0
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == "Grid few: 16 cells, 2 intermediates x 4 targets x 2 seeds"
    assert "train intermediate = target mnli 2 - 5" in lines
    assert "train target squad_v1 4 - 2" in lines
    assert "score tatoeba 3 - 1 to 2" in lines
    assert "8 trainings, where a script that goes cell by cell does 14." in lines
    assert "jobs 8 trainings and 15 scorings" in lines
    assert "cost not known: no job of these kinds was measured here yet" in lines
    assert f"command madx-stilts grid run {config} '--set=seeds=[0,1]'" in lines


def test_explained_every_job_has_a_line(madx: Madx, config: Path, tmp_path: Path) -> None:
    said = madx("grid", "plan", config, "--zoo", tmp_path / "zoo", "--explain")
    assert "For the target xnli alone; and for the column mnli." in said.out
    assert said.out.count("For the ") == len(plan_of(config).jobs)


def test_programs_get_the_shape_that_is_promised(madx: Madx, config: Path, tmp_path: Path) -> None:
    told = madx("grid", "plan", config, "--zoo", tmp_path / "zoo", "--json").json
    made = plan_of(config)
    assert told["cells"] == 8
    assert (told["trainings"], told["trainings_cell_by_cell"]) == (4, 7)
    assert [job["id"] for job in told["jobs"]] == list(made.jobs)
    assert all(job["needs"] == list(made.jobs[job["id"]].job.needs) for job in told["jobs"])
    assert {job["kind"] for job in told["jobs"]} == {"train", "score"}
    assert not any(job["reused"] for job in told["jobs"])
    assert told["estimate"]["wall_seconds"] is None
    assert told["world"] is None


def test_what_was_measured_tells_what_the_rest_will_cost(madx: Madx, config: Path, tmp_path: Path) -> None:
    zoo = tmp_path / "zoo"
    made = plan_of(config)
    scored = next(one for one in made.jobs.values() if not isinstance(one.job, Train) and not one.job.needs)
    facts = {"id": scored.id, "job": json.loads(scored.job.model_dump_json()), "status": "done", "evaluation": {}, **AT}
    costs = {"wall_seconds": 600.0, "cpu_seconds": 900.0, "peak_bytes": 2_000_000_000, "device": "cpu"}
    Records(zoo).put(Record.model_validate_json(json.dumps(facts | costs)))
    told = madx("grid", "plan", config, "--zoo", zoo, "--json").json
    assert [job["id"] for job in told["jobs"] if job["reused"]] == [scored.id]
    more = madx("grid", "plan", config, "--zoo", zoo, "--set", "languages=[de]")
    assert "done before" not in more.out
    lines = [" ".join(line.split()) for line in more.out.splitlines()]
    # The same task in one language of many: a part of the time.
    assert any(line.startswith("time ") for line in lines)
    assert "memory 2.0 GB for the largest job" in lines


def test_all_faults_are_told_with_exit_code_2(madx: Madx, config: Path, tmp_path: Path) -> None:
    said = madx("grid", "plan", config, "--set", "backbones=[xlmr-bas]", "--set", "targets=[xnil]")
    assert said.code == 2
    assert "backbones.0: There is no backbone 'xlmr-bas'" in said.err
    assert "targets.0: there is no task 'xnil'; did you mean xnli" in said.err


def test_a_grid_is_planned_without_torch(tmp_path: Path, config: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from madx_stilts.cli.main import cli;"
        f"cli.main(['grid', 'plan', {str(config)!r}, '--zoo', {str(tmp_path)!r}], standalone_mode=False);"
        "print([name for name in ('torch', 'transformers', 'adapters') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
