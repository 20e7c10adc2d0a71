"""Several tasks in one intermediate adapter, from the command line."""

from pathlib import Path
from typing import Any

import pytest

Place = Any
MIX = ("train", "intermediate", "snli", "squad_v1")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Some plain text."""
    file = tmp_path / "text.txt"
    file.write_text("".join(f"the dog sleeps in house number {at}.\n" for at in range(60)))
    return file


def test_a_mixture_is_trained_shown_stood_on_and_scored(madx: Place) -> None:
    said = madx.does(*MIX, "--sampling", "uniform", "--steps", "6")
    ref = madx.refs()["intermediate/mix.snli.squad_v1"]
    assert said.out.startswith(f"{ref}\n")
    assert "  dev scores: mean " in said.out
    assert f"next: madx-stilts train target TASK --on {ref}" in said.out
    shown = madx.does("zoo", "show", ref).out
    assert "heads/squad_v1/model_head.safetensors" in shown
    madx.does("train", "target", "xquad", "--on", ref)
    madx.does("train", "target", "xnli", "--on", ref, "--transfer", "continue")
    stack = ",".join([ref, madx.refs()["target/xquad+mix.snli.squad_v1"]])
    madx.does("evaluate", "xquad", "--stack", stack, "--languages", "de")
    assert madx.has_nothing_half_written()


def test_each_head_of_a_mixture_answers_its_own_task(madx: Place) -> None:
    madx.does("train", "intermediate", "mnli", "squad_v1", "--name", "both")
    for task, metric in (("xnli", "accuracy"), ("xquad", "f1")):
        scores = madx.does("evaluate", task, "--stack", "intermediate/both", "--languages", "de", "--json").json
        assert metric in scores["scores"]["de"]
    said = madx("evaluate", "siqa", "--stack", "intermediate/both", "--split", "dev")
    assert said.code == 2
    assert "has a head for each of mnli, squad_v1; none is for siqa" in said.err


def test_without_sampling_tasks_are_drawn_by_size_and_that_is_told(madx: Place) -> None:
    said = madx.does(*MIX, "--json")
    assert "Note: tasks are drawn in proportion to their sizes; --sampling has other ways" in said.err
    assert {"mean", "snli.accuracy", "squad_v1.f1"} <= set(said.json["scores"])
    again = madx.does(*MIX, "--sampling", "proportional", "--json")
    assert (again.json["id"], again.trained) == (said.json["id"], 0)
    assert "Note:" not in again.err


def test_one_task_in_several_languages_has_one_head(madx: Place) -> None:
    madx.does("train", "intermediate", "panx@en", "panx@de", "--sampling", "temperature", "--temperature", "2")
    ref = madx.refs()["intermediate/mix.panx.panx.de"]
    assert "heads/" not in madx.does("zoo", "show", ref).out
    madx.does("evaluate", "panx", "--stack", ref, "--languages", "de")


def test_a_language_after_the_task_is_the_language_of_its_training_data(madx: Place) -> None:
    one = madx.does("train", "intermediate", "panx@de", "--json").json
    other = madx.does("train", "intermediate", "panx", "--language", "de", "--json").json
    assert (one["id"], other["trained"]) == (other["id"], [])


def test_text_is_modelled_beside_a_task(madx: Place, text: Path) -> None:
    said = madx.does("train", "intermediate", "snli", "--with-mlm", text, "--mlm-share", "0.5", "--steps", "6")
    ref = madx.refs()["intermediate/mix.snli.masked_lm"]
    assert "masked_lm.accuracy" in said.out
    madx.does("evaluate", "xnli", "--stack", ref, "--languages", "de")
    madx.does("train", "intermediate", "snli", "--with-mlm", f"de={text}", "--mlm-share", "0.5", "--steps", "6")
    assert "intermediate/mix.snli.masked_lm.de" in madx.refs()
    assert "intermediate/snli" not in madx.refs()


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (("snli", "snli"), 2, ["snli@en is named twice"]),
        (("snli", "snli@en"), 2, ["snli@en is named twice"]),
        (("snli", "squad_v9"), 2, ["no task named 'squad_v9'", "squad_v1"]),
        (("snli", "mnli@"), 2, ["'mnli@' names no language", "mnli@de"]),
        (("snli", "mnli@xx"), 2, ["mnli has no train data in 'xx'", "It has: en"]),
        (("snli", "xnli"), 2, ["xnli has no training data of its own", "Train mnli"]),
        (("snli", "--sampling", "uniform"), 2, ["--sampling is for several tasks"]),
        (("snli", "--cap", "5"), 2, ["--cap is for several tasks"]),
        (("snli", "--temperature", "2"), 2, ["--temperature is for several tasks"]),
        (("snli", "--mlm-share", "0.5"), 2, ["--mlm-share needs a text", "--with-mlm"]),
        (("snli", "mnli", "--sampling", "uniform", "--cap", "5"), 2, ["--cap has no effect"]),
        (("snli", "mnli", "--sampling", "temperature"), 2, ["need each other", "--temperature 2"]),
        (("snli", "mnli", "--temperature", "2"), 2, ["need each other"]),
        (("snli", "mnli", "--sampling", "uniform", "--temperature", "0.5"), 2, ["0.5"]),
        (("snli", "--with-mlm", "nowhere"), 2, ["'nowhere'"]),
        (("snli", "--with-mlm", "one.txt", "--with-mlm", "two.txt"), 2, ["two texts in 'en'", "de=german.txt"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_words_are_told_with_what_would_be_right(
    words: tuple[str, ...], code: int, parts: list[str], madx: Place
) -> None:
    said = madx("train", "intermediate", *words)
    assert (said.code, said.out, said.trained) == (code, "", 0)
    assert said.err.count("Error: ") == 1
    assert [part for part in parts if part not in said.err] == []
    assert madx.refs() == {}
    assert madx.has_nothing_half_written()
