"""The shapes that predictions have in a submission to XTREME, and how each is written and read.

Files are read as XTREME's `evaluate.py` reads them, except that what can only be a mistake is refused: a file that is
not UTF-8 or begins with a byte order mark, a question answered twice, a line that is no pair, a choice that is neither
0 nor 1. There such files score low, or fail.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

MinedPair = tuple[str, str]


@dataclass(frozen=True)
class PredictionKind:
    """One shape of predictions.

    Args:
        suffix: Of its files, without a dot.
        write: From predictions to the text of a file. Raises ValueError for what cannot be written.
        read: From the text of a file, of predictions or of labels, to what it says. Raises ValueError for what cannot
            be read.
    """

    suffix: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _lines(text: str) -> list[str]:
    """Lines without spaces around them; only a line feed ends one, whatever else Unicode takes for an end."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.strip() for line in lines]


def _labels(*names: str) -> PredictionKind:
    """One of these names on each line."""

    def write(labels: Sequence[str]) -> str:
        strange = next((label for label in _some(labels) if label not in names), None)
        if strange is not None:
            raise ValueError(f"{strange!r} is none of {', '.join(names)}")
        return "".join(f"{label}\n" for label in labels)

    return PredictionKind("tsv", write, _lines)


def _write_indices(indices: Sequence[int]) -> str:
    """An index is any integer, also one of numpy."""
    return "".join(f"{_position(index(position))}\n" for position in _some(indices))


def _write_tags(sentences: Sequence[Sequence[str]]) -> str:
    """A blank line ends every sentence, so that one without tokens is kept."""
    return "".join("".join(f"{_one_word(tag)}\n" for tag in tags) + "\n" for tags in _some(sentences))


def _read_tags(text: str) -> list[list[str]]:
    sentences: list[list[str]] = []
    tags: list[str] = []
    for line in _lines(text):
        if line:
            tags.append(line)
        else:
            sentences.append(tags)
            tags = []
    return [*sentences, tags] if tags else sentences


def _write_pairs(pairs: Iterable[MinedPair]) -> str:
    """In the order of the ids; there may be none."""
    return "".join(f"{_one_word(source)}\t{_one_word(target)}\n" for source, target in sorted(pairs))


def _read_pairs(text: str) -> set[MinedPair]:
    pairs = set()
    for number, line in enumerate(_lines(text), start=1):
        source, tab, target = line.partition("\t")
        if not tab or "\t" in target:
            raise ValueError(f"line {number} is no pair of two ids with a tab between: {line!r}")
        pairs.add((source, target))
    return pairs


def _write_answers(answers: Mapping[str, str]) -> str:
    return _json({name: _text(answer, name) for name, answer in _some(answers).items()})


def _write_rankings(rankings: Mapping[str, Sequence[str]]) -> str:
    """A text is a sequence of letters, but never a ranking."""
    for name, ranking in _some(rankings).items():
        if isinstance(ranking, str):
            raise ValueError(f"{name} has the text {ranking!r}, not a list of ids")
    return _json({name: [_text(one, name) for one in ranking] for name, ranking in rankings.items()})


def _read_json(text: str) -> Any:
    """What lies under `data`, where there is such a key, as in files of SQuAD; else all."""
    content = json.loads(text, object_pairs_hook=_without_doubles)
    return content["data"] if isinstance(content, dict) and "data" in content else content


def _write_choices(choices: Sequence[int]) -> str:
    return "".join(json.dumps({"label": _choice(index(choice))}) + "\n" for choice in _some(choices))


def _read_choices(text: str) -> list[int]:
    """Only `label` counts; a file of XCOPA itself holds more beside it."""
    choices = []
    for number, line in enumerate(_lines(text), start=1):
        try:
            choices.append(_choice(json.loads(line)["label"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no JSON object with a `label` of 0 or 1: {line!r}") from error
    return choices


def _some(values: Any) -> Any:
    if not len(values):
        raise ValueError("there are no predictions")
    return values


def _one_word(text: str) -> str:
    """A text that comes back as it was when it is read."""
    if not text or text != text.strip() or any(letter in text for letter in "\t\r\n"):
        raise ValueError(f"{text!r} cannot stand on a line of its own")
    return text


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} has {value!r}, not a text")
    return value


def _position(value: int) -> int:
    if value < 0:
        raise ValueError(f"{value} is no position; they count from 0")
    return value


def _choice(value: object) -> int:
    if isinstance(value, bool) or value not in (0, 1):
        raise ValueError(f"{value!r} is neither 0 nor 1")
    return int(value == 1)


def _json(value: object) -> str:
    """In ASCII, since the official evaluator opens files in whatever encoding the system has."""
    return json.dumps(value, indent=2) + "\n"


def _without_doubles(items: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(items)
    if len(content) < len(items):
        counts = Counter(name for name, _ in items)
        raise ValueError(f"{next(name for name, _ in items if counts[name] > 1)!r} stands there twice")
    return content


ENTAILMENT = _labels("entailment", "neutral", "contradiction")
"""A label on each line."""
YES_OR_NO = _labels("0", "1")
"""A label on each line."""
INDICES = PredictionKind("tsv", _write_indices, _lines)
"""A position, from 0, on each line."""
TAGS = PredictionKind("tsv", _write_tags, _read_tags)
"""A tag on each line, and a blank line behind each sentence; no tokens."""
PAIRS = PredictionKind("tsv", _write_pairs, _read_pairs)
"""Two ids on each line, a tab between them."""
ANSWERS = PredictionKind("json", _write_answers, _read_json)
"""The answer to each question, by id. Labels are in the format of SQuAD."""
RANKINGS = PredictionKind("json", _write_rankings, _read_json)
"""A list of ids for each query, by id, the best first."""
CHOICES = PredictionKind("jsonl", _write_choices, _read_choices)
"""An object with a `label`, 0 or 1, on each line."""
