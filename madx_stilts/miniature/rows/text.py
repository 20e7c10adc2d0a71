"""Text to train language models on: of one language, and beside its translation."""

from collections.abc import Iterable

from madx_stilts.miniature.corpus import documents, parallel
from madx_stilts.miniature.languages import SOURCE
from madx_stilts.miniature.mirror import Row
from madx_stilts.miniature.studio import Studio
from madx_stilts.tasks.text import CONSTRUCTED_PAIRS

MONOLINGUAL = "local/mono-text"
HELD_BACK = 20
"""One document in so many is for validation."""


def write(studio: Studio) -> None:
    """Write both, with a configuration for each language.

    What other languages tell is translated into the source language, and what that tells into the seen ones by turns.
    """
    world, count = studio.world, studio.amounts.text
    for split, number in (("train", count), ("validation", count // HELD_BACK)):
        seed = world.seed + (split == "validation") * 1_000_003
        for voice in studio.voices:
            code = voice.language.code
            rows = [{"text": text} for text in documents(world, code, number, seed)]
            studio.mirror.table(MONOLINGUAL, code, split, rows)
        pairs = {
            voice.language.code: list(parallel(world, voice.language.code, number, seed)) for voice in studio.others
        }
        for code, both in pairs.items():
            studio.mirror.table(CONSTRUCTED_PAIRS, code, split, _rows((text, source) for source, text, _ in both))
        seen = [pairs[voice.language.code] for voice in studio.others if voice.language.seen]
        turns = (seen[at % len(seen)][at][:2] for at in range(number))
        studio.mirror.table(CONSTRUCTED_PAIRS, SOURCE, split, _rows(turns))


def _rows(pairs: Iterable[tuple[str, str]]) -> list[Row]:
    return [{"text": text, "translation": translation} for text, translation in pairs]
