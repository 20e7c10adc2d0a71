"""Plain text for language adapters: a file with one text per line, or a data set with a column `text`."""

from dataclasses import replace
from pathlib import Path

from madx_stilts.data.place import DataPlace
from madx_stilts.data.read import Examples, read
from madx_stilts.errors import DataError, UsageError
from madx_stilts.files import digest
from madx_stilts.formats.text import TextExample
from madx_stilts.tasks.fields import Column
from madx_stilts.tasks.task import Source, Split
from madx_stilts.tasks.text import MASKED_LM

HELD_OUT_EVERY = 20
"""One text in so many is held out to look at; fewer of them once `MOST_HELD_OUT` is reached."""
MOST_HELD_OUT = 500

Texts = Examples[TextExample]


def read_text(language: str, source: str, *, place: DataPlace, limit: int | None = None) -> tuple[Texts, Texts]:
    """Read monolingual text.

    Args:
        language: Its code.
        source: A `.txt` file in UTF-8 with one text per line, or `owner/name` of a data set in hub layout that has a
            configuration named like the language, with a split "train" and a column `text`.
        limit: Use so many texts at most.

    Returns:
        Texts to train on and texts held out: a deterministic division.

    Raises:
        UsageError: The source is neither a text file nor the name of a data set.
        DataError: It is not there, or holds too little text to divide.
    """
    path = Path(source)
    if path.suffix != ".txt" and (source.count("/") != 1 or source.startswith(("/", "."))):
        raise UsageError(
            f"{source!r} is neither a .txt file nor the name of a data set.",
            hint="Give a path that ends in .txt, or owner/name.",
        )
    name = str(path.resolve()) if path.suffix == ".txt" else source
    rows = Source(path=name, config="{language}", split="train", fields={"text": Column("text")})
    task = replace(MASKED_LM, sources={"train": (rows,)}, languages=(language,))
    return _divided(read(task, language, "train", place=place, limit=limit))


def _divided(texts: Texts) -> tuple[Texts, Texts]:
    every = max(HELD_OUT_EVERY, len(texts.items) // MOST_HELD_OUT)
    held_out = texts.items[every - 1 :: every]
    if not held_out:
        raise DataError(
            f"{texts.origin} holds {len(texts.items)} texts, and one in {HELD_OUT_EVERY} is held out.",
            hint=f"Give at least {HELD_OUT_EVERY} texts, one sentence or paragraph per line.",
        )
    taken = {text.row for text in held_out}
    return _part(texts, "train", [text for text in texts.items if text.row not in taken]), _part(texts, "dev", held_out)


def _part(texts: Texts, split: Split, items: list[TextExample]) -> Texts:
    return replace(texts, split=split, items=items, fingerprint=digest([texts.fingerprint, split]))
