"""One stack scored on one task in many languages: zero-shot cross-lingual evaluation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from madx_stilts.card import BackboneNote, Card
from madx_stilts.data.encode import Encoder
from madx_stilts.data.place import DataPlace
from madx_stilts.data.read import Examples, find_all, read
from madx_stilts.errors import AdapterError, DataError, UsageError
from madx_stilts.files import write_whole
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Limits, Outputs
from madx_stilts.metrics.means import mean, mean_without_source, transfer_gap
from madx_stilts.nets.adapter_model import head_config
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.preflight import check_effects
from madx_stilts.nets.stacking import activate, remove
from madx_stilts.score.predict import first_inputs, predict
from madx_stilts.stack import AdapterRef, Stack
from madx_stilts.tasks.task import Split, Task
from madx_stilts.zoo.store import Zoo

Missing = Literal["source", "none", "error"]


@dataclass(frozen=True)
class Swap:
    """Exchange the language adapter for each language (MAD-X).

    Args:
        find: The adapter of a language, or None if there is none.
        missing: What a language without one gets: the `source` adapter, `none`, or an `error`.
    """

    find: Callable[[str], AdapterRef | None]
    missing: Missing = "error"

    def applied(self, stack: Stack, language: str) -> Stack:
        """The stack for a language.

        Raises:
            AdapterError: The language has no adapter and the rule is `error`.
        """
        found = self.find(language)
        if found is None and self.missing == "error":
            raise AdapterError(
                f"There is no language adapter for {language!r}.",
                hint="Train one, or say what such languages get with --missing source or --missing none.",
            )
        if found is None and self.missing == "source":
            return stack
        return stack.with_language(found)


@dataclass(frozen=True)
class Bench:
    """What evaluations share.

    Args:
        backbone: Frozen.
        zoo: Where adapters come from.
        place: Where data are looked up.
        cache: Folder for encodings; none: encode anew each time.
        predictions: Folder for what was predicted, one JSON line per example (per word, for tagging); none: not kept.
        on_language: Called with each language before it is scored.
    """

    backbone: Backbone
    zoo: Zoo
    place: DataPlace
    cache: Path | None = None
    predictions: Path | None = None
    on_language: Callable[[str], None] = lambda language: None


@dataclass(frozen=True)
class Evaluation:
    """Scores of one stack on one task.

    Args:
        scores: By language: each metric, 0 to 100, and `n`, the number of examples. A language whose gold answers are
            hidden has only `n`.
        language_adapters: Which language adapter each language got, if any.
    """

    task: str
    split: str
    metric: str
    source_language: str
    stack: tuple[str, ...]
    backbone: BackboneNote
    scores: dict[str, dict[str, float]]
    language_adapters: dict[str, str | None] = field(default_factory=dict)

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics, the primary one first."""
        names = dict.fromkeys([self.metric, *(name for values in self.scores.values() for name in values)])
        return [name for name in names if name != "n"]

    @property
    def primary(self) -> dict[str, float]:
        """The primary metric by language, where it is known."""
        return {language: values[self.metric] for language, values in self.scores.items() if self.metric in values}

    def as_json(self) -> dict[str, object]:
        """What `evaluate --json` prints; `mean`, `mean_without_source` and `gap` are of the primary metric."""
        primary, source = self.primary, self.source_language
        others = {language: score for language, score in primary.items() if language != source}
        return {
            "task": self.task,
            "split": self.split,
            "metric": self.metric,
            "source_language": source,
            "stack": list(self.stack),
            "backbone": {"name": self.backbone.name, "fingerprint": self.backbone.fingerprint},
            "scores": self.scores,
            "language_adapters": self.language_adapters,
            "mean": mean(primary) if primary else None,
            "mean_without_source": mean_without_source(primary, source) if others else None,
            "gap": transfer_gap(primary, source) if others and source in primary else None,
        }


