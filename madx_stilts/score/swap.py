"""Language adapters that are exchanged for each language (MAD-X), found in a zoo by the language's code. No torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from madx_stilts.errors import AdapterError
from madx_stilts.spellings import meeting
from madx_stilts.stack import AdapterRef, Role, Stack
from madx_stilts.zoo.store import Zoo

MissingRule = Literal["source", "none", "error"]


@dataclass(frozen=True)
class LanguageSwap:
    """Exchange the language adapter for each language (MAD-X).

    Args:
        find: The adapter of a language, or None if there is none.
        missing: What a language without one gets: the `source` adapter, `none`, or an `error`.
    """

    find: Callable[[str], AdapterRef | None]
    missing: MissingRule = "error"

    def applied(self, stack: Stack, language: str) -> Stack:
        """The stack for a language.

        Raises:
            AdapterError: The language has no adapter and the rule is `error`.
        """
        found = self.find(language)
        if found is None and self.missing == "error":
            raise AdapterError(
                f"There is no language adapter for {language!r}.",
                hint="Train one, or say what such languages get with --missing source or --missing none.",
            )
        if found is None and self.missing == "source":
            return stack
        return stack.with_language(found)


def swap_in(zoo: Zoo, missing: MissingRule, *, backbone: str, say: Callable[[str], None]) -> LanguageSwap:
    """The exchange for the language adapters of a zoo, each found under its own code or a spelling of it.

    Args:
        backbone: Fingerprint of the backbone that they must fit.
        say: Takes a sentence where another code stands for a language.
    """
    refs = [ref for ref in zoo.references() if ref.role is Role.LANGUAGE]
    known = {ref.name for ref in refs}

    @cache
    def find(language: str) -> AdapterRef | None:
        if language in known:
            return zoo.find(f"{Role.LANGUAGE}/{language}", backbone=backbone)
        fitting = {ref.name for ref in refs if zoo.card(ref.id).backbone.fingerprint == backbone}
        name = meeting(language, fitting)
        if name is None:
            return None
        say(f"there is no language adapter {language}; {name}, the same or a related language, is taken for it")
        return zoo.find(f"{Role.LANGUAGE}/{name}", backbone=backbone)

    return LanguageSwap(find, missing)
