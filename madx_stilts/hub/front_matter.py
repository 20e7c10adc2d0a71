"""What machines read in the README of a published adapter: the hub's front matter, with one result per score."""

from collections.abc import Sequence
from typing import Final

from huggingface_hub import EvalResult, ModelCardData

from madx_stilts.hub.card_data import ADAPTERHUB, AdapterCardData, data_set_of, language_name, task_of
from madx_stilts.hub.licences import OTHER
from madx_stilts.hub.results import PublishedScores
from madx_stilts.languages import is_constructed

LIBRARY: Final = "adapter-transformers"
"""The hub's key of the `adapters` library."""
_KINDS: Final = {
    "pair": ("text-classification", "Text classification"),
    "choice": ("multiple-choice", "Multiple choice"),
    "span": ("question-answering", "Question answering"),
    "tagging": ("token-classification", "Token classification"),
    "retrieval": ("sentence-similarity", "Sentence retrieval"),
    "text": ("fill-mask", "Masked language modelling"),
}
_SPLITS: Final = {"dev": "validation"}


def front_matter(title: str, stories: Sequence[AdapterCardData]) -> str:
    """The front matter, as YAML between two lines of dashes.

    Args:
        title: What the model index calls it.
        stories: Adapters that are published together; the scores of the last count.
    """
    top = stories[-1]
    licences = {story.licence for story in stories}
    licence = next(iter(licences)) if len(licences) == 1 else OTHER
    results = [result for one in top.scores for result in _evaluated(one.result)] or _on_dev(top)
    data = ModelCardData(
        language=_once(code for story in stories for code in story.languages) or None,
        license=licence,
        license_name="that-of-the-training-data" if licence == OTHER else None,
        license_link="#data-and-licences" if licence == OTHER else None,
        library_name=LIBRARY,
        tags=_tags(stories),
        datasets=_once(name for story in stories for name in story.data_sets) or None,
        metrics=_once(result.metric_type for result in results) or None,
        base_model=top.base or None,
        base_model_relation="adapter" if top.base else None,
        model_name=title,
        eval_results=results or None,
        ignore_metadata_errors=False,
    )
    return f"---\n{data.to_yaml()}\n---\n"


def _tags(stories: Sequence[AdapterCardData]) -> list[str]:
    top = stories[-1]
    tasks = _once(part.task for story in stories for part in story.card.recipe.parts)
    scored = [task_of(one.result.task) for one in top.scores]
    benchmarks = ["xtreme"] if any(task is not None and "target" in map(str, task.roles) for task in scored) else []
    if any(story.is_constructed for story in stories):  # nobody who looks for real adapters should find these
        return [LIBRARY, top.card.backbone.model_type, "stilts", "madx-stilts", "constructed-language"]
    hub = [f"adapterhub:{ADAPTERHUB[task]}" for task in tasks if task in ADAPTERHUB]
    return [LIBRARY, top.card.backbone.model_type, "stilts", "madx-stilts", *hub, *benchmarks]


def _evaluated(result: PublishedScores) -> list[EvalResult]:
    """One result per language, of the primary metric."""
    return [
        _result(result.task, language, result.split, result.metric, value) for language, value in result.primary.items()
    ]


def _on_dev(story: AdapterCardData) -> list[EvalResult]:
    """The dev scores that training left, where no evaluation is given."""
    parts = story.card.recipe.parts
    if len(parts) != 1:
        return []
    ((task, language),) = {(part.task, part.language) for part in parts}
    return [_result(task, language, "dev", metric, value) for metric, value in story.card.scores.items()]


def _result(name: str, language: str, split: str, metric: str, value: float) -> EvalResult:
    task = task_of(name)
    kind, words = _KINDS[task.format] if task else ("other", name)
    data = "constructed-world" if is_constructed(language) else data_set_of(task) or name
    return EvalResult(
        task_type=kind,
        task_name=words,
        dataset_type=data,
        dataset_name=f"{name} ({language_name(language)})",
        dataset_config=f"{name}.{language}",
        dataset_split=_SPLITS.get(split, split),
        metric_type=metric,
        metric_name=metric.replace("_", " "),
        metric_value=round(value, 2),
    )


def _once(values: object) -> list[str]:
    return list(dict.fromkeys(values))  # type: ignore[call-overload]
