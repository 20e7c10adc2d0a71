r"""Categories of words, as in a categorial grammar: what a word looks for, on which side, and what comes of it.

`S\NP` is what makes a sentence of a noun phrase to its left; `(S\NP)/NP` looks for an object on its right first.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

NOUN = "N"
DETERMINER = "NP/N"
CONJUNCTION = "conj"
ADVERB = r"(S\NP)\(S\NP)"
QUESTION: Mapping[str, str] = MappingProxyType(
    {
        "subject": r"S[q]/(S\NP)",
        "object": "S[q]/(S/NP)",
        "action": "S[q]/(S/NP)",
        "place": "S[q]/S",
        "time": "S[q]/S",
        "cause": "S[q]/S",
        "truth": "S[q]/S",
    }
)
"""Categories of question words, by what they ask for."""


def modifier(category: str, *, before: bool) -> str:
    """A word that stands beside another and changes nothing about how it is used."""
    wrapped = f"({category})" if len(category) > 1 else category
    return f"{wrapped}/{wrapped}" if before else f"{wrapped}\\{wrapped}"


def verb(sides: Sequence[str], *, adjective: bool) -> str:
    """A verb with its subject, then its object, each to its left or right.

    Args:
        sides: A slash for each of the two that the sentence has.
        adjective: Whether the second is an adjective said of the subject.
    """
    category = "S"
    for number, side in enumerate(sides):
        argument = "S[adj]" if adjective and number == len(sides) - 1 else "NP"
        category = f"({category}){side}{argument}" if number else f"{category}{side}{argument}"
    return category


def adposition(*, leads: bool, before: bool) -> str:
    """A word that makes a noun phrase say where or when."""
    result = "(S/S)" if leads else f"({ADVERB})"
    return f"{result}{'/' if before else chr(92)}NP"
