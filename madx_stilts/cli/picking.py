"""Adapters to publish, as the command line names them. No torch, but for all of them."""

from pathlib import Path

from madx_stilts.api.publication import Selection
from madx_stilts.api.references import standing_stack
from madx_stilts.cli.telling import note
from madx_stilts.errors import UsageError
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.store import Zoo


def chosen(zoo: Zoo, root: Path, reference: str | None, stack: str | None, *, everything: bool) -> Selection:
    """What the command line names.

    Raises:
        UsageError: It names nothing, or more than one of an adapter, a stack and all.
        AdapterError: There is no such adapter.
    """
    if [bool(reference), bool(stack), everything].count(True) != 1:
        raise UsageError("Nothing, or too much, is named.", hint="Name one reference, or --stack REFS, or --all.")
    if reference:
        return Selection([zoo.find(reference)])
    if stack:
        found = standing_stack(zoo, stack)
        return Selection(found.refs, found)
    from madx_stilts.hub.collection import one_ref_each

    stock = taken(root)
    for fault in stock.faults:
        note(f"Left out: {fault}")
    refs = one_ref_each(zoo, list(stock.cards))
    if not refs:
        raise UsageError(f"The zoo in {root} is empty.", hint="Train an adapter, or name another zoo with --zoo.")
    return Selection(refs, listed=True)
