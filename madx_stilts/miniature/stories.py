"""What usually happens: stories along a course of events, and questions about kinds that any child could answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from madx_stilts.miniature.meaning import Clause, MeaningPhrase
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.world import Chain, EntityKind

Direction = Literal["cause", "effect"]


@dataclass(frozen=True)
class Choice:
    """A context, a question about it, and answers one of which is right.

    Args:
        context: May be empty.
        question: None where the answers go on with the context.
        answers: Clauses, or phrases as short answers.
        right: Index of the right one.
        direction: Whether a cause or an effect is asked for, where it is one of these.
    """

    context: tuple[Clause, ...]
    question: Clause | None
    answers: tuple[Clause | MeaningPhrase, ...]
    right: int
    direction: Direction = "effect"


def completion(scene: Scene) -> Choice:
    """Two events, and four that may come next, as in HellaSwag."""
    chain, who = scene.chain(), scene.somebody()
    start = scene.one((0, 1))
    context = (_happens(who, chain, start, scene), Clause(who, chain.events[start + 1], link="then"))
    events = [chain.events[start + 2], *_elsewhere(scene, [chain], start + 2, 3)]
    return _shuffled(scene, context, None, [Clause(who, event) for event in events])


def consequence(scene: Scene) -> Choice:
    """An event, and two that may be its cause or its effect, as in COPA.

    The wrong one is from another course of events, or lies in the wrong direction.
    """
    chain, who = scene.chain(), scene.somebody()
    at, right, direction = _turn(scene)
    wrong = chain.events[2 * at - right] if scene.chance(0.5) else _elsewhere(scene, [chain], right, 1)[0]
    answers = [Clause(who, chain.events[right]), Clause(who, wrong)]
    return _shuffled(scene, (_happens(who, chain, at, scene),), None, answers, direction)


def reading(scene: Scene) -> Choice:
    """Two people in two courses of events; why one did something, or what comes next, as in Cosmos QA."""
    mine, other = scene.rng.sample(scene.chains, 2)
    names = scene.rng.sample(scene.people, 2)
    who, neighbour = MeaningPhrase(names[0]), MeaningPhrase(names[1])
    at, right, direction = _turn(scene)
    told = [_happens(who, mine, at, scene), _happens(neighbour, other, at, scene)]
    scene.rng.shuffle(told)
    events = [mine.events[right], other.events[right], *_elsewhere(scene, [mine, other], right, 2)]
    return _shuffled(scene, tuple(told), _asked(who, mine, at, direction), [Clause(who, e) for e in events], direction)


def everyday(scene: Scene) -> Choice:
    """One event, and why it came or what comes next, with three answers, as in Social IQa."""
    chain, who = scene.chain(), MeaningPhrase(scene.person())
    at, right, direction = _turn(scene)
    events = [chain.events[right], *_elsewhere(scene, [chain], right, 2)]
    context = (scene.deed(), _happens(who, chain, at, scene))
    return _shuffled(scene, context, _asked(who, chain, at, direction), [Clause(who, e) for e in events], direction)


def trait(scene: Scene) -> Choice:
    """What a kind is, where it lives, what it eats or is made of, with five answers, as in CommonsenseQA.

    Wrong answers are right for other kinds, so what is often right is as often wrong.
    """
    kind = scene.kind()
    alike = [scene.kinds, scene.world.kinds]
    ask = scene.one((_home, _substance, _category))
    question, right = ask(kind)
    others = [other for kinds in alike for other in scene.rng.sample(kinds, len(kinds))]
    if ask is _substance:  # what is eaten is no answer to what something is made of
        others = [other for other in others if other.acts == kind.acts]
    wrong = [answer for answer in dict.fromkeys(ask(other)[1] for other in others) if answer != right]
    return _shuffled(scene, (), question, [right, *wrong[:4]])


def _home(kind: EntityKind) -> tuple[Clause, MeaningPhrase]:
    place = MeaningPhrase(kind.home, "the")
    return Clause(MeaningPhrase(kind.gloss, "a"), "live", place=place).ask("place"), place


def _substance(kind: EntityKind) -> tuple[Clause, MeaningPhrase]:
    return said_of(kind).ask("object"), MeaningPhrase(kind.substance)


def _category(kind: EntityKind) -> tuple[Clause, MeaningPhrase]:
    category = MeaningPhrase(kind.category, "a")
    return Clause(MeaningPhrase(kind.gloss, "a"), "be", category).ask("object"), category


def said_of(kind: EntityKind) -> Clause:
    """What a kind eats or consists of."""
    return Clause(MeaningPhrase(kind.gloss, "a"), "eat" if kind.acts else "consist", MeaningPhrase(kind.substance))


def _turn(scene: Scene) -> tuple[int, int, Direction]:
    """An event with one before it and one after it, which of the two is wanted, and as what."""
    at = scene.one((1, 2))
    return (at, at - 1, "cause") if scene.chance(0.5) else (at, at + 1, "effect")


def _happens(who: MeaningPhrase, chain: Chain, at: int, scene: Scene) -> Clause:
    """An event, somewhere and sometime."""
    place = scene.place() if scene.chance(0.5) else None
    return Clause(who, chain.events[at], place=place, time=scene.time() if scene.chance(0.3) else None)


def _elsewhere(scene: Scene, besides: Sequence[Chain], at: int, count: int) -> list[str]:
    """Events of other courses at the same stage, so that an answer's stage does not tell whether it is right."""
    others = [chain.events[at] for chain in scene.chains if chain not in besides]
    return scene.rng.sample(others, count)


def _asked(who: MeaningPhrase, chain: Chain, at: int, direction: Direction) -> Clause:
    if direction == "cause":
        return Clause(who, chain.events[at], asked="cause")
    return Clause(who, "do", time="next", asked="action")


def _shuffled(
    scene: Scene,
    context: tuple[Clause, ...],
    question: Clause | None,
    answers: Sequence[Clause | MeaningPhrase],
    direction: Direction = "effect",
) -> Choice:
    """The answers, the first of which is right, in random order."""
    order = scene.rng.sample(range(len(answers)), len(answers))
    shuffled = tuple(answers[index] for index in order)
    return Choice(context, question, shuffled, order.index(0), direction)
