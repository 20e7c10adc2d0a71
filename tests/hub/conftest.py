"""A hub on the loopback with the real client in front of it, the program in this process, and adapters to publish."""

import gc
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

SHORT = {"STEPS": "3", "BATCH_SIZE": "8", "MAX_TOKENS": "48", "DEVICE": "cpu", "CONFIG": "default"}


@dataclass(frozen=True)
class Said:
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A zoo, a mirror and a backbone that commands take if they are told no other."""

    zoo: Path
    mirror: Path
    backbone: Path

    def __call__(self, *words: str | Path) -> Said:
        """Run `madx-stilts` with these words."""
        from madx_stilts.cli.main import main

        places = {"ZOO": self.zoo, "DATA": self.mirror, "CACHE": self.zoo.parent / "cache", "BACKBONE": self.backbone}
        options = {f"MADX_STILTS_{name}": str(value) for name, value in {**SHORT, **places}.items()}
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, options),
            mock.patch.object(sys, "argv", ["madx-stilts", *map(str, words)]),
            mock.patch.object(sys, "excepthook", sys.excepthook),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = main()
        return Said(code, out.getvalue(), err.getvalue())

    def does(self, *words: str | Path) -> Said:
        """Run a command that is expected to end well."""
        said = self(*words)
        assert said.code == 0, said.err
        return said

    def refs(self) -> dict[str, str]:
        """Every reference of the zoo, by role and name."""
        return {row["ref"].partition("@")[0]: row["ref"] for row in self.does("zoo", "list", "--json").json}

    def is_empty(self) -> bool:
        """Whether nothing was added to the zoo, nor half of it."""
        return not [path for path in self.zoo.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_mirror: Path, tiny_backbone: Path) -> Place:
    """A zoo with SNLI, XNLI on it, and XNLI alone, to be looked at only."""
    place = Place(tmp_path_factory.mktemp("trained") / "zoo", tiny_mirror, tiny_backbone)
    for words in (("intermediate", "snli"), ("target", "xnli", "--on", "intermediate/snli"), ("target", "xnli")):
        place.does("train", *words, "--offline")
    return place


@pytest.fixture
def ours(trained: Place, tmp_path: Path) -> Place:
    """A copy of that zoo, to be changed."""
    shutil.copytree(trained.zoo, tmp_path / "ours" / "zoo")
    return replace(trained, zoo=tmp_path / "ours" / "zoo")


@pytest.fixture
def theirs(trained: Place, tmp_path: Path) -> Place:
    """An empty zoo, on another machine as it were."""
    return replace(trained, zoo=tmp_path / "theirs" / "zoo")


@pytest.fixture(scope="session")
def running() -> Callable[[], Any]:
    """Starts a hub; see `server.py`."""
    spec = importlib.util.spec_from_file_location("hub_server", Path(__file__).with_name("server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["hub_server"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    started: Callable[[], Any] = module.running
    return started


PLAIN = """
import gc, json, os, sys
sys.modules["madx_stilts"] = None  # as if it were not installed: importing it would fail
import torch, transformers
from adapters import AutoAdapterModel

gc.freeze()
for line in sys.stdin:
    folder, code = json.loads(line)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(writing, 1)
        exec(code)
        sys.stdout.flush()
        os._exit(0)
    os.close(writing)
    with open(reading) as printed:
        text = printed.read()
    print(json.dumps([os.waitpid(child, 0)[1], text]), flush=True)
"""
"""Runs pieces of code, each in a fork of a process that imported `adapters` once."""


@pytest.fixture(scope="session")
def plain_python() -> Iterator[Callable[[Path, str], Any]]:
    """Runs code in a folder, in a process that knows `adapters` and not this package; gives the JSON it prints last."""
    with subprocess.Popen([sys.executable, "-c", PLAIN], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(folder: Path, code: str) -> Any:
            print(json.dumps([str(folder), code]), file=process.stdin, flush=True)
            status, printed = json.loads(process.stdout.readline() if process.stdout else "")
            assert status == 0, printed
            return json.loads(printed.splitlines()[-1])

        yield run
        process.stdin.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that gives up soon; only for hubs that would keep it waiting for ever."""
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.1")


@pytest.fixture
def hub(running: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hub that the client in this process talks to, with the right token."""
    from huggingface_hub import configure_http_backend, constants, file_download

    gc.freeze()  # what is there already need not be looked through again after each test
    with running() as started:
        for name, value in {
            "ENDPOINT": started.url,
            "HF_HUB_OFFLINE": False,
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_DISABLE_PROGRESS_BARS": True,
        }.items():
            monkeypatch.setattr(constants, name, value)
        template = started.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.utils._http.time", SimpleNamespace(sleep=lambda seconds: None))
        monkeypatch.setattr(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.delenv("HF_HUB_DOWNLOAD_TIMEOUT", raising=False)
        monkeypatch.setenv("HF_TOKEN", started.token)
        yield started
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # the client closes no connections
            configure_http_backend()
            gc.collect()
