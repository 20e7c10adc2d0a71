"""What `kills.py` kills: processes of a run of a grid, of its workers, and of its Slurm jobs."""

import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def is_there(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def told(*command: str) -> list[str]:
    """The lines that a program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def slurm_processes() -> list[list[int]]:
    """The processes of each Slurm job at work that are ours, without Slurm's own."""
    found = []
    for job in told("squeue", "--noheader", "--format=%A", "--states=RUNNING"):
        pids = [int(line.split()[0]) for line in told("scontrol", "listpids", job.strip())[1:]]
        names = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in pids if is_there(pid)}
        ours = [pid for pid, name in names.items() if "submitit" in name or "madx_stilts" in name]
        found += [ours] if ours else []
    return found


def killed(pids: Iterable[int]) -> bool:
    """Kill processes, and tell whether one was there."""
    there = [pid for pid in pids if is_there(pid)]
    for pid in there:
        os.kill(pid, signal.SIGKILL)
    return bool(there)


@dataclass(frozen=True)
class Victim:
    """What is killed.

    Args:
        engine: Of the runs.
        runs: How many are started.
        choose: The processes to kill, given those of the runs.
        survives: Whether the runs end well, all but a killed one.
    """

    engine: str
    runs: int
    choose: Callable[[random.Random, list[int]], list[int]]
    survives: bool


def _run(dice: random.Random, runs: list[int]) -> list[int]:
    return [dice.choice(runs)]


def _worker(dice: random.Random, runs: list[int]) -> list[int]:
    return [dice.choice(workers)] if (workers := children_of(runs[0])) else []


def _slurm_job(dice: random.Random, runs: list[int]) -> list[int]:
    return dice.choice(jobs) if (jobs := slurm_processes()) else []


VICTIMS = {
    "runner": Victim("inline", 1, _run, survives=False),
    "one of two": Victim("inline", 2, _run, survives=True),
    "run": Victim("processes", 1, _run, survives=False),
    "worker": Victim("processes", 1, _worker, survives=True),
}
SLURM_VICTIMS = {
    "slurm job": Victim("slurm", 1, _slurm_job, survives=True),
    "slurm run": Victim("slurm", 1, _run, survives=False),
}
