"""A constructed world is used as real data are, in its own languages, and nothing made from it passes as real."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from madx_stilts.demo.backbone import write_tiny_backbone

Place = Any
LANGUAGES = ["qaa", "qab", "qac", "qad", "qae"]
FACTS = {"name": "miniature", "seed": 1, "constructed": True}
CAVEAT = "Data of a constructed world (miniature, seed 1): no score on them can be compared with a real one."


@pytest.fixture(scope="module")
def world(trained: Place, miniature: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A workplace whose only data are the miniature's, with MNLI, XNLI on it, and SQuAD 1.1."""
    folder = tmp_path_factory.mktemp("world")
    tables = [pq.read_table(file) for file in sorted((miniature / "local/mono-text").glob("*/validation-*"))]
    write_tiny_backbone(folder / "tiny", [text for table in tables for text in table["text"].to_pylist()])
    place = replace(trained, folder=folder, mirror=miniature, backbone=folder / "tiny")
    place.does("train", "intermediate", "mnli")
    place.does("train", "target", "xnli", "--on", "intermediate/mnli")
    place.does("train", "target", "xquad")
    return place


STACK = ("--stack", "intermediate/mnli,target/xnli+mnli")


def test_a_target_is_scored_in_all_languages_of_the_world(world: Place) -> None:
    made = world.does("evaluate", "xnli", *STACK, "--json").json
    assert [*made["scores"]] == LANGUAGES
    assert made["source_language"] == "qaa"
    assert made["world"] == FACTS
    accuracy = {language: values["accuracy"] for language, values in made["scores"].items()}
    others = [accuracy[language] for language in LANGUAGES[1:]]
    assert made["gap"] == pytest.approx(accuracy["qaa"] - sum(others) / 4)


def test_a_table_of_scores_has_the_worlds_names_and_says_what_it_is(world: Place) -> None:
    said = world.does("evaluate", "xnli", *STACK, "--limit", "5")
    assert [name for name in ("Mirean", "Doveli", "Kharuv", "Tsaghi", "Bolune") if name not in said.out] == []
    assert CAVEAT in said.out
    notes = [line for line in said.err.splitlines() if line.startswith("Note:")]
    known = ("every answer is", "not above the baseline")  # of what is predicted
    assert [line for line in notes if not any(part in line for part in known)] == []


@pytest.mark.parametrize(("task", "searched"), [("tatoeba", LANGUAGES[1:]), ("lareqa", LANGUAGES)])
def test_translations_and_answers_are_found_with_the_bare_backbone(
    task: str, searched: list[str], world: Place
) -> None:
    made = world.does("evaluate", task, "--stack", "none", "--json").json
    assert [*made["scores"]] == searched
    assert made["world"] == FACTS


@pytest.mark.parametrize("task", ["xquad", "mlqa"])
def test_answers_are_scored_in_invented_languages(task: str, world: Place) -> None:
    made = world.does("evaluate", task, "--stack", "target/xquad", "--languages", "qaa,qad", "--json").json
    assert all(0 <= values["f1"] <= 100 for values in made["scores"].values())


def test_a_card_tells_what_it_was_trained_on(world: Place) -> None:
    card = world.does("zoo", "show", "target/xnli+mnli", "--json").json
    assert (card["recipe"]["parts"][0]["task"], card["recipe"]["parts"][0]["language"]) == ("mnli", "qaa")
    assert "Trained on a constructed world (miniature, seed 1)." in card["notes"]
    assert card["licence"].startswith("constructed")


def test_a_training_says_what_it_was_trained_on(world: Place) -> None:
    words = ("train", "intermediate", "mnli")
    assert world.does(*words, "--json").json["world"] == FACTS
    assert CAVEAT in world.does(*words).out


def test_a_language_adapter_of_the_world_is_one_of_it(world: Place) -> None:
    said = world.does("train", "language", "qae", "--text", "local/mono-text", "--limit", "60")
    assert "Note:" not in said.err
    card = world.does("zoo", "show", "language/qae", "--json").json
    assert "Trained on a constructed world (miniature, seed 1)." in card["notes"]
    unknown = world("train", "language", "qaz", "--text", "local/mono-text")
    assert "Near codes: qa" in unknown.err


def test_a_mixture_is_named_as_the_worlds_languages_are(world: Place) -> None:
    world.does("train", "intermediate", "mnli@qab", "snli", "--steps", "4", "--limit", "40")
    assert "intermediate/mix.mnli.qab.snli" in world.refs()


def test_text_beside_a_task_is_in_the_source_language_of_the_world_unless_told(world: Place) -> None:
    world.does("train", "intermediate", "snli", "--with-mlm", "local/mono-text", "--limit", "60", "--name", "both")
    parts = world.does("zoo", "show", "intermediate/both", "--json").json["recipe"]["parts"]
    assert [(part["task"], part["language"]) for part in parts] == [("snli", "qaa"), ("masked_lm", "qaa")]


def test_tasks_are_listed_shown_and_looked_into(world: Place) -> None:
    rows = world.does("tasks", "list", "--json").json
    assert {row["name"] for row in rows} >= {"mnli", "xnli", "tatoeba", "mewsli_x"}
    assert all(row["world"] == FACTS and {*row["languages"]} <= {*LANGUAGES} for row in rows)
    assert "in Mirean:" in world.does("tasks", "show", "xnli").out
    assert world.does("tasks", "show", "xnli", "--json").json["world"] == FACTS
    assert world.does("tasks", "preview", "xnli", "--json").json["language"] == "qaa"
    for words in (("list",), ("show", "xnli"), ("preview", "xnli")):
        assert CAVEAT in world.does("tasks", *words).out


@pytest.mark.parametrize("task", ["mnli", "xcopa", "mlqa", "udpos", "bucc2018", "mewsli_x"])
def test_all_data_of_a_task_are_there_and_without_fault(task: str, world: Place) -> None:
    said = world.does("tasks", "check", task, "--json").json
    assert (said["missing"], said["world"]) == ([], FACTS)
    assert [one["published"] for one in said["sets"] if one["published"] is not None] == []


def test_a_task_or_language_that_the_world_lacks_is_wrong_usage(world: Place) -> None:
    for words in (["tasks", "show", "ocnli"], ["train", "intermediate", "ocnli"], ["evaluate", "ocnli", *STACK]):
        said = world(*words)
        assert (said.code, "constructed world 'miniature'" in said.err, "mnli" in said.err) == (2, True, True)
    for words in (
        ["train", "intermediate", "mnli", "--language", "en"],
        ["evaluate", "xnli", *STACK, "--languages=de"],
    ):
        said = world(*words)
        assert (said.code, "qaa, qab, qac, qad, qae" in said.err) == (2, True)


def test_a_world_is_not_mixed_with_real_data_nor_submitted(world: Place, tiny_mirror: Path, tmp_path: Path) -> None:
    said = world("tasks", "list", "--data", world.mirror, "--data", tiny_mirror)
    assert (said.code, "does not go together" in said.err) == (2, True)
    said = world("evaluate", "xnli", *STACK, "--submission", tmp_path / "submission")
    assert (said.code, "no submission from a constructed world" in said.err) == (2, True)


def test_what_is_made_of_real_data_says_nothing_of_a_world(trained: Place) -> None:
    words = ("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de", "--limit", "5")
    assert trained.does(*words, "--json").json["world"] is None
    assert "constructed" not in trained.does(*words).out
    assert "constructed" not in trained.does("zoo", "show", "target/xnli").out
