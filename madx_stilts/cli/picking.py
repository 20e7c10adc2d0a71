"""Which adapters are given to others: what the command line names, found in the zoo. No torch, but for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.cli.telling import note
from madx_stilts.cli.zoos import find_stack
from madx_stilts.errors import UsageError
from madx_stilts.stack import AdapterRef, Stack
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.lookup import references
from madx_stilts.zoo.store import Zoo


@dataclass(frozen=True)
class Picked:
    """What is to be published.

    Args:
        stack: As one; none: each by itself.
        listed: Whether a list of them is published too.
    """

    refs: Sequence[AdapterRef]
    stack: Stack | None = None
    listed: bool = False


def chosen(zoo: Zoo, root: Path, reference: str | None, stack: str | None, *, everything: bool) -> Picked:
    """What the command line names.

    Raises:
        UsageError: It names nothing, or more than one of an adapter, a stack and all.
        AdapterError: There is no such adapter.
    """
    if [bool(reference), bool(stack), everything].count(True) != 1:
        raise UsageError("Nothing, or too much, is named.", hint="Name one reference, or --stack REFS, or --all.")
    if reference:
        return Picked([zoo.find(reference)])
    if stack:
        found = stack_of(zoo, stack)
        return Picked(found.refs, found)
    from madx_stilts.hub.collection import one_ref_each

    stock = taken(root)
    for fault in stock.faults:
        note(f"Left out: {fault}")
    refs = one_ref_each(zoo, list(stock.cards))
    if not refs:
        raise UsageError(f"The zoo in {root} is empty.", hint="Train an adapter, or name another zoo with --zoo.")
    return Picked(refs, listed=True)


def stack_of(zoo: Zoo, texts: str) -> Stack:
    """The stack, all of whose adapters fit the backbone of the uppermost."""
    last = references(texts)[-1:]
    if not last:
        raise UsageError("The stack is empty.", hint="Name at least one adapter.")
    return find_stack(zoo, texts, backbone=zoo.card(zoo.find(last[0]).id).backbone.fingerprint)
