"""Predictions as a submission to XTREME takes them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from madx_stilts.data.read import Examples
from madx_stilts.report.submission import write_language

Shape = Callable[[Sequence[Any], Sequence[Any]], object]


def submit(folder: Path, examples: Examples[Any], predictions: Sequence[Any]) -> Path:
    """Write the predictions for one language into the layout of XTREME.

    Args:
        folder: Of the whole submission.
        examples: The whole test set, in the order of its files.
        predictions: One for each.

    Returns:
        The file.

    Raises:
        UnknownName: The task is in neither benchmark.
        UsageError: The task is not submitted in this language.
        StorageError: The file cannot be written.
    """
    task = examples.task
    shape = _SHAPES[task.search or task.format]
    return write_language(folder, task.name, examples.language, shape(predictions, examples.items))


def _as_they_are(predictions: Sequence[Any], examples: Sequence[Any]) -> object:
    return list(predictions)


def _answers(predictions: Sequence[Any], examples: Sequence[Any]) -> object:
    return {example.id: prediction.text for prediction, example in zip(predictions, examples, strict=True)}


def _places(predictions: Sequence[Any], examples: Sequence[Any]) -> object:
    """XTREME sorts the English sentences (`tatoeba_preprocess`); candidates are told by their line."""
    order = sorted(range(len(examples)), key=lambda at: examples[at].text)
    return [int(predictions[at][0].id) for at in order]


def _pairs(predictions: Sequence[Any], examples: Sequence[Any]) -> object:
    both = zip(predictions, examples, strict=True)
    return [(example.id, found.id) for ranking, example in both for found in ranking]


def _rankings(predictions: Sequence[Any], examples: Sequence[Any]) -> object:
    return {example.id: [found.id for found in ranking] for ranking, example in zip(predictions, examples, strict=True)}


_SHAPES: Mapping[str, Shape] = {
    "pair": _as_they_are,
    "choice": _as_they_are,
    "tagging": _as_they_are,
    "span": _answers,
    "nearest": _places,
    "mining": _pairs,
    "ranking": _rankings,
}
"""By format, or by the kind of search."""
