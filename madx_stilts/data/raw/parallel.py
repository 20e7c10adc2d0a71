"""Sentences in two languages: aligned files (Tatoeba) and comparable corpora (BUCC)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from madx_stilts.data.lines import lines
from madx_stilts.data.raw.file import RawFile, damage
from madx_stilts.data.unpack import beside, plain
from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row


class TatoebaTable(RawFile):
    """Line by line translations, as LASER has them: `tatoeba.deu-eng.deu` beside `tatoeba.deu-eng.eng`.

    Rows have `id` (the line's index, from 0), `source` (a sentence of the file that was opened) and `target` (the
    same line of the file in the other language), both without blanks around them. An empty line is a row too: rows
    are told apart by where they stand.
    """

    columns = ("id", "source", "target")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        path = plain(self._path)
        first, second = _languages(path, path.stem.rpartition(".")[2])
        other = beside(path.with_suffix(f".{second if path.suffix == f'.{first}' else first}"))
        if not other.exists():
            raise DataError(
                f"{self._path} has no {other.name} beside it.", hint="Put both languages of a pair into one folder."
            )
        counts = [sum(1 for _ in lines(path)) for path in (self._path, other)]
        if counts[0] != counts[1]:
            raise DataError(
                f"{self._path} has {counts[0]:,} lines, {other.name} has {counts[1]:,}; lines of one number belong "
                "together.",
                hint="One of them is cut off: fetch both again.",
            )
        for index, (source, target) in enumerate(zip(lines(self._path), lines(other), strict=True)):
            yield {"id": index, "source": source.strip(), "target": target.strip()}


class BuccTable(RawFile):
    """One side of a comparable corpus: `zh-en.dev.zh` or `zh-en.dev.en`, with lines `id`, tab, sentence.

    Rows have `id`, `text` and `gold`: the ids of the translations, from `zh-en.dev.gold` beside it (lines `zh-…`,
    tab, `en-…`); an empty list where there is none. `gold` is None in all rows of a file in the second language, and
    where there is no gold file.
    """

    columns = ("id", "text", "gold")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        path = plain(self._path)
        place = beside(path.with_suffix(".gold"))
        first, _ = _languages(path, path.name.split(".")[0])
        gold = _gold(place) if path.suffix == f".{first}" and place.exists() else None
        seen = set[str]()
        for index, (_, line) in enumerate(self._lines()):
            name, tab, text = line.partition("\t")
            if not tab or not name:
                raise BadRow(f"it is {line!r:.60}, expected an id, a tab and a sentence", index)
            if name in seen:
                raise BadRow(f"its id {name!r} stands in an earlier row too", index)
            seen.add(name)
            yield {"id": name, "text": text.strip(), "gold": None if gold is None else gold.get(name, [])}
        unknown = [name for name in gold or () if name not in seen]
        if unknown:
            raise DataError(
                f"{place} names {len(unknown)} sentences that {self._path.name} does not have, {unknown[0]} first.",
                hint="The two are of different versions, or one is cut off: fetch both again.",
            )


def _gold(path: Path) -> Mapping[str, list[str]]:
    """The ids of the translations of each sentence that has any."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(lines(path), start=1):
        pair = line.split()
        if len(pair) != 2:
            raise damage(path, number, f"it is {line.strip()!r:.60}, expected two ids with a tab between")
        found.setdefault(pair[0], []).append(pair[1])
    return found


def _languages(path: Path, pair: str) -> tuple[str, str]:
    """The two languages that a file's name tells (`deu-eng`).

    Raises:
        DataError: The name tells none, or the file's suffix is neither.
    """
    first, _, second = pair.partition("-")
    if path.suffix not in (f".{first}", f".{second}") or not second:
        raise DataError(
            f"{path.name} does not tell its pair of languages.", hint="Names are like deu-eng.deu or zh-en.dev.zh."
        )
    return first, second
