"""One stack scored on one task in many languages: zero-shot cross-lingual evaluation."""

from collections.abc import Sequence
from typing import Any

from madx_stilts.card import Card
from madx_stilts.data.label_file import with_labels
from madx_stilts.data.read import Examples, find_all, read
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits, Outputs
from madx_stilts.nets.adapter_model import head_config
from madx_stilts.nets.attach import attach_head
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.score.bench import Bench, Swap
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.predict import predict
from madx_stilts.score.presence import require_data
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
    if task.search is not None:
        return retrieve(bench, task, stack, languages, split=split, limit=limit, swap=swap)
    require_data(task, languages, split, bench.place)
    top = stack.top
    if top is None:
        raise UsageError("The stack is empty: nothing answers.", hint="Name at least one adapter with --stack.")
    card = bench.zoo.card(top.id)
    stacks = {language: swap.applied(stack, language) if swap else stack for language in languages}
    if task.label_file:
        task = with_labels(task, find_all(task, languages[0], split, place=bench.place))
    head = attach_head(bench.backbone, bench.zoo, top.id, task)
    _check_head(bench.backbone, head, card, task)
    scores = {}
    for language, chosen in stacks.items():
        bench.on_language(language)
        examples = read(task, language, split, place=bench.place, limit=limit)
        if not bench.keeps:
            examples.require_labels()
        limits = Limits(card.recipe.train.max_tokens, card.recipe.train.shared_tokens)
        encoded = bench.encoder.encode(examples, limits)
        with bench.standing(chosen, encoded, usual=stack):
            scores[language] = _answered(bench, examples, encoded, head)
    return Evaluation(
        task=task.name,
        split=split,
        metric=task.primary_metric,
        source_language=task.source_language,
        stack=tuple(map(str, stack.refs)),
        backbone=bench.backbone.note(),
        scores=scores,
        language_adapters={lang: str(chosen.language) if chosen.language else None for lang, chosen in stacks.items()},
        world=bench.place.world,
    )


def _answered(bench: Bench, examples: Examples[Any], encoded: Encoded, head: str) -> dict[str, float]:
    task_format = FORMATS[examples.task.format]
    work = f"Scoring {examples.task.name} in {examples.language}"
    with told_as_memory(work, hint="Try --precision bf16, or --device cpu."):
        outputs: Outputs = predict(bench.backbone, head=head, kind=task_format.head, encoded=encoded)
    predictions = task_format.decode(outputs, encoded, examples.items, examples.task)
    bench.keep(examples, predictions)
    count: dict[str, float] = {"n": len(examples.items)}
    if not all(task_format.labelled(example) for example in examples.items):
        return count
    return dict(task_format.score(predictions, examples.items, examples.task, examples.language)) | count


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
