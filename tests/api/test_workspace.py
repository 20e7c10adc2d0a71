"""The Python API does what the command line does, takes names or values, and refuses what cannot be as it does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import madx_stilts as ms

OPTIONS = {"train.max_steps": 3, "train.batch_size": 8, "train.max_tokens": 48, "train.keep": "last"}


@pytest.fixture(scope="module")
def workspace(tiny_backbone: Path, tiny_mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("workspace")
    return ms.Workspace(
        tiny_backbone, zoo=folder / "zoo", data=tiny_mirror, cache=folder / "cache", offline=True, device="cpu"
    )


@pytest.fixture(scope="module")
def short() -> Any:
    return ms.TrainOptions(changes=OPTIONS)


@pytest.fixture(scope="module")
def stack(workspace: Any, short: Any) -> list[Any]:
    """An intermediate, and a target on it."""
    snli = workspace.train_intermediate("snli", limit=32, options=short)
    return [snli, workspace.train_target("xnli", on=[snli], limit=32, options=short)]


def test_a_target_is_trained_on_an_intermediate_and_scored(workspace: Any, stack: list[Any]) -> None:
    snli, xnli = stack
    assert repr(xnli).startswith("<Adapter target/xnli+snli@")
    assert xnli.card.recipe.below == (snli.id,)
    result = workspace.evaluate("xnli", stack, languages=["en", "de"], limit=16)
    frame = result.to_frame()
    assert list(frame.index) == ["en", "de"]
    assert frame.loc["de", "accuracy"] == result.scores["de"]["accuracy"]
    assert frame.loc["en", "n"] == 16
    assert "<table" in result._repr_html_()
    assert {adapter.ref for adapter in workspace.adapters()} >= {snli.ref, xnli.ref}


def test_names_and_values_mean_the_same(workspace: Any, stack: list[Any]) -> None:
    values = workspace.evaluate(workspace.tasks["xnli"], [one.ref for one in stack], languages="de", limit=16)
    names = workspace.evaluate("xnli", ["intermediate/snli", "target/xnli+snli"], languages="de", limit=16)
    whole = workspace.evaluate("xnli", ms.Stack.of(tuple(one.ref for one in stack)), languages="de", limit=16)
    assert values == names == whole


def test_the_command_line_finds_what_the_api_trained(workspace: Any, stack: list[Any], short: Any) -> None:
    from madx_stilts.cli.main import cli

    places = workspace.places
    words = ["--zoo", places.zoo_folders[0], "--data", places.data.mirrors[0], "--cache", places.cache, "--offline"]
    words += ["train", "target", "xnli", "--on", "intermediate/snli", "--backbone", places.backbone, "--limit", "32"]
    words += [f"--set={key}={value}" for key, value in OPTIONS.items()]
    before = {path for path in places.zoo_folders[0].rglob("card.json")}
    cli.main([*map(str, words)], prog_name="madx-stilts", standalone_mode=False)
    assert {path for path in places.zoo_folders[0].rglob("card.json")} == before


def test_a_grid_is_planned_run_and_reported(workspace: Any, small_grid: Any, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(small_grid(3))
    grid = workspace.grid(tmp_path / "small.yaml")
    assert len(grid.plan().trainings) == 3
    outcome = grid.run()
    assert outcome.ended_well
    assert repr(outcome) == "<RunOutcome of small: 5 of 5 jobs done, 5 by this run, 0 failed, 0 blocked>"
    assert set(outcome.to_frame()["status"]) == {"done"}
    assert repr(grid.plan()) == "<Plan of small: 2 cells, 3 trainings, 2 scorings>"
    assert len(grid.plan().to_frame()) == 5
    assert len(grid.results().outcomes) == 2
    frame = grid.gains().to_frame()
    assert set(frame["intermediate"]) == {"snli"}
    assert grid.report(tmp_path / "report")["page"].is_file()


def test_a_language_adapter_and_a_mixture(workspace: Any, short: Any, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("".join(f"a bird number {at} sings in the garden\n" for at in range(80)))
    english = workspace.train_language("en", text, options=short)
    assert str(english.ref).startswith("language/en@")
    mixed = workspace.train_mixture(["snli", "mnli"], texts={"en": text}, limit=32, options=short)
    assert [part.task for part in mixed.card.recipe.parts] == ["snli", "mnli", "masked_lm"]
    target = workspace.train_target("xnli", language_adapter=english, limit=32, options=short)
    assert target.card.recipe.below == (english.id,)


def test_a_stack_may_be_written_as_on_the_command_line(workspace: Any, stack: list[Any]) -> None:
    words = ",".join(str(one.ref) for one in stack)
    written = workspace.evaluate("xnli", words, languages="de", limit=16)
    assert written == workspace.evaluate("xnli", stack, languages="de", limit=16)


def test_the_backbone_stays_loaded_and_what_was_in_it_does_not(workspace: Any, stack: list[Any]) -> None:
    workspace.evaluate("xnli", stack, languages="de", limit=16)
    (kept,) = workspace.places.loaded.values()
    workspace.evaluate("xnli", stack, languages="de", limit=16)
    assert workspace.places.loaded == {"fp32": kept}
    assert kept.attached == {}
    with pytest.raises(ms.MadxStiltsError):
        workspace.evaluate("xnli", ["intermediate/snli", "target/nothing"], languages="de", limit=16)


def test_what_is_published_is_shown_first(workspace: Any, stack: list[Any]) -> None:
    (made,) = workspace.publish(stack, "hub:me/xnli-stack", options=ms.PublishOptions(dry_run=True))
    assert (str(made.address), made.sent) == ("hub:me/xnli-stack", ())
    assert {ref.id for ref in made.refs} == {one.id for one in stack}
    assert "README.md" in made.to_frame().index
    assert "AutoAdapterModel" in made.page


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda ws: ms.Workspace("nowhere"), "There is no backbone 'nowhere'"),
        (lambda ws: ws.train_intermediate("mnlii"), "mnlii"),
        (lambda ws: ws.train_intermediate("snli", limit=-1), "limit"),
        (lambda ws: ws.train_intermediate("snli", options=ms.TrainOptions(changes={"train.epoch": 1})), "epoch"),
        (lambda ws: ws.train_intermediate("snli", options=ms.TrainOptions(config="nothing")), "nothing"),
        (lambda ws: ws.train_intermediate("snli", options=ms.TrainOptions(seed=-1)), "seed"),
        (lambda ws: ws.train_intermediate("snli", options=ms.TrainOptions(language="xx")), "xx"),
        (lambda ws: ws.train_target("xnli", on="intermediate/nothing"), "intermediate/nothing"),
        (lambda ws: ws.train_target("xnli", on="intermediate"), "no reference"),
        (lambda ws: ws.train_mixture(["snli"]), "at least two parts"),
        (lambda ws: ws.train_language("en", "nowhere.txt"), "nowhere.txt"),
        (lambda ws: ws.evaluate("xnli", [], languages="de"), "The stack is empty"),
        (lambda ws: ws.evaluate("xnli", "intermediate/snli", languages=["xx"]), "xx"),
        (lambda ws: ws.evaluate("xnli", "intermediate/snli", split="tests"), "tests"),
        (lambda ws: ws.grid("nothing"), "nothing"),
        (lambda ws: ws.publish("target/nothing", "hub:me/x"), "target/nothing"),
        (lambda ws: ws.publish("intermediate/snli", "me/x"), "no repository on the hub"),
        (lambda ws: ws.pull("hub:me"), "no repository on the hub"),
        (lambda ws: ws.pull("hub:me/x", options=ms.PullOptions(role="middle")), "no role"),
    ],
)
def test_what_cannot_be_is_refused_as_on_the_command_line(
    workspace: Any, stack: list[Any], ask: Any, message: str
) -> None:
    with pytest.raises(ms.MadxStiltsError, match=message) as error:
        ask(workspace)
    assert error.value.exit_code in (2, 3)


def test_every_public_name_is_there_and_none_needs_torch() -> None:
    assert sorted(set(ms.__all__)) == sorted(ms.__all__)
    assert all(getattr(ms, name) is not None for name in ms.__all__)
    assert set(ms.__all__) <= set(dir(ms))
    code = "import sys, madx_stilts as ms; [getattr(ms, n) for n in ms.__all__]; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="nothing"):
        _ = ms.nothing
