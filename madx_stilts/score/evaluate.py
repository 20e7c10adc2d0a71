"""Stacks scored on one task in many languages: zero-shot cross-lingual evaluation."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from madx_stilts.card import Card
from madx_stilts.data.label_file import with_labels
from madx_stilts.data.read import Examples, find_all, read
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits, Outputs
from madx_stilts.nets.adapter_model import head_config
from madx_stilts.nets.anatomy import Trunk
from madx_stilts.nets.attach import attach, attach_head, check_composition
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.stacking import trunk_below
from madx_stilts.score.bench import Bench, Swap
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.predict import Answerer, predict, predict_each
from madx_stilts.score.presence import require_data
from madx_stilts.score.remarks import Remarks
from madx_stilts.score.retrieve import retrieve
from madx_stilts.stack import Stack
from madx_stilts.tasks.task import Split, Task

_TOLD = 30
"""Labels that a message names."""


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
    """Score a stack in each language. Retrieval, where nothing is answered but found, is the business of `retrieve`.

    Args:
        languages: Codes, in the order of the result.
        limit: Score so many examples per language at most, a deterministic sample.
        swap: How the language adapter is exchanged; none: the stack stays as it is.

    Raises:
        UsageError: The task has no data in a language, or the stack's head does not answer the task.
        AdapterError: An adapter is missing, damaged or of another backbone.
        DataError: Data are missing or malformed, or gold answers are hidden and predictions are not kept.
    """
    (result,) = evaluate_each(bench, task, [stack], languages, split=split, limit=limit, swap=swap)
    return result


def evaluate_each(
    bench: Bench,
    task: Task,
    stacks: Sequence[Stack],
    languages: Sequence[str],
    *,
    split: Split,
    limit: int | None = None,
    swap: Swap | None = None,
) -> list[Evaluation]:
    """Score several stacks in each language. Data are read once, and what stacks have in common is computed once.

    Returns:
        For each stack what `evaluate` returns for it.

    Raises:
        UsageError: As for `evaluate`; or predictions of several stacks are to be kept, for which there is one place.
        AdapterError: As for `evaluate`, for the first stack that has a fault.
        DataError: As for `evaluate`.
    """
    if bench.keeps and len(stacks) > 1:
        raise UsageError(
            f"The predictions of {len(stacks)} stacks would overwrite one another.",
            hint="Score them one by one to keep what they predict.",
        )
    if task.search is not None:
        return [retrieve(bench, task, stack, languages, split=split, limit=limit, swap=swap) for stack in stacks]
    require_data(task, languages, split, bench.place)
    for stack in stacks:
        if stack.top is None:
            raise UsageError("The stack is empty: nothing answers.", hint="Name at least one adapter with --stack.")
    per_stack = [{code: swap.applied(stack, code) if swap else stack for code in languages} for stack in stacks]
    if task.label_file:
        task = with_labels(task, find_all(task, languages[0], split, place=bench.place))
    entries = [_entry(bench, task, stack, chosen) for stack, chosen in zip(stacks, per_stack, strict=True)]
    remarks = Remarks(submitted=bench.submission is not None)
    for language in languages:
        bench.on_language(language)
        examples = read(task, language, split, place=bench.place, limit=limit)
        remarks.look_at(examples)
        if not bench.keeps:
            examples.require_labels()
        for group in _sharing(entries, language):
            _score(bench, group, examples)
    return [_evaluation(bench, task, split, entry, remarks) for entry in entries]


@dataclass(frozen=True)
class _Entry:
    """A stack while it is scored.

    Args:
        chosen: The stack for each language.
        trunk: What lies below its adapters, that of a language aside.
    """

    stack: Stack
    chosen: dict[str, Stack]
    head: str
    limits: Limits
    trunk: Trunk
    scores: dict[str, dict[str, float]] = field(default_factory=dict)


def _entry(bench: Bench, task: Task, stack: Stack, chosen: dict[str, Stack]) -> _Entry:
    for each in dict.fromkeys(chosen.values()):
        check_composition([bench.zoo.card(ref.id) for ref in each.refs])
    identity = stack.refs[-1].id
    card = bench.zoo.card(identity)
    head = attach_head(bench.backbone, bench.zoo, identity, task)
    _check_head(bench.backbone, head, card, task)
    train, room = card.recipe.train, bench.backbone.extent.tokens or card.recipe.train.max_tokens
    if train.max_tokens > room:  # of an adapter that others trained, its length is not known
        train = train.model_copy(update={"max_tokens": room})
    limits = Limits(train.max_tokens, train.shared_tokens)
    above = [bench.zoo.card(ref.id).recipe.method for ref in stack.refs if ref != stack.language]
    trunk = trunk_below(bench.backbone, above) if above else Trunk(layers=0, into_next=False)
    return _Entry(stack, chosen, head, limits, trunk)


def _sharing(entries: Iterable[_Entry], language: str) -> list[list[_Entry]]:
    """Those that see the same pieces through the same trunk, together."""
    groups: dict[object, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.limits, entry.chosen[language].language, entry.trunk), []).append(entry)
    return list(groups.values())


def _score(bench: Bench, group: Sequence[_Entry], examples: Examples[Any]) -> None:
    """Score stacks that share a trunk on one language."""
    language, task_format = examples.language, FORMATS[examples.task.format]
    encoded = bench.encoder.encode(examples, group[0].limits)
    work = f"Scoring {examples.task.name} in {language}"
    with ExitStack() as standing:
        for entry in group:
            standing.enter_context(bench.standing(entry.chosen[language], encoded, usual=entry.stack))
        with told_as_memory(work, hint="Try --precision bf16, or --device cpu."):
            outputs = _outputs(bench, group, examples, encoded)
        for entry, output in zip(group, outputs, strict=True):
            predictions = task_format.decode(output, encoded, examples.items, examples.task)
            bench.keep(examples, predictions)
            entry.scores[language] = _scored(examples, predictions)


def _outputs(bench: Bench, group: Sequence[_Entry], examples: Examples[Any], encoded: Encoded) -> list[Outputs]:
    kind = FORMATS[examples.task.format].head
    if len(group) == 1:
        return [predict(bench.backbone, head=group[0].head, kind=kind, encoded=encoded)]
    stacks = [entry.chosen[examples.language] for entry in group]
    names = [attach(bench.backbone, bench.zoo, [ref.id for ref in stack.refs]) for stack in stacks]
    answerers = [Answerer(stack, entry.head) for stack, entry in zip(names, group, strict=True)]
    return predict_each(bench.backbone, answerers, kind=kind, encoded=encoded, trunk=group[0].trunk)


def _scored(examples: Examples[Any], predictions: Sequence[Any]) -> dict[str, float]:
    task_format = FORMATS[examples.task.format]
    count: dict[str, float] = {"n": len(examples.items)}
    if not all(task_format.labelled(example) for example in examples.items):
        return count
    return dict(task_format.score(predictions, examples.items, examples.task, examples.language)) | count


def _evaluation(bench: Bench, task: Task, split: Split, entry: _Entry, remarks: Remarks) -> Evaluation:
    chosen = entry.chosen.items()
    return Evaluation(
        task=task.name,
        split=split,
        metric=task.primary_metric,
        source_language=task.source_language,
        stack=tuple(map(str, entry.stack.refs)),
        backbone=bench.backbone.note(),
        scores=entry.scores,
        language_adapters={lang: str(stack.language) if stack.language else None for lang, stack in chosen},
        notes=remarks.sentences,
        world=bench.place.world,
        fused=tuple(map(str, entry.stack.fused)),
    )


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
            f"The head of {card.name} answers {_some(known)}; {task.name} has {_some(task.labels)}.",
            hint="Put a target adapter of the task on top of the stack.",
        )
    if wanted == "multiple_choice":
        # One score per choice: the same head serves any number of choices.
        config["num_choices"] = len(task.labels)


def _some(labels: Sequence[str]) -> str:
    """The labels, as many as a message can hold."""
    return ", ".join(labels[:_TOLD]) + (f" and {len(labels) - _TOLD} more" if len(labels) > _TOLD else "")
