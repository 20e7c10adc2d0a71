"""Where the clauses of a data set come from: one corner of a world, in one split, seen through one source of chance."""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from madx_stilts.miniature.meaning import Clause, MeaningPhrase, Name, Quantifier
from madx_stilts.miniature.world import Chain, Domain, EntityKind, MiniatureWorld, Verb
from madx_stilts.tasks.task import Split

T = TypeVar("T")
YEARS = range(1600, 2000)
ANYWHERE = Domain()


class Scene:
    """Draws meanings.

    Args:
        split: Only what this split speaks of is drawn; None: all there is.
        domain: The corner of the world.
    """

    def __init__(
        self, world: MiniatureWorld, rng: random.Random, split: Split | None = None, domain: Domain = ANYWHERE
    ) -> None:
        self.world = world
        self.rng = rng
        self.split = split
        self._domain = domain
        # By the category that is left out: drawn from so often that looking through all kinds would take long.
        self._actors: dict[str, tuple[list[EntityKind], list[EntityKind]]] = {}
        self._targets: dict[str, tuple[list[EntityKind], list[EntityKind]]] = {}

    def one(self, things: Sequence[T]) -> T:
        """One of them."""
        return self.rng.choice(things)

    def chance(self, share: float) -> bool:
        """True so often."""
        return self.rng.random() < share

    def kind(self, wanted: Callable[[EntityKind], bool] = lambda kind: True) -> EntityKind:
        """A kind that fits, of this domain if there is one."""
        return self._nearly(*self._fitting(wanted))

    def _fitting(self, wanted: Callable[[EntityKind], bool]) -> tuple[list[EntityKind], list[EntityKind]]:
        """Kinds that fit, and those of them that are of this domain."""
        fitting = [kind for kind in self.kinds if wanted(kind)]
        return fitting, [kind for kind in fitting if kind.domain == self._domain.name]

    def _nearly(self, fitting: Sequence[EntityKind], near: Sequence[EntityKind]) -> EntityKind:
        return self.one(near if near and not self.chance(self._domain.overlap) else fitting)

    def actor(self, other_than: str = "") -> EntityKind:
        """A kind that acts, of another category than the one given."""
        if other_than not in self._actors:
            self._actors[other_than] = self._fitting(lambda kind: kind.acts and kind.category != other_than)
        return self._nearly(*self._actors[other_than])

    def _target(self, other_than: str) -> EntityKind:
        """A kind of another category than the one given."""
        if other_than not in self._targets:
            self._targets[other_than] = self._fitting(lambda kind: kind.category != other_than)
        return self._nearly(*self._targets[other_than])

    def place(self) -> MeaningPhrase:
        """A place of the domain."""
        places = self.world.places
        here = places.get(self._domain.name, ())
        anywhere = [place for several in places.values() for place in several]
        return MeaningPhrase(self.one(here if here and not self.chance(self._domain.overlap) else anywhere), "the")

    def time(self) -> str | int:
        """An adverb of time."""
        return self.one(self.world.times)

    def year(self) -> int:
        """A year."""
        return self.one(YEARS)

    def verb(self) -> Verb:
        """A verb that has a wider one."""
        return self.one(self.verbs)

    def adjective(self) -> str:
        """One of two opposites."""
        return self.one(self.adjectives)

    def chain(self) -> Chain:
        """Events in their usual order."""
        return self.one(self.chains)

    def person(self, other_than: Name | None = None) -> Name:
        """Somebody with a name."""
        return self.one([person for person in self.people if person != other_than])

    def city(self) -> Name:
        """A city."""
        return self.one(self.cities)

    def organisation(self) -> Name:
        """An organisation."""
        return self.one(self.organisations)

    def somebody(self) -> MeaningPhrase:
        """A person, or someone of a kind that acts."""
        return MeaningPhrase(self.person()) if self.chance(0.5) else MeaningPhrase(self.actor().gloss, "the")

    def action(self, quantifier: Quantifier = "a") -> Clause:
        """A kind that does something to another: "a goat carries a wet net in the barn"."""
        actor = self.actor()
        target = self._target(actor.category)
        subject = MeaningPhrase(actor.gloss, quantifier, self._perhaps(self.adjective))
        verb, target_phrase = self.verb().gloss, MeaningPhrase(target.gloss, "a", self._perhaps(self.adjective))
        place = self.place() if self.chance(0.5) else None
        time = self.time() if self.chance(0.3) else None
        return Clause(subject, verb, target_phrase, place=place, time=time)

    def identity(self) -> Clause:
        """What somebody is: "Mira is a wet shepherd"."""
        return Clause(
            MeaningPhrase(self.person()), "be", MeaningPhrase(self.actor().gloss, "a", self._perhaps(self.adjective))
        )

    def condition(self) -> Clause:
        """Somebody who is in some state: "Mira is wet"."""
        return Clause(MeaningPhrase(self.person()), "be", state=self.adjective())

    def deed(self, person: Name | None = None) -> Clause:
        """What people with names do: live in cities, found organisations, meet each other.

        Args:
            person: Who does it; None: anybody.
        """
        name = person or self.person()
        one = MeaningPhrase(name)
        deeds: tuple[Callable[[], Clause], ...] = (
            lambda: Clause(one, "live", place=MeaningPhrase(self.city())),
            lambda: Clause(one, "serve-under", MeaningPhrase(self.organisation()), time=self.year()),
            lambda: Clause(one, "found", MeaningPhrase(self.organisation()), place=MeaningPhrase(self.city())),
            lambda: Clause(one, "meet", MeaningPhrase(self.person(other_than=name)), place=MeaningPhrase(self.city())),
            lambda: Clause(
                one, "own", MeaningPhrase(self.kind().gloss, "a", self._perhaps(self.adjective)), time=self.year()
            ),
            lambda: Clause(one, "visit", MeaningPhrase(self.city()), time=self.year()),
        )
        return self.one(deeds)()

    def _perhaps(self, draw: Callable[[], str]) -> str:
        return draw() if self.chance(0.3) else ""

    def _mine(self, things: Iterable[tuple[T, Split]]) -> tuple[T, ...]:
        return tuple(thing for thing, split in things if self.split in (None, split))

    @cached_property
    def kinds(self) -> tuple[EntityKind, ...]:
        """All kinds of the split."""
        return self._mine((kind, kind.split) for kind in self.world.kinds)

    @cached_property
    def verbs(self) -> tuple[Verb, ...]:
        """All verbs of the split."""
        return self._mine((verb, verb.split) for verb in self.world.verbs)

    @cached_property
    def adjectives(self) -> tuple[str, ...]:
        """All adjectives of the split."""
        pairs = self.world.opposites
        return self._mine((word, pair.split) for pair in pairs for word in (pair.one, pair.other))

    @cached_property
    def chains(self) -> tuple[Chain, ...]:
        """All courses of events of the split."""
        return self._mine((chain, chain.split) for chain in self.world.chains)

    @cached_property
    def people(self) -> tuple[Name, ...]:
        """All people of the split."""
        return self._mine((named.name, named.split) for named in self.world.people)

    @cached_property
    def cities(self) -> tuple[Name, ...]:
        """All cities of the split."""
        return self._mine((named.name, named.split) for named in self.world.cities)

    @cached_property
    def organisations(self) -> tuple[Name, ...]:
        """All organisations of the split."""
        return self._mine((named.name, named.split) for named in self.world.organisations)
