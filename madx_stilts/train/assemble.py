"""The adapter that is trained: put into the model with its heads, given to a learner, and written down."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch

from madx_stilts.formats import FORMATS
from madx_stilts.nets.attach import HEADS, attach, attach_head
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.fusion import save_fusion
from madx_stilts.nets.heads import Head, add_head, copy_head
from madx_stilts.nets.stacking import (
    adapter_parameters,
    add_fresh,
    head_names,
    head_parameters,
    remove,
    save,
    save_head,
)
from madx_stilts.nets.storage import store_in_half
from madx_stilts.recipe import Recipe, StartWeights
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.learner import Learner
from madx_stilts.train.schedule import Schedule
from madx_stilts.train.translations import Translations
from madx_stilts.zoo.composition import check_continued, check_fusable
from madx_stilts.zoo.folder import FUSION
from madx_stilts.zoo.store import Zoo


@contextmanager
def assembled(
    backbone: Backbone, zoo: Zoo, recipe: Recipe, name: str, *, tasks: Mapping[str, Task], recompute: bool
) -> Iterator[list[str]]:
    """The names of a stack with the new adapter on top; the adapter leaves the model when the block ends.

    Args:
        name: The new adapter's in the model.
        tasks: Those of the recipe by name, with the labels that their data have.
        recompute: Whether activations are recomputed in the backward pass.
    """
    below = attach(backbone, zoo, recipe.beneath)
    fuses = below[len(recipe.below) :]
    if fuses:
        check_fusable([zoo.card(identity) for identity in recipe.fused])
    try:
        add_fresh(backbone, name, recipe.method, seed=recipe.seed, fuses=fuses)
        for head in heads_of(recipe, name).values():
            add_head(backbone, head.name, head.kind, tasks[head.task], seed=recipe.seed)
        if recipe.start is not None:
            _start_from(backbone, zoo, recipe, recipe.start, name)
        if recompute:
            recompute_activations(backbone)
        yield [*below, name]
    finally:
        remove(backbone, name)
        backbone.model.gradient_checkpointing_disable()


def heads_of(recipe: Recipe, name: str) -> dict[str, Head]:
    """The heads of an adapter, by task.

    Args:
        name: The adapter's in the model.
    """
    names = head_names(name, recipe.tasks)
    # A task has the same format in a constructed world as in the real one.
    return {task: Head(names[task], FORMATS[task_named(task, TASKS).format].head, task) for task in recipe.tasks}


def new_learner(
    backbone: Backbone, stack: list[str], recipe: Recipe, course: Schedule, translations: Translations | None = None
) -> Learner:
    """A learner for the uppermost adapter and its heads; all else is frozen.

    Args:
        translations: What it is pulled to, where the recipe says so.
    """
    heads = heads_of(recipe, stack[-1])
    parameters = adapter_parameters(backbone, stack[-1])
    for head in heads.values():
        # The checkpoint's own masked language modelling head is part of the frozen backbone.
        if head.kind != "masked_lm" or backbone.pretrained_head is None:
            parameters |= head_parameters(backbone, head.name)
    backbone.model.requires_grad_(False)
    for parameter in parameters.values():
        parameter.requires_grad_(True)
    of_parts = [heads[part.task] for part in recipe.parts]
    return Learner(backbone, stack, of_parts, parameters, course, recipe.fusion, translations)


def save_all(backbone: Backbone, folder: Path, name: str, recipe: Recipe) -> None:
    """Write an adapter with its fusion layer and its heads: one head beside it, several in a folder for each.

    A masked language modelling head is not kept: plain `adapters` would save the whole vocabulary's embeddings.
    """
    heads = [head for head in heads_of(recipe, name).values() if head.kind != "masked_lm"]
    save(backbone, folder, name, head=any(head.name == name for head in heads))
    for head in heads:
        if head.name != name:
            save_head(backbone, folder / HEADS / head.task, head.name)
    if recipe.fusion is not None:
        save_fusion(backbone, folder / FUSION, name)
    if recipe.train.storage == "fp16":
        store_in_half(folder)


def recompute_activations(backbone: Backbone) -> None:
    """Save memory: activations are computed again in the backward pass (gradient checkpointing)."""
    backbone.model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    # adapters turns this on, which would give every frozen layer a gradient graph.
    backbone.model.disable_input_require_grads()


def _start_from(backbone: Backbone, zoo: Zoo, recipe: Recipe, start: StartWeights, name: str) -> None:
    """Copy the weights that the recipe starts from into the fresh adapter (and heads)."""
    card = zoo.card(start.adapter)
    check_continued(card, recipe.method, recipe.fusion)
    stays = start.adapter in backbone.attached
    *_, old = attach(backbone, zoo, [*card.recipe.fused, start.adapter])
    source = adapter_parameters(backbone, old)
    with torch.no_grad():
        for key, parameter in adapter_parameters(backbone, name).items():
            copied = key.replace(f".{name}.", f".{old}.")
            if card.recipe.fusion is None and name in backbone.fusions and copied not in source:
                continue  # the fusion layer, which the old one has not: it stays fresh
            parameter.copy_(source[copied])
    if start.head:
        for head in heads_of(recipe, name).values():
            if head.task != MASKED_LM.name:
                trained = attach_head(backbone, zoo, start.adapter, TASKS[head.task])
                copy_head(backbone, source=trained, target=head.name)
    if not stays:  # another learner, or this one, may stand on it
        remove(backbone, old)


def task_named(name: str, tasks: Mapping[str, Task]) -> Task:
    """The task of that name, masked language modelling included."""
    return MASKED_LM if name == MASKED_LM.name else tasks[name]
