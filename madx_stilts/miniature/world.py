"""A world: which kinds there are, what they are like, who lives there, and what follows upon what.

The vocabulary is fixed; the seed decides how it hangs together: where goats live and what they eat, which words of it
the training data use, and which only the test data. What is split is knowledge. A goat is a beast in the text of the
backbones, whatever its split, but a data set's test split asks about kinds, verbs, opposites, courses of events and
names that its training split never mentions.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from madx_stilts.miniature import vocabulary
from madx_stilts.miniature.meaning import Name
from madx_stilts.tasks.task import Split

T = TypeVar("T")


@dataclass(frozen=True)
class EntityKind:
    """A kind of thing or being.

    Args:
        gloss: Its name.
        category: What all of its kind are.
        acts: Whether it does things; others have things done to them.
        domain: The corner of the world it belongs to.
        home: The place where it lives or is kept.
        substance: What it eats, if it acts, else what it is made of.
        split: The split that asks about it.
    """

    gloss: str
    category: str
    acts: bool
    domain: str
    home: str
    substance: str
    split: Split


@dataclass(frozen=True)
class Verb:
    """A verb with one of wider meaning, and another with the same."""

    gloss: str
    wider: str
    synonym: str
    split: Split


@dataclass(frozen=True)
class ParallelPair:
    """Two adjectives that exclude each other."""

    one: str
    other: str
    split: Split


@dataclass(frozen=True)
class Chain:
    """Events in their usual order."""

    events: tuple[str, ...]
    split: Split


@dataclass(frozen=True)
class Named:
    """Somebody or something with a name, and the split that speaks of it."""

    name: Name
    split: Split


@dataclass(frozen=True)
class Domain:
    """A corner of the world that a data set speaks of.

    Args:
        name: One of `vocabulary.DOMAINS`; empty: the whole world.
        overlap: How often a word is taken from anywhere instead. Two data sets of different domains are the more alike
            the greater their overlaps; with an overlap of 1 a domain is the whole world.
    """

    name: str = ""
    overlap: float = 0.0


class MiniatureWorld:
    """Everything that is the case, from a seed.

    Args:
        seed: The same seed gives the same world, on every machine.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.places = {domain: tuple(line.split()) for domain, line in vocabulary.PLACES.items()}
        self.times = tuple(vocabulary.TIMES.split())
        self.kinds = tuple(self._kinds())
        self.verbs = tuple(self._verbs())
        self.opposites = tuple(self._opposites())
        self.chains = tuple(self._chains())
        self.people, self.cities, self.organisations = self._named()

    def rng(self, *purpose: object) -> random.Random:
        """A source of chance of its own for each purpose, so that no part of the world depends on another's draws."""
        return random.Random("/".join(map(str, (self.seed, *purpose))))

    @cached_property
    def wider(self) -> Mapping[str, str]:
        """For each kind its category, for each verb (and its synonym) the verb of wider meaning."""
        verbs = {word: verb.wider for verb in self.verbs for word in (verb.gloss, verb.synonym)}
        return {kind.gloss: kind.category for kind in self.kinds} | verbs

    @cached_property
    def opposite(self) -> Mapping[str, str]:
        """For each adjective the one that it excludes."""
        return {a: b for pair in self.opposites for a, b in ((pair.one, pair.other), (pair.other, pair.one))}

    @cached_property
    def synonym(self) -> Mapping[str, str]:
        """For each verb that has one, the other verb with the same meaning."""
        return {a: b for verb in self.verbs for a, b in ((verb.gloss, verb.synonym), (verb.synonym, verb.gloss))}

    @cached_property
    def kind(self) -> Mapping[str, EntityKind]:
        """Every kind by its gloss."""
        return {kind.gloss: kind for kind in self.kinds}

    @cached_property
    def actors(self) -> frozenset[str]:
        """All kinds and categories of beings that act."""
        return frozenset(word for kind in self.kinds if kind.acts for word in (kind.gloss, kind.category))

    def _kinds(self) -> Iterable[EntityKind]:
        rng = self.rng("kinds")
        homes = {domain: _dealt(rng, places) for domain, places in self.places.items()}
        substances = {
            "acts": _dealt(rng, vocabulary.FOODSTUFFS.split()),
            "lies": _dealt(rng, vocabulary.MATERIALS.split()),
        }
        for line in vocabulary.KINDS.splitlines():
            category, acts, *glosses = line.split()
            splits = _splits(rng, len(glosses), dev=1, test=2)
            for number, (gloss, split) in enumerate(zip(glosses, splits, strict=True)):
                domain = vocabulary.DOMAINS[number // 2]
                home, substance = next(homes[domain]), next(substances[acts])
                yield EntityKind(gloss, category, acts == "acts", domain, home, substance, split)

    def _verbs(self) -> Iterable[Verb]:
        rng = self.rng("verbs")
        for line in vocabulary.VERBS.splitlines():
            wider, *pairs = line.split()
            for pair, split in zip(pairs, _splits(rng, len(pairs), dev=1, test=1), strict=True):
                gloss, synonym = pair.split("/")
                yield Verb(gloss, wider, synonym, split)

    def _opposites(self) -> Iterable[ParallelPair]:
        pairs = [pair.split("/") for pair in vocabulary.OPPOSITES.split()]
        splits = _splits(self.rng("opposites"), len(pairs), dev=2, test=2)
        return (ParallelPair(one, other, split) for (one, other), split in zip(pairs, splits, strict=True))

    def _chains(self) -> Iterable[Chain]:
        lines = vocabulary.CHAINS.splitlines()
        splits = _splits(self.rng("chains"), len(lines), dev=4, test=4)
        return (Chain(tuple(line.split()), split) for line, split in zip(lines, splits, strict=True))

    def _named(self) -> tuple[tuple[Named, ...], tuple[Named, ...], tuple[Named, ...]]:
        """People, cities and organisations. Some cities are called like people."""
        stems: dict[str, list[str]] = {
            part: [f"{part}-{n}" for n in range(count)] for part, count in vocabulary.NAMES.items()
        }
        rng = self.rng("names")
        split_of = {stem: split for part in stems.values() for stem, split in _shared_out(rng, part)}

        def named(stems: Sequence[str], build: Callable[[str], Name]) -> tuple[Named, ...]:
            return tuple(Named(build(stem), split_of[stem]) for stem in stems)

        families: dict[Split, list[str]] = {"train": [], "dev": [], "test": []}
        for stem in stems["family"]:
            families[split_of[stem]].append(stem)
        bodies = vocabulary.BODIES.split()

        def person(stem: str) -> Name:
            alone = rng.random() < 0.5
            return Name((stem,) if alone else (stem, rng.choice(families[split_of[stem]])), "PER")

        return (
            named((*stems["given"], *stems["ambiguous"]), person),
            named((*stems["cities"], *stems["ambiguous"]), lambda stem: Name((stem,), "LOC")),
            named(stems["organisations"], lambda stem: Name((stem, rng.choice(bodies)), "ORG")),
        )


def _dealt(rng: random.Random, things: Sequence[T]) -> Iterator[T]:
    """The things again and again, in a new order each time, so that none is much more frequent than another."""
    while True:
        yield from rng.sample(things, len(things))


def _splits(rng: random.Random, count: int, *, dev: int, test: int) -> list[Split]:
    """A split for each of `count` things, in random order."""
    shares: tuple[tuple[Split, int], ...] = (("dev", dev), ("test", test), ("train", count - dev - test))
    splits = [split for split, share in shares for _ in range(share)]
    rng.shuffle(splits)
    return splits


def _shared_out(rng: random.Random, things: Sequence[T]) -> Iterable[tuple[T, Split]]:
    """Half of the things for training, a sixth for dev, a third for test."""
    dev, test = len(things) // 6, len(things) // 3
    return zip(things, _splits(rng, len(things), dev=dev, test=test), strict=True)
