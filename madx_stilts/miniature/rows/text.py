"""Text to train language models on: of one language, and beside its translation into the source language."""

from madx_stilts.miniature.corpus import documents, parallel
from madx_stilts.miniature.studio import Studio

MONOLINGUAL = "local/mono-text"
PARALLEL = "local/parallel-text"
HELD_BACK = 20
"""One document in so many is for validation."""


def write(studio: Studio) -> None:
    """Write both, with a configuration for each language."""
    world, count = studio.world, studio.amounts.text
    for split, number in (("train", count), ("validation", count // HELD_BACK)):
        seed = world.seed + (split == "validation") * 1_000_003
        for voice in studio.voices:
            code = voice.language.code
            rows = [{"text": text} for text in documents(world, code, number, seed)]
            studio.mirror.table(MONOLINGUAL, code, split, rows)
        for voice in studio.others:
            code = voice.language.code
            pairs = parallel(world, code, number, seed)
            studio.mirror.table(
                PARALLEL, code, split, [{"text": text, "translation": source} for source, text in pairs]
            )
