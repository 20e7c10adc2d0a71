"""From references as a person writes them to adapters of a zoo. No torch."""

from collections.abc import Callable

from madx_stilts.errors import UsageError
from madx_stilts.stack import AdapterRef, Role, Stack, split_stack

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


def intermediates_of(texts: str | None, find: Find) -> tuple[AdapterRef, ...]:
    """Intermediate adapters from references separated by commas, bottom to top.

    Raises:
        UsageError: One is no intermediate adapter, or stands there twice.
    """
    return Stack(intermediates=tuple(map(find, references(texts)))).intermediates


def language_of(text: str | None, find: Find) -> AdapterRef | None:
    """A language adapter from a reference; None without one.

    Raises:
        UsageError: It is no language adapter.
    """
    ref = None if text is None else find(text)
    if ref is not None and ref.role is not Role.LANGUAGE:
        raise UsageError(f"{ref} is no language adapter.", hint="Name one, as in language/en.")
    return ref
