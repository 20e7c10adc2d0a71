"""From the zoo into the model: adapters are taken only if bytes, backbone and composition are right."""

from collections.abc import Sequence
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import head_names, load, load_head
from madx_stilts.recipe import COMPOSABLE, why_alone, why_not_fused, why_only_lowest
from madx_stilts.stack import BESIDE, Stack
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.zoo.agreement import check_configs
from madx_stilts.zoo.store import Zoo

HEADS = "heads"
"""The folder, inside an adapter's folder, that holds a folder for each head when there are several."""


def attach(backbone: Backbone, zoo: Zoo, ids: Sequence[str]) -> list[str]:
    """Load the adapters of a stack, frozen, without activating them.

    Args:
        ids: Bottom to top; those that the uppermost one fuses stand right below it, in the order of its recipe.

    Returns:
        Their names in the model, bottom to top.

    Raises:
        AdapterError: One is missing, damaged or made for another backbone.
        UsageError: Their methods do not compose, or do not stand on what they fuse.
    """
    cards = [zoo.card(identity) for identity in ids]
    for card in cards:
        _check_backbone(backbone, card)
    check_composition(cards)
    names: list[str] = []
    for card in cards:
        name = backbone.attached.get(card.id)
        fuses = names[-len(card.recipe.fused) :] if card.recipe.fused else []
        names.append(name or load(backbone, _folder(zoo, card), identity=card.id, name=card.name, fuses=fuses))
    return names


def check_fusable(cards: Sequence[Card]) -> None:
    """Adapters can stand side by side.

    Raises:
        UsageError: Their kinds do not allow it, or they leave out different layers.
    """
    reason = why_not_fused([card.recipe.method for card in cards])
    if reason:
        named = ", ".join(card.name for card in cards)
        raise UsageError(f"{named} cannot be fused. {reason}", hint="Train them anew with one method.")


def require_fusion(zoo: Zoo, stack: Stack) -> None:
    """What a stack fuses is what its target was trained to fuse.

    Raises:
        AdapterError: The target is missing or its card is damaged.
        UsageError: It fuses what its target has no fusion layer for.
    """
    card = zoo.card(stack.top.id) if stack.top is not None else None
    fused = card.recipe.fused if card is not None else ()
    if card is None or fused == tuple(ref.id for ref in stack.fused):
        return
    if not fused:
        raise UsageError(
            f"{stack.top} has no fusion layer: it was not trained over a fusion.",
            hint="Separate what stands below it with commas.",
        )
    raise _unlike(card)


def attach_head(backbone: Backbone, zoo: Zoo, identity: str, task: Task | None = None) -> str:
    """Load a head that was trained with an adapter.

    Args:
        task: What it is to answer. Only an adapter that was trained on several tasks needs to be told: its head for
            this task, or for the last one that this task is trained on.

    Returns:
        Its name in the model.

    Raises:
        AdapterError: The adapter is missing, damaged or made for another backbone, or has no head.
        UsageError: It was trained on several tasks, and none of them is meant.
    """
    card = zoo.card(identity)
    _check_backbone(backbone, card)
    folder, names = _folder(zoo, card), head_names(card.name, card.recipe.tasks)
    if card.name in names.values():
        load_head(backbone, folder, name=card.name)
        return card.name
    chosen = _head_for(card, task)
    load_head(backbone, folder / HEADS / chosen, name=names[chosen])
    return names[chosen]


def _folder(zoo: Zoo, card: Card) -> Path:
    """The folder of an adapter whose files are sound and agree with its card."""
    folder = zoo.folder(card.id)
    check_configs(card, folder)
    return folder


def _head_for(card: Card, task: Task | None) -> str:
    """The task whose head answers a task."""
    known = [name for name in card.recipe.tasks if name != MASKED_LM.name]
    wanted = () if task is None else (task.name, *reversed(task.training_tasks))
    found = next((name for name in wanted if name in known), None)
    if found is None:
        raise UsageError(
            f"{card.name} has a head for each of {', '.join(known)}; "
            + (f"none is for {task.name}." if task else "no task is named."),
            hint="Name one of these tasks, or put a target adapter on top of the stack.",
        )
    return found


def _unlike(card: Card) -> UsageError:
    names = {parent.id: parent.reference for parent in card.parents}
    named = f" {BESIDE} ".join(names[id] for id in card.recipe.fused)
    return UsageError(
        f"{card.name} was trained over the fusion {named}, and answers only on top of that.",
        hint=f"Put these right below it, in this order, joined with {BESIDE}, and nothing above it.",
    )


def _check_backbone(backbone: Backbone, card: Card) -> None:
    if card.backbone.fingerprint != backbone.fingerprint:
        raise AdapterError(
            f"{card.name} was trained on {card.backbone.name} ({card.backbone.fingerprint[:8]}), "
            f"this backbone is {backbone.name} ({backbone.fingerprint[:8]}).",
            hint="Load the backbone it was trained on, or train it anew on this one.",
        )


def check_composition(cards: Sequence[Card]) -> None:
    """Adapters have their whole effect when they stand on each other.

    Args:
        cards: Bottom to top.

    Raises:
        UsageError: Their methods do not compose, or one does not stand on what it fuses.
    """
    for at, card in enumerate(cards):
        fused = card.recipe.fused
        below = tuple(other.id for other in cards[:at])
        if fused and (at < len(cards) - 1 or below[-len(fused) :] != fused):
            raise _unlike(card)
    alone = [card for card in cards if card.recipe.method.kind not in COMPOSABLE]
    if alone and len(cards) > 1:
        raise UsageError(why_alone(alone[0].recipe.method.kind), hint=f"Take {alone[0].name} out, or use it alone.")
    for card in cards[1:]:
        if reason := why_only_lowest(card.recipe.method.kind):
            raise UsageError(
                f"{card.name} cannot stand on {cards[0].name}. {reason}",
                hint="Train it with another method, or leave out what lies below it.",
            )
