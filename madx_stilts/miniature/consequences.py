"""What people conclude when they talk: this is so, so that is so; perhaps that; surely not that.

All of it follows from one order of clauses by strength (`logic`): what says more has what says less as a consequence,
what says less leaves what says more open, and a denial turns the order round.
"""

from madx_stilts.miniature.logic import ASIDE, STRONGER, WEAKER, contrary, edited
from madx_stilts.miniature.meaning import Clause
from madx_stilts.miniature.scene import Scene

Conclusion = tuple[Clause, Clause]


def consequence(scene: Scene) -> Conclusion:
    """Something that is so, and what is therefore so, perhaps so, or not so."""
    while True:
        strong = _statement(scene)
        weak = _weakened(strong, scene)
        found = (
            None if weak is None else scene.one((_upwards, _upwards, _upwards, _aside, _excluded))(strong, weak, scene)
        )
        if found is not None:
            return found


def _statement(scene: Scene) -> Clause:
    if scene.chance(0.7):
        return scene.action("every" if scene.chance(0.2) else "a")
    return scene.condition() if scene.chance(0.4) else scene.identity()


def _weakened(clause: Clause, scene: Scene) -> Clause | None:
    """What follows by one or two steps, most often of kinds or the verb."""
    if clause.state:
        return clause
    return edited(clause, WEAKER, scene.one((1, 1, 2)), scene)


def _upwards(strong: Clause, weak: Clause, scene: Scene) -> Conclusion | None:
    """What follows, and what does not follow the other way; of both also the denials, which turn it round."""
    if strong == weak:
        return None
    plain = [
        (strong, weak.linked("so")),
        (weak, strong.linked("because")),
        (weak, strong.linked("maybe")),
    ]
    if "every" in (strong.subject.quantifier, weak.subject.quantifier):
        return scene.one(plain)
    no_strong, no_weak = strong.denied(), weak.denied()
    return scene.one(
        (
            *plain,
            (strong, no_weak.linked("false")),
            (strong, no_weak.linked("false")),
            (no_weak, no_strong.linked("so")),
            (no_weak, strong.linked("false")),
            (no_weak, strong.linked("false")),
            (no_strong, no_weak.linked("maybe")),
            (weak, no_strong.linked("maybe")),
        )
    )


def _aside(strong: Clause, weak: Clause, scene: Scene) -> Conclusion | None:
    """What is about another kind or another act stays open."""
    other = None if strong.verb == "be" or strong.subject.quantifier == "every" else edited(weak, ASIDE, 1, scene)
    if other is None or weak.subject.quantifier == "every":
        return None
    said = scene.one(((strong, other), (other, strong)))
    return said[0], scene.one((said[1], said[1].denied())).linked("maybe")


def _excluded(strong: Clause, weak: Clause, scene: Scene) -> Conclusion | None:
    """Whoever is in one state, or of one kind, is not in the opposite one, or of another kind."""
    other = contrary(weak, scene)
    if other is None:
        return None
    more = strong if scene.chance(0.5) else edited(strong, STRONGER, 1, scene) or strong
    return scene.one(
        (
            (more, other.linked("false")),
            (more, other.denied().linked("so")),
            (other.denied(), weak.linked("maybe")),
        )
    )
