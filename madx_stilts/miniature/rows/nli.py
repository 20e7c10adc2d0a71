"""Inference: MNLI, SNLI, ANLI and XNLI."""

from collections.abc import Sequence

from madx_stilts.miniature.inference import Inference, Style, infer
from madx_stilts.miniature.mirror import Row
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.studio import SPLITS, Studio
from madx_stilts.miniature.text import Voice
from madx_stilts.tasks.nli import LABELS
from madx_stilts.tasks.task import Split

NAMES = {"label": LABELS}
MNLI = Style(edits=(1, 1, 2))
SNLI = Style(edits=(2,), states=0.2, swaps=0.3)
XNLI = Style(states=0.5, every=0.2, prefaces=0.3)
ROUNDS = {
    "r1": Style(edits=(2,)),
    "r2": Style(edits=(2, 3), prefaces=0.5),
    "r3": Style(edits=(3,), every=0.2, prefaces=1.0),
}


def write(studio: Studio) -> None:
    """Write all four, and the translations of MNLI that stand beside XNLI."""
    _mnli_and_xnli(studio)
    for split, name in SPLITS.items():
        rows = _rows(studio.source, draw(studio, "snli", split, SNLI))
        studio.mirror.table("stanfordnlp/snli", "plain_text", name, rows, NAMES)
    for name, style in ROUNDS.items():
        for split in SPLITS:
            pairs = draw(studio, "anli", split, style, part=name)
            rows = [
                {"uid": f"{name}-{split}-{number}", **row, "reason": ""}
                for number, row in enumerate(_rows(studio.source, pairs))
            ]
            studio.mirror.table("facebook/anli", "plain_text", f"{split}_{name}", rows, NAMES)


def draw(studio: Studio, task: str, split: Split, style: Style, part: str = "") -> list[Inference]:
    """Inferences of a task's split, as many of each label.

    Args:
        part: A part of the task, where it has several, with a third of the rows.
    """

    def make(scene: Scene, number: int) -> Inference:
        return infer(scene, style, LABELS[number % len(LABELS)])

    count = studio.amounts.of(split)
    return studio.draw(task, split, make, count=count // len(ROUNDS) if part else count, part=part)


def _mnli_and_xnli(studio: Studio) -> None:
    splits: dict[Split, str] = {"train": "train", "dev": "validation_matched", "test": "test_matched"}
    mnli = {split: draw(studio, "mnli", split, MNLI) for split in splits}
    for split, name in splits.items():
        rows = [{**row, "idx": number} for number, row in enumerate(_rows(studio.source, mnli[split]))]
        studio.mirror.table("nyu-mll/glue", "mnli", name, rows, NAMES)
    pairs = {
        "train": mnli["train"],
        "dev": draw(studio, "xnli", "dev", XNLI),
        "test": draw(studio, "xnli", "test", XNLI),
    }
    for voice in studio.voices:
        for split, name in SPLITS.items():
            studio.mirror.table("facebook/xnli", voice.language.code, name, _rows(voice, pairs[split]), NAMES)


def _rows(voice: Voice, pairs: Sequence[Inference]) -> list[Row]:
    return [
        {
            "premise": voice.say(*pair.premise),
            "hypothesis": voice.say(pair.hypothesis),
            "label": LABELS.index(pair.label),
        }
        for pair in pairs
    ]
