"""Zoos of a group on a shared disk, pruning from the command line, and a process that must not open a connection."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Place = Any
Hub = Any
NO_NETWORK = """
import json, os, socket, sys

def refuse(*words, **named):
    os.write(2, b"a connection was opened")
    os._exit(99)

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from madx_stilts.cli.main import main

for words in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        sys.argv = ["madx-stilts", *words]
        code = main()
        os._exit(98 if "transformers" in sys.modules else code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=sys.stderr)
"""


def test_a_group_shares_a_zoo(ours: Place, theirs: Place, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    assert "2 adapters copied" in ours.does("zoo", "publish", "target/xnli+snli", "--to", shared).out
    assert "there already" in ours.does("zoo", "publish", "target/xnli+snli", "--to", shared).out
    assert theirs.refs() == {}
    rows = theirs.does("zoo", "list", "--json", "--peer", shared).json
    assert {row["ref"] for row in rows} == {ours.refs()[name] for name in ("intermediate/snli", "target/xnli+snli")}
    said = theirs.does("train", "intermediate", "snli", "--offline", "--peer", shared, "--json").json
    assert said["trained"] == []


def test_a_folder_that_is_no_zoo_is_not_made_one(ours: Place, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    assert ours("zoo", "publish", "target/xnli", "--to", tmp_path / "mine").code == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_pruning_is_told_first_and_keeps_what_was_published(ours: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", "--to", "hub:me/xnli-snli")
    assert ours("zoo", "prune").code == 2
    told = ours.does("zoo", "prune", "--older-than", "0").out
    assert "was published to hub:me/xnli-snli" in told
    assert "Nothing is removed yet" in told
    assert len(ours.refs()) == 3
    ours.does("zoo", "prune", "--older-than", "0", "--yes")
    assert set(ours.refs()) == {"intermediate/snli", "target/xnli+snli"}
    assert ours.does("zoo", "verify").code == 0


def test_offline_means_that_no_connection_is_opened_at_all_and_no_model_is_needed(ours: Place, tmp_path: Path) -> None:
    commands = [
        ["zoo", "export", "target/xnli+snli", str(tmp_path / "out")],
        ["zoo", "publish", "target/xnli", "--to", "hub:me/x", "--dry-run"],
        ["--offline", "zoo", "publish", "target/xnli", "--to", "hub:me/x"],
        ["zoo", "pull", "hub:me/x"],
    ]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "MADX_STILTS_ZOO": str(ours.zoo)}
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, json.dumps(commands)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert "a connection was opened" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.isdigit()] == ["0", "0", "3", "3"], done.stderr
