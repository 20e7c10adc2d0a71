"""Slurm jobs do a plan as any workers do, and whatever becomes of them, it ends with the same results."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from madx_stilts.cli.main import cli
from madx_stilts.errors import Busy, Interrupted, NotAvailable, UsageError
from madx_stilts.grid.plan import Plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.engines import slurm as module
from madx_stilts.run.engines.slurm import Slurm
from madx_stilts.run.events import Event
from madx_stilts.run.grid import run_grid
from madx_stilts.run.slurm.queue import Queued, names_of, queued
from madx_stilts.zoo.store import Zoo

MakePlan = Callable[..., Plan]

PROGRAMS = ("munged", "sbatch", "scontrol", "slurmctld", "slurmd", "squeue", "srun")
STARTER = Path(__file__).with_name("one_node_slurm.py")
LIGHT = Slurm(time_limit=10, memory_gb=0.1)


@pytest.fixture(scope="module")
def slurm() -> Iterator[None]:
    """A Slurm of one node with its own munge, which touches nothing of the machine's."""
    pytest.importorskip("submitit", reason="submitit is not installed")
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"not installed: {', '.join(missing)}" if missing else "only root can start a Slurm")
    command = [sys.executable, str(STARTER), "sh", "-c", "echo $SLURM_CONF; cat"]
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter,
    ):
        assert starter.stdout is not None
        patch.setenv("SLURM_CONF", starter.stdout.readline().strip())
        yield
        starter.communicate()


def told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def wait_until(there: Callable[[], object], seconds: float = 900) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture
def clear(slurm: None, site: RunConfig) -> Iterator[None]:
    """Leaves no job behind."""
    yield
    subprocess.run(["scancel", "--user=root", "--signal=KILL"], check=False)


def results(site: RunConfig) -> dict[str, Any]:
    """Everything that a run is for: the sums of all files, and the scores."""
    files = {entry.ref.id: dict(entry.card.files) for entry in site.adapters.entries()}
    made = {record.id: (record.status, record.adapter, record.evaluation) for record in site.records.all()}
    return {"files": files, "records": made, "names": sorted(map(str, site.adapters.references()))}


def jobs_of(site: RunConfig, plan: Plan) -> list[Queued]:
    return queued(names_of(site.zoo[0], plan.to_json()))


class Faults:
    """Watches a run and does harm to all its Slurm jobs at work, whenever work has begun again and made a step.

    Args:
        harms: Called one after another, each with the id of one job.
    """

    def __init__(self, site: RunConfig, plan: Plan, *harms: Callable[[str], object]) -> None:
        self.site, self.plan, self.left = site, plan, list(harms)
        self.armed = False
        self.said: list[str] = []

    def __call__(self, event: Event) -> None:
        self.said.append(event.text)
        self.armed = self.armed or event.kind == "began"
        if self.left and self.armed and event.kind == "stepped" and event.done > 0:
            self.armed = False
            at_work = [job.id for job in jobs_of(self.site, self.plan) if job.state == "RUNNING"]
            for harm, job in zip(self.left[:], at_work, strict=False):
                self.left.remove(harm)
                harm(job)


def cancelled(job: str) -> None:
    """The whole array."""
    told("scancel", job.partition("_")[0])


def preempted(job: str) -> None:
    told("scancel", "--signal=USR2", job)


def requeued(job: str) -> None:
    told("scontrol", "requeue", job)


def killed(job: str) -> None:
    """As the system does where memory lacks: the job and what it started, without a word."""
    raw = told("squeue", "--noheader", "--format=%A", f"--jobs={job}").strip()
    pids = [line.split()[0] for line in told("scontrol", "listpids", raw).splitlines()[1:]]
    names = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in pids if Path(f"/proc/{pid}").exists()}
    ours = [int(pid) for pid, name in names.items() if "submitit" in name or "madx_stilts" in name]
    assert len(ours) >= 2
    for pid in ours:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slurm
