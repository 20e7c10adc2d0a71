"""References to adapters and stacks, as values or by name. No torch."""

from collections.abc import Sequence
from functools import partial

from madx_stilts.api.adapter import Adapter
from madx_stilts.errors import UsageError
from madx_stilts.stack import AdapterRef, Role, Stack
from madx_stilts.zoo.lookup import is_settled, known_ref, stack_of
from madx_stilts.zoo.store import Zoo

Reference = Adapter | AdapterRef | str
"""An adapter, or how it is called: `role/name` or `role/name@version`."""
References = Stack | Reference | Sequence[Reference]
"""A stack; or adapters from bottom to top, also in one text: separated by commas, fused ones joined with `//`."""


def reference_in(zoo: Zoo, given: Reference, *, backbone: str | None) -> AdapterRef:
    """The adapter that is meant.

    Args:
        backbone: Fingerprint of the backbone it must fit; None: it is not known yet, see `known_ref`.

    Raises:
        UsageError: A text is no reference.
        AdapterError: There is no such adapter, several are meant, or it fits another backbone.
    """
    match given:
        case Adapter():
            return given.ref
        case AdapterRef():
            return given
    return known_ref(zoo, given) if backbone is None else zoo.find(given, backbone=backbone)


def references_in(zoo: Zoo, given: Sequence[Reference], *, backbone: str | None) -> list[AdapterRef]:
    """The adapters that are meant, as `reference_in` finds each."""
    return [reference_in(zoo, one, backbone=backbone) for one in given]


def stack_in(zoo: Zoo, given: References, *, backbone: str | None) -> Stack:
    """The stack that is meant; its references are found as by `reference_in`.

    Raises:
        UsageError: A text is no reference, or the stack is out of order.
        AdapterError: There is no such adapter, several are meant, or it fits another backbone.
    """
    find = partial(reference_in, zoo, backbone=backbone)
    match given:
        case Stack():
            return given
        case str():
            return stack_of(given, find)
        case Adapter() | AdapterRef():
            return Stack.of((find(given),))
    return Stack.of(tuple(map(find, given)))


def listed(given: Reference | Sequence[Reference] | None) -> list[Reference]:
    """Adapters, one by one; a text may hold several, separated by commas."""
    match given:
        case None:
            return []
        case str():
            return [text.strip() for text in given.split(",") if text.strip()]
        case Adapter() | AdapterRef():
            return [given]
    return [*given]


def language_adapter_in(zoo: Zoo, given: Reference | None, *, backbone: str | None) -> AdapterRef | None:
    """The language adapter that is meant; None without one.

    Raises:
        UsageError: It is no language adapter.
        AdapterError: There is no such adapter, several are meant, or it fits another backbone.
    """
    if given is None:
        return None
    ref = reference_in(zoo, given, backbone=backbone)
    if ref.role is not Role.LANGUAGE:
        raise UsageError(f"{ref} is no language adapter.", hint="Name one, as in language/en.")
    return ref


def standing_stack(zoo: Zoo, given: References) -> Stack:
    """The stack that is meant; its references are found on the backbone of the uppermost adapter.

    Raises:
        UsageError: It is empty or out of order, or a text is no reference.
        AdapterError: There is no such adapter, several are meant, or it fits another backbone.
    """
    top = stack_in(zoo, given, backbone=None).top
    if top is None:
        raise UsageError("The stack is empty.", hint="Name at least one adapter.")
    settled = top if is_settled(top) else zoo.find(f"{top.role}/{top.name}")
    return stack_in(zoo, given, backbone=zoo.card(settled.id).backbone.fingerprint)
