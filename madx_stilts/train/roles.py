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
from madx_stilts.data.text import Budget, read_text
from madx_stilts.errors import UsageError
from madx_stilts.recipe import (
    COMPOSABLE,
    Fusion,
    Part,
    Recipe,
    Sampling,
    Start,
    why_alone,
    why_only_lowest,
)
from madx_stilts.resolve import resolve_method, resolve_sampling, resolve_train
from madx_stilts.stack import AdapterRef, Role, require_name
from madx_stilts.tasks.task import Task, require_own_data
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.assemble import task_named
from madx_stilts.train.job import Workshop, train
from madx_stilts.train.material import Material, Materials, gather
from madx_stilts.zoo.composition import Transfer, check_below, check_intermediates


@dataclass(frozen=True)
class Wish:
    """What every training is asked for.

    Args:
        config: Method and settings.
        language: Of the training data; none: the task's source language.
        limit: Train on so many examples at most, and without a `dev_limit` in the config, score as many dev examples.
        seed: Draws fresh weights, order and dropout.
        name: What to call the adapter; none: a name made of what it is.
        language_adapter: Stands frozen at the bottom.
    """

    config: AdapterConfig
    language: str | None = None
    limit: int | None = None
    seed: int = 0
    name: str | None = None
    language_adapter: AdapterRef | None = None


@dataclass(frozen=True)
class Member:
    """One task of a mixture.

    Args:
        language: Of its training data; none: as the wish says, else the task's source language.
    """

    task: str
    language: str | None = None


@dataclass(frozen=True)
class Text:
    """Plain text of one language.

    Args:
        source: A `.txt` file with one text per line, a `.tsv` file with a text and its translation per line, or
            `owner/name` of a data set in hub layout.
        tokens: Read the first texts that have so many tokens together; none: all.
    """

    source: str
    language: str
    tokens: int | None = None


def train_language(shop: Workshop, language: str, text: str, wish: Wish, *, tokens: int | None = None) -> Card:
    """Train a language adapter with masked language modelling on text of that language (MAD-X, arXiv 2005.00052).

    Args:
        text: See `Text.source`.
        tokens: See `Text.tokens`.
    """
    source = Text(text, language, tokens)
    recipe = _recipe((_text_part(source, wish),), [MASKED_LM], wish, below=())
    return train(
        shop, recipe, Materials([_text_material(shop, source, wish)]), role=Role.LANGUAGE, name=wish.name or language
    )


def train_intermediate(shop: Workshop, task_name: str, wish: Wish) -> Card:
    """Train an intermediate-task adapter.

    Raises:
        UsageError: The task is a target only, and borrows its training data, or what lies below does not compose.
    """
    task = shop.place.tasks[task_name]
    require_own_data(task)
    part, below = _part(task, wish), _ids(wish.language_adapter)
    check_below(shop.zoo, below)
    recipe = _recipe((part,), [task], wish, below=below)
    materials = Materials([gather(part, recipe.train, shop.place)])
    return train(shop, recipe, materials, role=Role.INTERMEDIATE, name=wish.name or _task_name(part, task))


