"""Stacks scored on one task in many languages: zero-shot cross-lingual evaluation."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from madx_stilts.data.label_file import with_labels
from madx_stilts.data.read import Examples, find_all, read
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits, Outputs
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.stacking import trunk_below
from madx_stilts.score.context import EvalContext
from madx_stilts.score.data_notes import DataNotes
from madx_stilts.score.evaluation import Evaluation, LanguageResult
from madx_stilts.score.fit import check_head
from madx_stilts.score.predict import HeadedStack, predict, predict_each
from madx_stilts.score.presence import require_data
from madx_stilts.score.reading import read_first
from madx_stilts.score.retrieve import retrieve
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks.task import Split, Task
from madx_stilts.zoo.composition import check_composition


def evaluate(
    context: EvalContext,
    task: Task,
    stack: Stack,
    languages: Sequence[str],
    *,
    split: Split,
    limit: int | None = None,
    swap: LanguageSwap | None = None,
) -> Evaluation:
    """Score a stack in each language. Retrieval, where nothing is answered but found, is the business of `retrieve`.

    Args:
        languages: Codes, in the order of the result.
        limit: Score so many examples per language at most, a deterministic sample.
        swap: How the language adapter is exchanged; None: the stack stays as it is.

    Raises:
        UsageError: The task has no data in a language, or the stack's head does not answer the task.
        AdapterError: An adapter is missing, damaged or of another backbone.
        DataError: Data are missing or malformed, or gold answers are hidden and predictions are not kept. No language
            is scored then.
    """
    (result,) = evaluate_each(context, task, [stack], languages, split=split, limit=limit, swap=swap)
    return result


def evaluate_each(
    context: EvalContext,
    task: Task,
    stacks: Sequence[Stack],
    languages: Sequence[str],
    *,
    split: Split,
    limit: int | None = None,
    swap: LanguageSwap | None = None,
) -> list[Evaluation]:
    """Score several stacks in each language. Data are read once, and what stacks have in common is computed once.

    Returns:
        For each stack what `evaluate` returns for it.

    Raises:
        UsageError: As for `evaluate`; or predictions of several stacks are to be kept, for which there is one place.
        AdapterError: As for `evaluate`, for the first stack that has a fault.
        DataError: As for `evaluate`.
    """
    if context.keeps and len(stacks) > 1:
        raise UsageError(
            f"The predictions of {len(stacks)} stacks would overwrite one another.",
            hint="Score them one by one to keep what they predict.",
        )
    if task.search is not None:
        return [retrieve(context, task, stack, languages, split=split, limit=limit, swap=swap) for stack in stacks]
    require_data(task, languages, split, context.place)
    for stack in stacks:
        if stack.top is None:
            raise UsageError("The stack is empty: nothing answers.", hint="Name at least one adapter with --stack.")
    per_stack = [{code: swap.applied(stack, code) if swap else stack for code in languages} for stack in stacks]
    if task.label_file:
        task = with_labels(task, find_all(task, languages[0], split, place=context.place))
    entries = [_entry(context, task, stack, chosen) for stack, chosen in zip(stacks, per_stack, strict=True)]
    _require_sound(context, per_stack)
    baselines: Scores = {}
    get = read_first(
        task,
        languages,
        split,
        get=lambda language: read(task, language, split, place=context.place, limit=limit),
        check=partial(_check, context, entries, baselines),
    )
    notes = DataNotes(submitted=context.submission is not None)
    results = [_evaluation(context, task, split, entry, baselines, notes) for entry in entries]
    for language in languages:
        context.on_language(language)
        examples = get(language)
        notes.look_at(examples)
        for entry in entries:
            if language in entry.known:
                entry.take(language, entry.known[language])
        for group in _sharing((entry for entry in entries if language not in entry.known), language):
            _score(context, group, examples)
        results = [_evaluation(context, task, split, entry, baselines, notes) for entry in entries]
        context.on_scored(results)
    return results


Scores = dict[str, dict[str, float]]
"""By language: each metric."""


def _check(context: EvalContext, entries: Sequence["_Entry"], baselines: Scores, examples: Examples[Any]) -> None:
    """Find out before any work whether examples can be encoded and scored.

    Args:
        baselines: Takes the baseline of their language.

    Raises:
        DataError: They cannot.
    """
    if not context.keeps:
        examples.require_labels()
    for limits in dict.fromkeys(entry.limits for entry in entries if examples.language not in entry.known):
        context.encoder.encode(examples, limits)
    if _labelled(examples):
        task_format = FORMATS[examples.task.format]
        baselines[examples.language] = task_format.baseline(examples.items, examples.task, examples.language)


def _require_sound(context: EvalContext, per_stack: Sequence[dict[str, Stack]]) -> None:
    """Every adapter of every language is there and undamaged.

    Raises:
        AdapterError: One is not.
    """
    for identity in dict.fromkeys(ref.id for each in per_stack for stack in each.values() for ref in stack.refs):
        context.zoo.folder(identity)


@dataclass(frozen=True)
class _Entry:
    """A stack while it is scored.

    Args:
        chosen: The stack for each language.
        trunk: What lies below its adapters, that of a language aside.
        known: What an earlier run left, by language.
    """

    stack: Stack
    chosen: dict[str, Stack]
    head: str
    limits: Limits
    trunk: Trunk
    known: Mapping[str, LanguageResult]
    scores: Scores = field(default_factory=dict)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def take(self, language: str, known: LanguageResult) -> None:
        """Note what is known of a language; its baseline follows from the data."""
        self.scores[language] = dict(known.scores)
        self.warnings[language] = known.warnings
        self.remarks[language] = known.remarks


def _entry(context: EvalContext, task: Task, stack: Stack, chosen: dict[str, Stack]) -> _Entry:
    for each in dict.fromkeys(chosen.values()):
        check_composition([context.zoo.card(ref.id) for ref in each.refs])
    identity = stack.refs[-1].id
    card = context.zoo.card(identity)
    head = attach_head(context.backbone, context.zoo, identity, task)
    check_head(context.backbone, head, card, task)
    train, room = card.recipe.train, context.backbone.extent.tokens or card.recipe.train.max_tokens
    if train.max_tokens > room:  # of an adapter that others trained, its length is not known
        train = train.model_copy(update={"max_tokens": room})
    limits = Limits(train.max_tokens, train.shared_tokens)
    above = [context.zoo.card(ref.id).recipe.method for ref in stack.refs if ref != stack.language]
    trunk = trunk_below(context.backbone, above) if above else Trunk(layers=0, into_next=False)
    return _Entry(stack, chosen, head, limits, trunk, context.recalled(stack))


def _sharing(entries: Iterable[_Entry], language: str) -> list[list[_Entry]]:
    """Those that see the same pieces through the same trunk, together."""
    groups: dict[object, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.limits, entry.chosen[language].language, entry.trunk), []).append(entry)
    return list(groups.values())


def _score(context: EvalContext, group: Sequence[_Entry], examples: Examples[Any]) -> None:
    """Score stacks that share a trunk on one language."""
    language, task_format = examples.language, FORMATS[examples.task.format]
    encoded = context.encoder.encode(examples, group[0].limits)
    work = f"Scoring {examples.task.name} in {language}"
    with ExitStack() as standing:
        for entry in group:
            standing.enter_context(context.standing(entry.chosen[language], encoded, usual=entry.stack))
        with told_as_memory(work, hint="Try --precision bf16, or --device cpu."):
            outputs = _outputs(context, group, examples, encoded)
        for entry, output in zip(group, outputs, strict=True):
            predictions = task_format.decode(output, encoded, examples.items, examples.task)
            context.keep(examples, predictions)
            clauses = tuple(task_format.warnings(predictions, examples.items, examples.task))
            entry.take(
                language, LanguageResult(_scored(examples, predictions), warnings=clauses, remarks=examples.remarks)
            )


def _outputs(context: EvalContext, group: Sequence[_Entry], examples: Examples[Any], encoded: Encoded) -> list[Outputs]:
    kind = FORMATS[examples.task.format].head
    if len(group) == 1:
        return [predict(context.backbone, head=group[0].head, kind=kind, encoded=encoded, on_batch=context.on_batch)]
    stacks = [entry.chosen[examples.language] for entry in group]
    names = [attach(context.backbone, context.zoo, [ref.id for ref in stack.refs]) for stack in stacks]
    answerers = [HeadedStack(stack, entry.head) for stack, entry in zip(names, group, strict=True)]
    return predict_each(
        context.backbone, answerers, kind=kind, encoded=encoded, trunk=group[0].trunk, on_batch=context.on_batch
    )


def _scored(examples: Examples[Any], predictions: Sequence[Any]) -> dict[str, float]:
    task_format = FORMATS[examples.task.format]
    count: dict[str, float] = {"n": len(examples.items)}
    if not _labelled(examples):
        return count
    return dict(task_format.score(predictions, examples.items, examples.task, examples.language)) | count


def _labelled(examples: Examples[Any]) -> bool:
    return all(map(FORMATS[examples.task.format].labelled, examples.items))


def _evaluation(
    context: EvalContext, task: Task, split: Split, entry: _Entry, baselines: Scores, notes: DataNotes
) -> Evaluation:
    chosen = entry.chosen.items()
    return Evaluation(
        task=task.name,
        split=split,
        metric=task.primary_metric,
        source_language=task.source_language,
        stack=tuple(map(str, entry.stack.refs)),
        backbone=context.backbone.note(),
        scores=dict(entry.scores),
        baseline={language: baselines[language] for language in entry.scores if language in baselines},
        warnings=dict(entry.warnings),
        remarks=dict(entry.remarks),
        unscored=tuple(language for language in entry.chosen if language not in entry.scores),
        language_adapters={lang: str(stack.language) if stack.language else None for lang, stack in chosen},
        notes=notes.sentences,
        world=context.place.world,
        fused=tuple(map(str, entry.stack.fused)),
    )
