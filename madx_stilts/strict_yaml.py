"""YAML without its traps: only what JSON has, no key twice, and a line number for each value.

Plain words follow YAML 1.2: `no` is Norwegian and not false, `1e-4` is a number, `012`, `10:30` and `2024-01-01`
are texts. Keys are texts. Tags and several documents in one file are refused.

Everything is bounded, so that a text of a stranger is read in seconds or refused: its length, the number of values and
their characters once aliases are written out ("billion laughs"), how deep they are nested, and how long a key or a
number is.
"""

import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

import yaml

Key = tuple[str | int, ...]
"""The way from the top of a document to a value: names and, in lists, positions."""

MAX_CHARACTERS: Final = 2_000_000
"""Of a text, and of all its values together once aliases are written out."""
MAX_VALUES: Final = 100_000
"""Of a document once aliases are written out: lists, mappings, keys and what is in them. PyYAML reads about ten
thousand in a second."""
MAX_DEPTH: Final = 100
"""Lists and mappings inside each other."""
MAX_KEY: Final = 1000
"""Characters of one key."""
MAX_DIGITS: Final = 400
"""Characters of one number. Python converts integers in quadratic time."""
MAX_FAULTS: Final = 100
"""Faults that are kept of one document."""
_SHOWN: Final = 200
"""Characters of a key, or of what is wrong, that a fault shows."""

_TAG: Final = "tag:yaml.org,2002:"
_NUMBER: Final = r"[-+]?(?:0|[1-9][0-9]*)"
_WORDS: Final[dict[str, tuple[re.Pattern[str], list[str], Callable[[str], object]]]] = {
    kind: (re.compile(rf"(?:{pattern})\Z"), first, meaning)
    for kind, pattern, first, meaning in (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""], lambda _: None),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF"), lambda word: word.lower() == "true"),
        ("int", _NUMBER, list("-+0123456789"), int),
        ("float", rf"(?:{_NUMBER}(?:\.[0-9]*)?|[-+]?\.[0-9]+)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789"), float),
    )
}
"""What a plain word may be, with the characters it may begin with; all others are texts."""


class _Excess(yaml.MarkedYAMLError):
    """A text exceeds a bound, so that it is not read on."""


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with the plain words of YAML 1.2's core schema, and within bounds."""

    def __init__(self, text: str, most: int) -> None:
        super().__init__(text)
        self._most = most
        self._depth = 0
        self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """As PyYAML composes it, counted: each level costs it two calls, and Python has a thousand."""
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        self._count += 1
        if self._count > self._most:
            raise _Excess(problem=_too_many(self._most), problem_mark=mark)
        if self._depth > MAX_DEPTH:
            raise _Excess(problem=_TOO_DEEP, problem_mark=mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)  # type: ignore[arg-type]
        finally:
            self._depth -= 1


_TOO_DEEP: Final = f"more than {MAX_DEPTH} lists or mappings stand inside each other"
_TOO_LONG: Final = f"the values have more than {MAX_CHARACTERS:,} characters, aliases written out"


def _too_many(most: int) -> str:
    return f"there are more than {most:,} values, aliases written out"


_Loader.yaml_implicit_resolvers = {}
for _kind, (_pattern, _first, _) in _WORDS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", _pattern, _first)