def train_mixture(
    shop: Workshop, members: Sequence[Member], sampling: Sampling | None, wish: Wish, *, texts: Sequence[Text] = ()
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
    tasks = shop.place.tasks
    for member in members:
        require_own_data(tasks[member.task])
    below = _ids(wish.language_adapter)
    check_below(shop.zoo, below)
    parts = [
        *(_part(tasks[one.task], replace(wish, language=one.language or wish.language)) for one in members),
        *(_text_part(text, wish) for text in texts),
    ]
    learned = [task_named(part.task, tasks) for part in parts]
    drawn = resolve_sampling(sampling, tasks=len(members), texts=len(texts))
    recipe = _recipe(tuple(parts), learned, wish, below=below, sampling=drawn)
    materials = [gather(part, recipe.train, shop.place) for part in parts[: len(members)]]
    materials += [_text_material(shop, text, wish) for text in texts]
    name = wish.name or ".".join(["mix", *(_task_name(part, task_named(part.task, tasks)) for part in parts)])
    return train(shop, recipe, Materials(materials), role=Role.INTERMEDIATE, name=name)


def train_target(
    shop: Workshop, task_name: str, wish: Wish, *, on: Sequence[AdapterRef] = (), transfer: Transfer = "stack"
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
    check_intermediates(shop.zoo, on, transfer, language=wish.language_adapter)
    tasks = shop.place.tasks
    task = tasks[task_name]
    stacked = on if transfer == "stack" else ()
    below = (*_ids(wish.language_adapter), *(ref.id for ref in stacked))
    check_below(shop.zoo, below)
    start = Start(adapter=on[0].id) if transfer == "continue" else None
    fusing = wish.config.fusion.model_dump() | {"members": tuple(ref.id for ref in on)}
    fusion = Fusion.model_validate(fusing) if transfer == "fuse" else None
    stages = task.training_tasks
    names = [_target_name(tasks[stage], wish, on, transfer) for stage in stages[:-1]]
    names.append(wish.name or _target_name(task, wish, on, transfer))
    for name in names:
        require_name(name)
    with ExitStack() as held:
        held.enter_context(shop.zoo.holding((*below, *(ref.id for ref in on))))
        for stage, name in zip(stages, names, strict=True):
            part = _part(tasks[stage], wish)
            recipe = _recipe((part,), [tasks[stage]], wish, below=below, start=start, fusion=fusion)
            materials = Materials([gather(part, recipe.train, shop.place)])
            card = train(shop, recipe, materials, role=Role.TARGET, name=name)
            held.enter_context(shop.zoo.holding([card.id]))  # for the next stage, which starts from it
            start = Start(adapter=card.id, head=True)
    return card


def _part(task: Task, wish: Wish) -> Part:
    language = wish.language or task.source_language
    return Part(task=task.name, version=task.version, language=language, limit=wish.limit)


def _text_part(text: Text, wish: Wish) -> Part:
    task, version = MASKED_LM.name, MASKED_LM.version
    return Part(task=task, version=version, language=text.language, limit=wish.limit, tokens=text.tokens)


def _text_material(shop: Workshop, text: Text, wish: Wish) -> Material:
    budget = Budget(text.tokens, shop.backbone.words) if text.tokens else None
    train, held_out = read_text(text.language, text.source, place=shop.place, limit=wish.limit, budget=budget)
    return Material(train, held_out, shop.place.world_of(text.language))


def _recipe(
    parts: tuple[Part, ...],
    tasks: Sequence[Task],
    wish: Wish,
    *,
    below: tuple[str, ...],
    start: Start | None = None,
    sampling: Sampling | None = None,
    fusion: Fusion | None = None,
) -> Recipe:
    method = resolve_method(wish.config.method, tasks)
    settings = resolve_train(wish.config.train, tasks, parts)
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
            seed=wish.seed,
        )
    except ValidationError as error:
        reasons = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        raise UsageError(f"{', '.join(part.task for part in parts)} cannot be trained so: {reasons}.") from error


def _ids(ref: AdapterRef | None) -> tuple[str, ...]:
    return () if ref is None else (ref.id,)


def _task_name(part: Part, task: Task) -> str:
    return task.name if part.language == task.source_language else f"{task.name}.{part.language}"


def _target_name(task: Task, wish: Wish, on: Sequence[AdapterRef], transfer: Transfer) -> str:
    """What a target is called where it is not told.

    `xnli`, `xnli+mnli` (stacked on it), `xnli-from-mnli` (continued), `xnli+fuse.mnli.ccg` (over a fusion),
    `xnli+mnli+la.en` (on a language adapter).
    """
    name = task.name if wish.language in (None, task.source_language) else f"{task.name}.{wish.language}"
    sign = "-from-" if transfer == "continue" else "+"
    names = [ref.name for ref in on]
    name += ".".join(["+fuse", *names]) if transfer == "fuse" else "".join(sign + one for one in names)
    return name + (f"+la.{wish.language_adapter.name}" if wish.language_adapter else "")
