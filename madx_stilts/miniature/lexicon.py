"""The words of a language: one for every meaning, drawn by its sounds or inherited from a relative."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count

from madx_stilts.miniature import vocabulary
from madx_stilts.miniature.languages import CONSTRUCTED, GrammarProfile
from madx_stilts.miniature.world import MiniatureWorld

FUNCTION = {word: tag for tag, words in vocabulary.FUNCTION_WORDS.items() for word in words.split()}
"""Words that hold others together, with their parts of speech."""


@dataclass(frozen=True)
class Lexicon:
    """The words of one language in one world.

    Args:
        sounds: How each gloss sounds.
        cognates: Glosses whose words come from the relative.
    """

    language: GrammarProfile
    sounds: Mapping[str, str]
    cognates: frozenset[str]

    def spelled(self, gloss: str, ending: str = "") -> str:
        """The word for a gloss, in small letters, with an ending given in sounds."""
        return self.language.script.spell(self.sounds[gloss] + ending)


def content_words(world: MiniatureWorld) -> Iterator[str]:
    """The gloss of every word that says something, without names."""
    for kind in world.kinds:
        yield from (kind.gloss, kind.category, kind.substance)
    for places in world.places.values():
        yield from places
    for verb in world.verbs:
        yield from (verb.gloss, verb.wider, verb.synonym)
    for pair in world.opposites:
        yield from (pair.one, pair.other)
    for chain in world.chains:
        yield from chain.events
    for line in (
        vocabulary.RELATIONS,
        vocabulary.TIMES,
        vocabulary.BODIES,
        vocabulary.FOODSTUFFS,
        vocabulary.MATERIALS,
    ):
        yield from line.split()


def names(world: MiniatureWorld) -> Iterator[str]:
    """The gloss of every part of a name that is not a word of its own."""
    for named in (*world.people, *world.cities, *world.organisations):
        yield from (part for part in named.name.parts if part not in vocabulary.BODIES.split())


@cache
def lexicon(seed: int, code: str) -> Lexicon:
    """The words of a language in the world of a seed. Names sound the same in all languages."""
    world, language = MiniatureWorld(seed), CONSTRUCTED[code]
    rng = world.rng("lexicon", code)
    relative = lexicon(seed, language.relative).sounds if language.relative else {}
    coin = _Mint(language, rng)
    sounds = {
        name: coin.take(relative.get(name, "")) or coin.new(rng.choice((2, 3))) for name in dict.fromkeys(names(world))
    }
    cognates = set[str]()
    for gloss in dict.fromkeys((*FUNCTION, *content_words(world))):
        bound = gloss in FUNCTION
        shared = rng.random() < (language.cognates / 3 if bound else language.cognates)
        word = coin.take(language.inherited(relative.get(gloss, ""))) if shared else ""
        if word:
            cognates.add(gloss)
        sounds[gloss] = word or coin.new(1 if bound else rng.choice((2, 2, 3)))
    for kind, verb in vocabulary.HOMONYMS.items():
        sounds[verb] = sounds[kind]
        (cognates.add if kind in cognates else cognates.discard)(verb)
    return Lexicon(language, sounds, frozenset(cognates))


class _Mint:
    """Where words are made: never two that sound alike."""

    def __init__(self, language: GrammarProfile, rng: random.Random) -> None:
        self._syllables = language.syllables
        self._rng = rng
        self._taken: set[str] = {""}

    def take(self, word: str) -> str:
        """The word, if it is still free, else nothing."""
        free = word if word not in self._taken else ""
        self._taken.add(word)
        return free

    def new(self, syllables: int) -> str:
        """A word that is free; a longer one if the short ones run out."""
        for attempt in count():
            word = self.take(self._syllables.word(self._rng, syllables + attempt // 50))
            if len(word) > 1:
                break
        return word