@pytest.mark.slow
@pytest.mark.usefixtures("clear")
def test_cancelled_preempted_killed_and_requeued_slurm_jobs_lose_nothing(
    site: RunConfig, make_plan: MakePlan, finished: Callable[..., RunConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.2)
    plan = make_plan(site, steps=30)
    # The job in reserve takes up what the killed one left, and is cancelled too.
    faults = Faults(site, plan, killed, cancelled)
    with pytest.raises(Interrupted, match=r"Slurm job \d+ was stopped"):
        run_grid(plan, site, engine=LIGHT, workers=1, watch=faults)
    assert faults.left == []
    faults = Faults(site, plan, preempted, requeued)
    outcome = run_grid(plan, site, engine=LIGHT, workers=2, watch=faults)
    assert faults.left == []
    assert outcome.ended_well
    assert outcome.done.keys() == plan.jobs.keys()
    assert results(site) == results(finished(steps=30))
    assert Zoo(site.zoo).verify() == []
    assert list(site.zoo[0].rglob("*.partial")) == []


@pytest.mark.slurm
@pytest.mark.usefixtures("clear")
def test_jobs_that_were_submitted_are_seen_and_are_not_submitted_again(site: RunConfig, make_plan: MakePlan) -> None:
    plan, held = make_plan(site), replace(LIGHT, sbatch=("hold",), wait=False)
    said: list[str] = []
    for _ in range(2):
        outcome = run_grid(plan, site, engine=held, workers=2, watch=lambda event: said.append(event.text))
        assert (outcome.executed, outcome.done) == ((), {})
    first, second, spare = jobs_of(site, plan)
    assert {first.state, second.state, spare.state} == {"PENDING"}
    assert "2 Slurm jobs of an earlier run" in said[-1]
    (brief,) = site.zoo[0].glob("slurm/*/brief.json")
    left = brief.with_name(f".{brief.name}.0.partial")
    left.write_text("{")
    with brief.with_name("submit.lock").open() as lock, left.open() as writing:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as another run does it while it submits
        fcntl.flock(writing, fcntl.LOCK_EX)  # and writes its brief
        with pytest.raises(Busy, match="submits Slurm jobs for the same work"):
            run_grid(plan, site, engine=held, workers=3)
        assert left.exists()
    run_grid(plan, site, engine=held, workers=3, watch=lambda event: said.append(event.text))
    assert len(jobs_of(site, plan)) == 5
    assert not left.exists()


@pytest.mark.slurm
@pytest.mark.usefixtures("clear")
def test_the_commands_submit_and_show_slurm_jobs(
    site: RunConfig, mirror: Path, small_grid: Callable[[int], str], tmp_path: Path
) -> None:
    (tmp_path / "small.yaml").write_text(small_grid(3))
    places = ["--zoo", str(site.zoo[0]), "--data", str(mirror), "--cache", str(tmp_path / "cache"), "--offline"]

    def does(*command: str) -> str:
        done = CliRunner().invoke(cli, ["grid", *command, *places], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    slurm = ("--engine", "slurm", "--workers", "1", "--no-wait", "--time-limit", "7", "--sbatch", "hold")
    said = does("run", str(tmp_path / "small.yaml"), *slurm, "--memory", "0.1")
    assert "1 x 7 minutes at most" in said
    assert "0 of 5 jobs are done; 5 are left to the Slurm jobs" in said
    assert "PENDING (JobHeldUser)" in does("status", str(tmp_path / "small.yaml"))
    shown = json.loads(does("status", str(tmp_path / "small.yaml"), "--json"))
    assert [job["state"] for job in shown["slurm"]] == ["PENDING", "PENDING"]


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard, also where a shell started the tests in the background and lets them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slurm
@pytest.mark.usefixtures("clear", "heard")
def test_ctrl_c_cancels_what_was_submitted(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.1)
    plan, held = make_plan(site), replace(LIGHT, sbatch=("hold",))
    submitted: list[int] = []

    def ctrl_c() -> None:
        wait_until(lambda: jobs_of(site, plan))
        submitted.append(len(jobs_of(site, plan)))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=ctrl_c)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_grid(plan, site, engine=held, workers=2)
    thread.join()
    assert submitted[0] > 0
    assert jobs_of(site, plan) == []


@pytest.mark.slurm
@pytest.mark.usefixtures("clear")
def test_what_slurm_refuses_is_told(site: RunConfig, make_plan: MakePlan) -> None:
    engine = Slurm(partition="nowhere")
    with pytest.raises(UsageError, match="invalid partition"):
        run_grid(make_plan(site), site, engine=engine)


SBATCH = """#!/bin/sh
env > "$SEEN"
echo "Submitted batch job 7"
"""


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_a_job_submits_inherits_nothing_of_that_job(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("submitit", reason="submitit is not installed")
    from madx_stilts.run.slurm.submit import submit

    for program in ("sbatch", "srun"):
        (tmp_path / program).write_text(SBATCH)
        (tmp_path / program).chmod(0o755)
    of_the_job = {"SLURM_JOB_ID": "5", "SLURM_ARRAY_JOB_ID": "4", "SLURM_ARRAY_TASK_ID": "1", "SLURM_NTASKS": "9"}
    of_the_job |= {"SLURM_CPU_BIND": "mask_cpu:0x1", "SLURM_CPUS_PER_TASK": "3", "OMP_NUM_THREADS": "3"}
    of_the_job |= {"SUBMITIT_EXECUTOR": "slurm", "PMI_RANK": "0", "CUDA_VISIBLE_DEVICES": "1"}
    of_the_user = {"SLURM_CONF": "/here/slurm.conf", "SBATCH_ACCOUNT": "ours", "MADX_STILTS_ZOO": "/zoo"}
    surroundings = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SEEN": str(tmp_path / "seen")}
    for name, value in (of_the_job | of_the_user | surroundings).items():
        monkeypatch.setenv(name, value)
    submit(tmp_path / "slurm", range(jobs), LIGHT, LIGHT.asked(None, None), lambda event: None)
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert of_the_user.items() <= seen.items()
    assert seen.keys().isdisjoint(of_the_job)
    assert (of_the_job | of_the_user).items() <= os.environ.items()


def test_outside_of_a_job_the_users_own_variables_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("submitit", reason="submitit is not installed")
    from madx_stilts.run.slurm.submit import outside_of_any_job

    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    before = dict(os.environ)
    with outside_of_any_job():
        assert dict(os.environ) == before


def test_without_submitit_it_is_told_what_to_install(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "queued", lambda names: [])
    monkeypatch.setitem(sys.modules, "submitit", None)
    monkeypatch.delitem(sys.modules, "madx_stilts.run.slurm.submit", raising=False)
    monkeypatch.delitem(sys.modules, "madx_stilts.run.slurm.job", raising=False)
    with pytest.raises(NotAvailable, match="submitit") as error:
        run_grid(make_plan(site), site, engine=Slurm())
    assert "madx_stilts[slurm]" in error.value.hint


def test_without_slurm_it_is_told_where_to_run(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotAvailable, match="no squeue") as error:
        run_grid(make_plan(site), site, engine=Slurm())
    assert "login node" in error.value.hint
