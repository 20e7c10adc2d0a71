"""Whatever dies, and whenever: run again, a plan ends with the results of a run that nothing disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.grid.plan import Plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.grid import run_grid
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.zoo.store import Zoo

MakePlan = Callable[..., Plan]
Finished = Callable[..., RunConfig]

RUN = """
import sys
from pathlib import Path
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.run.events import Event
from madx_stilts.run.grid import run_grid

brief = WorkerBrief.model_validate_json(Path(sys.argv[1]).read_text())
outcome = run_grid(
    brief.opened()[0], brief.site, engine=sys.argv[2], workers=int(sys.argv[3]),
    watch=lambda event: print(event.model_dump_json(), flush=True),
)
sys.exit(0 if outcome.ended_well else 5)
"""

FORKS = """
import gc, os, signal, sys
from pathlib import Path
import torch
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.run.worker import work
from madx_stilts.run.grid import run_grid

brief = WorkerBrief.model_validate_json(Path(sys.argv[1]).read_text())
plan, _ = brief.opened()
gc.freeze()  # what was imported is not looked through in each fork
"""

DYING = (
    FORKS
    + """
def die_before(step):
    steps = iter(range(step))
    for name in ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink"):
        def counted(*arguments, real=getattr(os, name), **options):
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)
        setattr(os, name, counted)


deaths, died = 0, True
while died:
    child = os.fork()
    if child == 0:
        die_before(4 + 8 * deaths)
        run_grid(plan, brief.site)
        os._exit(0)
    died = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    deaths += died
print(deaths)
"""
)

TWO = (
    FORKS
    + """
for _ in range(2):
    if os.fork() == 0:
        def tell(event):
            os.write(1, event.model_dump_json().encode() + b"\\n")

        os._exit(0 if run_grid(plan, brief.site, watch=tell).ended_well else 5)
sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)))
"""
)


def brief_file(plan: Plan, site: RunConfig, folder: Path) -> Path:
    path = folder / "brief.json"
    path.write_text(WorkerBrief(plan=plan.to_json(), site=site).model_dump_json())
    return path


def at(site: RunConfig, zoo: Path) -> RunConfig:
    """The same place with another zoo and cache."""
    return site.model_copy(update={"zoo": (zoo,), "cache": zoo / "cache"})


def results(site: RunConfig) -> dict[str, Any]:
    """Everything that a run is for: the sums of all files, and the scores."""
    files = {entry.ref.id: dict(entry.card.files) for entry in site.adapters.entries()}
    made = {record.id: (record.status, record.adapter, record.evaluation) for record in site.records.all()}
    return {"files": files, "records": made, "names": sorted(map(str, site.adapters.references()))}


def assert_as_undisturbed(site: RunConfig, calm: RunConfig) -> None:
    assert results(site) == results(calm)
    assert Zoo(site.zoo).verify() == []
    assert list(site.zoo[0].parent.rglob("*.partial")) == []
    assert list(site.zoo[0].glob("work/*")) == []


def start(brief: Path, engine: str, workers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(brief), engine, str(workers)]
    # A shell that starts the tests in the background lets them, and all they start, ignore Ctrl-C.
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard)


def wait_for(process: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    """The next event of a kind."""
    assert process.stdout is not None
    for line in process.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["kind"] == kind:
            return event
    raise AssertionError(process.communicate()[1])


def children_of(pid: int) -> list[int]:
    """The worker processes of a run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
def test_killed_at_ever_later_moments_a_run_comes_to_the_same_end(
    site: RunConfig, make_plan: MakePlan, finished: Finished, tmp_path: Path
) -> None:
    plan, rough = make_plan(site), at(site, tmp_path / "rough")
    brief = brief_file(plan, rough, tmp_path)
    done = subprocess.run([sys.executable, "-c", DYING, str(brief)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 5, done.stdout
    assert_as_undisturbed(rough, finished())


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes as Linux tells them")


@needs_proc
@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_a_killed_run_leaves_no_workers(
    site: RunConfig, make_plan: MakePlan, finished: Finished, tmp_path: Path
) -> None:
    plan, rough = make_plan(site, steps=30), at(site, tmp_path / "rough")
    run = start(brief_file(plan, rough, tmp_path), "processes", 1)
    wait_for(run, "stepped")
    workers = children_of(run.pid)
    assert len(workers) == 1
    os.kill(workers[0], signal.SIGKILL)
    wait_for(run, "ended")
    workers += children_of(run.pid)
    assert len(set(workers)) == 2
    run.kill()
    run.communicate()
    until = time.monotonic() + 900
    while not all(map(gone, workers)) and time.monotonic() < until:
        time.sleep(0.1)
    assert all(map(gone, workers))
    assert run_grid(plan, rough).ended_well
    assert_as_undisturbed(rough, finished(steps=30))


@needs_proc
@pytest.mark.slow
def test_ctrl_c_stops_all_workers_and_loses_nothing(
    site: RunConfig, make_plan: MakePlan, finished: Finished, tmp_path: Path
) -> None:
    plan, rough = make_plan(site, steps=30), at(site, tmp_path / "rough")
    run = start(brief_file(plan, rough, tmp_path), "processes", 2)
    wait_for(run, "stepped")
    workers = children_of(run.pid)
    assert len(workers) == 2
    run.send_signal(signal.SIGINT)
    _, err = run.communicate()
    assert "KeyboardInterrupt" in err
    assert all(map(gone, workers))
    assert list(rough.zoo[0].rglob("*.partial")) == []
    assert run_grid(plan, rough).ended_well
    assert_as_undisturbed(rough, finished(steps=30))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
def test_two_runs_at_once_do_each_job_once(
    site: RunConfig, make_plan: MakePlan, finished: Finished, tmp_path: Path
) -> None:
    plan, rough = make_plan(site), at(site, tmp_path / "rough")
    brief = brief_file(plan, rough, tmp_path)
    done = subprocess.run([sys.executable, "-c", TWO, str(brief)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(event["job"] for event in events if event["kind"] == "began") == sorted(plan.jobs)
    assert not any(event["reused"] for event in events)
    assert_as_undisturbed(rough, finished())


@pytest.mark.slow
def test_a_job_that_kills_its_workers_has_failed_and_the_others_go_on(
    site: RunConfig, make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies at the beginning of SNLI stands for one that takes more memory than the machine has."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def hook(name, arguments):\n"
        "    if name == 'open' and 'snli/plain_text/train' in str(arguments[0]):\n"
        "        os.kill(os.getpid(), 9)\n"
        "if 'madx_stilts.run.process' in sys.orig_argv:\n"
        "    sys.addaudithook(hook)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    plan = make_plan(site)
    outcome = run_grid(plan, site, engine="processes", workers=1)
    (failed,) = outcome.failed.values()
    assert failed.error is not None
    assert "killed by SIGKILL" in failed.error.message
    assert len(outcome.done) == 2
    monkeypatch.delenv("PYTHONPATH")
    assert run_grid(plan, site).ended_well