def evaluate(
    bench: Bench,
    task: Task,
    stack: Stack,
    languages: Sequence[str],
    *,
    split: Split,
    limit: int | None = None,
    swap: Swap | None = None,
) -> Evaluation:
    """Score a stack in each language.

    Args:
        languages: Codes, in the order of the result.
        limit: Score so many examples per language at most, a deterministic sample.
        swap: How the language adapter is exchanged; none: the stack stays as it is.

    Raises:
        UsageError: The task has no data in a language, or the stack's head does not answer the task.
        AdapterError: An adapter is missing, damaged or of another backbone.
        DataError: Data are missing or malformed, or gold answers are hidden and predictions are not kept.
    """
    _require_data(task, languages, split, bench.place)
    top = stack.top
    if top is None:
        raise UsageError("The stack is empty: nothing answers.", hint="Name at least one adapter with --stack.")
    card = bench.zoo.card(top.id)
    stacks = {language: swap.applied(stack, language) if swap else stack for language in languages}
    head = attach_head(bench.backbone, bench.zoo, top.id)
    _check_head(bench.backbone, head, card, task)
    scores = {}
    for language, chosen in stacks.items():
        bench.on_language(language)
        scores[language] = _one_language(
            bench, read(task, language, split, place=bench.place, limit=limit), chosen, card, head
        )
        if chosen.language != stack.language and chosen.language is not None:
            # Another language's adapter is not needed again, and dozens of them would fill the memory.
            remove(bench.backbone, bench.backbone.attached[chosen.language.id])
    return Evaluation(
        task=task.name,
        split=split,
        metric=task.primary_metric,
        source_language=task.source_language,
        stack=tuple(map(str, stack.refs)),
        backbone=bench.backbone.note(),
        scores=scores,
        language_adapters={lang: str(chosen.language) if chosen.language else None for lang, chosen in stacks.items()},
    )


def _require_data(task: Task, languages: Sequence[str], split: Split, place: DataPlace) -> None:
    """All languages have their files; what is missing is told before the first one is scored."""
    missing: dict[str, DataError] = {}
    for language in languages:
        try:
            find_all(task, language, split, place=place)
        except DataError as error:
            missing[language] = error
    if not missing:
        return
    first = next(iter(missing.values()))
    present = [language for language in languages if language not in missing]
    if not present:
        raise first
    raise DataError(
        f"{task.name} has no {split} data here in {', '.join(missing)}. {first.message}",
        hint=f"Fetch them, or leave them out: --languages {','.join(present)}",
    )


def _one_language(bench: Bench, examples: Examples[Any], stack: Stack, card: Card, head: str) -> dict[str, float]:
    backbone, task = bench.backbone, examples.task
    if bench.predictions is None:
        examples.require_labels()
    names = attach(backbone, bench.zoo, [ref.id for ref in stack.refs])
    task_format = FORMATS[task.format]
    encoder = Encoder(backbone.words, backbone.fingerprint, bench.cache)
    encoded = encoder.encode(examples, Limits(card.recipe.train.max_tokens, card.recipe.train.shared_tokens))
    check_effects(backbone, names, first_inputs(backbone, encoded))
    activate(backbone, names)
    with told_as_memory(f"Scoring {task.name} in {examples.language}", hint="Try --precision bf16, or --device cpu."):
        outputs: Outputs = predict(backbone, head=head, kind=task_format.head, encoded=encoded)
    predictions = task_format.decode(outputs, encoded, examples.items, task)
    if bench.predictions is not None:
        _write_predictions(bench.predictions, examples, predictions)
    count: dict[str, float] = {"n": len(examples.items)}
    if not all(task_format.labelled(example) for example in examples.items):
        return count
    return dict(task_format.score(predictions, examples.items, task, examples.language)) | count


def _write_predictions(folder: Path, examples: Examples[Any], predictions: Sequence[Any]) -> None:
    task_format = FORMATS[examples.task.format]
    pairs = zip(predictions, examples.items, strict=True)
    rows = (row for prediction, example in pairs for row in task_format.prediction_rows(prediction, example))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_whole(folder / examples.task.name / f"{examples.split}-{examples.language}.jsonl", lines)


def _check_head(backbone: Backbone, head: str, card: Card, task: Task) -> None:
    """The head answers this kind of task, with these labels in this order."""
    config = head_config(backbone.heads[head])
    wanted = FORMATS[task.format].head
    if config["head_type"] != wanted:
        raise UsageError(
            f"The head of {card.name} is for {config['head_type']}, {task.name} needs {wanted}.",
            hint="Put a target adapter of the task on top of the stack.",
        )
    labels = config.get("label2id") or {}
    known = [label for label, _ in sorted(labels.items(), key=lambda item: int(item[1]))]
    if wanted in ("classification", "tagging") and known != list(task.labels):
        raise UsageError(
            f"The head of {card.name} answers {', '.join(known)}; {task.name} has {', '.join(task.labels)}.",
            hint="Put a target adapter of the task on top of the stack.",
        )
    if wanted == "multiple_choice":
        # One score per choice: the same head serves any number of choices.
        config["num_choices"] = len(task.labels)
