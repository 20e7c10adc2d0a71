"""Text for language adapters: lines of a file, pairs of a file, or a data set read no further than it is needed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from madx_stilts.data.read import Examples, read_found
from madx_stilts.data.rows import RawRow
from madx_stilts.data.sources import DataSources, find
from madx_stilts.data.stream import find_parts
from madx_stilts.data.unpack import kind_of
from madx_stilts.errors import DataError, UsageError
from madx_stilts.files import digest
from madx_stilts.formats.base import Tokenizer
from madx_stilts.formats.pieces import pieces_of_texts
from madx_stilts.formats.reading import LARGEST_TEXT
from madx_stilts.formats.text import TextExample
from madx_stilts.tasks.task import Source, Split
from madx_stilts.tasks.text import MASKED_LM, parallel_file, published_text, text_file

HELD_OUT_EVERY = 20
"""One text in so many is held out to look at; fewer of them once `MOST_HELD_OUT` is reached."""
MOST_HELD_OUT = 500
_AT_ONCE = 1_000_000
"""Characters that are tokenized together when tokens are counted."""

Texts = Examples[TextExample]
_FILES = {".txt": text_file, ".tsv": parallel_file}


@dataclass(frozen=True)
class TokenBudget:
    """A limit on text to read: whole texts, in their order, until they have so many tokens together.

    Args:
        tokens: Special tokens not counted; what is held out is counted.
        tokenizer: Counts them.
    """

    tokens: int
    tokenizer: Tokenizer


def read_text(
    language: str, source: str, *, place: DataSources, limit: int | None = None, budget: TokenBudget | None = None
) -> tuple[Texts, Texts]:
    """Read text of a language. Nothing is read, or downloaded, past the file in which `limit` or `budget` ends.

    Args:
        language: Its code.
        source: A `.txt` file in UTF-8 with one text per line; a `.tsv` file with a text and its translation per line,
            without header; either may be packed (`.txt.gz`); or `owner/name` of a data set in hub layout: see
            `tasks.text.published_text`.
        limit: Use the first so many texts.
        budget: Use the first texts up to so many tokens.

    Returns:
        Texts to train on and texts held out: a deterministic division.

    Raises:
        UsageError: The source is neither a text file nor the name of a data set, or nothing is asked for.
        DataError: It is not there, or holds too little text to divide.
    """
    _require_some(limit, "texts")
    _require_some(budget.tokens if budget else None, "tokens")
    rows = _source(source, language)
    found = find((rows,), language, place) if Path(rows.path).is_absolute() else find_parts(rows, language, place)
    task = replace(
        MASKED_LM, sources={"train": (rows,)}, languages=(language,), licence=rows.licence or MASKED_LM.licence
    )
    texts = read_found(task, language, "train", (found,), choose=partial(_first, limit=limit, budget=budget))
    return _divided(texts)


def require_source(name: str, language: str) -> None:
    """Refuse text that is not here, before anything is loaded to read it with.

    Raises:
        UsageError: The source is neither a text file nor the name of a data set.
        DataError: There is no such file.
    """
    path = Path(_source(name, language).path)
    if path.is_absolute() and not path.exists():
        raise DataError(f"There is no file {path}.", hint="Check the path.")


def is_parallel(name: str, language: str) -> bool:
    """Whether the texts of a source have translations, as `require_source` takes it.

    Raises:
        UsageError: See `require_source`.
    """
    return "other" in _source(name, language).fields


def _require_some(count: int | None, what: str) -> None:
    if count is not None and count < 1:
        raise UsageError(f"A limit of {count} {what} leaves none.", hint="Give 1 or more, or no limit.")


def _source(name: str, language: str) -> Source:
    path = Path(name)
    kind = kind_of(path.name)
    if kind in _FILES:
        # Links stay: the suffix of what they lead to may say nothing, as in the hub's cache.
        return _FILES[kind](str(path.absolute()))
    if name.count("/") != 1 or name.startswith(("/", ".")):
        raise UsageError(
            f"{name!r} is neither a .txt or .tsv file nor the name of a data set.",
            hint="Give a path that ends in .txt (a text per line) or .tsv (a text, a tab, its translation), "
            "or owner/name.",
        )
    return published_text(name, language)


def _first(
    rows: Iterable[tuple[int, RawRow]], *, limit: int | None, budget: TokenBudget | None
) -> Iterator[tuple[int, RawRow]]:
    some = islice(rows, limit)
    return some if budget is None else _within(some, budget)


def _within(rows: Iterator[tuple[int, RawRow]], budget: TokenBudget) -> Iterator[tuple[int, RawRow]]:
    """The first rows up to the budget; the one that crosses it is the last."""
    left = budget.tokens
    while left > 0:
        some = list(_characters(rows, min(left, _AT_ONCE)))
        if not some:
            return
        # Of a text that is too large, enough is counted to end here; making an example of it says what is wrong.
        pieces = pieces_of_texts(budget.tokenizer, [_text_of(raw)[:LARGEST_TEXT] for _, raw in some])
        for row, tokens in zip(some, pieces, strict=True):
            yield row
            left -= len(tokens)
            if left <= 0:
                return


def _characters(rows: Iterator[tuple[int, RawRow]], count: int) -> Iterator[tuple[int, RawRow]]:
    """Rows with so many characters: about as many as can be taken before the tokens that are left are used up.

    A token has a character or more (those of bytes aside), so hardly a row is read that is not needed: the next one may
    be in a file that is not downloaded yet.
    """
    while count > 0 and (row := next(rows, None)) is not None:
        yield row
        count -= max(1, len(_text_of(row[1])))


def _text_of(raw: RawRow) -> str:
    """All of a row's text. What is no text is told when examples are made."""
    values = (field.read(raw.row) for field in raw.source.fields.values())
    return " ".join(value for value in values if isinstance(value, str))


def _divided(texts: Texts) -> tuple[Texts, Texts]:
    every = max(HELD_OUT_EVERY, len(texts.items) // MOST_HELD_OUT)
    held_out = texts.items[every - 1 :: every]
    if not held_out:
        raise DataError(
            f"{texts.origin} gives {len(texts.items)} texts, and one in {HELD_OUT_EVERY} is held out.",
            hint=f"Take at least {HELD_OUT_EVERY} texts, each a line or a row: sentences, paragraphs or articles.",
        )
    taken = {text.row for text in held_out}
    return _part(texts, "train", [text for text in texts.items if text.row not in taken]), _part(texts, "dev", held_out)


def _part(texts: Texts, split: Split, items: list[TextExample]) -> Texts:
    return replace(texts, split=split, items=items, fingerprint=digest([texts.fingerprint, split]))
