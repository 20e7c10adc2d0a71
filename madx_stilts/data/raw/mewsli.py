"""Mewsli-X: mentions of entities in news, and descriptions of entities to link them to.

Texts are built as the reference does for XTREME-R (google-research/xtreme, third_party/utils_mewslix.py,
`preprocess_mention` and `preprocess_entity_description`).
"""

import re
from collections.abc import Iterator, Sequence

from madx_stilts.data.raw.file import RawFile
from madx_stilts.data.raw.json_values import member, parse_line
from madx_stilts.tasks.fields import BadRow, Row

_BRACED = re.compile(r"{(.*?)}")


class MewsliQueries(RawFile):
    """A row per mention: `id`, `text`, `gold` and `language`.

    `text` is `mention: left { mention } right`, with one sentence of context. `gold` is a list with one entity id, or
    None where the file hides it. A line may hold one mention or several of one context, and a mention's entity after
    it (the training pairs from Wikipedia).
    """

    columns = ("id", "text", "gold", "language")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for number, line in self._lines():
            if line.strip():
                try:
                    found = _queries(parse_line(line))
                except BadRow as bad:
                    raise self._damage(number, bad.problem) from bad
                yield from found


class MewsliEntities(RawFile):
    """A row per entity: `id` (of Wikidata), `text` (the sentences of its description) and `language`."""

    columns = ("id", "text", "language")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for number, line in self._lines():
            if line.strip():
                try:
                    row = _entity(parse_line(line))
                except BadRow as bad:
                    raise self._damage(number, bad.problem) from bad
                yield row


def _queries(line: object) -> list[Row]:
    if isinstance(line, dict) and "contextual_mention" in line:
        line = line["contextual_mention"]
    context = member(line, "context", dict, "the line")
    several = isinstance(line, dict) and "mentions" in line
    mentions = member(line, "mentions", list, "the line") if several else [member(line, "mention", dict, "the line")]
    text = member(context, "text", str, "the context")
    sentences = _spans(context, text, "the context")
    language = member(context, "language", str, "the context")
    rows = list[Row]()
    for mention in mentions:
        entity = member(mention, "entity_id", str, "the mention")
        rows.append(
            {
                "id": member(mention, "example_id", str, "the mention"),
                "text": _marked(mention, text, sentences),
                "gold": [entity] if entity else None,
                "language": language,
            }
        )
    return rows


def _marked(mention: object, text: str, sentences: Sequence[tuple[int, int]]) -> str:
    """The mention, then its sentence with braces around it; braces that are there already become parentheses."""
    span = member(mention, "mention_span", dict, "the mention")
    start, end = _span(span, text)
    words, named = text[start:end], member(span, "text", str, "the mention's span")
    if named != words:
        raise BadRow(f"the mention is {named!r:.60}, but its place in the context holds {words!r:.60}")
    for first, last in sentences:
        if first <= start and end <= last:
            left = _BRACED.sub(r"(\1)", text[first:start])
            right = _BRACED.sub(r"(\1)", text[end:last])
            return _on_one_line(f"{words}: {left} {{ {words} }} {right}")
    raise BadRow(f"the mention {words!r:.60} lies in none of the context's sentences")


def _entity(line: object) -> Row:
    description = member(line, "description", str, "the entity")
    sentences = _spans(line, description, "the entity")
    return {
        "id": member(line, "entity_id", str, "the entity"),
        "text": _on_one_line(" ".join(description[start:end] for start, end in sentences)),
        "language": member(line, "description_language", str, "the entity"),
    }


def _on_one_line(text: str) -> str:
    """As the reference does: of three blanks in a row two remain."""
    return " ".join(text.splitlines()).replace("  ", " ").strip()


def _spans(owner: object, text: str, what: str) -> list[tuple[int, int]]:
    return [_span(span, text) for span in member(owner, "sentence_spans", list, what)]


def _span(span: object, text: str) -> tuple[int, int]:
    start, end = member(span, "start", int, "the span"), member(span, "end", int, "the span")
    if not 0 <= start < end <= len(text):
        raise BadRow(f"it holds the span {start} to {end} of a text of {len(text)} characters")
    return start, end
