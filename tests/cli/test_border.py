"""Whatever a person writes into a config, a grid or an option, a command ends with 0, 2, 3 or 4 and one message.

Run in this process. What would load a model is given a backbone that there is not, so that it ends before.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from madx_stilts.cli.main import cli, main
from madx_stilts.config import AdapterConfig
from madx_stilts.grid.grid import Grid
from madx_stilts.pretrain.plan import PretrainConfig
from madx_stilts.recipe import FusionSettings, Method, TrainSettings

HERE = settings(max_examples=max(10, settings.default.max_examples // 3) if settings.default else 30)
LONGEST = 40_000
"""Characters that a command may say, whatever it is given."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to work in, with an empty zoo."""
    here = tmp_path_factory.mktemp("border")
    with contextlib.chdir(here):
        yield here


def end_of(folder: Path, *words: str) -> tuple[int, str]:
    """How a command ends, and what it says on stderr."""
    argv = ["madx-stilts", "--zoo", str(folder / "zoo"), "--cache", str(folder / "cache"), "--offline", *words]
    said, printed = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ),
        mock.patch.multiple(sys, argv=argv, excepthook=sys.excepthook),
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(printed),
    ):
        code = main()
    return code, said.getvalue()


def check_end(folder: Path, *words: str) -> tuple[int, str]:
    """The same, after a look at whether it is an end as it should be."""
    code, said = end_of(folder, *words)
    assert code in {0, 2, 3, 4}, said
    assert "Traceback" not in said
    assert len(said) < LONGEST
    assert code == 0 or said.strip()
    return code, said


# --- What is written into files -------------------------------------------------------------------------------------

NUMBERS = ["1e999", "-1e999", ".inf", ".nan", "1e300", "-1", "0", "0.0", "1.0", "1e-320", "2147483648", "1e-4", "3"]
NUMBERS += ["9223372036854775808", "9" * 400, "9" * 5000, "1e" + "9" * 400, "16", "0.5", "true", "~", "''"]
odd_numbers = st.sampled_from(NUMBERS)
letters = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
odd_texts = letters | st.sampled_from(
    ["a" * 300, "a" * 3000, "é" * 150, "..", ".", "/", "a/b", "a//b", "\x1b[31m", "@", "-"]
)
odd_values = st.one_of(
    odd_numbers,
    odd_texts.map(json.dumps),
    st.sampled_from(
        ["[]", "{}", "[1]", "{a: 1}", "[" * 60 + "]" * 60, "[" * 500, "*a", "&a [*a]", "!!int x", "|\n  x", "? y"]
    ),
)
FIELDS: dict[str, type[BaseModel]] = {
    "method": Method,
    "train": TrainSettings,
    "fusion": FusionSettings,
}


@st.composite
def adapter_configs(draw: st.DrawFn) -> str:
    """The text of a config in which some values, and some keys, are odd."""
    lines = []
    for key, model in FIELDS.items():
        names = draw(st.lists(st.sampled_from([*model.model_fields, "x"]), max_size=4, unique=True))
        values = draw(st.lists(odd_values, min_size=len(names), max_size=len(names)))
        if names:
            pairs = ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
            lines.append(f"{key}: {{{pairs}}}")
    lines += draw(st.lists(odd_texts, max_size=1))
    return "\n".join(draw(st.permutations(lines)))


def written(folder: Path, text: str) -> str:
    path = folder / "given.yaml"
    path.write_bytes(text.encode())
    return str(path)


@given(text=adapter_configs() | letters)
@example(text="train: {learning_rate: 1e300}")
@example(text="train: {adam_betas: [1.0, 0.9]}")
@example(text="train: {adam_betas: []}")
@HERE
def test_any_adapter_config_is_read_or_refused(folder: Path, text: str) -> None:
    code, _ = check_end(folder, "train", "target", "xnli", "--backbone", "nowhere", "--config", written(folder, text))
    assert code == 2


