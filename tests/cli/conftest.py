"""The command line in this process, as the installed command calls it, and a zoo to show, without real weights."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from madx_stilts.card import BackboneNote, Card, Parent
from madx_stilts.cli.main import main
from madx_stilts.recipe import Method, Part, Recipe, StartWeights, TrainSettings
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.store import Zoo


@dataclass(frozen=True)
class Said:
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)


Madx = Callable[..., Said]


@pytest.fixture
def madx(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Madx:
    """Runs `madx-stilts` with the words that follow; what it sets in the environment is taken back."""

    def run(*words: str | Path) -> Said:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["madx-stilts", *map(str, words)])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        with mock.patch.dict(os.environ):
            code = main()
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets stdout be a terminal so many columns wide."""

    def be(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    return be


@pytest.fixture
def zoo_folder(tmp_path: Path) -> Path:
    """A zoo in which an adapter for COPA stands on SNLI, and went on from one for SIQa."""
    folder = tmp_path / "zoo"
    zoo = Zoo([folder])
    snli = _added(zoo, _card("snli", Recipe(parts=(Part(task="snli", language="en"),))))
    below = _added(zoo, _card("siqa_snli", Recipe(parts=(Part(task="siqa", language="en"),), below=(snli.id,)), snli))
    start = StartWeights(adapter=below.id, head=True)
    recipe = Recipe(
        parts=(Part(task="copa", language="en", limit=1000),),
        below=(snli.id,),
        start=start,
        method=Method(reduction_factor=8),
        train=TrainSettings(epochs=7),
        seed=3,
    )
    copa = _added(zoo, _card("xcopa_snli", recipe, snli, below))
    zoo.name(Role.INTERMEDIATE, "snli", snli.id)
    zoo.name(Role.TARGET, "siqa+snli", below.id)
    zoo.name(Role.TARGET, "xcopa+snli", copa.id)
    zoo.name(Role.TARGET, "causes-and-effects", copa.id)
    return folder


def _card(name: str, recipe: Recipe, *parents: Card) -> Card:
    fingerprint, data = "f1" * 32, {f"{recipe.parts[0].task}@en:train": "da7a" * 16}
    return Card(
        id=recipe.identity(backbone=fingerprint, data=data),
        name=name,
        recipe=recipe,
        backbone=BackboneNote(
            name="xlmr-base", fingerprint=fingerprint, model_type="xlm-roberta", hidden_size=768, layers=12
        ),
        data=data,
        origins={key: "mirror owner/name" for key in data},
        parents=tuple(Parent(reference=str(AdapterRef(Role.TARGET, one.name, one.id)), id=one.id) for one in parents),
        steps=1234,
        examples_seen=39488,
        scores={"accuracy": 81.25, "f1": 12.5},
        wall_seconds=61.5,
        peak_bytes=2_500_000_000,
        licence="MIT",
        notes=("A note.",),
    )


def _added(zoo: Zoo, card: Card) -> Card:
    with zoo.adding(card) as folder:
        (folder / "adapter.safetensors").write_bytes(b"weights")
    return card
