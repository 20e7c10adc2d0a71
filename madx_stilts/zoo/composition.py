"""What may stand on what, and which head answers: by the cards of adapters, before a model is loaded. No torch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from madx_stilts.card import Card
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.recipe import COMPOSABLE, Fusion, Method, why_alone, why_not_fused, why_only_lowest
from madx_stilts.stack import BESIDE, AdapterRef, Stack
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.zoo.agreement import HEAD
from madx_stilts.zoo.store import Zoo

Transfer = Literal["stack", "continue", "fuse"]


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


def check_fusable(cards: Sequence[Card]) -> None:
    """Adapters can stand side by side.

    Raises:
        UsageError: Their kinds do not allow it, or they leave out different layers.
    """
    reason = why_not_fused([card.recipe.method for card in cards])
    if reason:
        named = ", ".join(card.name for card in cards)
        raise UsageError(f"{named} cannot be fused. {reason}", hint="Train them again with one method.")


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


def check_below(zoo: Zoo, below: Iterable[str]) -> None:
    """Another adapter can stand on these.

    Args:
        below: Ids, bottom to top.

    Raises:
        AdapterError: One is missing, or its card is damaged.
        UsageError: Their methods do not compose.
    """
    cards = [zoo.card(identity) for identity in below]
    for card in cards:
        if card.recipe.method.kind not in COMPOSABLE:
            raise UsageError(
                why_alone(card.recipe.method.kind), hint=f"Train {card.name} again with one of these, or use it alone."
            )
    check_composition(cards)


def check_intermediates(zoo: Zoo, on: Sequence[AdapterRef], transfer: Transfer, *, language: AdapterRef | None) -> None:
    """A target can be trained on these.

    Args:
        on: Intermediates, bottom to top.
        language: The language adapter that stands below them all.

    Raises:
        AdapterError: One is missing, or its card is damaged.
        UsageError: They are too many or too few for this transfer, or were trained on something else.
    """
    if transfer == "continue" and len(on) != 1:
        raise UsageError(
            f"--transfer continue starts from one adapter, {len(on)} are named.", hint="Name one with --on."
        )
    if transfer == "fuse":
        if len({ref.id for ref in on}) < max(2, len(on)):
            raise UsageError(
                f"--transfer fuse takes two adapters or more, each once; {len(on)} are named.",
                hint="Name them with --on, separated by commas.",
            )
        check_fusable([zoo.card(ref.id) for ref in on])
    wanted = () if language is None else (language.id,)
    for at, ref in enumerate(on):
        _check_kept(zoo, ref, beneath=on[:at] if transfer == "stack" else ())
        if zoo.card(ref.id).recipe.fusion is not None:
            raise UsageError(
                f"{ref} was trained over a fusion, and no other adapter stands on such a one.",
                hint="Name adapters that were trained without one.",
            )
        below = [card for card in map(zoo.card, zoo.card(ref.id).recipe.below) if card.recipe.models_language]
        if tuple(card.id for card in below) != wanted:
            stood = " ".join(card.name for card in below) or "no language adapter"
            raise UsageError(
                f"{ref} was trained on {stood}, this target would stand on {language or 'none'}.",
                hint="Give the same --language-adapter, or train the intermediate on this one.",
            )


def _check_kept(zoo: Zoo, ref: AdapterRef, *, beneath: Sequence[AdapterRef]) -> None:
    """Refuse an adapter that was trained on top of others, where these do not stand below it."""
    kept = {one.id for one in beneath}
    cards = map(zoo.card, zoo.card(ref.id).recipe.below)
    lost = [card.name for card in cards if not card.recipe.models_language and card.id not in kept]
    if lost:
        raise UsageError(
            f"{ref} was trained on top of {', '.join(lost)}, which would not stand below it.",
            hint="Stack it on what it was trained on (--on, bottom to top), or name an adapter that stands alone.",
        )


def head_for(card: Card, task: Task | None) -> str:
    """The task whose head answers a task, of an adapter that was trained on several.

    Raises:
        UsageError: None of its heads does.
    """
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


def check_continued(card: Card, method: Method, fusion: Fusion | None = None) -> None:
    """A training can begin with the weights of this adapter.

    Args:
        method: Of the training.
        fusion: What it is trained over.

    Raises:
        UsageError: The adapter is made otherwise.
    """
    if card.recipe.method != method:
        raise UsageError(
            f"{card.name} cannot be continued with another method: it is made with {card.recipe.method}, "
            f"this training with {method}.",
            hint="Use the same method, or --transfer stack.",
        )
    if card.recipe.fusion not in (None, fusion):
        raise UsageError(
            f"{card.name} cannot be continued without the fusion it was trained over.",
            hint="Start from an adapter that was trained without one.",
        )


def check_answer(card: Card, task: Task, known: Mapping[str, Task]) -> None:
    """An adapter has a head that answers this kind of task, with these labels, as far as its card says so.

    Args:
        card: Of the topmost adapter.
        known: Tasks by name; what an adapter was trained on need not be among them.

    Raises:
        UsageError: None does.
    """
    answering = [name for name in card.recipe.tasks if name != MASKED_LM.name] or [MASKED_LM.name]
    alone = len(answering) == 1
    name = answering[0] if alone else head_for(card, task)
    trained = MASKED_LM if name == MASKED_LM.name else known[name] if name in known else task  # noqa: SIM401 (no `get`)
    same = all(part.version == trained.version for part in card.recipe.parts if part.task == name)
    sure = same and not (task.label_file or trained.label_file)
    require_answer(card, FORMATS[trained.format].head, trained.labels if sure else task.labels, task)
    if (HEAD[0] if alone else f"heads/{name}/{HEAD[0]}") not in card.files:
        raise UsageError(f"{card.name} has no head, so nothing answers {task.name}.", hint=_ON_TOP)


def require_answer(card: Card, head: str, labels: Sequence[str], task: Task) -> None:
    """A head answers a task.

    Args:
        card: Of the head's adapter, for messages.
        head: Its kind.
        labels: What it answers, in the order of its outputs.

    Raises:
        UsageError: It is of another kind, or for other labels.
    """
    wanted = FORMATS[task.format].head
    if head != wanted:
        raise UsageError(f"The head of {card.name} is for {head}, {task.name} needs {wanted}.", hint=_ON_TOP)
    if wanted in ("classification", "tagging") and list(labels) != list(task.labels):
        raise UsageError(
            f"The head of {card.name} answers {_some(labels)}; {task.name} has {_some(task.labels)}.", hint=_ON_TOP
        )


_ON_TOP: Final = "Put a target adapter of the task on top of the stack."
_TOLD: Final = 30
"""Labels that a message names."""


def _some(labels: Sequence[str]) -> str:
    """The labels, as many as a message can hold."""
    return ", ".join(labels[:_TOLD]) + (f" and {len(labels) - _TOLD} more" if len(labels) > _TOLD else "")


def _unlike(card: Card) -> UsageError:
    names = {parent.id: parent.reference for parent in card.parents}
    named = f" {BESIDE} ".join(names[id] for id in card.recipe.fused)
    return UsageError(
        f"{card.name} was trained over the fusion {named}, and answers only on top of that.",
        hint=f"Put these right below it, in this order, joined with {BESIDE}, and nothing above it.",
    )