@dataclass
class YamlDocument:
    """What a YAML text says, and what is wrong with how it says it.

    Args:
        value: Dictionaries with text keys, lists, texts, finite numbers, truth values and None.
        lines: Line of each value, the first line being 1.
        faults: One sentence each, beginning with the key; at most `MAX_FAULTS`.
    """

    value: object = None
    lines: dict[Key, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def parse(text: str, *, most: int = MAX_VALUES) -> YamlDocument:
    """Read one YAML document; of a text that is no YAML, or exceeds a bound, only the fault is kept.

    No text makes it raise an error.

    Args:
        most: Values that it may have, where fewer than usual are plausible.
    """
    document = YamlDocument()
    if len(text) > MAX_CHARACTERS:
        document.faults.append(f"it has {len(text):,} characters, at most {MAX_CHARACTERS:,} are read")
        return document
    try:
        root = _Loader(text, most).get_single_node()
        if root is not None:
            document.value = _Reader(document, most).read(root, ())
    except yaml.YAMLError as error:
        return YamlDocument(faults=[_syntax_fault(error)])
    except RecursionError:
        return YamlDocument(faults=[_TOO_DEEP])
    except (ValueError, OverflowError) as error:
        # PyYAML converts numbers of the notation itself unchecked: "\U00110000", or a version of 5,000 digits.
        return YamlDocument(faults=[f"this is no YAML: {_cut(str(error))}"])
    return document


def dotted(key: Key) -> str:
    """A key as people write it: `train.adam_betas.0`."""
    return ".".join(map(str, key))


class _Reader:
    """Turns nodes into values; notes lines and faults on the way."""

    def __init__(self, document: YamlDocument, most: int) -> None:
        self._document = document
        self._most = most
        self._open: list[yaml.Node] = []
        self._values = 0
        self._characters = 0

    def read(self, node: yaml.Node, key: Key) -> object:
        self._count(node)
        self._document.lines.setdefault(key, node.start_mark.line + 1)
        if node in self._open:
            self._fault(key, node, "contains itself")
            return None
        kind = node.tag.removeprefix(_TAG)
        if kind not in _KINDS:
            self._fault(key, node, f"has the tag {node.tag}; tags are not allowed")
            return None
        if not isinstance(node, _KINDS[kind]):
            self._fault(key, node, f"cannot be read as {kind}")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, key, kind)
        if len(self._open) == MAX_DEPTH:
            raise _Excess(problem=_TOO_DEEP, problem_mark=node.start_mark)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, key)
            return [self.read(item, (*key, place)) for place, item in enumerate(node.value)]
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, object]:
        values: dict[str, object] = {}
        first: dict[Hashable, int] = {}
        for name_node, value_node in node.value:
            self._count(name_node)
            line = name_node.start_mark.line + 1
            if name_node.tag != f"{_TAG}str" or not isinstance(name_node, yaml.ScalarNode):
                shown = name_node.value if isinstance(name_node, yaml.ScalarNode) else "a list or mapping"
                self._fault((*key, str(shown)), name_node, "is a key but no text; put it in quotes")
                continue
            name = self._text(name_node, key)
            if name is None:
                continue
            if len(name) > MAX_KEY:
                self._fault((*key, name), name_node, f"is a key of {len(name):,} characters, at most {MAX_KEY:,}")
            elif name in values:
                self._fault((*key, name), name_node, f"is given twice, first in line {first[name]}")
            else:
                first[name] = line
                values[name] = self.read(value_node, (*key, name))
        return values

    def _scalar(self, node: yaml.ScalarNode, key: Key, kind: str) -> object:
        if kind == "str":
            return self._text(node, key)
        pattern, _, meaning = _WORDS[kind]
        if len(node.value) > MAX_DIGITS:
            self._fault(key, node, f"is a number of {len(node.value):,} characters, at most {MAX_DIGITS} are read")
        elif not pattern.match(node.value):
            self._fault(key, node, f"cannot be read as {kind}")
        else:
            value = meaning(node.value)
            if not isinstance(value, float) or math.isfinite(value):
                return value
            self._fault(key, node, f"is the number {_cut(node.value)}, which is too large")
        return None

    def _text(self, node: yaml.ScalarNode, key: Key) -> str | None:
        """The text of a node, with letters that JSON writes as two halves made whole."""
        text: str = node.value
        try:
            text.encode()
            return text
        except UnicodeEncodeError:
            pass
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._fault(key, node, "holds half of a letter (\\ud800 to \\udfff), which is no text")
            return None

    def _count(self, node: yaml.Node) -> None:
        self._values += 1
        self._characters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        if self._values > self._most:
            raise _Excess(problem=_too_many(self._most), problem_mark=node.start_mark)
        if self._characters > MAX_CHARACTERS:
            raise _Excess(problem=_TOO_LONG, problem_mark=node.start_mark)

    def _fault(self, key: Key, node: yaml.Node, problem: str) -> None:
        if len(self._document.faults) < MAX_FAULTS:
            # Before it is joined: a hundred keys of a thousand characters each are not copied for every fault.
            shown = _cut(dotted(tuple(_cut(part) if isinstance(part, str) else part for part in key)))
            self._document.faults.append(f"{shown}: {_cut(problem)} (line {node.start_mark.line + 1})")


_KINDS: Final[dict[str, type[yaml.Node]]] = {
    "map": yaml.MappingNode,
    "seq": yaml.SequenceNode,
    **dict.fromkeys(("str", *_WORDS), yaml.ScalarNode),
}


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _syntax_fault(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {_cut(str(error.problem or error.context))}"
    return f"this is no YAML: {_cut(' '.join(str(error).split()))}"
