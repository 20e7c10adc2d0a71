"""Every command that writes, killed with SIGKILL at random moments and run again: does it end as undisturbed?

    python benchmarks/kill_commands.py --kills 3 --out benchmarks/results/kill_commands.json
    python benchmarks/kill_commands.py --kills 5 --only export --only import

`kills.py` kills whole grids; this kills single commands, on the small miniature: `miniature build` (new, and over an
old one), `backbone pretrain`, `train language` with translations, a mixture, a fusion, a target with its trunk cached,
`zoo export`, `import`, `publish --to`, `prune` and `grid report`. Each runs once undisturbed from a prepared place.
Then, for each kill, it begins in a copy of that place, is killed at a random moment, and is run again to its end. A run
is a fork of one process that has imported everything, so that the moments fall into the work. Then is looked at:

- `results`: every file but times and memory in cards and notes, byte by byte;
- `verify`: `zoo verify` finds no fault, and before the second run none but what was left;
- `clean`: no file is there that the undisturbed run did not leave; no lock is held.

A kill counts only if the command had not ended before. It ends with 1 if anything is not as it must be.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

QUIET = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
COSTS = ("wall_seconds", "peak_bytes", "created")
HEADS = ("command", "kill", "s of", "left", "results", "verify", "clean")
BACKBONE = ("--backbone", "miniature", "--device", "cpu")
SHORT = ("--limit", "120", "--steps", "12", "--batch-size", "8", "--max-tokens", "48", "--checkpoint-every", "2")
FAST = (*SHORT, "--set", "train.dev_limit=24", "--set", "train.evaluate_every=6", *BACKBONE)
TINY = """
architecture: encoder
size: {layers: 2, hidden: 32, heads: 2, feed_forward: 64, vocabulary: 2500}
text: {documents: 1200, measured: 40}
train: {steps: 40, batch_size: 16, adam_rate: 5e-3, looks: 1}
"""
GRID = """
name: kills
backbones: [miniature]
intermediates: [none]
targets: [xnli]
seeds: [0]
train: {target: {limit: 120, train: {max_steps: 6, batch_size: 8, max_tokens: 48, dev_limit: 24}}}
evaluate: {limit: 16}
"""
FUSED = "intermediate/mnli,intermediate/snli"
TRANSLATED = ("--config", "language", "--set", "train.translations=10")
TRUNK = ("--trunk-cache", "100MB", "--set", "method.leave_out=[0,1]")


@dataclass(frozen=True)
class Command:
    """A command.

    Args:
        words: `@name` is a file or folder of the place.
        before: Commands that prepare the place, run once.
    """

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()


INTERMEDIATES = tuple(("train", "intermediate", task, *FAST) for task in ("mnli", "snli"))
TARGET = (*INTERMEDIATES[:1], ("train", "target", "xnli", "--on", "intermediate/mnli", *FAST))
COMMANDS = {
    "miniature build": Command(("miniature", "build", "@mini", "--size", "small")),
    "miniature build over": Command(
        ("miniature", "build", "@mini", "--size", "small"),
        (("miniature", "build", "@mini", "--size", "small", "--seed", "2"),),
    ),
    "backbone pretrain": Command(("backbone", "pretrain", "@tiny.yaml", "--out", "@tiny")),
    "train language": Command(("train", "language", "qae", "--text", "@pairs.tsv", *TRANSLATED, *FAST)),
    "mixture": Command(("train", "intermediate", "mnli", "snli", "--sampling", "uniform", *FAST)),
    "fusion": Command(("train", "target", "xnli", "--on", FUSED, "--transfer", "fuse", *FAST), INTERMEDIATES),
    "trunk cache": Command(("train", "intermediate", "mnli", *FAST, *TRUNK)),
    "export": Command(("zoo", "export", "target/xnli+mnli", "@out"), TARGET),
    "import": Command(
        ("--zoo", "@other", "zoo", "import", "@given"), (*TARGET, ("zoo", "export", "target/xnli+mnli", "@given"))
    ),
    "publish": Command(("zoo", "publish", "--all", "--to", "@shared"), TARGET),
    "prune": Command(("zoo", "prune", "--older-than", "0", "--yes"), TARGET),
    "grid report": Command(
        ("grid", "report", "@grid.yaml", "--out", "@report"), (("grid", "run", "@grid.yaml", "--device", "cpu"),)
    ),
}


@dataclass(frozen=True)
class Trial:
    """What became of a kill.

    Args:
        moment: Seconds after the command began.
        left: Files that lay there half-written.
        wrong: What went wrong, where it did.
    """

    command: str
    moment: float
    length: float
    left: int
    results: bool
    verify: bool
    clean: bool
    wrong: str


def begin(place: Path, words: tuple[str, ...], data: Path) -> int:
    """Start a command in a fork, and return its process."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    with (place / "said.txt").open("a") as said, contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            (place / "tmp").mkdir(exist_ok=True)
            options = {"ZOO": place / "zoo", "CACHE": place / "cache", "OFFLINE": 1}
            options |= {"DATA": data} if data.exists() else {}
            os.environ.update({f"MADX_STILTS_{name}": str(value) for name, value in options.items()})
            os.environ["TMPDIR"] = str(place / "tmp")
            sys.argv = ["madx-stilts", *(str(place / word[1:]) if word[0] == "@" else word for word in words)]
            from madx_stilts.cli.main import main

            code = main()
        finally:
            said.flush()
            os._exit(code)


