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

import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import killing
from victims import SLURM_VICTIMS, VICTIMS, Victim, children_of, is_there, killed, told

HEADS = ("kill", "victim", "s of work", "jobs done then", "done again", "results", "adapters", "verify", "clean")
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
        command = [sys.executable, "-m", "madx_stilts", *map(str, words)]
        environment = {**os.environ, **killing.QUIET, **killing.places(self.folder, self.data)}
        with (self.folder / killing.SAID).open("a") as said:
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
            process.communicate(timeout=killing.PATIENCE)
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

    def left(self) -> dict[str, object]:
        """All that runs leave, but for locks, the report, and what Slurm jobs print, which is kept."""
        return killing.content(self.folder, without=("locks", "slurm", "report"))


def work_seconds(place: Place, engine: str) -> float:
    """Run the grid undisturbed, and tell how long its work took, from the beginning of the first job."""
    run = place.run(engine)
    killing.wait_for(lambda: place.has_begun() or run.poll() is not None, "a first job")
    began = time.monotonic()
    run.communicate(timeout=killing.PATIENCE)
    if run.returncode:
        raise RuntimeError(f"The undisturbed run failed:\n{(place.folder / killing.SAID).read_text()}")
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
    killing.wait_for(lambda: place.has_begun() or runs[0].poll() is not None, "a first job")
    time.sleep(moment)
    others = [pid for run in runs for pid in children_of(run.pid)]
    struck = victim.choose(dice, [run.pid for run in runs if run.poll() is None] or [runs[0].pid])
    hit = killed(struck)
    before = place.records() if hit else {}
    wrong = []
    for run in runs:
        run.communicate(timeout=killing.PATIENCE)
        if hit and victim.survives and run.pid not in struck and run.returncode:
            wrong.append(f"a run that was not killed ended with {run.returncode}")
    killing.wait_for(lambda: not any(map(is_there, others)), "processes to end")
    again = place.run(victim.engine)
    again.communicate(timeout=killing.PATIENCE)
    if again.returncode:
        wrong.append(f"run again, it ended with {again.returncode}")
    if victim.engine == "slurm":
        killing.wait_for(lambda: not told("squeue", "--noheader"), "Slurm jobs to end")
    return Kill(before, wrong) if hit and len(before) < jobs else None


@dataclass(frozen=True)
class Trial:
    """A line of the table."""

    victim: str
    moment: float
    done_then: int
    done_again: int
    results: bool
    adapters: bool
    verify: bool
    clean: bool
    wrong: str

    @property
    def is_bad(self) -> bool:
        return bool(self.wrong or self.done_again) or not (self.results and self.adapters and self.verify)


def compared(place: Place, calm: Place, first: Place) -> tuple[tuple[bool, bool, bool, bool], list[str]]:
    """For the last four columns, whether all is as in undisturbed runs; and what is not.

    Args:
        calm: Of the same engine.
        first: Of the first engine: what is trained is the same with each.
    """
    verified, found = place.does("zoo", "verify"), place.left()
    strange, busy = sorted(found.keys() ^ calm.left().keys()), killing.held_locks(place.folder)
    ours, theirs = _adapters(found), _adapters(first.left())
    differing = [*killing.differences(ours, theirs), *sorted(ours.keys() ^ theirs.keys())]
    good = place.report() == first.report(), not differing, verified, not (strange or busy)
    return good, [*differing[:3], *strange[:3], *busy[:1]]


def _adapters(left: Mapping[str, object]) -> dict[str, object]:
    """All files of all adapters, and their names."""
    return {path: value for path, value in left.items() if path.startswith(("zoo/objects/", "zoo/refs/"))}


def main() -> int:
    """Kill, compare, print, and write down."""
    parser = killing.options(__doc__, VICTIMS | SLURM_VICTIMS, kills=20)
    parser.add_argument("--steps", type=int, default=30, help="Of each training.")
    parser.add_argument("--slurm", action="store_true", help="Kill Slurm jobs too; there must be a Slurm here.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="A miniature; without it a small one is made.")
    chosen = parser.parse_args()
    victims = VICTIMS | (SLURM_VICTIMS if chosen.slurm else {})
    victims = {name: victims[name] for name in chosen.only or victims}
    dice, made = random.Random(chosen.seed), list[Trial]()
    with TemporaryDirectory(prefix="kills-") as name:
        scratch = Path(name)
        grid, data = scratch / "kills.yaml", chosen.data or scratch / "mini"
        grid.write_text(GRID.replace("SHORT", SHORT % chosen.steps))
        calm = {one.engine: Place(scratch / f"calm-{one.engine}", grid, data) for one in victims.values()}
        first = next(iter(calm.values()))
        if chosen.data is None and not first.does("miniature", "build", data, "--size", "small"):
            raise RuntimeError("The miniature could not be built.")
        lengths = {engine: work_seconds(place, engine) for engine, place in calm.items()}
        killing.print_heads(HEADS)
        for number in range(chosen.kills):
            kind, victim = [*victims.items()][number % len(victims)]
            kill, tries = None, 0
            while kill is None:
                place, tries = Place(scratch / f"{number}-{tries}", grid, data), tries + 1
                moment = dice.uniform(0, lengths[victim.engine]) / tries
                kill = kill_once(place, victim, dice, moment, len(first.records()))
            after, then = place.records(), len(kill.records)
            again = sum(after.get(name) != record for name, record in kill.records.items())
            good, wrong = compared(place, calm[victim.engine], first)
            killing.print_row(
                [number + 1, kind, f"{moment:.1f}", f"{then} of {len(after)}", again, *good], kill.wrong + wrong
            )
            made.append(Trial(kind, round(moment, 2), then, again, *good, "; ".join(kill.wrong + wrong)))
            killing.write_down(chosen.out, made)
    return killing.concluded(sum(one.is_bad for one in made), len(made))


if __name__ == "__main__":
    sys.exit(main())
