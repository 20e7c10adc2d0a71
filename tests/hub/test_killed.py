"""Killed before any of its file operations, a command that is run again ends as if nothing had happened.

What a kill leaves is what lies on the disk at that moment: the system lets go of locks, and what was not flushed is
lost. So one undisturbed run shows all that kills could leave. Before each of its file operations the disk is looked at,
and for each state that was not there just before, the command is run where things lie like that.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.cli import zoos
from madx_stilts.zoo.store import Zoo

Place = Any
State = dict[str, bytes | None]
"""The content of each file, and None for each folder, by their paths."""

OPERATIONS = ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink")
COMMANDS = {
    "publish": (["zoo", "publish", "--stack", "intermediate/snli,target/xnli+snli", "--to", "@shared"], 30),
    "export": (["zoo", "export", "target/xnli+snli", "@out"], 5),
    "import": (["zoo", "import", "@given"], 20),
    "prune": (["zoo", "prune", "--older-than", "0", "--yes"], 30),
    "miniature": (["miniature", "build", "@mini", "--size", "small"], 8),
    "miniature again": (["miniature", "build", "@mini", "--size", "small"], 12),
}


@pytest.fixture(autouse=True)
def without_data_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shipped zoo, and one small file for all data sets of the miniature: only when it is written matters."""
    monkeypatch.setattr(zoos, "shipped_zoo", lambda: None)
    for name in ("nli", "pairs", "qa", "choice", "tagging", "retrieval", "linking"):
        monkeypatch.setattr(f"madx_stilts.miniature.build.{name}.write", lambda studio: None)
    small = {
        "text.write": lambda mirror: mirror.json("text/rows.json", {"rows": 1}),
        "Studio": lambda world, mirror, amounts, domains: mirror,
        "passport": lambda world, size: {"name": "miniature", "size": size},
        "MiniatureWorld": lambda seed: None,
    }
    for name, instead in small.items():
        monkeypatch.setattr(f"madx_stilts.miniature.build.{name}", instead)


@pytest.fixture
def begin(ours: Place, tmp_path: Path) -> Path:
    """What lies there before the command."""
    folder = tmp_path / "begin"
    shutil.copytree(ours.zoo, folder / "zoo")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_anywhere_and_run_again_a_command_ends_as_undisturbed(
    ours: Place, begin: Path, name: str, tmp_path: Path
) -> None:
    words, at_least = COMMANDS[name]
    if name == "import":
        ours.does("zoo", "export", "target/xnli+snli", begin / "given")
        shutil.rmtree(begin / "zoo")
    if name == "miniature again":
        (begin / "mini" / "old").mkdir(parents=True)
        for file in ("world.json", "old/rows.jsonl"):
            (begin / "mini" / file).write_text('{"name": "miniature"}')

    def run(folder: Path) -> None:
        given = [folder / word[1:] if word[0] == "@" else word for word in words]
        replace(ours, zoo=folder / "zoo").does(*given)

    calm = shutil.copytree(begin, tmp_path / "calm")
    operations, states = seen_during(lambda: run(calm), calm)
    assert operations >= at_least
    expected = results(calm)
    for number, state in enumerate(states):
        place = tmp_path / str(number)
        restore(state, place)
        assert all("was left by" in fault for fault in faults(place)), (number, faults(place))
        run(place)
        found = results(place)
        assert found.keys() == expected.keys(), (number, found.keys() ^ expected.keys())
        differing = [file for file in found if found[file] != expected[file]]
        assert not differing, (number, differing)
        assert faults(place) == [], number
        shutil.rmtree(place)


def seen_during(run: Callable[[], None], folder: Path) -> tuple[int, list[State]]:
    """How many file operations a run does, and how things lay before those, without repetitions in a row."""
    states: list[State] = []
    count = 0

    def looked(real: Callable[..., object], *arguments: object, **options: object) -> object:
        nonlocal count
        count += 1
        if (now := state_of(folder)) not in states[-1:]:
            states.append(now)
        return real(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in OPERATIONS:
            real = getattr(os, name)
            patch.setattr(os, name, lambda *arguments, real=real, **options: looked(real, *arguments, **options))
        run()
    return count, states


def state_of(folder: Path) -> State:
    """All that lies in a folder."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def restore(state: State, folder: Path) -> None:
    """Make a folder in which things lie like that."""
    folder.mkdir()
    for name, content in sorted(state.items()):
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)


def results(folder: Path) -> State:
    """All files but locks. Where an adapter was imported from, and when, differs between two places."""
    files = {name: content for name, content in state_of(folder).items() if content is not None}
    return {name: b"" if "imported/" in name else content for name, content in files.items() if "locks/" not in name}


def faults(folder: Path) -> list[str]:
    """What `zoo verify` finds in the zoos that lie there."""
    roots = [root for root in folder.iterdir() if (root / "objects").is_dir()]
    return [str(fault) for root in roots for fault in Zoo([root]).verify()]
