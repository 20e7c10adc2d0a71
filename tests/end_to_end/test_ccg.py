"""Supertags come from local files, and so do their names: trained and scored by what `tags_to_id.json` says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

Place = Any
SENTENCES = (
    "the dog sleeps\tNP/N N S\\NP",
    "a cat sees the dog\tNP/N N (S\\NP)/NP NP/N N",
    "the cat sleeps\tNP/N N S\\NP",
)
TAGS = ("NP/N", "N", "S\\NP", "(S\\NP)/NP")
TRAIN = ("train", "intermediate", "ccg", "--steps", "4", "--batch-size", "4", "--max-tokens", "32")


@pytest.fixture
def ccg(madx: Place, tmp_path: Path) -> Place:
    """A workplace whose mirror has supertags."""
    place = replace(madx, mirror=tmp_path / "supertags")
    folder = tmp_path / "supertags" / "ccg"
    folder.mkdir(parents=True)
    for part in ("train", "dev", "test"):
        (folder / f"ccg.{part}").write_text("\n".join(SENTENCES * 4) + "\n", encoding="utf-8")
    (folder / "tags_to_id.json").write_text(json.dumps({tag: at for at, tag in enumerate(TAGS)}), encoding="utf-8")
    return place


def test_as_many_tags_are_learned_as_the_tag_file_has(ccg: Place) -> None:
    ccg.does(*TRAIN)
    folder = Path(ccg.does("zoo", "show", "intermediate/ccg", "--json").json["folder"])
    assert set(json.loads((folder / "head_config.json").read_text())["config"]["label2id"]) == set(TAGS)
    scores = ccg.does("evaluate", "ccg", "--stack", "intermediate/ccg", "--json").json["scores"]
    assert scores["en"]["n"] == 12


def test_other_tags_than_those_learned_are_refused(ccg: Place) -> None:
    ccg.does(*TRAIN)
    more = {tag: at for at, tag in enumerate((*TAGS, "S/S"))}
    (ccg.mirror / "ccg" / "tags_to_id.json").write_text(json.dumps(more), encoding="utf-8")
    said = ccg("evaluate", "ccg", "--stack", "intermediate/ccg")
    assert said.code == 2
    assert "S/S" in said.err


def test_a_missing_tag_file_is_told(ccg: Place) -> None:
    (ccg.mirror / "ccg" / "tags_to_id.json").unlink()
    said = ccg(*TRAIN)
    assert said.code == 3
    assert "tags_to_id.json" in said.err
