"""A few hundred toy sentences in three languages, with inference labels that follow from how they are made.

A premise says who does what where. What it entails leaves something out or names a wider kind; what contradicts it
does the opposite; what is neutral adds something that the premise does not tell.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from json import dumps
from pathlib import Path

from madx_stilts.files import write_whole

LANGUAGES = ("en", "de", "es")
Words = tuple[str, str, str]
"""One thing in English, German and Spanish."""

ANIMALS: tuple[Words, ...] = (
    ("the dog", "der Hund", "el perro"),
    ("the cat", "die Katze", "el gato"),
    ("the horse", "das Pferd", "el caballo"),
    ("the bird", "der Vogel", "el pájaro"),
    ("the cow", "die Kuh", "la vaca"),
    ("the wolf", "der Wolf", "el lobo"),
)
PEOPLE: tuple[Words, ...] = (
    ("the woman", "die Frau", "la mujer"),
    ("the man", "der Mann", "el hombre"),
    ("the doctor", "die Ärztin", "la médica"),
    ("the teacher", "der Lehrer", "el maestro"),
    ("the child", "das Kind", "el niño"),
    ("the farmer", "der Bauer", "el campesino"),
)
KINDS: dict[tuple[Words, ...], Words] = {
    ANIMALS: ("an animal", "ein Tier", "un animal"),
    PEOPLE: ("a person", "ein Mensch", "una persona"),
}
OPPOSITES: tuple[tuple[Words, Words], ...] = (
    (("sleeps", "schläft", "duerme"), ("is awake", "ist wach", "está despierto")),
    (("sings", "singt", "canta"), ("is silent", "schweigt", "calla")),
    (("runs", "rennt", "corre"), ("stands still", "steht still", "está quieto")),
    (("comes", "kommt", "viene"), ("goes away", "geht weg", "se va")),
    (("eats", "frisst", "come"), ("eats nothing", "frisst nichts", "no come nada")),
)
PLACES: tuple[Words, ...] = (
    ("in the garden", "im Garten", "en el jardín"),
    ("near the river", "am Fluss", "cerca del río"),
    ("behind the house", "hinter dem Haus", "detrás de la casa"),
    ("on the street", "auf der Straße", "en la calle"),
    ("in the forest", "im Wald", "en el bosque"),
)
ADDED: tuple[Words, ...] = (
    ("today for the first time", "heute zum ersten Mal", "hoy por primera vez"),
    ("with a friend", "mit einem Freund", "con un amigo"),
    ("without a reason", "ohne Grund", "sin motivo"),
)
LABELS = ("entailment", "neutral", "contradiction")


@dataclass(frozen=True)
class DemoPair:
    """A premise, a hypothesis and what the one says about the other, in all languages."""

    premise: Words
    hypothesis: Words
    label: str


def pairs(seed: int) -> list[DemoPair]:
    """All pairs, in an order drawn from the seed. Premises of one half of the places never occur in the other."""
    found = [pair for kind in KINDS for scene in product(kind, OPPOSITES, PLACES) for pair in _scene(kind, *scene)]
    random.Random(seed).shuffle(found)
    return found


def write_data(folder: Path) -> None:
    """Write the pairs in hub layout, as SNLI, MNLI and XNLI lie there, as JSON lines."""
    found = pairs(seed=0)
    parts = {"snli": found[:240], "mnli": found[240:480], "dev": found[480:600], "test": found[600:720]}
    english = {name: _lines(part, 0) for name, part in parts.items()}
    _write(folder / "stanfordnlp/snli/plain_text", {"train": english["snli"], "validation": english["dev"]})
    _write(folder / "nyu-mll/glue/mnli", {"train": english["mnli"], "validation_matched": english["dev"]})
    for at, language in enumerate(LANGUAGES):
        _write(folder / "facebook/xnli" / language, {"test": _lines(parts["test"], at)})


def all_text() -> list[str]:
    """Every sentence in every language, to train a tokenizer on."""
    return [text for pair in pairs(seed=0) for side in (pair.premise, pair.hypothesis) for text in side]


def _scene(kind: tuple[Words, ...], who: Words, does: tuple[Words, Words], where: Words) -> Iterator[DemoPair]:
    premise = _sentence(who, does[0], where)
    yield DemoPair(premise, _sentence(KINDS[kind], does[0], where), "entailment")
    yield DemoPair(premise, _sentence(who, does[1], where), "contradiction")
    added = ADDED[(len(who[0]) + len(where[0])) % len(ADDED)]
    yield DemoPair(premise, _sentence(who, does[0], added), "neutral")


def _sentence(*parts: Words) -> Words:
    english, german, spanish = (" ".join(part[at] for part in parts) for at in range(3))
    return (
        english[0].upper() + english[1:] + ".",
        german[0].upper() + german[1:] + ".",
        spanish[0].upper() + spanish[1:] + ".",
    )


def _lines(part: list[DemoPair], at: int) -> str:
    rows = (
        {"premise": pair.premise[at], "hypothesis": pair.hypothesis[at], "label": LABELS.index(pair.label)}
        for pair in part
    )
    return "".join(dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write(folder: Path, splits: dict[str, str]) -> None:
    for split, lines in splits.items():
        write_whole(folder / f"{split}.jsonl", lines)
