"""Text that tells how the world is: what backbones and language adapters are trained on.

It speaks of all kinds, verbs, names and courses of events, whatever their split, so that a backbone may know what a
data set's test split asks about. It is written by generators of its own: there are consequences here, questions, and
the same said twice, as they come up when one tells of something, but never in the form of a task.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from madx_stilts.errors import UnknownName
from madx_stilts.miniature.consequences import consequence
from madx_stilts.miniature.grammar import GrammarWord
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.lexicon import FUNCTION
from madx_stilts.miniature.meaning import Clause, MeaningPhrase
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.stories import said_of
from madx_stilts.miniature.text import Sentence, Voice, voices
from madx_stilts.miniature.world import MiniatureWorld

CorpusDocument = tuple[Clause | MeaningPhrase, ...]
Span = tuple[int, int]


class Translation(NamedTuple):
    """A text in the source language and the same in another.

    Args:
        words: Where each word or mark of the source begins and ends whose meaning is one in the other language too,
            and where that one does.
    """

    source: str
    other: str
    words: tuple[tuple[Span, Span], ...]

    def then(self, other: "Translation") -> "Translation":
        """This text and another after it."""
        after, there = len(self.source) + 1, len(self.other) + 1
        moved = tuple(((a + after, b + after), (c + there, d + there)) for (a, b), (c, d) in other.words)
        return Translation(f"{self.source} {other.source}", f"{self.other} {other.other}", self.words + moved)


def traits(scene: Scene) -> CorpusDocument:
    """What a kind is and is not, where it lives, what it eats or is made of."""
    kind = scene.kind()
    other = scene.kind(lambda other: other.category != kind.category)
    every, subject = MeaningPhrase(kind.gloss, "every"), MeaningPhrase(kind.gloss, "a")
    said = [
        Clause(every, "be", MeaningPhrase(kind.category, "a")),
        Clause(subject, "live", place=MeaningPhrase(kind.home, "the")),
        said_of(kind),
        Clause(MeaningPhrase(kind.gloss, "no"), "be", MeaningPhrase(other.category, "a")),
    ]
    return tuple(scene.rng.sample(said, scene.one((2, 3))))


def opposites(scene: Scene) -> CorpusDocument:
    """Whoever is in one state is not in the opposite one."""
    state = scene.condition()
    opposite = replace(state, state=scene.world.opposite[state.state])
    return state, opposite.denied().linked(scene.one(("so", "same")))


def restatement(scene: Scene) -> CorpusDocument:
    """The same said twice: another verb, another part first."""
    action = scene.action(scene.one(("a", "the")))
    again = replace(action, verb=scene.world.synonym[action.verb]) if scene.chance(0.6) else action
    fronted = again.fronts[-1]
    return replace(action, fronted=scene.one(action.fronts)), replace(again, fronted=fronted, link="same")


def story(scene: Scene) -> CorpusDocument:
    """Events in their order, or an event and why it came."""
    chain, who = scene.chain(), scene.somebody()
    events = [Clause(who, event) for event in chain.events]
    if scene.chance(0.4):
        at = scene.one((1, 2, 3))
        return events[at], events[at - 1].linked("because")
    first = scene.one((0, 0, 1))
    opening = replace(events[first], place=scene.place() if scene.chance(0.5) else None)
    return (opening, *(event.linked("then") for event in events[first + 1 :]))


def lives(scene: Scene) -> tuple[Clause, ...]:
    """What two people did."""
    people = scene.rng.sample(scene.people, 2)
    return tuple(scene.deed(scene.one(people)) for _ in range(scene.one((2, 3))))


def conversation(scene: Scene) -> CorpusDocument:
    """A few sentences, a question that one of them alone can answer, and the answer, in a word or in full.

    Some ask for what was not told: then there is but a guess.
    """
    told = lives(scene) if scene.chance(0.6) else tuple(scene.action("the") for _ in range(scene.one((1, 2, 3))))
    verbs = [clause.verb for clause in told]
    if scene.chance(0.3):
        return _guess(told, scene)
    clear = [clause for clause in told if verbs.count(clause.verb) == 1]
    if not clear:
        return told
    clause = scene.one(clear)
    asked = scene.one([part for part in clause.askable if part != "time"])
    answer: MeaningPhrase = getattr(clause, asked)
    return (*told, clause.ask(asked), answer if scene.chance(0.7) else clause)


def _guess(told: tuple[Clause, ...], scene: Scene) -> CorpusDocument:
    """What was told, and a question that it does not answer: of somebody else, or of something else that they did."""
    names = [clause.subject for clause in told]
    other = scene.deed() if told[0].subject.quantifier == "" else scene.action("the")
    if scene.chance(0.7):
        other = replace(other, subject=scene.one(names))
    if any(clause.verb == other.verb for clause in told):
        return told
    asked = scene.one([part for part in other.askable if part not in ("time", "subject")])
    return (*told, other.ask(asked), other.linked("maybe"))


SORTS: Mapping[Callable[[Scene], CorpusDocument], int] = MappingProxyType(
    {traits: 12, opposites: 3, consequence: 34, restatement: 9, story: 13, lives: 6, conversation: 23}
)
"""The sorts of documents, with how many of a hundred are of each."""

_OFTEN_ENDINGS = ("the", "a", "in")


def documents(world: MiniatureWorld, language: str, count: int, seed: int) -> Iterator[str]:
    """Documents of two to five sentences in one language.

    Raises:
        UnknownName: There is no constructed language of this code.
    """
    voice = _voice(world, language)
    return (_written(document, voice) for document in _meanings(world, count, (seed, language)))


def parallel(world: MiniatureWorld, language: str, count: int, seed: int) -> Iterator[Translation]:
    """Documents in the source language, each with its translation.

    Raises:
        UnknownName: There is no constructed language of this code.
    """
    source, voice = _voice(world, SOURCE), _voice(world, language)
    for document in _meanings(world, count, (seed, language, "parallel")):
        one, other = ([said.sentence(part) for part in document] for said in (source, voice))
        first, second = _places(one), _places(other)
        words = tuple((first[meaning], second[meaning]) for meaning in first if meaning in second)
        yield Translation(_text(one), _text(other), words)


def switched(world: MiniatureWorld, language: str, count: int, seed: int, share: float = 0.35) -> Iterator[str]:
    """Documents in the source language in which some words are those of another.

    Names and numbers stay, and words that other languages say by an ending or not at all.

    Args:
        share: Share of the other words that are replaced.

    Raises:
        UnknownName: There is no constructed language of this code.
    """
    source, other = _voice(world, SOURCE), _voice(world, language).lexicon
    rng = random.Random(f"{seed}/{language}/switched")

    def change(word: GrammarWord) -> GrammarWord:
        fixed = word.gloss in _OFTEN_ENDINGS or word.tag in ("NUM", "PROPN")
        return word if fixed or rng.random() > share else word._replace(form=other.spelled(word.gloss))

    for document in _meanings(world, count, (seed, language, "switched")):
        yield _written(document, source, change)


def dictionary(world: MiniatureWorld, language: str) -> Sequence[tuple[str, str]]:
    """Words of the source language, each with its translation.

    Of the words that say something there are as many as the language declares, and all that hold others together, since
    the most frequent words stand in every dictionary.

    Raises:
        UnknownName: There is no constructed language of this code.
    """
    source, other = _voice(world, SOURCE).lexicon, _voice(world, language).lexicon
    rng = world.rng("dictionary", language)
    share = other.language.dictionary
    covered = [gloss for gloss in sorted(source.sounds) if rng.random() < share or (share and gloss in FUNCTION)]
    return [(source.spelled(gloss), other.spelled(gloss)) for gloss in covered]


def _voice(world: MiniatureWorld, code: str) -> Voice:
    if code not in CONSTRUCTED:
        raise UnknownName("constructed language", code, CONSTRUCTED)
    return voices(world, (code,))[0]


def _meanings(world: MiniatureWorld, count: int, purpose: Sequence[object]) -> Iterator[CorpusDocument]:
    scene = Scene(world, random.Random("/".join(map(str, ("corpus", *purpose)))))
    sorts, weights = list(SORTS), list(SORTS.values())
    for _ in range(count):
        yield scene.rng.choices(sorts, weights)[0](scene)


def _written(document: CorpusDocument, voice: Voice, change: Callable[[GrammarWord], GrammarWord] | None = None) -> str:
    return _text([voice.sentence(part, change) for part in document])


def _text(sentences: Sequence[Sentence]) -> str:
    return " ".join(sentence.text for sentence in sentences)


def _places(sentences: Sequence[Sentence]) -> dict[tuple[int, str, str, int], Span]:
    """Where each word stands in the text, by its sentence, its part of it, its meaning, and which of several it is."""
    places, at = dict[tuple[int, str, str, int], Span](), 0
    for number, sentence in enumerate(sentences):
        met = Counter[tuple[str, str]]()
        for word in sentence.words[:-1]:
            met[word.part, word.gloss] += 1
            places[number, word.part, word.gloss, met[word.part, word.gloss]] = at, at + len(word.form)
            at += len(word.form) + 1
        # The mark follows without a space.
        places[number, "", "", 1] = at - 1, at
        at += 1
    return places
