"""From references as a person writes them to adapters of a zoo. No torch."""

from collections.abc import Callable

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.stack import AdapterRef, Role, Stack, WrittenRef, split_stack
from madx_stilts.zoo.store import Zoo

Find = Callable[[str], AdapterRef]
"""Gives the adapter that a reference means."""


def references(texts: str | None) -> list[str]:
    """References separated by commas, apart; none if there is no text."""
    return [text.strip() for text in (texts or "").split(",") if text.strip()]


def stack_of(texts: str, find: Find) -> Stack:
    """A stack from references separated by commas, bottom to top, or joined with // where they are fused.

    Raises:
        UsageError: It is out of order, or two places hold a fusion.
    """
    places = [tuple(map(find, place)) for place in split_stack(texts)]
    fusions = [place for place in places if len(place) > 1]
    if len(fusions) > 1:
        raise UsageError(f"{texts} has {len(fusions)} fusions.", hint="A stack has one at most, below its target.")
    return Stack.of(tuple(ref for place in places for ref in place), fused=next(iter(fusions), ()))


def known_ref(zoo: Zoo, text: str) -> AdapterRef:
    """What a reference means, as far as it can be known without a backbone.

    Adapters of one name may differ in their backbones only; then the id is not known yet, see `is_settled`.

    Raises:
        UsageError: The text is no reference.
        AdapterError: There is no adapter of that name.
    """
    name = WrittenRef.parse(text)
    try:
        return zoo.find(name)
    except AdapterError:
        if name.version or not any((ref.role, ref.name) == (name.role, name.name) for ref in zoo.references()):
            raise
        return AdapterRef(name.role, name.name, f"{_UNSETTLED}{name.name}")


def is_settled(ref: AdapterRef) -> bool:
    """Whether a reference of `known_ref` has its id."""
    return not ref.id.startswith(_UNSETTLED)


_UNSETTLED = "????????"


def full_stack(zoo: Zoo, card: Card, role: Role) -> Stack:
    """The stack in which an adapter was trained, with itself on top.

    Args:
        role: Its role there.
    """
    below = [_named(zoo, identity, _role_below(zoo.card(identity))) for identity in card.recipe.below]
    fused = tuple(_named(zoo, identity, Role.INTERMEDIATE) for identity in card.recipe.fused)
    return Stack.of((*below, *fused, _named(zoo, card.id, role)), fused=fused)


def _role_below(card: Card) -> Role:
    return Role.LANGUAGE if card.recipe.models_language else Role.INTERMEDIATE


def _named(zoo: Zoo, identity: str, role: Role) -> AdapterRef:
    """A reference to the adapter in that role; one made of its own name if nobody gave it one."""
    known = (ref for ref in zoo.refs_of(identity) if ref.role is role)
    return next(known, AdapterRef(role, zoo.card(identity).name, identity))
