"""Time and memory of planning a grid and of reporting on it, by the number of cells.

    python benchmarks/planner.py --sizes 1000 2000 5000 10000 20000

The grid is `phang2020-base`, its nine targets in the languages of XTREME, with its first ten columns and as many seeds
as make that number of cells. No data are looked at, and the records of all jobs are invented, with a score for each
language. Each number comes from a process of its own: CPU seconds, and the growth of its memory over what the imports
take.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.card import now
from madx_stilts.config import load
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import JobId, PlannedJob, Score
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.grid.records import Record, Records
from madx_stilts.report.gather import gather
from madx_stilts.report.write import write_report
from madx_stilts.tasks import TASKS

COLUMNS = 10
TARGETS = 9
STEPS = ("plan", "read", "report")
"""Plan the grid; then read all records; then also compute gains and write the page and the tables."""


def planned(cells: int) -> Plan:
    """A plan of that many cells, or a few more."""
    axes = load("phang2020-base", Grid, kind="grids").model_dump(mode="json", exclude_unset=True)
    seeds = [*range(-(-cells // (COLUMNS * TARGETS)))]
    changes = [f"intermediates={json.dumps(axes['intermediates'][:COLUMNS])}", f"seeds={seeds}"]
    return plan(load("phang2020-base", Grid, kind="grids", overrides=changes), TASKS, lambda job: {})


def record(job: PlannedJob, made: dict[JobId, str]) -> Record:
    """What a job might leave."""
    work, dice = job.job, random.Random(job.id)
    uses = {need: made[need] for need in work.needs if need in made}
    if not isinstance(work, Score):
        return Record(id=job.id, job=work, status="done", adapter=made[job.id], uses=uses, started=now(), ended=now())
    task = TASKS[work.task]
    scores = {code: {task.primary_metric: 100 * dice.random(), "n": 100} for code in work.languages}
    evaluation = {
        "backbone": {"name": work.backbone, "fingerprint": "0" * 64},
        "task": work.task,
        "metric": task.primary_metric,
        "scores": scores,
        "language_adapters": dict.fromkeys(scores),
        "notes": [],
    }
    return Record(id=job.id, job=work, status="done", evaluation=evaluation, uses=uses, started=now(), ended=now())


def write_records(whole: Plan, folder: Path) -> None:
    """The records of all jobs, as jobs write them but for waiting until each is on the disk."""
    made = {id: id for id in whole.trainings}
    records = Records(folder)
    for job in whole.jobs.values():
        path = records.path(job.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record(job, made).to_json(), encoding="utf-8")


def reset_peak() -> int:
    """Measure the peak from here on (Linux), and tell what the process has now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return peak()


def peak() -> int:
    """Bytes that the process had at most. What `getrusage` tells begins with what its parent had."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def measure(cells: int, step: str, folder: Path) -> dict[str, float]:
    """What one step takes in this process, after planning where it is not that itself."""
    if step == "plan":
        planned(1)  # the files of configs and tasks are read once
    whole = planned(cells) if step != "plan" else None
    before, began = reset_peak(), time.process_time()
    if whole is None:
        whole = planned(cells)
    else:
        results = gather(whole, Records(folder), TASKS, world=None)
        if step == "report":
            write_report(results, folder / "report")
    seconds = time.process_time() - began
    return {"seconds": seconds, "bytes": peak() - before, "cells": len(whole.cells), "jobs": len(whole.jobs)}


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 2000, 5000, 10000, 20000], metavar="CELLS")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        print(json.dumps(measure(arguments.sizes[0], arguments.step, arguments.folder)))
        return
    print("| cells | jobs | " + " | ".join(f"{step}, CPU s | MB" for step in STEPS) + " |")
    print("|---|---|" + "---|---|" * len(STEPS))
    for size in arguments.sizes:
        with TemporaryDirectory() as folder:
            write_records(planned(size), Path(folder))
            found = {}
            for step in STEPS:
                command = [sys.executable, __file__, "--sizes", str(size), "--step", step, "--folder", folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found[step] = json.loads(done.stdout)
        numbers = [f"{one['seconds']:.2f} | {one['bytes'] / 1e6:.0f}" for one in found.values()]
        print(f"| {found['plan']['cells']} | {found['plan']['jobs']} | " + " | ".join(numbers) + " |", flush=True)


if __name__ == "__main__":
    main()
