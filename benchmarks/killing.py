"""What the kill trials share: the environment, what a store holds, which locks are held, and the table of results."""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

QUIET = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
TIMES = ("wall_seconds", "cpu_seconds", "peak_bytes", "created", "started", "ended", "at", "pid", "sha256")
"""What differs between equal runs in cards and notes; a note's sha256 is that of a card with times in it."""
NOTES = ("records", "published", "imported")
"""The folders of a zoo that hold notes of what was done."""
SAID = "said.txt"
"""What the commands of a place printed."""
PATIENCE = 600.0
"""Seconds that anything may take."""


def places(folder: Path, data: Path) -> dict[str, str]:
    """The variables by which commands write into one folder only, and read one folder of data."""
    named = {"ZOO": folder / "zoo", "CACHE": folder / "cache", "OFFLINE": 1}
    named |= {"DATA": data} if data.exists() else {}  # not yet while the miniature is built
    return {f"MADX_STILTS_{name}": str(value) for name, value in named.items()} | {"TMPDIR": str(folder / "tmp")}


def content(folder: Path, *, without: Iterable[str] = ("locks",)) -> dict[str, object]:
    """Each file and folder below a folder, and what it holds but for times and memory.

    Args:
        without: The names of folders of which nothing below is looked at.
    """
    left_out = {*without, SAID}
    found = {path: path.relative_to(folder) for path in folder.rglob("*")}
    return {str(name): _value(path) for path, name in found.items() if not left_out & {*name.parts[:-1], name.name}}


def differences(found: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    """The files that both have and that differ; of cards and notes, with the fields."""
    differing = sorted(path for path in found.keys() & expected.keys() if found[path] != expected[path])
    return [f"{path}{_fields(found[path], expected[path])}" for path in differing]


def held_locks(folder: Path) -> list[str]:
    """The locks below a folder that a process holds."""
    return [str(path) for path in folder.rglob("locks/*") if _is_held(path)]


def wait_for(there: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {PATIENCE:.0f} seconds for {what}")
        time.sleep(0.02)


# --- What is printed and written down ---


def options(description: str | None, victims: Iterable[str], *, kills: int) -> argparse.ArgumentParser:
    """The options that all kill trials have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=kills, help=f"Default: {kills}.")
    parser.add_argument("--seed", type=int, default=0, help="Another seed draws other moments.")
    parser.add_argument("--only", action="append", choices=[*victims], metavar="VICTIM", help="Only these.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Where all trials go, as JSON.")
    return parser


def print_heads(heads: Sequence[str]) -> None:
    """The head of a table."""
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)


def print_row(cells: Iterable[object], wrong: Iterable[str]) -> None:
    """A line of a table, and behind it what went wrong; a truth is `yes` or `NO`."""
    words = [("yes" if cell else "NO") if isinstance(cell, bool) else str(cell) for cell in cells]
    print(f"| {' | '.join(words)} |", *wrong, flush=True)


def write_down(file: Path | None, made: Sequence["DataclassInstance"]) -> None:
    """Write down all trials so far, if a file is named."""
    if file is not None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps([asdict(one) for one in made], indent=1) + "\n")


def concluded(faults: int, trials: int) -> int:
    """Print how the trials ended; 1 if any fault was found."""
    print(f"{trials - faults} of {trials} ended as if nothing had happened.")
    return int(faults > 0)


def _value(path: Path) -> object:
    if path.is_dir():
        return "folder"
    if path.suffix == ".lock" or path.name in ("lock", "pretraining.json"):
        return "there"
    if path.name == "card.json" or {*NOTES} & {*path.parts}:
        return {key: value for key, value in json.loads(path.read_bytes()).items() if key not in TIMES}
    return path.read_bytes()


def _fields(found: object, expected: object) -> str:
    if not isinstance(found, dict) or not isinstance(expected, dict):
        return ""
    keys = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
    return " in " + "; ".join(f"{key}: {found.get(key)!r}, undisturbed {expected.get(key)!r}" for key in keys)


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
