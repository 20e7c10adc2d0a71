"""Paraphrases: QQP and PAWS-X."""

from collections.abc import Callable

from madx_stilts.miniature.paraphrases import Paraphrase, questions, scrambled
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.studio import SPLITS, Studio


def write(studio: Studio) -> None:
    """Write both; PAWS-X with its translated training data."""
    source = studio.source

    def said(pair: Paraphrase) -> tuple[str, str]:
        return source.say(pair.first), source.say(pair.second)

    for split, name in SPLITS.items():
        asked = studio.draw("qqp", split, _in_turns(questions), said=said)
        rows = [
            {
                "question1": source.say(pair.first),
                "question2": source.say(pair.second),
                "label": int(pair.same),
                "idx": number,
            }
            for number, pair in enumerate(asked)
        ]
        studio.mirror.table("nyu-mll/glue", "qqp", name, rows, {"label": ("not_duplicate", "duplicate")})
    for split, name in SPLITS.items():
        pairs = studio.draw("paws_x", split, _in_turns(scrambled))
        for voice in studio.voices:
            rows = [
                {
                    "id": number,
                    "sentence1": voice.say(pair.first),
                    "sentence2": voice.say(pair.second),
                    "label": int(pair.same),
                }
                for number, pair in enumerate(pairs, start=1)
            ]
            path = "google-research-datasets/paws-x"
            studio.mirror.table(path, voice.language.code, name, rows, {"label": ("0", "1")})


def _in_turns(draw: Callable[[Scene, bool], Paraphrase]) -> Callable[[Scene, int], Paraphrase]:
    """As many that mean the same as do not."""
    return lambda scene, number: draw(scene, number % 2 == 0)
