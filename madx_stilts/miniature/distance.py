"""How far two constructed languages are from each other: in grammar, and in words."""

from dataclasses import fields
from difflib import SequenceMatcher

from madx_stilts.miniature.languages import CONSTRUCTED, Grammar, GrammarProfile
from madx_stilts.miniature.lexicon import content_words, lexicon
from madx_stilts.miniature.world import MiniatureWorld

ENDINGS = ("object_ending", "definite_ending", "place_ending")
"""How an ending sounds is no trait of grammar; whether there is one is."""


def distance(world: MiniatureWorld, one: str, other: str) -> float:
    """The mean of the distances in grammar and in words, from 0 to 1."""
    first, second = CONSTRUCTED[one], CONSTRUCTED[other]
    return (grammatical(first.grammar, second.grammar) + lexical(world, first, second)) / 2


def grammatical(one: Grammar, other: Grammar) -> float:
    """The share of traits in which two grammars differ; orders of words that are used in part differ in part."""
    names = [field.name for field in fields(Grammar)]
    return sum(_differ(name, getattr(one, name), getattr(other, name)) for name in names) / len(names)


def lexical(world: MiniatureWorld, one: GrammarProfile, other: GrammarProfile) -> float:
    """How much the words for the same meanings differ in sound: the mean of one minus the share of common sounds."""
    first, second = (lexicon(world.seed, language.code).sounds for language in (one, other))
    pairs = [(first[gloss], second[gloss]) for gloss in dict.fromkeys(content_words(world))]
    return sum(1 - SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in pairs) / len(pairs)


def _differ(name: str, one: object, other: object) -> float:
    if name in ENDINGS:
        return float(bool(one) != bool(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return sum(float(abs(one.get(order, 0) - other.get(order, 0))) for order in {*one, *other}) / 2
    return float(one != other)
