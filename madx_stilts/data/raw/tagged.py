"""Tagged sentences: one word per line with its tag, or one sentence per line."""

from collections.abc import Iterator, Sequence

from madx_stilts.data.raw.file import RawFile
from madx_stilts.tasks.fields import BadRow, Row


class ConllTable(RawFile):
    """One word per line, its tag in the last column; a blank line ends a sentence.

    Columns are separated by tabs or, in a line without a tab, by spaces. Lines that begin with `-DOCSTART-` are no
    words. Rows have `tokens` and `ner_tags`, lists of texts.
    """

    columns = ("tokens", "ner_tags")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        tokens, tags = list[str](), list[str]()
        for number, line in self._lines():
            # Other blanks may be words: PAN-X has no-break spaces.
            text = line.strip(" \t")
            if text and not text.startswith("-DOCSTART-"):
                token, tag = self._word(text, number)
                tokens.append(token)
                tags.append(tag)
            elif tokens:
                yield {"tokens": tokens, "ner_tags": tags}
                tokens, tags = [], []
        if tokens:
            yield {"tokens": tokens, "ner_tags": tags}

    def _word(self, text: str, number: int) -> tuple[str, str]:
        parts = [part.strip(" ") for part in text.split("\t" if "\t" in text else " ")]
        if len(parts) < 2:
            raise self._damage(number, f"it has one column, {text!r:.60}, expected a word and its tag")
        return parts[0], parts[-1]


class PanxTable(ConllTable):
    """The files of PAN-X (WikiAnn) as they were first handed out: `en:word`, tab, tag.

    What stands before a word's first `:` is taken off, and blanks around the word, as XTREME does; the word may be
    empty then, where it was a no-break space.
    """

    def _word(self, text: str, number: int) -> tuple[str, str]:
        parts = text.split("\t")
        _, colon, token = parts[0].partition(":")
        if len(parts) != 2 or not colon:
            raise self._damage(number, f"it is {text!r:.60}, expected language:word, a tab and a tag")
        return token.strip(), parts[1].strip()


class TwoColumnsTable(RawFile):
    """One sentence per line: its words, a tab, their tags; words and tags are separated by spaces.

    It is the form of CCGbank's supertags in jiant (jiant/tasks/lib/ccg.py). Rows have `tokens` and `tags`, lists of
    texts.
    """

    columns = ("tokens", "tags")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        filled = (line for _, line in self._lines() if line.strip())
        for index, line in enumerate(filled):
            parts = [[word for word in part.split(" ") if word] for part in line.split("\t")]
            if len(parts) != 2:
                raise BadRow(f"it has {len(parts)} columns, expected words, a tab and tags", index)
            tokens, tags = parts
            if len(tokens) != len(tags):
                raise BadRow(f"it has {len(tokens)} words and {len(tags)} tags, expected as many", index)
            yield {"tokens": tokens, "tags": tags}
