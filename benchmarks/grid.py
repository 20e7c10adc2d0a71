"""A whole grid, the peers' way and ours, side by side: CPU time, peak memory, mean score.

    python benchmarks/grid.py --data DIR --out grid.json            # the miniature grid, all ways: 90 CPU minutes
    python benchmarks/grid.py --data DIR --part 2x3                 # its first 2 intermediates and 3 targets

The ways:
- `peer`: a process of its own for each intermediate and for each cell, as a script does it that is called for each; see
  peer.py. Sequences are padded as AdapterHub's example scripts do by default.
- `peer, padded less`: the same, each batch padded to its longest sequence, which the scripts can be told.
- `ours, one by one`: `grid run`, each training and each scoring alone.
- `ours, together`: as it is: in lockstep where that is possible; then with the lower half and the lower two thirds of
  the layers left out, in the intermediates too, and the others as much wider, so that as many weights are trained; with
  half, also over a trunk cache, which is empty at the beginning.

Every process has one thread. `--at-once 2` lets two ways run at the same time, which slows both alike. CPU seconds and
the peak are those of whole processes, with Python's start and all imports.
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from madx_stilts.config import load
from madx_stilts.data.sources import DataSources
from madx_stilts.grid.cell import Cell
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import JobId, Score, Train
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.run.backbones import origin_of
from madx_stilts.run.config import RunConfig
from madx_stilts.run.data_stamps import DataStamps
from madx_stilts.run.grid import run_grid
from madx_stilts.stack import Role

ALL_AT_ONCE = 16
PEERS = {"peer": True, "peer, padded less": False}
"""Whether they pad as the scripts do by default."""
OURS = {
    "ours, one by one": (1, 0.0),
    "ours, together": (ALL_AT_ONCE, 0.0),
    "ours, one by one, half left out": (1, 1 / 2),
    "ours, together, half left out": (ALL_AT_ONCE, 1 / 2),
    "ours, together, half left out, trunk cached": (ALL_AT_ONCE, 1 / 2),
    "ours, together, two thirds left out": (ALL_AT_ONCE, 2 / 3),
}
CACHED = "ours, together, half left out, trunk cached"
"""How many jobs may be done at once, and the share of the layers that is left out."""
WAYS = (*PEERS, *OURS)
QUIET = {
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}


@dataclass
class Bill:
    """What a way cost, and what came of it."""

    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    trainings: int = 0
    scores: dict[str, float] = field(default_factory=dict)

    def run(self, script: str, *arguments: str, given: str) -> Any:
        """Run one process, and add what it cost.

        Returns:
            The JSON that it printed last.
        """
        command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **QUIET}
        )
        if process.stdin is None or process.stdout is None:
            raise ValueError("A process has pipes.")
        with process.stdin:
            process.stdin.write(given)
        with process.stdout:
            printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{command} failed with exit code {process.returncode}.")
        self.cpu_seconds += used.ru_utime + used.ru_stime
        self.peak_bytes = max(self.peak_bytes, used.ru_maxrss * 1024)
        return json.loads(printed.splitlines()[-1])


def plan_of(arguments: argparse.Namespace, share: float = 0.0) -> Plan:
    """The grid, or the part of it that is wanted.

    Args:
        share: Of the layers, the lowest, that are left out; adapters in the others are as much wider.
    """
    place = DataSources((arguments.data,), offline=True)
    whole = load(arguments.grid, Grid, kind="grids")
    wanted = []
    if arguments.part:
        columns, targets = map(int, arguments.part.split("x"))
        axes = whole.model_dump(mode="json", exclude_unset=True)
        wanted += [f"intermediates={json.dumps(axes['intermediates'][: columns + 1])}"]
        wanted += [f"targets={json.dumps([*whole.targets][-targets:])}"]
    if share:
        folder = origin_of(whole.backbones[0]).folder
        if folder is None:
            raise ValueError("The backbone of the grid is a folder.")
        layers = json.loads((folder / "config.json").read_text())["num_hidden_layers"]
        left_out = [*range(round(share * layers))]
        for role, training in {"intermediate": whole.train.intermediate, "target": whole.train.target}.items():
            factor = training.method.reduction_factor * (layers - len(left_out)) / layers
            wanted.append(f"train.{role}.method.leave_out={left_out}")
            wanted.append(f"train.{role}.method.reduction_factor={factor}")
    grid = load(arguments.grid, Grid, kind="grids", overrides=wanted)
    return plan(grid, place.tasks, DataStamps(place))


def ours(arguments: argparse.Namespace, way: str, folder: Path) -> Bill:
    """Run the grid in one process."""
    bill = Bill(trainings=len(plan_of(arguments, OURS[way][1]).trainings))
    bill.scores = bill.run("grid.py", *sys.argv[1:], "--way", way, "--folder", str(folder), given="")
    return bill


def run_ours(arguments: argparse.Namespace) -> None:
    """What the process of `ours` does: the mean score of each cell is printed."""
    together, share = OURS[arguments.way]
    site = RunConfig(
        zoo=(arguments.folder / "zoo",),
        data=(arguments.data,),
        cache=arguments.folder / "encoded",
        offline=True,
        device="cpu",
        together=together,
        trunk_cache=arguments.folder / "trunks" if arguments.way == CACHED else None,
        trunk_cache_bytes=10**11,
    )
    made = plan_of(arguments, share)
    outcome = run_grid(made, site)
    if not outcome.ended_well:
        sys.exit(str(next(iter(outcome.failed.values())).error))
    print(json.dumps({_called(cell): (outcome.done[id].evaluation or {})["mean"] for cell, id in made.cells.items()}))


def peer(arguments: argparse.Namespace, way: str, folder: Path) -> Bill:
    """Run a process for each intermediate, then one for each cell."""
    made, bill = plan_of(arguments), Bill()
    backbone = origin_of(made.grid.backbones[0]).folder
    common = {"backbone": str(backbone), "data": str(arguments.data), "scratch": str(folder), "fixed": PEERS[way]}
    saved: dict[JobId, str] = {}
    for cell, id in made.cells.items():
        job = made.jobs[id].job
        if not isinstance(job, Score):
            raise ValueError("A cell is scored by a scoring.")
        by_role = {place.role: place.job for place in job.stack}
        below = by_role.get(Role.INTERMEDIATE)
        if below is not None and below not in saved:
            saved[below] = str(folder / below[:16])
            work = {"trainings": _stages(made, below), "below": None, "save": saved[below], "score": None}
            bill.run("peer.py", given=json.dumps(common | work))
            bill.trainings += len(_stages(made, below))
        trainings = _stages(made, by_role[Role.TARGET]) if Role.TARGET in by_role else []
        work = {"trainings": trainings, "below": saved.get(below or ""), "save": None, "score": job.model_dump_json()}
        bill.scores[_called(cell)] = bill.run("peer.py", given=json.dumps(common | work))["score"]
        bill.trainings += len(trainings)
    return bill


def _stages(made: Plan, id: JobId) -> list[str]:
    """A training, and those before it whose weights it goes on from."""
    job = made.jobs[id].job
    if not isinstance(job, Train):
        raise ValueError("What is trained is a training.")
    before = _stages(made, job.recipe.start.adapter) if job.recipe.start else []
    return [*before, job.model_dump_json()]


def _called(cell: Cell) -> str:
    return f"{cell.intermediate} > {cell.target}"


def table(bills: dict[str, Bill]) -> str:
    """The ways side by side, as Markdown."""
    lines = [
        "| way | trainings | CPU s | times cheaper than the first | peak MB | mean score | without retrieval |",
        "|---|---|---|---|---|---|---|",
    ]
    first = next(iter(bills.values()))
    for way, bill in bills.items():
        answered = [score for name, score in bill.scores.items() if not name.endswith("tatoeba")]
        cells = [way, str(bill.trainings), f"{bill.cpu_seconds:.0f}", f"{first.cpu_seconds / bill.cpu_seconds:.2f}"]
        cells += [f"{bill.peak_bytes / 1e6:.0f}", f"{mean(bill.scores.values()):.2f}"]
        cells += [f"{mean(answered):.2f}" if answered else ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Read the arguments; without `--way`, run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="data sets in hub layout")
    parser.add_argument("--grid", default="miniature", help="a built-in name or a file; one backbone, one seed")
    parser.add_argument("--part", help="so many intermediates, besides none, x so many targets, the last ones (2x3)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, metavar="WAY")
    parser.add_argument("--at-once", type=int, default=1, help="ways that run at the same time")
    parser.add_argument("--out", type=Path, help="also write all results here, as JSON, after each way")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        run_ours(arguments)
        return
    bills: dict[str, Bill] = {}

    def one(way: str) -> None:
        with TemporaryDirectory() as folder:
            bills[way] = (peer if way in PEERS else ours)(arguments, way, Path(folder))
        print(f"{way}: {bills[way].cpu_seconds:.0f} CPU s", file=sys.stderr, flush=True)
        if arguments.out:
            arguments.out.write_text(json.dumps({name: vars(bill) for name, bill in bills.items()}, indent=1))

    with ThreadPoolExecutor(arguments.at_once) as pool:
        list(pool.map(one, arguments.ways))
    print(table({way: bills[way] for way in arguments.ways}))


if __name__ == "__main__":
    main()
