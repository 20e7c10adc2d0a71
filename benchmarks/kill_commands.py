"""Every command that writes, killed with SIGKILL at random moments and run again: does it end as undisturbed?

    python benchmarks/kill_commands.py --kills 3 --out benchmarks/results/kill_commands.json
    python benchmarks/kill_commands.py --kills 5 --only export --only import

`kills.py` kills whole grids; this kills single commands, on the small miniature: `miniature build` (new, and over an
old one), `backbone pretrain`, `train language` with translations, a mixture, a fusion, a target with its trunk cached,
`zoo export`, `import`, `publish --to`, `prune` and `grid report`. Each runs once undisturbed from a prepared place.
Then, for each kill, it begins in a copy of that place under the same path, is killed at a random moment, and is run
again to its end. A run is a fork of one process that has imported everything, so that the moments fall into the work.
Then is looked at:

- `results`: every file but times and memory in cards and notes, byte by byte;
- `verify`: `zoo verify` finds no fault, and before the second run none but what was left;
- `clean`: no file is there that the undisturbed run did not leave; no lock is held.

A kill counts only if the command had not ended before. It ends with 1 if anything is not as it must be.
"""

import contextlib
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import killing
from commands_to_kill import COMMANDS, GRID, TINY

HEADS = ("command", "kill", "s of", "left", "results", "verify", "clean")


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
    with (place / killing.SAID).open("a") as said, contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            (place / "tmp").mkdir(exist_ok=True)
            os.environ.update(killing.places(place, data))
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
        raise RuntimeError(f"{' '.join(words)} ended with {code}:\n{(place / killing.SAID).read_text()[-3000:]}")
    return time.monotonic() - began


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
    found, after = killing.content(place), faults_of(place)
    strange, busy = sorted(found.keys() ^ calm.keys()), killing.held_locks(place)
    differing = killing.differences(found, calm)
    wrong += [f"{what}: {which[:3]}" for what, which in (("strange", strange), ("differ", differing)) if which]
    wrong += [*after[:1], *busy[:1]]
    sound = not (before or after)
    return Trial(name, round(moment, 2), 0.0, left, not differing, sound, not (strange or busy), "; ".join(wrong))


def trials(name: str, scratch: Path, data: Path, kills: int, dice: random.Random) -> Iterator[Trial]:
    """All kills of one command. Each run has the same path, since notes say where files came from."""
    command, tries, made = COMMANDS[name], 0, 0
    place, start = scratch / "place", scratch / "start"
    place.mkdir()
    (place / "tiny.yaml").write_text(TINY)
    (place / "grid.yaml").write_text(GRID)
    shutil.copyfile(scratch / "pairs.tsv", place / "pairs.tsv")
    for words in command.before:
        run(place, words, data)
    shutil.copytree(place, start)
    length = run(place, command.words, data)
    expected = killing.content(place)
    while made < kills and tries < 4 * kills:
        shutil.rmtree(place)
        shutil.copytree(start, place)
        moment = dice.uniform(0, length) / (1 + tries // kills)
        tries += 1
        if trial := kill_once(name, place, data, moment, expected):
            made += 1
            yield replace(trial, length=round(length, 2))
    shutil.rmtree(place)
    shutil.rmtree(start)


def warm() -> None:
    """Import all that commands need."""
    import torch

    import madx_stilts.api.services
    import madx_stilts.cli.giving
    import madx_stilts.cli.taking
    import madx_stilts.cli.trained
    import madx_stilts.nets.fusion
    import madx_stilts.pretrain.pretrain
    import madx_stilts.run.engines.devices
    import madx_stilts.train.requests  # noqa: F401

    torch.set_num_threads(1)


def main() -> int:
    """Kill, compare, print, and write down."""
    chosen = killing.options(__doc__, COMMANDS, kills=3).parse_args()
    os.environ.update(killing.QUIET)
    dice, made = random.Random(chosen.seed), list[Trial]()
    with TemporaryDirectory(prefix="kill-commands-") as name:
        scratch = Path(name)
        data = scratch / "data"
        warm()
        run(scratch, ("miniature", "build", "@data", "--size", "small"), data)
        (scratch / "pairs.tsv").write_text(_pairs(data))
        killing.print_heads(HEADS)
        for command in chosen.only or COMMANDS:
            for trial in trials(command, scratch, data, chosen.kills, dice):
                made.append(trial)
                cells = [command, f"{trial.moment:.1f}", f"{trial.length:.1f}", trial.left]
                killing.print_row([*cells, trial.results, trial.verify, trial.clean], [trial.wrong])
                killing.write_down(chosen.out, made)
    return killing.concluded(sum(bool(one.wrong) for one in made), len(made))


def _pairs(data: Path) -> str:
    """Texts of the held-out language and their translations, a pair on each line."""
    from madx_stilts.data.read import read
    from madx_stilts.data.sources import DataSources

    place = DataSources((data,), offline=True)
    texts = [read(place.tasks["xnli"], code, "test", place=place, limit=120).items for code in ("qae", "qaa")]
    return "".join(f"{one.first}\t{other.first}\n" for one, other in zip(*texts, strict=True))


if __name__ == "__main__":
    sys.exit(main())
