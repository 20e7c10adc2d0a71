"""The main job: train an intermediate, stack a target on it, score it in other languages, keep and find everything."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.cli.progress import ProgressLog

Place = Any


def test_train_stack_score_and_look_at_the_zoo(madx: Place, tmp_path: Path) -> None:
    madx.does("train", "intermediate", "snli")
    madx.does("train", "target", "xnli", "--on", "intermediate/snli")
    stack = "intermediate/snli,target/xnli+snli"
    words = ("evaluate", "xnli", "--stack", stack, "--languages", "en,de,es", "--predictions", tmp_path / "said")
    said = madx.does(*words, "--json")

    result, refs = said.json, madx.refs()
    assert result["stack"] == [refs["intermediate/snli"], refs["target/xnli+snli"]]
    assert {"task", "split", "backbone", "scores", "mean", "mean_without_source", "gap"} <= set(result)
    assert {language: values["n"] for language, values in result["scores"].items()} == {"en": 120, "de": 120, "es": 120}
    accuracy = {language: values["accuracy"] for language, values in result["scores"].items()}
    assert result["mean"] == pytest.approx(sum(accuracy.values()) / 3)
    assert result["mean_without_source"] == pytest.approx((accuracy["de"] + accuracy["es"]) / 2)
    assert result["gap"] == pytest.approx(accuracy["en"] - result["mean_without_source"])

    files = sorted((tmp_path / "said" / "xnli").iterdir())
    assert [file.name for file in files] == ["test-de.jsonl", "test-en.jsonl", "test-es.jsonl"]
    rows = [json.loads(line) for line in files[1].read_text().splitlines()]
    right = sum(row["prediction"] == row["gold"] for row in rows)
    assert (len(rows), 100 * right / 120) == (120, pytest.approx(accuracy["en"]))

    table = madx.does(*words).out
    assert [language for language in ("English", "German", "Spanish") if language not in table] == []
    assert f"{result['mean']:.2f}" in table

    shown = madx.does("zoo", "show", "target/xnli+snli").out
    assert f"on {refs['intermediate/snli']}" in shown
    assert madx.has_nothing_half_written()


def test_results_are_on_stdout_and_progress_is_on_stderr(trained: Place) -> None:
    words = ("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de", "--limit", "10")
    said = trained.does(*words)
    assert "scoring de" in said.err
    assert "scoring" not in said.out
    assert "scoring" not in trained.does(*words, "--quiet").err
    assert trained.does(*words, "--json").out.count("\n") == 1


def test_a_stack_without_what_its_top_was_trained_on_is_noted(trained: Place) -> None:
    words = ("evaluate", "xnli", "--languages", "de", "--limit", "10", "--quiet", "--stack")
    refs = trained.refs()
    whole = f"{refs['intermediate/snli']},{refs['target/xnli+snli']}"
    assert f"--stack {whole}" in trained.does(*words, "target/xnli+snli").err
    assert "--stack" not in trained.does(*words, whole).err


def test_an_intermediate_can_be_scored_on_its_own_task(trained: Place) -> None:
    words = ("evaluate", "snli", "--stack", "intermediate/snli", "--split", "dev", "--json")
    assert trained.does(*words).json["scores"]["en"]["n"] == 120


def test_what_is_in_the_zoo_is_not_trained_again(madx: Place) -> None:
    words = ("train", "target", "xnli", "--name", "mine")
    first, second = madx.does(*words), madx.does(*words)
    assert (first.trained, second.trained) == (1, 0)
    assert "nothing was trained" in second.out
    assert madx.does(*words, "--json").json["trained"] == []
    assert madx.does(*words, "--seed", "1").trained == 1
    assert len(madx.does("zoo", "list", "--json").json) == 2


def test_a_target_without_intermediate_and_the_intermediate_of_its_training_task_are_one_training(madx: Place) -> None:
    first = madx.does("train", "target", "xnli", "--json")
    second = madx.does("train", "intermediate", "mnli", "--json")
    assert (first.trained, second.trained) == (1, 0)
    assert first.json["id"] == second.json["id"]
    assert [ref.partition("@")[0] for ref in second.json["refs"]] == ["intermediate/mnli", "target/xnli"]
    assert madx.does("zoo", "verify", "--json").json["adapters"] == 1


def test_xcopa_is_trained_on_siqa_and_then_on_copa(madx: Place) -> None:
    madx.does("train", "intermediate", "commonsense_qa")
    said = madx.does("train", "target", "xcopa", "--on", "intermediate/commonsense_qa")
    refs = madx.refs()
    assert said.trained == 2
    assert set(refs) == {"intermediate/commonsense_qa", "target/siqa+commonsense_qa", "target/xcopa+commonsense_qa"}
    card = madx.does("zoo", "show", "target/xcopa+commonsense_qa", "--json").json
    below = refs["intermediate/commonsense_qa"].partition("@")[2]
    start = refs["target/siqa+commonsense_qa"].partition("@")[2]
    assert [identity[:8] for identity in card["recipe"]["below"]] == [below]
    assert (card["recipe"]["start"]["adapter"][:8], card["recipe"]["start"]["head"]) == (start, True)
    assert card["recipe"]["parts"][0]["task"] == "copa"
    stack = "intermediate/commonsense_qa,target/xcopa+commonsense_qa"
    assert madx.does("evaluate", "xcopa", "--stack", stack, "--languages", "it", "--json").json["gap"] is None


def test_a_target_can_go_on_from_the_weights_of_an_intermediate(trained: Place, damaged: Place) -> None:
    said = damaged.does("train", "target", "xnli", "--on", "intermediate/snli", "--transfer", "continue", "--json")
    card = damaged.does("zoo", "show", "target/xnli-from-snli", "--json").json
    assert (said.trained, card["recipe"]["below"]) == (1, [])
    assert card["recipe"]["start"]["head"] is False
    assert card["parents"][0]["id"][:8] == trained.refs()["intermediate/snli"].partition("@")[2]


def test_the_command_that_is_proposed_next_runs(madx: Place) -> None:
    for words in (("intermediate", "snli"), ("target", "xnli", "--on", "intermediate/snli")):
        out = madx.does("train", *words).out
        (proposed,) = (line.partition("madx-stilts ")[2].split() for line in out.splitlines() if "next: " in line)
    assert madx.does(*proposed, "--languages", "de", "--limit", "5").code == 0


@pytest.mark.parametrize(
    ("task", "head"), [("panx", "f1"), ("xquad", "f1"), ("squad_v1", "f1"), ("commonsense_qa", "accuracy")]
)
def test_every_format_can_be_trained_and_scored(task: str, head: str, madx: Place) -> None:
    role = "target" if task in ("panx", "xquad") else "intermediate"
    madx.does("train", role, task)
    languages = "en,de" if role == "target" else "en"
    split = "test" if role == "target" else "dev"
    words = ("evaluate", task, "--stack", f"{role}/{task}", "--languages", languages, "--split", split, "--json")
    result = madx.does(*words).json
    assert result["metric"] == head
    assert all(0 <= values[head] <= 100 for values in result["scores"].values())


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_stopped_goes_on_with_the_same_command(
    stop: signal.Signals, madx: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(listener: ProgressLog, done: int, values: object) -> None:
        os.kill(os.getpid(), stop)

    with monkeypatch.context() as patched:
        patched.setattr(ProgressLog, "on_step_end", stopping)
        said = madx("train", "intermediate", "snli", "--json")
    told = json.loads(said.err.splitlines()[-1])
    assert (said.code, said.out, told["error"]) == (130, "", "Interrupted")
    assert "Stopped after step 1 of 3" in told["message"]
    assert madx.does("zoo", "list", "--json").json == []
    assert madx.has_nothing_half_written()
    assert "going on after step 1 of 3" in madx.does("train", "intermediate", "snli").err


def test_settings_of_a_recipe_reach_the_card(madx: Place) -> None:
    madx.does(
        *("train", "intermediate", "snli", "--set", "method.reduction_factor=4", "--set", "train.keep=last"),
        *("--learning-rate", "0.01", "--limit", "32", "--seed", "5", "--accumulate", "2", "--recompute", "layers"),
    )
    recipe = madx.does("zoo", "show", "intermediate/snli", "--json").json["recipe"]
    assert recipe["method"]["reduction_factor"] == 4
    assert (recipe["seed"], recipe["parts"][0]["limit"]) == (5, 32)
    assert {
        key: recipe["train"][key] for key in ("keep", "learning_rate", "max_steps", "accumulate", "max_tokens")
    } == {**{"keep": "last", "learning_rate": 0.01, "max_steps": 3, "accumulate": 2, "max_tokens": 48}}


def test_a_preview_shows_rows_and_what_a_tokenizer_makes_of_them(madx: Place) -> None:
    words = ("tasks", "preview", "xquad", "--language", "de", "--rows", "2", "--backbone", madx.backbone)
    said = madx.does(*words)
    assert said.out.startswith("xquad, de, test: mirror google/xquad\n")
    assert said.out.count("\n  question: ") == said.out.count("\n  context: ") == 2
    assert "pieces: <s> " in said.out
    preview = madx.does(*words, "--json").json
    assert len(preview["examples"]) == 2
    assert all(sequence["pieces"][0] == "<s>" for sequence in preview["sequences"])


def test_a_backbone_is_shown_with_its_fingerprint(trained: Place) -> None:
    facts = trained.does("backbone", "show", trained.backbone, "--json").json
    card = trained.does("zoo", "show", "intermediate/snli", "--json").json
    assert facts["fingerprint"] == card["backbone"]["fingerprint"]
    assert facts["fingerprint"] in trained.does("backbone", "show", trained.backbone).out
