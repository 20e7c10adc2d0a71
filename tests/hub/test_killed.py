"""Killed before any of its file operations, a command that is run again ends as if nothing had happened."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Place = Any

KILLED = """
import contextlib, gc, io, json, os, shutil, signal, sys
from pathlib import Path
from madx_stilts.cli.main import cli
from madx_stilts.cli import giving, taking, zoos
from madx_stilts.miniature import build
from madx_stilts.zoo.store import Zoo

scratch, zoo, words = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
zoos.shipped_zoo = lambda: None
# One small file stands for all data sets of the miniature: only when it is written and renamed matters here.
for data_sets in (build.nli, build.pairs, build.qa, build.choice, build.tagging, build.retrieval, build.linking):
    data_sets.write = lambda studio: None
build.text.write = lambda mirror: mirror.json("text/rows.json", {"rows": 1})
build.Studio = lambda world, mirror, amounts, domains: mirror
known = build.passport(build.World(1), "small")
build.passport, build.World = lambda world, size: known, lambda seed: None
gc.freeze()


def command(place):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(sys.stderr):
        given = [str(place / word[1:]) if word[0] == "@" else word for word in words]
        return cli.main(["--zoo", str(place / zoo), *given], prog_name="madx-stilts", standalone_mode=False)


def counting(limit):
    steps = []
    for name in ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink"):
        def counted(*arguments, real=getattr(os, name), **options):
            if len(steps) == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            steps.append(name)
            return real(*arguments, **options)
        setattr(os, name, counted)
    return steps


def in_fork(place, limit):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            counting(limit)
            code = command(place) or 0
        except BaseException as error:
            print(limit, repr(error), file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def content(place):
    files = [path for path in place.rglob("*") if path.is_file() and "locks" not in path.parts]
    # Where an adapter was imported from, and when, differs between two places.
    return {str(path.relative_to(place)): b"" if "imported" in path.parts else path.read_bytes() for path in files}


def calm():
    place = scratch / "calm"
    shutil.copytree(scratch / "begin", place)
    assert os.waitstatus_to_exitcode(in_fork(place, None)) == 0
    return content(place)


expected, step, died = calm(), 0, True
while died:
    place = scratch / str(step)
    shutil.copytree(scratch / "begin", place)
    died = os.WIFSIGNALED(in_fork(place, step))
    for folder in {zoo, *(word[1:] for word in words if word[0] == "@")}:
        if (place / folder / "objects").is_dir():
            faults = [str(fault) for fault in Zoo([place / folder]).verify()]
            assert all("was left by" in fault for fault in faults), (step, faults)
    assert os.waitstatus_to_exitcode(in_fork(place, None)) == 0, step
    found = content(place)
    assert found.keys() == expected.keys(), (step, found.keys() ^ expected.keys())
    differing = [name for name in found if found[name] != expected[name]]
    assert not differing, (step, differing)
    for folder in {zoo, *(word[1:] for word in words if word[0] == "@")}:
        if (place / folder / "objects").is_dir():
            assert Zoo([place / folder]).verify() == [], step
    shutil.rmtree(place)
    step += 1
print(step)
"""

COMMANDS = {
    "publish": (["zoo", "publish", "--stack", "intermediate/snli,target/xnli+snli", "--to", "@shared"], 30),
    "export": (["zoo", "export", "target/xnli+snli", "@out"], 5),
    "import": (["zoo", "import", "@given"], 20),
    "prune": (["zoo", "prune", "--older-than", "0", "--yes"], 30),
    "miniature": (["miniature", "build", "@mini", "--size", "small"], 8),
    "miniature again": (["miniature", "build", "@mini", "--size", "small"], 12),
}


@pytest.fixture
def begin(ours: Place, tmp_path: Path) -> Path:
    """What lies there before the command."""
    folder = tmp_path / "begin"
    shutil.copytree(ours.zoo, folder / "zoo")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
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
    code = [sys.executable, "-c", KILLED, str(tmp_path), "zoo", json.dumps(words)]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= at_least
