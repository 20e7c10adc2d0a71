"""From the zoo into the model: adapters are taken only if bytes, backbone and composition are right."""

from collections.abc import Sequence
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import head_names, load, load_head
from madx_stilts.tasks.task import Task
from madx_stilts.zoo.agreement import check_configs
from madx_stilts.zoo.composition import check_composition, head_for
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
    chosen = head_for(card, task)
    load_head(backbone, folder / HEADS / chosen, name=names[chosen])
    return names[chosen]


def _folder(zoo: Zoo, card: Card) -> Path:
    """The folder of an adapter whose files are sound and agree with its card."""
    folder = zoo.folder(card.id)
    check_configs(card, folder)
    return folder


def _check_backbone(backbone: Backbone, card: Card) -> None:
    if card.backbone.fingerprint != backbone.fingerprint:
        raise AdapterError(
            f"{card.name} was trained on {card.backbone.name} ({card.backbone.fingerprint[:8]}), "
            f"this backbone is {backbone.name} ({backbone.fingerprint[:8]}).",
            hint="Load the backbone it was trained on, or train it again on this one.",
        )
