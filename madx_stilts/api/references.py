"""How the Python API takes adapters: as they are, or by name. No torch."""

from madx_stilts.api.adapter import Adapter
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.store import Zoo

Reference = Adapter | AdapterRef | str
"""An adapter, or how it is called: `role/name` or `role/name@version`."""


def reference_in(zoo: Zoo, given: Reference, *, backbone: str | None = None) -> AdapterRef:
    """The adapter that is meant.

    Args:
        backbone: Fingerprint of the backbone it must fit; None: any.

    Raises:
        UsageError: A text is no reference.
        AdapterError: There is no such adapter, several are meant, or it fits another backbone.
    """
    if isinstance(given, Adapter):
        return given.ref
    return given if isinstance(given, AdapterRef) else zoo.find(given, backbone=backbone)
