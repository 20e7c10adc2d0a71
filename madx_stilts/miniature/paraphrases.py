"""Pairs of sentences, and of questions, that mean the same or only look as if they did."""

from dataclasses import dataclass, replace

from madx_stilts.miniature.meaning import Asked, Clause, MeaningPhrase
from madx_stilts.miniature.scene import Scene


@dataclass(frozen=True)
class Paraphrase:
    """Two sentences, and whether they mean the same."""

    first: Clause
    second: Clause
    same: bool


def scrambled(scene: Scene, same: bool) -> Paraphrase:
    """Two sentences of the same words, as in PAWS.

    Those that mean the same differ in what is said first and in the order of "a goat and an ox". In those that do not,
    two phrases or two adjectives have also changed places. So a bag of words tells nothing.
    """
    clause = _scrambling(scene)
    second = _moved(clause, scene)
    return Paraphrase(clause, second if same else _exchanged(second, scene), same)


def _scrambling(scene: Scene) -> Clause:
    """Two who act, each of a kind of its own and with an adjective of its own; a place and a time."""
    one = scene.actor()
    other = scene.actor(other_than=one.category)
    third = scene.kind(lambda kind: kind.category not in (one.category, other.category))
    adjectives = scene.rng.sample(scene.adjectives, 2)
    clause = Clause(
        MeaningPhrase(one.gloss, "a", adjectives[0], MeaningPhrase(third.gloss, "a") if scene.chance(0.5) else None),
        scene.verb().gloss,
        MeaningPhrase(other.gloss, "a", adjectives[1]),
        place=scene.place(),
        time=scene.time(),
    )
    return replace(clause, fronted=scene.one(clause.fronts))


def _moved(clause: Clause, scene: Scene) -> Clause:
    fronts = [front for front in clause.fronts if front != clause.fronted]
    moved = replace(clause, fronted=scene.one(fronts))
    pair = clause.subject
    if pair.also and scene.chance(0.5):
        turned = MeaningPhrase(pair.also.head, "a", also=MeaningPhrase(pair.head, "a", pair.adjective))
        return replace(moved, subject=turned)
    return moved


def _exchanged(clause: Clause, scene: Scene) -> Clause:
    if clause.object is None:
        return clause
    if scene.chance(0.5):
        return replace(clause, subject=clause.object, object=clause.subject)
    turned = clause.subject.also is not None and not clause.subject.adjective
    bearer = clause.subject.also if turned and clause.subject.also else clause.subject
    swapped = replace(bearer, adjective=clause.object.adjective)
    subject = replace(clause.subject, also=swapped) if turned else swapped
    return replace(clause, subject=subject, object=replace(clause.object, adjective=bearer.adjective))


def questions(scene: Scene, same: bool) -> Paraphrase:
    """Two questions, as in QQP: asked again in other words, or a question that differs in one thing."""
    clause = scene.action("the")
    clause = clause if clause.place else replace(clause, place=scene.place())
    asked: Asked = scene.one(("subject", "object", "place", "truth"))
    restated = _restated(clause, scene)
    if not same and scene.chance(0.3):
        others: list[Asked] = [part for part in ("subject", "object", "place", "truth") if part != asked]
        return Paraphrase(clause.ask(asked), restated.ask(scene.one(others)), same)
    second = restated if same else _altered(restated, asked, scene)
    return Paraphrase(clause.ask(asked), second.ask(asked), same)


def _restated(clause: Clause, scene: Scene) -> Clause:
    """The same in other words: another verb of the same meaning, and perhaps "so" in front."""
    restated = replace(clause, verb=scene.world.synonym[clause.verb])
    return restated.linked("so") if scene.chance(0.3) else restated


def _altered(clause: Clause, asked: Asked, scene: Scene) -> Clause:
    """The same but for one word that the question does not leave open."""
    changes = [replace(clause, verb=_another(clause.verb, [verb.synonym for verb in scene.verbs], scene))]
    if asked != "subject":
        changes.append(replace(clause, subject=_another_kind(clause.subject, scene)))
    if asked != "object" and clause.object is not None:
        changes.append(replace(clause, object=_another_kind(clause.object, scene)))
    if asked != "place" and clause.place is not None:
        places = [place for several in scene.world.places.values() for place in several]
        changes.append(replace(clause, place=MeaningPhrase(_another(str(clause.place.head), places, scene), "the")))
    return scene.one(changes)


def _another(word: str, words: list[str], scene: Scene) -> str:
    return scene.one([other for other in words if other != word])


def _another_kind(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase:
    acts = phrase.head in scene.world.actors
    return replace(phrase, head=scene.kind(lambda kind: kind.gloss != phrase.head and kind.acts == acts).gloss)
