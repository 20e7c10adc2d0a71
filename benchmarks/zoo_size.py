"""How long the commands that look through a whole zoo take, as it grows.

    python benchmarks/zoo_size.py --sizes 500,2000,10000 --out benchmarks/zoo_size.json
    python benchmarks/zoo_size.py --sizes 500 --other CHECKOUT     # beside another version of the package, by turns

A zoo of tiny adapters is written: a fifth are intermediates, each of the others is a target on one of them, all under
names of their own. Each command runs in a process of its own, with `--json` where it has it, and its CPU and wall
seconds are taken; with `--other`, the two versions take turns in the same run, so that their ratio means something on a
machine that does other work too. What takes more CPU seconds than `--patience` is ended, and reported as that.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.card import BackboneNote, Card, Parent
from madx_stilts.recipe import Part, Recipe
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.layer import Layer, reference_json

COMMANDS = {
    "list": ["zoo", "list", "--json"],
    "list, as a table": ["zoo", "list"],
    "show": ["zoo", "show", "target/adapter-1", "--json"],
    "verify": ["zoo", "verify", "--json"],
    "prune, told": ["zoo", "prune", "--older-than", "0", "--json"],
    "prune, done": ["zoo", "prune", "--older-than", "0", "--yes", "--json"],
}
FILES = {"adapter.safetensors": b"weights", "adapter_config.json": b"{}"}
HEADS = ("adapters", "command", "version", "CPU s", "wall s")


@dataclass(frozen=True)
class Took:
    """What one command took; None where it was ended before it was done."""

    adapters: int
    command: str
    version: str
    cpu_seconds: float | None
    wall_seconds: float | None


def write_zoo(root: Path, count: int) -> None:
    """Write so many adapters, without the care for crashes that a zoo takes."""
    parents: list[Card] = []
    for number in range(count):
        below = [parents[number % len(parents)]] if number % 5 and parents else []
        card = _card(number, below)
        if not below:
            parents.append(card)
        layer, role = Layer(root), Role.TARGET if below else Role.INTERMEDIATE
        folder = layer.object(card.id)
        folder.mkdir(parents=True)
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
        (folder / "card.json").write_text(card.model_copy(update={"files": sums}).to_json())
        ref = AdapterRef(role, f"adapter-{number}", card.id)
        layer.reference(ref).parent.mkdir(parents=True)
        layer.reference(ref).write_text(reference_json(ref))


def _card(number: int, below: list[Card]) -> Card:
    ids = tuple(card.id for card in below)
    recipe = Recipe(parts=(Part(task="mnli", language="en"),), seed=number, below=ids)
    data, fingerprint = {"mnli@en:train": "da7a" * 16}, "b" * 64
    return Card(
        id=recipe.identity(backbone=fingerprint, data=data),
        name=f"adapter-{number}",
        recipe=recipe,
        backbone=BackboneNote(name="tiny", fingerprint=fingerprint, model_type="bert", hidden_size=8, layers=2),
        data=data,
        parents=tuple(Parent(reference=card.name, id=card.id) for card in below),
        scores={"accuracy": 50.0 + number % 40},
        created="2024-05-31T09:00:00Z",
    )


def run(root: Path, words: list[str], package: Path, patience: int) -> tuple[float | None, float | None]:
    """CPU and wall seconds of a command."""
    places = {"MADX_STILTS_ZOO": str(root), "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        subprocess.run(
            [sys.executable, "-m", "madx_stilts", *words],
            env={**os.environ, **places},
            cwd=package,
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_CPU, (patience, patience)),
            check=True,
        )
    except subprocess.CalledProcessError as error:
        if error.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return None, None
        raise
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(cpu, 2), round(time.monotonic() - began, 2)


def measured(size: int, versions: dict[str, Path], patience: int) -> Iterator[Took]:
    """Each command in each version, by turns; each pruning has a zoo of its own."""
    with TemporaryDirectory(prefix="zoo-size-") as name:
        zoos = {version: Path(name) / str(at) for at, version in enumerate(versions)}
        for root in zoos.values():
            write_zoo(root, size)
        for command, words in COMMANDS.items():
            for version, package in versions.items():
                yield Took(size, command, version, *run(zoos[version], words, package, patience))


def main() -> None:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="500,2000,10000")
    parser.add_argument("--other", type=Path, metavar="CHECKOUT", help="Another version of the package.")
    parser.add_argument("--patience", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Where all numbers go, as JSON.")
    chosen = parser.parse_args()
    versions = {"this": Path(__file__).resolve().parents[1]}
    if chosen.other:
        versions = {"other": chosen.other.resolve(), **versions}
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
    took = []
    for size in map(int, chosen.sizes.split(",")):
        for one in measured(size, versions, chosen.patience):
            took.append(asdict(one))
            longer = f"> {chosen.patience}"
            cells = [one.adapters, one.command, one.version, one.cpu_seconds or longer, one.wall_seconds or longer]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)
            if chosen.out:
                write(chosen.out, took)


def write(file: Path, took: list[dict[str, object]]) -> None:
    """Write down all that was measured so far."""
    load = [round(one, 1) for one in os.getloadavg()]
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": load}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"machine": machine, "took": took}, indent=1) + "\n")


if __name__ == "__main__":
    main()
