"""The whole program in this process, on a tiny backbone and toy data, set by environment variables as a user would."""

import gc
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from transformers.utils import logging

from madx_stilts.cli.main import main

SHORT = {"STEPS": "3", "BATCH_SIZE": "8", "MAX_TOKENS": "48", "DEVICE": "cpu", "OFFLINE": "1", "CONFIG": "default"}


@dataclass(frozen=True)
class Said:
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def trained(self) -> int:
        """How many trainings it told the beginning of."""
        return self.err.count(": step 0 of ")


@dataclass(frozen=True)
class Workplace:
    """A zoo, a mirror and a cache of its own, and the backbone that commands take if they are told no other."""

    folder: Path
    mirror: Path
    backbone: Path

    @property
    def zoo(self) -> Path:
        return self.folder / "zoo"

    def __call__(self, *words: str | Path) -> Said:
        """Run `madx-stilts` with these words."""
        places = {"ZOO": self.zoo, "DATA": self.mirror, "CACHE": self.folder / "cache", "BACKBONE": self.backbone}
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
        """Every reference of the user's own zoo, by role and name."""
        rows = self.does("zoo", "list", "--json").json
        return {row["ref"].partition("@")[0]: row["ref"] for row in rows if not row["shipped"]}

    def copy(self, folder: Path) -> "Workplace":
        """The same with copies of zoo and mirror, to be damaged."""
        shutil.copytree(self.mirror, folder / "mirror")
        if self.zoo.exists():
            shutil.copytree(self.zoo, folder / "zoo")
        return replace(self, folder=folder, mirror=folder / "mirror")

    def has_nothing_half_written(self) -> bool:
        """Whether the zoo is whole, and no half-written file lies anywhere."""
        return self("zoo", "verify").code == 0 and list(self.folder.rglob("*.partial")) == []


@pytest.fixture(scope="session", autouse=True)
def quick_collections() -> None:
    """Let what the libraries made when they were imported not be looked through whenever garbage is collected."""
    import madx_stilts.run.worker  # noqa: F401

    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def quick_and_calm() -> Iterator[None]:
    """Let the libraries be as in a process of its own: they read the environment only when they are imported.

    Matrices as small as these are multiplied faster by one thread than by many.
    """
    threads, verbosity = torch.get_num_threads(), logging.get_verbosity()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    yield
    torch.set_num_threads(threads)
    logging.set_verbosity(verbosity)


@pytest.fixture
def madx(tmp_path: Path, tiny_mirror: Path, tiny_backbone: Path) -> Workplace:
    """A workplace with an empty zoo."""
    return Workplace(tmp_path, tiny_mirror, tiny_backbone)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_mirror: Path, tiny_backbone: Path) -> Workplace:
    """A workplace with SNLI, XNLI on it, XNLI alone and XQuAD, to be looked at only."""
    place = Workplace(tmp_path_factory.mktemp("trained"), tiny_mirror, tiny_backbone)
    place.does("train", "intermediate", "snli")
    place.does("train", "target", "xnli", "--on", "intermediate/snli")
    place.does("train", "target", "xnli")
    place.does("train", "target", "xquad")
    return place


@pytest.fixture
def damaged(trained: Workplace, tmp_path: Path) -> Workplace:
    """A copy of the trained workplace, to be damaged."""
    return trained.copy(tmp_path)


@pytest.fixture
def rewritten(damaged: Workplace) -> Callable[[str, Callable[[list[dict[str, Any]]], object]], Workplace]:
    """Changes the rows of one file of the mirror."""

    def rewrite(name: str, change: Callable[[list[dict[str, Any]]], object]) -> Workplace:
        file = damaged.mirror / name
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        change(rows)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return damaged

    return rewrite