@given(
    changes=st.lists(
        st.tuples(st.sampled_from([f"train.{name}" for name in TrainSettings.model_fields]), odd_values)
        | st.tuples(letters, odd_values),
        max_size=3,
    )
)
@HERE
def test_any_change_of_a_config_is_taken_or_refused(folder: Path, changes: list[tuple[str, str]]) -> None:
    words = [f"--set={key}={value}" for key, value in changes]
    assert check_end(folder, "train", "intermediate", "mnli", "--backbone", "nowhere", *words)[0] == 2


AXES = {
    "name": st.sampled_from(["g", "g" * 300, "a/b", "é" * 120]) | odd_texts.map(json.dumps),
    "backbones": st.sampled_from(["[xlmr-base]", "[mbert, xlmr-base]", "[nowhere]", f"[{'b' * 5000}]", "['a\\0b']"]),
    "intermediates": st.sampled_from(
        [
            "[none]",
            "[none, mnli]",
            "[{mix: [mnli, snli]}]",
            "[{chain: [mnli, snli], name: x}]",
            "[{fuse: [mnli, squad_v1]}]",
        ]
        + [f"[{{task: mnli, name: {'n' * size}}}]" for size in (150, 199, 201, 3000)]
    ),
    "transfers": st.sampled_from(["[stack]", "[stack, continue]", "[fuse]"]),
    "language_adapters": st.sampled_from(["[none]", "[none, swap]", "[source]"]),
    "targets": st.sampled_from(["[xnli]", "[xnli, xquad]", "[tatoeba]", "[nothing]", "[]"]),
    "languages": st.sampled_from(["all", "xtreme", "[de]", "[xx]", "[]"]),
    "seeds": st.sampled_from(["[0]", "[0, 1]", "[0, 0]", "[18446744073709551616]", "[-1]", str([*range(1001)])]),
    "train": st.sampled_from(
        ["{}", "{target: {train: {epochs: 1}}}", "{language: {text: a/b}}", "{target: {limit: 0}}"]
    ),
    "evaluate": st.sampled_from(["{}", "{limit: 5}", "{by_task: {xnli: {split: dev}}}", "{by_task: {nothing: {}}}"]),
}


@st.composite
def grids(draw: st.DrawFn) -> str:
    """The text of a grid that is mostly sound, with something odd here and there."""
    lines = []
    for key, usual in AXES.items():
        if draw(st.integers(0, 9)):
            lines.append(f"{key}: {draw(odd_values if draw(st.integers(0, 19)) == 0 else usual)}")
    return "\n".join(draw(st.permutations(lines)))


@given(text=grids())
@HERE
def test_any_grid_is_planned_or_refused(folder: Path, text: str) -> None:
    check_end(folder, "grid", "plan", written(folder, text))


def test_the_grids_of_this_test_are_not_all_refused(folder: Path) -> None:
    text = (
        "name: g\nbackbones: [xlmr-base]\nintermediates: [none, mnli]\ntargets: [xnli]\nlanguages: [de]\nseeds: [0]\n"
    )
    assert check_end(folder, "grid", "plan", written(folder, text))[0] == 0


# --- What is written on the command line ----------------------------------------------------------------------------

NOWHERE = ("--backbone", "nowhere")
COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("train", "language"): NOWHERE,
    ("train", "intermediate"): NOWHERE,
    ("train", "target"): NOWHERE,
    ("evaluate",): NOWHERE,
    ("backbone", "list"): (),
    ("tasks", "list"): (),
    ("tasks", "show"): (),
    ("tasks", "preview"): NOWHERE,
    ("tasks", "check"): (),
    ("grid", "plan"): (),
    ("grid", "status"): (),
    ("zoo", "list"): (),
    ("zoo", "show"): (),
    ("zoo", "verify"): (),
    ("zoo", "prune"): (),
    ("zoo", "import"): NOWHERE,
    ("zoo", "publish"): (),
    ("submission", "score"): (),
}
KEPT = {"zoo", "peers", "data", "cache", "offline", "backbone", "help"}
"""Options that stay as they are: places that are written to, and what keeps a model from being loaded."""
GOOD = [
    "xnli",
    "mnli",
    "xquad",
    "tatoeba",
    "de",
    "all",
    "language/en",
    "target/x",
    "mnli@de",
    "1",
    "2GB",
    "auto",
    "cpu",
]
words_of_a_person = st.sampled_from(GOOD) | odd_numbers | odd_texts


