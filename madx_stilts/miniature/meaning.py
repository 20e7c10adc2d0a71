"""What a sentence means, before it is said in any language: phrases and clauses of glosses.

`Clause(Phrase("goat", "a"), "carry", Phrase("net", "a", "wet"), place=Phrase("barn", "the"))` is "a goat carries a wet
net in the barn".
"""

from dataclasses import dataclass, replace
from typing import Literal

Quantifier = Literal["", "a", "the", "every", "no"]
MeaningPart = Literal["subject", "verb", "object", "state", "place", "time"]
Asked = Literal["", "subject", "object", "place", "time", "action", "cause", "truth"]
Front = Literal["", "place", "time"]
EntityType = Literal["PER", "LOC", "ORG"]


@dataclass(frozen=True, slots=True)
class Name:
    """The name of one person, city or organisation.

    Args:
        parts: Its words, as glosses.
        type: What it names.
    """

    parts: tuple[str, ...]
    type: EntityType


@dataclass(frozen=True, slots=True)
class MeaningPhrase:
    """A noun phrase.

    Args:
        head: A kind, category or place; or a name.
        quantifier: Of how many it speaks; empty for names and for substances.
        adjective: What they are like.
        also: A second phrase joined by "and".
    """

    head: str | Name
    quantifier: Quantifier = ""
    adjective: str = ""
    also: "MeaningPhrase | None" = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement or question.

    Args:
        subject: Who or what it is about.
        verb: What it does; "be" with a `state` or, for "a goat is a beast", an `object`.
        object: To whom or what.
        state: An adjective said of the subject.
        place: Where.
        time: When: an adverb, or a year.
        negated: Whether it is denied.
        asked: The part that a question leaves open; "truth" asks whether it is so.
        fronted: A part that is said first.
        link: A word that ties it to what was said before, such as "so" or "then".
    """

    subject: MeaningPhrase
    verb: str
    object: MeaningPhrase | None = None
    state: str = ""
    place: MeaningPhrase | None = None
    time: str | int | None = None
    negated: bool = False
    asked: Asked = ""
    fronted: Front = ""
    link: str = ""

    def ask(self, asked: Asked) -> "Clause":
        """The question to which this is the answer."""
        return replace(self, asked=asked, fronted="", link="")

    def linked(self, link: str) -> "Clause":
        """The same, tied to what was said before."""
        return replace(self, link=link)

    def denied(self) -> "Clause":
        """The opposite. "A goat ..." becomes "no goat ...", everything else takes a "not"."""
        if self.subject.quantifier == "no":
            return replace(self, subject=replace(self.subject, quantifier="a"))
        if self.subject.quantifier == "a":
            return replace(self, subject=replace(self.subject, quantifier="no"))
        return replace(self, negated=not self.negated)

    @property
    def askable(self) -> tuple[Asked, ...]:
        """The parts that a question could ask for."""
        parts: tuple[Asked, ...] = ("subject", "object", "place", "time")
        return tuple(part for part in parts if getattr(self, part) is not None)

    @property
    def fronts(self) -> tuple[Front, ...]:
        """What could stand first; empty for nothing special."""
        parts: tuple[Front, ...] = ("place", "time")
        return ("", *(part for part in parts if getattr(self, part) is not None))

    @property
    def is_denial(self) -> bool:
        """Whether it says that something is not so."""
        return self.negated or self.subject.quantifier == "no"
