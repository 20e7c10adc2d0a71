"""The same request is the same recipe, and so the same adapter, from the command line, from a grid and from Python."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from madx_stilts.cli.main import cli
from madx_stilts.config import AdapterConfig
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.recipes import RecipeBuilder
from madx_stilts.recipe import Recipe
from madx_stilts.tasks import TASKS
from madx_stilts.train import requests as roles
from madx_stilts.train.requests import MixtureTask, PlainText, TrainRequest


class Reached(BaseException):
    """The training would begin; nothing in the package may catch it."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe


def begin(context: object, recipe: Recipe, *words: object, **named: object) -> None:
    raise Reached(recipe)


def reached(ask: Callable[[], object]) -> Recipe:
    """The recipe of the first training that something begins."""
    with mock.patch.object(roles, "train", begin), pytest.raises(Reached) as caught:
        ask()
    return caught.value.recipe


def of_grid(role: str, **keys: Any) -> Recipe:
    """The recipe of the first training of a grid with these keys."""
    usual = {"name": "g", "backbones": ["b"], "intermediates": ["none"], "targets": ["xnli"], "seeds": [0]}
    grid = Grid.model_validate_json(json.dumps({**usual, **keys}), strict=True)
    drawing = RecipeBuilder(grid, TASKS)
    if role == "language":
        return drawing.language("en").recipe()
    if role == "target":
        return drawing.target(grid.targets[0])[0].recipe()
    return drawing.column(grid.intermediates[0])[0].recipe()


def settings_of(written: Mapping[str, Any]) -> AdapterConfig:
    config = {key: value for key, value in written.items() if key != "limit"}
    return AdapterConfig.model_validate_json(json.dumps(config))


def options_of(written: Mapping[str, Any]) -> list[str]:
    """What is written, as options of a command."""
    words = [f"--limit={written['limit']}"] if "limit" in written else []
    for key in ("method", "train"):
        words += [f"--set={key}.{name}={json.dumps(value)}" for name, value in written.get(key, {}).items()]
    return words


WRITTEN = [
    {},
    {"limit": 24},
    {"limit": 24, "train": {"dev_limit": 5, "max_tokens": 40}},
    {"method": {"reduction_factor": 4}, "train": {"epochs": 2, "stride": 7}},
    {"train": {"max_steps": 9, "keep": "last"}},
]


@pytest.fixture
def command(tiny_backbone: Path, tiny_mirror: Path, tmp_path: Path) -> Callable[..., object]:
    """Runs a command on the tiny backbone and the toy data."""
    places = {"ZOO": tmp_path / "zoo", "DATA": tiny_mirror, "CACHE": tmp_path / "cache", "BACKBONE": tiny_backbone}
    options = {f"MADX_STILTS_{name}": str(value) for name, value in {**places, "OFFLINE": "1"}.items()}

    def run(*words: str) -> object:
        with mock.patch.dict(os.environ, options):
            return cli.main([*words], prog_name="madx-stilts", standalone_mode=False)

    return run


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("task", ["mnli", "squad_v1", "commonsense_qa"])
def test_an_intermediate(
    task: str, written: dict[str, Any], command: Any, make_context: Any, tiny_backbone: Path
) -> None:
    request = TrainRequest(config=settings_of(written), limit=written.get("limit"))
    ours = reached(lambda: roles.train_intermediate(make_context(tiny_backbone), task, request))
    assert reached(lambda: command("train", "intermediate", task, *options_of(written))) == ours
    assert of_grid("intermediate", intermediates=[task], train={"intermediate": written}) == ours


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("task", ["xnli", "panx", "xquad", "xcopa"])
def test_a_target(task: str, written: dict[str, Any], command: Any, make_context: Any, tiny_backbone: Path) -> None:
    request = TrainRequest(config=settings_of(written), limit=written.get("limit"))
    ours = reached(lambda: roles.train_target(make_context(tiny_backbone), task, request))
    assert reached(lambda: command("train", "target", task, *options_of(written))) == ours
    assert of_grid("target", targets=[task], train={"target": written}) == ours


@pytest.mark.parametrize("written", WRITTEN)
def test_a_language_adapter(
    written: dict[str, Any], command: Any, make_context: Any, tiny_backbone: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("".join(f"a bird number {at} sings in the garden\n" for at in range(80)))
    request = TrainRequest(config=settings_of(written), limit=written.get("limit"))
    ours = reached(lambda: roles.train_language(make_context(tiny_backbone), "en", str(text), request))
    words = ("train", "language", "en", "--text", str(text))
    assert reached(lambda: command(*words, *options_of(written))) == ours
    train = {"language": {**written, "text": str(text)}}
    assert of_grid("language", language_adapters=["source"], train=train) == ours
    assert ours.method.kind == "seq_bn_inv"


@pytest.mark.parametrize("written", WRITTEN)
def test_a_mixture_with_text(
    written: dict[str, Any], command: Any, make_context: Any, tiny_backbone: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("".join(f"a bird number {at} sings in the garden\n" for at in range(80)))
    request = TrainRequest(config=settings_of(written), limit=written.get("limit"))
    members = [MixtureTask("mnli"), MixtureTask("squad_v1")]
    ours = reached(
        lambda: roles.train_mixture(
            make_context(tiny_backbone), members, None, request, texts=[PlainText(str(text), "en")]
        )
    )
    words = ("train", "intermediate", "mnli", "squad_v1", "--with-mlm", f"en={text}")
    assert reached(lambda: command(*words, *options_of(written))) == ours
    assert ours.sampling is not None
    assert ours.sampling.masked_lm is not None
    column = {"mix": ["mnli", "squad_v1"], "masked_lm": ours.sampling.masked_lm, "text": str(text)}
    train = {"intermediate": written, "language": {"limit": written.get("limit")}}
    assert of_grid("intermediate", intermediates=[column], train=train) == ours


def test_epochs_over_a_bound_of_steps(command: Any) -> None:
    """`quick` bounds the steps; so may the settings that a grid writes for all of its tasks."""
    words = ("train", "intermediate", "mnli", "--config", "quick", "--epochs", "2", "--set=train.dev_limit=5")
    asked = reached(lambda: command(*words)).train
    bounded = {"train": {**asked.model_dump(mode="json"), "epochs": 1, "max_steps": 7}}
    train = {"intermediate": {**bounded, "by_task": {"mnli": {"train": {"epochs": 2}}}}}
    assert of_grid("intermediate", intermediates=["mnli"], train=train).train == asked
    assert asked.max_steps is None