def ended(child: int) -> int:
    """Wait for a fork; its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(place: Path, words: tuple[str, ...], data: Path) -> float:
    """Run a command to its good end, and tell how long it took."""
    began = time.monotonic()
    code = ended(begin(place, words, data))
    if code:
        raise RuntimeError(f"{' '.join(words)} ended with {code}:\n{(place / 'said.txt').read_text()[-3000:]}")
    return time.monotonic() - began


def content(place: Path) -> dict[str, object]:
    """All files that commands left, without what must differ."""
    kept = {place / name for name in ("said.txt", "tmp")}
    found = (path for path in place.rglob("*") if path not in kept and not {"locks", "tmp"} & {*path.parts[-2:]})
    return {str(path.relative_to(place)): _value(path, place) for path in found}


def _value(path: Path, place: Path) -> object:
    if path.is_dir():
        return "folder"
    if path.suffix == ".lock" or path.name in ("lock", "pretraining.json"):
        return "there"
    if path.name == "card.json" or "records" in path.parts or "published" in path.parts or "imported" in path.parts:
        told = json.loads(path.read_text().replace(str(place), "PLACE"))  # a card says where data came from
        return {key: value for key, value in told.items() if key not in (*COSTS, "at", "from", *_TIMES)}
    return path.read_bytes()


_TIMES = ("started", "ended", "cpu_seconds", "pid", "sha256", "peak_bytes")


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def faults_of(place: Path) -> list[str]:
    """What `zoo verify` finds in the zoos of a place."""
    from madx_stilts.zoo.store import Zoo

    return [str(fault) for root in place.iterdir() if (root / "objects").is_dir() for fault in Zoo([root]).verify()]


def kill_once(name: str, place: Path, data: Path, moment: float, calm: Mapping[str, object]) -> Trial | None:
    """Kill the command, run it again, and compare; None if it had ended."""
    command = COMMANDS[name]
    child = begin(place, command.words, data)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    if ended(child) != -signal.SIGKILL:
        return None
    left = len([path for path in place.rglob("*.partial") if path.parent != place / "tmp"])
    before = [fault for fault in faults_of(place) if "was left by" not in fault]
    wrong = [f"after the kill: {before[0]}"] if before else []
    try:
        run(place, command.words, data)
    except RuntimeError as error:
        wrong.append(str(error))
    found, after = content(place), faults_of(place)
    strange = sorted(found.keys() ^ calm.keys())
    differing = sorted(path for path in found.keys() & calm.keys() if found[path] != calm[path])
    busy = [str(path) for path in place.rglob("locks/*") if _is_held(path)]
    wrong += [f"{what}: {which[:3]}" for what, which in (("strange", strange), ("differ", differing)) if which]
    wrong += [*after[:1], *busy[:1]]
    sound = not (before or after)
    return Trial(name, round(moment, 2), 0.0, left, not differing, sound, not (strange or busy), "; ".join(wrong))


def trials(name: str, scratch: Path, data: Path, kills: int, dice: random.Random) -> list[Trial]:
    """All kills of one command."""
    command, tries = COMMANDS[name], 0
    made: list[Trial] = []
    start = scratch / name.replace(" ", "-")
    start.mkdir()
    (start / "tiny.yaml").write_text(TINY)
    (start / "grid.yaml").write_text(GRID)
    shutil.copyfile(scratch / "pairs.tsv", start / "pairs.tsv")
    for words in command.before:
        run(start, words, data)
    calm = Path(shutil.copytree(start, f"{start}-calm"))
    length = run(calm, command.words, data)
    expected = content(calm)
    while len(made) < kills and tries < 4 * kills:
        tries += 1
        place = Path(shutil.copytree(start, f"{start}-{tries}"))
        moment = dice.uniform(0, length) / (1 + (tries - 1) // kills)
        trial = kill_once(name, place, data, moment, expected)
        shutil.rmtree(place)
        if trial is not None:
            made.append(trial := Trial(**{**asdict(trial), "length": round(length, 2)}))
            good = ["yes" if one else "NO" for one in (trial.results, trial.verify, trial.clean)]
            cells = [name, f"{trial.moment:.1f}", f"{length:.1f}", str(trial.left), *good]
            print(f"| {' | '.join(cells)} |", trial.wrong, flush=True)
    return made


def warm(scratch: Path, data: Path) -> None:
    """Import all that commands need, once, by letting one of each kind run in this process."""
    import torch

    import madx_stilts.api.services
    import madx_stilts.cli.giving
    import madx_stilts.cli.taking
    import madx_stilts.cli.trained
    import madx_stilts.nets.fusion
    import madx_stilts.pretrain.work
    import madx_stilts.run.engines.devices
    import madx_stilts.train.roles  # noqa: F401

    torch.set_num_threads(1)


def main() -> int:
    """Kill, compare, print, and write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=3, help="Of each command.")
    parser.add_argument("--seed", type=int, default=0, help="Another seed draws other moments.")
    parser.add_argument("--only", action="append", choices=[*COMMANDS], metavar="COMMAND", help="Only these commands.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Where all trials go, as JSON.")
    chosen = parser.parse_args()
    os.environ.update(QUIET)
    dice, made = random.Random(chosen.seed), list[Trial]()
    with TemporaryDirectory(prefix="kill-commands-") as name:
        scratch = Path(name)
        data = scratch / "data"
        warm(scratch, data)
        run(scratch, ("miniature", "build", "@data", "--size", "small"), data)
        (scratch / "pairs.tsv").write_text(_pairs(data))
        print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}", flush=True)
        for command in chosen.only or COMMANDS:
            made += trials(command, scratch, data, chosen.kills, dice)
            if chosen.out:
                chosen.out.parent.mkdir(exist_ok=True)
                chosen.out.write_text(json.dumps([asdict(one) for one in made], indent=1) + "\n")
    bad = [one for one in made if one.wrong]
    print(f"{len(made) - len(bad)} of {len(made)} ended as if nothing had happened.")
    return bool(bad)


def _pairs(data: Path) -> str:
    """Texts of the held-out language and their translations, a pair on each line."""
    from madx_stilts.data.place import DataSources
    from madx_stilts.data.read import read

    place = DataSources((data,), offline=True)
    texts = [read(place.tasks["xnli"], code, "test", place=place, limit=120).items for code in ("qae", "qaa")]
    return "".join(f"{one.first}\t{other.first}\n" for one, other in zip(*texts, strict=True))


if __name__ == "__main__":
    sys.exit(main())
