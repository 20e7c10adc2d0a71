"""Universal Dependencies treebanks (CoNLL-U), as XTREME makes its part-of-speech data of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from madx_stilts.data.raw.file import RawFile
from madx_stilts.data.raw.fused import ROOT, Fused, SyntacticWord, precedence, written
from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import BadRow, Row

_COLUMNS = 10
_HIDDEN = "_"
_ZERO_WIDTH_NON_JOINER = "\u200c"
_EMPTY_NODE = re.compile(r"\d+\.\d+")


@dataclass
class _Sentence:
    id: str | None = None
    words: list[SyntacticWord] = field(default_factory=list)
    fused: list[Fused] = field(default_factory=list)

    def add(self, columns: Sequence[str]) -> None:
        """Add the word of one line.

        Raises:
            BadRow: The line does not go on where the one before ended.
        """
        number, form = columns[0], columns[1].strip()
        if _EMPTY_NODE.fullmatch(number):
            return
        if "-" in number:
            self.fused.append(Fused(*self._span(number), form))
            return
        if number != str(len(self.words) + 1):
            raise BadRow(f"it holds word {number!r}, expected {len(self.words) + 1}")
        self.words.append(SyntacticWord(form, columns[3].strip(), _heads(columns[6], columns[8])))

    def check(self) -> None:
        """Check what only the end of the sentence tells.

        Raises:
            BadRow: The words of a fused form are missing.
        """
        if self.fused and self.fused[-1].last > len(self.words):
            raise BadRow(
                f"the sentence ends at word {len(self.words)}, but {self.fused[-1].form!r} reaches to word "
                f"{self.fused[-1].last}"
            )

    def _span(self, number: str) -> tuple[int, int]:
        first, _, last = number.partition("-")
        covered = self.fused[-1].last if self.fused else ROOT
        if not (first.isdecimal() and last.isdecimal() and covered < int(first) <= int(last)):
            raise BadRow(f"it holds words {number!r}, expected a range that begins after word {covered}")
        return int(first), int(last)


class ConlluTable(RawFile):
    """A treebank file. Each row is a sentence of written words with their universal tags.

    What becomes of the treebank (google-research/xtreme, conllu_to_conll.py and utils_preprocess.py):

    - A fused form ("zum" for "zu dem") is one word, tagged as `fused` says; the beginning of the file's name, up to
      the first `_`, tells the language.
    - Empty nodes (`8.1`) are no words.
    - Spaces and zero-width non-joiners inside words are taken out.
    - Sentences whose words were taken out for their licence are left out: those with `_` words in which at most one
      word is not `_`. A sentence of two words one of which is a real `_` goes with them.

    The same sentence differs between releases of a treebank: XTREME's are of UD 2.5 (lt, pl, uk, wo, ro: 2.7). English
    "don't" is two words there and one in later releases, which have a fused form for it.

    Columns: `tokens` (list of texts), `pos_tags` (list of names, as many), `id` (the sentence's `sent_id`, or None).
    """

    columns = ("tokens", "pos_tags", "id")

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._order = precedence(path.name.split("_")[0])

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for sentence in self._sentences():
            pairs = written(sentence.words, sentence.fused, self._order)
            hidden = sum(form == _HIDDEN for form, _ in pairs)
            if not hidden or hidden < len(pairs) - 1:
                yield {
                    "tokens": [form.replace(_ZERO_WIDTH_NON_JOINER, "").replace(" ", "") for form, _ in pairs],
                    "pos_tags": [tag for _, tag in pairs],
                    "id": sentence.id,
                }

    def _sentences(self) -> Iterator[_Sentence]:
        sentence, number = _Sentence(), 0
        for number, line in self._lines():
            try:
                if line.startswith("#"):
                    sentence.id = _sentence_id(line) or sentence.id
                elif line.strip():
                    sentence.add(_split(line))
                else:
                    sentence.check()
                    if sentence.words:
                        yield sentence
                    sentence = _Sentence()
            except BadRow as bad:
                raise self._damage(number, bad.problem) from bad
        if sentence.words or sentence.fused:
            raise DataError(
                f"{self._path} ends at line {number} without the blank line that ends a sentence.",
                hint="The file is cut off: fetch it again. If it is whole, add a blank line at its end.",
            )


def _split(line: str) -> list[str]:
    columns = line.split("\t")
    if len(columns) != _COLUMNS:
        raise BadRow(f"it has {len(columns)} columns, CoNLL-U has {_COLUMNS}")
    return columns


def _sentence_id(comment: str) -> str | None:
    key, _, value = comment[1:].partition("=")
    return value.strip() if key.strip() == "sent_id" else None


def _heads(head: str, enhanced: str) -> frozenset[int]:
    """The heads in the columns HEAD (`4`) and DEPS (`4:nmod|9:conj`); those that are empty nodes do not count."""
    named = [head, *(pair.split(":")[0] for pair in enhanced.split("|"))]
    return frozenset(int(number) for number in named if number.isdecimal())
