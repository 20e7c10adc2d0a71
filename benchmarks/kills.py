"""A small grid, killed with SIGKILL at random moments and run again: does it end as if nothing had happened?

    python benchmarks/kills.py --kills 20                 # runners and workers on this machine
    python tests/run/one_node_slurm.py python benchmarks/kills.py --kills 20 --slurm    # Slurm jobs too; as root

The grid has two columns and two targets in the languages of the miniature: four trainings, four scorings. It is run
once undisturbed. Then, for each kill, it is begun in an empty store; at a random moment of the work one of these is
killed:

- `runner`: the only process of the engine inline;
- `one of two`: one of two such runners that share a store; the other goes on;
- `run`: the process that started two workers;
- `worker`: one of two workers; the run goes on;
- `slurm job`: all processes of one of two Slurm jobs, as the system does where memory lacks; the run goes on;
- `slurm run`: the process that waits for two Slurm jobs, which go on.

A kill counts only if not all was done before it. What was killed is run again to its end, and the store is compared
with the undisturbed one. A line of the table tells how many of the jobs had a record at the kill, how many of these
were done again, and whether all is as it must be:

- `results`: results.csv, gains.csv and averages.csv of the report, byte by byte;
- `adapters`: their names, ids and files, byte by byte; cards but for times and memory;
- `verify`: `zoo verify` finds no fault;
- `clean`: no file is there that the undisturbed run did not leave, also not among temporary files; no lock is held; no
  process is left.

It ends with 1 if anything is not. Where Slurm is here already, `--slurm` alone is enough.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

HEADS = ("kill", "victim", "s of work", "jobs done then", "done again", "results", "adapters", "verify", "clean")
COSTS = ("wall_seconds", "peak_bytes", "created")
"""Keys of a card that differ between equal trainings."""
GRID = """
name: kills
backbones: [miniature]
intermediates: [none, mnli]
targets: [xnli, panx]
seeds: [0]
train: {intermediate: SHORT, target: SHORT}
evaluate: {limit: 40}
"""
SHORT = "{limit: 200, train: {max_steps: %d, batch_size: 8, max_tokens: 64, evaluate_every: 10, dev_limit: 40}}"
QUIET = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
PATIENCE = 600.0
"""Seconds that anything may take."""


def wait_for(there: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {PATIENCE:.0f} seconds for {what}")
        time.sleep(0.02)


@dataclass(frozen=True)
class Place:
    """A store, and all else that a run of the grid writes."""

    folder: Path
    grid: Path
    data: Path

    @property
    def zoo(self) -> Path:
        return self.folder / "zoo"

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start `madx-stilts` with these words."""
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        places = {"ZOO": self.zoo, "CACHE": self.folder / "cache", "OFFLINE": 1}
        places |= {"DATA": self.data} if self.data.exists() else {}
        options = {f"MADX_STILTS_{name}": str(value) for name, value in places.items()}
        command = [sys.executable, "-m", "madx_stilts", *map(str, words)]
        environment = {**os.environ, **QUIET, **options, "TMPDIR": str(self.folder / "tmp")}
        with (self.folder / "said.txt").open("a") as said:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, env=environment)

    def run(self, engine: str) -> subprocess.Popen[str]:
        """Start a run of the grid."""
        workers = [] if engine == "inline" else ["--workers", "2"]
        light = ["--time-limit", "30", "--memory", "0.1"] if engine == "slurm" else []
        how = ["--engine", engine, *workers, *light, "--device", "cpu", "--checkpoint-every", "3", "--json"]
        return self.start("grid", "run", self.grid, *how)

    def does(self, *words: str | Path) -> bool:
        """Run a command to its end, and tell whether that was a good one."""
        with self.start(*words) as process:
            process.communicate(timeout=PATIENCE)
        return process.returncode == 0

    def has_begun(self) -> bool:
        """Whether a job is done or being done."""
        return any((self.zoo / "locks").glob("job-*.lock"))

    def records(self) -> dict[str, bytes]:
        """The records, by their names."""
        return {path.name: path.read_bytes() for path in self.zoo.glob("records/??/" + "[0-9a-f]" * 64 + ".json")}

    def report(self) -> dict[str, bytes]:
        """All numbers of the report."""
        out = self.folder / "report"
        self.does("grid", "report", self.grid, "--out", out)
        return {path.name: path.read_bytes() for path in out.glob("*.csv")}

    def adapters(self) -> dict[str, object]:
        """All files of all adapters, and their names."""
        files = [path for part in ("objects", "refs") for path in (self.zoo / part).rglob("*") if path.is_file()]
        return {str(path.relative_to(self.zoo)): _content(path) for path in files}

    def files(self) -> set[str]:
        """All files that runs leave, but for locks and what Slurm jobs tell, which is kept."""
        kept = (self.zoo / "slurm", self.zoo / "locks", self.folder / "report", self.folder / "cache" / "locks")
        found = (path for path in self.folder.rglob("*") if not any(path.is_relative_to(one) for one in kept))
        return {str(path.relative_to(self.folder)) + ("" if path.is_file() else "/") for path in found}

    def holds_a_lock(self) -> bool:
        """Whether any lock of the store is held."""
        return any(_is_held(path) for path in self.folder.rglob("locks/*"))


