"""Translations are found through an intermediate adapter alone, or with the bare backbone, and the result says how."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.demo.sentences import all_text

TEXT = list(dict.fromkeys(all_text()))[:30]
TATOEBA = ("evaluate", "tatoeba", "--languages", "de")


@pytest.fixture
def place(trained: Any, tmp_path: Path) -> Callable[..., Any]:
    """The trained workplace, with Tatoeba as its only data; German is English there."""
    for language in ("deu", "eng"):
        file = tmp_path / "mirror" / "tatoeba" / f"tatoeba.deu-eng.{language}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{text}\n" for text in TEXT), encoding="utf-8")
    moved: Callable[..., Any] = replace(trained, mirror=tmp_path / "mirror")
    return moved


def test_an_intermediate_is_scored_alone_and_the_bare_backbone_too(place: Any) -> None:
    for stack, count in (("none", 0), ("intermediate/snli", 1)):
        made = place.does(*TATOEBA, "--stack", stack, "--json").json
        assert len(made["stack"]) == count
        assert made["scores"] == {"de": {"accuracy": 100.0, "n": 30, "candidates": 30}}
        assert made["retrieval"] == {"layer": 2, "layers": 4, "pooling": "mean", "max_tokens": 512, "tuned": None}


def test_layer_and_pooling_are_printed_with_the_scores(place: Any) -> None:
    said = place.does(*TATOEBA, "--stack", "none", "--layer", "3", "--pooling", "cls")
    assert "embeddings: layer 3 of 4, cls pooling, texts of at most 512 tokens" in said.out
    assert "the bare backbone" in said.out
    assert "candidates" in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("evaluate", "tatoeba", "--stack", "none", "--layer", "top"), "--layer is 'top'"),
        (("evaluate", "tatoeba", "--stack", "none", "--languages", "de", "--layer", "9"), "no layer 9"),
        (("evaluate", "tatoeba", "--stack", "none", "--languages", "de", "--layer", "auto"), "no dev split"),
        (("evaluate", "xnli", "--stack", "target/xnli", "--pooling", "cls"), "pooling is for retrieval"),
        (("evaluate", "xnli", "--stack", "none"), "none"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], told: str, place: Any) -> None:
    said = place(*words)
    assert said.code == 2
    assert told in said.err