def command_at(path: tuple[str, ...]) -> click.Command:
    found: click.Command = cli
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command with arguments and options, of which some are odd."""
    path = draw(st.sampled_from([*COMMANDS]))
    command = command_at(path)
    words = [*path]
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words.append(draw(words_of_a_person.filter(lambda word: not word.startswith("-"))))
        elif isinstance(parameter, click.Option) and parameter.name not in KEPT and draw(st.integers(0, 4)) == 0:
            words.append(max(parameter.opts, key=len))
            if not parameter.is_flag and not parameter.count:
                words.append(draw(_value_of(parameter)))
    return [*words, *COMMANDS[path]]


def _value_of(option: click.Option) -> st.SearchStrategy[str]:
    if isinstance(option.type, click.Choice):
        return st.sampled_from([str(choice) for choice in option.type.choices]) | words_of_a_person
    return words_of_a_person


@given(words=command_lines())
@example(words=["zoo", "prune", "--older-than", "nan"])
@example(words=["zoo", "prune", "--older-than", "1e300"])
@example(words=["train", "target", "xnli", "--learning-rate", "1e300", *NOWHERE])
@example(words=["train", "target", "xnli", "--trunk-cache", "9" * 400 + "TB", *NOWHERE])
@example(words=["evaluate", "tatoeba", "--stack", "none", "--layer", "9" * 5000, *NOWHERE])
@HERE
def test_any_command_line_is_understood_or_refused(folder: Path, words: list[str]) -> None:
    check_end(folder, *words)


# --- One list of bounds ---------------------------------------------------------------------------------------------

OVER = {
    "epochs": "epochs",
    "max_steps": "max_steps",
    "batch_size": "batch_size",
    "accumulate": "accumulate",
    "learning_rate": "learning_rate",
    "max_tokens": "max_tokens",
}


@pytest.mark.parametrize("name", OVER)
def test_an_option_takes_what_the_field_takes_that_it_fills(name: str) -> None:
    option = next(one for one in command_at(("train", "target")).params if one.name == name)
    kind: Any = option.type
    for value in (kind.min, kind.max, 0, -1, 1, 10, 11, 2**31, 2**20 + 8, 1e-31):
        taken = _taken(option, value)
        assert taken == _fits(OVER[name], value), value


def _taken(option: click.Parameter, value: float) -> bool:
    try:
        option.type.convert(str(value), option, None)
    except click.BadParameter:
        return False
    return True


def _fits(field: str, value: float) -> bool:
    with contextlib.suppress(ValueError):
        TrainSettings.model_validate({"stride": 0, "batch_size": value if field == "accumulate" else 1, field: value})
        return True
    return False


def test_every_number_of_a_config_has_bounds_on_both_sides() -> None:
    for model in (AdapterConfig, Grid, PretrainConfig):
        unbounded = [*_unbounded(model.model_json_schema())]
        assert unbounded == []


def _unbounded(schema: Any, key: str = "") -> Iterator[str]:
    if isinstance(schema, dict):
        if schema.get("type") in {"integer", "number"}:
            sides = [{"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}]
            if not all(side & schema.keys() for side in sides):
                yield key
        if schema.get("type") == "array" and "maxItems" not in schema:
            yield key
        for name, inner in schema.items():
            yield from _unbounded(inner, f"{key}.{name}")
    elif isinstance(schema, list):
        for at, inner in enumerate(schema):
            yield from _unbounded(inner, f"{key}.{at}")