def _content(path: Path) -> object:
    if path.name != "card.json":
        return path.read_bytes()
    return {key: value for key, value in json.loads(path.read_bytes()).items() if key not in COSTS}


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


# --- What is killed ---


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


# --- One kill ---


def work_seconds(place: Place, engine: str) -> float:
    """Run the grid undisturbed, and tell how long its work took, from the beginning of the first job."""
    run = place.run(engine)
    wait_for(lambda: place.has_begun() or run.poll() is not None, "a first job")
    began = time.monotonic()
    run.communicate(timeout=PATIENCE)
    if run.returncode:
        raise RuntimeError(f"The undisturbed run failed:\n{(place.folder / 'said.txt').read_text()}")
    return time.monotonic() - began


@dataclass(frozen=True)
class Kill:
    """What became of a kill.

    Args:
        records: Those that were there.
        wrong: What went wrong afterwards.
    """

    records: Mapping[str, bytes]
    wrong: list[str]


def kill_once(place: Place, victim: Victim, dice: random.Random, moment: float, jobs: int) -> Kill | None:
    """Run the grid, kill, and run it again to its end.

    Args:
        moment: Seconds of work before the kill.
        jobs: Of the grid.

    Returns:
        None if all was done before the kill, or nothing was there to be killed.
    """
    runs = [place.run(victim.engine) for _ in range(victim.runs)]
    wait_for(lambda: place.has_begun() or runs[0].poll() is not None, "a first job")
    time.sleep(moment)
    others = [pid for run in runs for pid in children_of(run.pid)]
    struck = victim.choose(dice, [run.pid for run in runs if run.poll() is None] or [runs[0].pid])
    hit = killed(struck)
    before = place.records() if hit else {}
    wrong = []
    for run in runs:
        run.communicate(timeout=PATIENCE)
        if hit and victim.survives and run.pid not in struck and run.returncode:
            wrong.append(f"a run that was not killed ended with {run.returncode}")
    wait_for(lambda: not any(map(is_there, others)), "processes to end")
    again = place.run(victim.engine)
    again.communicate(timeout=PATIENCE)
    if again.returncode:
        wrong.append(f"run again, it ended with {again.returncode}")
    if victim.engine == "slurm":
        wait_for(lambda: not told("squeue", "--noheader"), "Slurm jobs to end")
    return Kill(before, wrong) if hit and len(before) < jobs else None


def compared(place: Place, calm: Place, expected: Mapping[str, object]) -> list[str]:
    """A word for each thing that must be as in the undisturbed run."""
    verified = place.does("zoo", "verify")
    strange = sorted(place.files() ^ calm.files())
    if strange:
        print(f"{place.folder.name}: {strange}", file=sys.stderr)
    good = [place.report() == expected["report"], place.adapters() == expected["adapters"], verified]
    good += [not strange and not place.holds_a_lock()]
    return ["yes" if one else "NO" for one in good]


def main() -> int:
    """Kill, compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="Another seed draws other moments.")
    parser.add_argument("--steps", type=int, default=30, help="Of each training.")
    parser.add_argument("--slurm", action="store_true", help="Kill Slurm jobs too; there must be a Slurm here.")
    parser.add_argument("--only", action="append", metavar="VICTIM", help="Only these victims; else all in turn.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="A miniature; without it a small one is made.")
    chosen = parser.parse_args()
    victims = VICTIMS | (SLURM_VICTIMS if chosen.slurm else {})
    victims = {name: victims[name] for name in chosen.only or victims}
    dice, faults = random.Random(chosen.seed), 0
    with TemporaryDirectory(prefix="kills-") as name:
        scratch = Path(name)
        grid, data = scratch / "kills.yaml", chosen.data or scratch / "mini"
        grid.write_text(GRID.replace("SHORT", SHORT % chosen.steps))
        calm = {one.engine: Place(scratch / f"calm-{one.engine}", grid, data) for one in victims.values()}
        if chosen.data is None and not next(iter(calm.values())).does("miniature", "build", data, "--size", "small"):
            raise RuntimeError("The miniature could not be built.")
        lengths = {engine: work_seconds(place, engine) for engine, place in calm.items()}
        first = next(iter(calm.values()))
        expected = {"report": first.report(), "adapters": first.adapters()}
        print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
        for number in range(chosen.kills):
            kind = [*victims][number % len(victims)]
            victim, kill, tries = victims[kind], None, 0
            while kill is None:
                place, tries = Place(scratch / f"{number}-{tries}", grid, data), tries + 1
                moment = dice.uniform(0, lengths[victim.engine]) / tries
                kill = kill_once(place, victim, dice, moment, len(first.records()))
            after = place.records()
            again = sum(after.get(name) != content for name, content in kill.records.items())
            words = compared(place, calm[victim.engine], expected)
            cells = [str(number + 1), kind, f"{moment:.1f}", f"{len(kill.records)} of {len(after)}", str(again), *words]
            print(f"| {' | '.join(cells)} |", *kill.wrong, flush=True)
            faults += bool(kill.wrong or "NO" in words or again)
    print(f"{chosen.kills - faults} of {chosen.kills} ended as if nothing had happened.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
