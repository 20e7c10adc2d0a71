"""The three roles: what a person asks to train, as recipes.

An intermediate is one training, on one task or on a mixture of several. A target is one training per task it is
trained on, each going on from the last (XCOPA: SIQa, then COPA), so every stage is in the zoo and can be used again.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from pydantic import ValidationError

from madx_stilts.card import Card
from madx_stilts.config import AdapterConfig
from madx_stilts.data.text import TokenBudget, read_text
from madx_stilts.errors import UsageError
from madx_stilts.findings import listed
from madx_stilts.recipe import (
    COMPOSABLE,
    Fusion,
    Part,
    Recipe,
    Sampling,
    StartWeights,
    why_alone,
    why_only_lowest,
)
from madx_stilts.resolve import resolve_method, resolve_sampling, resolve_train
from madx_stilts.stack import AdapterRef, Role, require_name
from madx_stilts.tasks.task import Task, require_own_data
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.assemble import task_named
from madx_stilts.train.examples import PartExamples, TrainingExamples, load_examples
from madx_stilts.train.run import TrainContext, train
from madx_stilts.zoo.composition import Transfer, check_below, check_intermediates


@dataclass(frozen=True)
class TrainRequest:
    """Options that all kinds of training share.

    Args:
        config: Method and settings.
        language: Of the training data; None: the task's source language.
        limit: Train on so many examples at most, and without a `dev_limit` in the config, score as many dev examples.
        seed: Draws fresh weights, order and dropout.
        name: What to call the adapter; None: a name made of what it is.
        language_adapter: Stands frozen at the bottom.
    """

    config: AdapterConfig
    language: str | None = None
    limit: int | None = None
    seed: int = 0
    name: str | None = None
    language_adapter: AdapterRef | None = None


@dataclass(frozen=True)
class MixtureTask:
    """One task of a mixture.

    Args:
        language: Of its training data; None: as the wish says, else the task's source language.
    """

    task: str
    language: str | None = None


@dataclass(frozen=True)
class PlainText:
    """Plain text of one language.

    Args:
        source: A `.txt` file with one text per line, a `.tsv` file with a text and its translation per line, or
            `owner/name` of a data set in hub layout.
        tokens: Read the first texts that have so many tokens together; None: all.
    """

    source: str
    language: str
    tokens: int | None = None


def train_language(
    context: TrainContext, language: str, text: str, request: TrainRequest, *, tokens: int | None = None
) -> Card:
    """Train a language adapter with masked language modelling on text of that language (MAD-X, arXiv 2005.00052).

    Args:
        text: See `PlainText.source`.
        tokens: See `PlainText.tokens`.
    """
    source = PlainText(text, language, tokens)
    recipe = _recipe((_text_part(source, request),), [MASKED_LM], request, below=())
    return train(
        context,
        recipe,
        TrainingExamples([_text_material(context, source, request)]),
        role=Role.LANGUAGE,
        name=request.name or language,
    )


def train_intermediate(context: TrainContext, task_name: str, request: TrainRequest) -> Card:
    """Train an intermediate-task adapter.

    Raises:
        UsageError: The task is a target only, and borrows its training data, or what lies below does not compose.
    """
    task = context.place.tasks[task_name]
    require_own_data(task)
    part, below = _part(task, request), _ids(request.language_adapter)
    check_below(context.zoo, below)
    recipe = _recipe((part,), [task], request, below=below)
    materials = TrainingExamples([load_examples(part, recipe.train, context.place)])
    return train(context, recipe, materials, role=Role.INTERMEDIATE, name=request.name or _task_name(part, task))


def train_mixture(
    context: TrainContext,
    members: Sequence[MixtureTask],
    sampling: Sampling | None,
    request: TrainRequest,
    *,
    texts: Sequence[PlainText] = (),
) -> Card:
    """Train one intermediate adapter on several tasks at once, with a head for each.

    Args:
        members: The tasks; one is enough if there are texts.
        sampling: How often each is drawn; None: in proportion to their sizes.
        texts: For masked language modelling beside the tasks.

    Raises:
        UsageError: A member stands twice or borrows its training data, there are fewer than two parts, `sampling` does
            not fit them, or what lies below does not compose.
    """
    if len(members) + len(texts) < 2:
        raise UsageError("A mixture needs at least two parts.", hint="Name more tasks, or a text beside them.")
    tasks = context.place.tasks
    for member in members:
        require_own_data(tasks[member.task])
    below = _ids(request.language_adapter)
    check_below(context.zoo, below)
    parts = [
        *(_part(tasks[one.task], replace(request, language=one.language or request.language)) for one in members),
        *(_text_part(text, request) for text in texts),
    ]
    learned = [task_named(part.task, tasks) for part in parts]
    drawn = resolve_sampling(sampling, tasks=len(members), texts=len(texts))
    recipe = _recipe(tuple(parts), learned, request, below=below, sampling=drawn)
    materials = [load_examples(part, recipe.train, context.place) for part in parts[: len(members)]]
    materials += [_text_material(context, text, request) for text in texts]
    name = request.name or ".".join(["mix", *(_task_name(part, task_named(part.task, tasks)) for part in parts)])
    return train(context, recipe, TrainingExamples(materials), role=Role.INTERMEDIATE, name=name)


def train_target(
    context: TrainContext,
    task_name: str,
    request: TrainRequest,
    *,
    on: Sequence[AdapterRef] = (),
    transfer: Transfer = "stack",
) -> Card:
    """Train a target-task adapter, alone, on frozen intermediates, or starting from an intermediate's weights.

    Args:
        on: Intermediates, bottom to top.
        transfer: `stack` puts a fresh adapter on top of them; `continue` starts from the weights of the only one,
            with a fresh head, as STILTs does with whole models (arXiv 1811.01088); `fuse` lets them stand side by side
            under a fusion layer that is trained with the adapter on top (AdapterFusion, arXiv 2005.00247).

    Returns:
        The card of the last stage.

    Raises:
        UsageError: An intermediate was trained on another language adapter or does not compose, or `continue` has not
            exactly one, or `fuse` has fewer than two or such as cannot be fused.
    """
    check_intermediates(context.zoo, on, transfer, language=request.language_adapter)
    tasks = context.place.tasks
    task = tasks[task_name]
    stacked = on if transfer == "stack" else ()
    below = (*_ids(request.language_adapter), *(ref.id for ref in stacked))
    check_below(context.zoo, below)
    start = StartWeights(adapter=on[0].id) if transfer == "continue" else None
    fusing = request.config.fusion.model_dump() | {"members": tuple(ref.id for ref in on)}
    fusion = Fusion.model_validate(fusing) if transfer == "fuse" else None
    stages = task.training_tasks
    names = [_target_name(tasks[stage], request, on, transfer) for stage in stages[:-1]]
    names.append(request.name or _target_name(task, request, on, transfer))
    for name in names:
        require_name(name)
    with ExitStack() as held:
        held.enter_context(context.zoo.holding((*below, *(ref.id for ref in on))))
        for stage, name in zip(stages, names, strict=True):
            part = _part(tasks[stage], request)
            recipe = _recipe((part,), [tasks[stage]], request, below=below, start=start, fusion=fusion)
            materials = TrainingExamples([load_examples(part, recipe.train, context.place)])
            card = train(context, recipe, materials, role=Role.TARGET, name=name)
            held.enter_context(context.zoo.holding([card.id]))  # for the next stage, which starts from it
            start = StartWeights(adapter=card.id, head=True)
    return card


def _part(task: Task, request: TrainRequest) -> Part:
    language = request.language or task.source_language
    return Part(task=task.name, version=task.version, language=language, limit=request.limit)


def _text_part(text: PlainText, request: TrainRequest) -> Part:
    task, version = MASKED_LM.name, MASKED_LM.version
    return Part(task=task, version=version, language=text.language, limit=request.limit, tokens=text.tokens)


def _text_material(context: TrainContext, text: PlainText, request: TrainRequest) -> PartExamples:
    budget = TokenBudget(text.tokens, context.backbone.words) if text.tokens else None
    train, held_out = read_text(text.language, text.source, place=context.place, limit=request.limit, budget=budget)
    return PartExamples(train, held_out, context.place.world_of(text.language))


def _recipe(
    parts: tuple[Part, ...],
    tasks: Sequence[Task],
    request: TrainRequest,
    *,
    below: tuple[str, ...],
    start: StartWeights | None = None,
    sampling: Sampling | None = None,
    fusion: Fusion | None = None,
) -> Recipe:
    method = resolve_method(request.config.method, tasks)
    settings = resolve_train(request.config.train, tasks, parts)
    if (below or fusion) and method.kind not in COMPOSABLE:
        raise UsageError(why_alone(method.kind), hint="Use one of these, or train it without anything below.")
    if (below or fusion) and (reason := why_only_lowest(method.kind)):
        raise UsageError(reason, hint="Use another method, such as seq_bn, or train it without anything below.")
    try:
        return Recipe(
            parts=parts,
            sampling=sampling,
            below=below,
            fusion=fusion,
            start=start,
            method=method,
            train=settings,
            seed=request.seed,
        )
    except ValidationError as error:
        named = ", ".join(part.task for part in parts)
        raise UsageError(f"{named} cannot be trained so: {listed(error)}.") from error


def _ids(ref: AdapterRef | None) -> tuple[str, ...]:
    return () if ref is None else (ref.id,)


def _task_name(part: Part, task: Task) -> str:
    return task.name if part.language == task.source_language else f"{task.name}.{part.language}"


def _target_name(task: Task, request: TrainRequest, on: Sequence[AdapterRef], transfer: Transfer) -> str:
    """What a target is called where it is not told.

    `xnli`, `xnli+mnli` (stacked on it), `xnli-from-mnli` (continued), `xnli+fuse.mnli.ccg` (over a fusion),
    `xnli+mnli+la.en` (on a language adapter).
    """
    name = task.name if request.language in (None, task.source_language) else f"{task.name}.{request.language}"
    sign = "-from-" if transfer == "continue" else "+"
    names = [ref.name for ref in on]
    name += ".".join(["+fuse", *names]) if transfer == "fuse" else "".join(sign + one for one in names)
    return name + (f"+la.{request.language_adapter.name}" if request.language_adapter else "")
