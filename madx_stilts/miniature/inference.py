"""Pairs of a premise and a hypothesis, with what follows.

A clause entails the weaker ones: "a goat carries a wet net in the barn" entails "a beast moves a net". With denials it
is the other way round: "no beast moves a net" entails "no goat carries a wet net". So all labels follow from one order
of clauses by strength (`logic`):

    premise                     hypothesis    label
    stronger, or its opposite   h             entailment       not h    contradiction
    not weaker                  h             contradiction    not h    entailment
    weaker, or roles swapped    h             neutral          not h    neutral
    not stronger                h             neutral          not h    neutral
    another, or not another     h             neutral          not h    neutral

Weaker means weaker in one part; it may be stronger in others. Another is of a kind, or has a verb, of which nothing
follows for the other. What excludes h without a "not" does like "not h": "Mira is dry" excludes that she is wet, "Mira
is a goat" that she is a bird. Not being in the opposite state decides nothing.
"""

from dataclasses import dataclass, replace

from madx_stilts.miniature.logic import ASIDE, KNOWING, STRONGER, WEAKER, contrary, edited, part_of
from madx_stilts.miniature.meaning import Clause
from madx_stilts.miniature.scene import Scene
from madx_stilts.tasks.nli import LABELS

PLAIN = {name: edit for name, edit in STRONGER.items() if name not in KNOWING}
"""Edits that add a word."""


@dataclass(frozen=True)
class Inference:
    """A premise, the hypothesis and its label. The clause that decides is the last of the premise."""

    premise: tuple[Clause, ...]
    hypothesis: Clause
    label: str


@dataclass(frozen=True)
class Style:
    """What the inferences of a data set are like.

    Args:
        edits: How many edits lie between premise and hypothesis: one of these numbers. In a contradiction the denial
            counts as one.
        denials: Share of hypotheses that deny something.
        states: Share that say what somebody is or is like, instead of what is done to what.
        contraries: Share of these, where a premise excludes the hypothesis, that do so without a "not".
        every: Share that speak of every one of a kind.
        asides: Share of neutral premises about actions in which a kind or a verb is another one altogether.
        swaps: Share of neutral premises, where they can, that swap who does it and to whom.
        prefaces: Share of premises that begin with a sentence which does not matter.
    """

    edits: tuple[int, ...] = (1,)
    denials: float = 0.4
    states: float = 0.3
    contraries: float = 0.8
    every: float = 0.1
    asides: float = 0.5
    swaps: float = 0.2
    prefaces: float = 0.0


def infer(scene: Scene, style: Style, label: str) -> Inference:
    """An inference with this label.

    The hypothesis is drawn first and kept only if it has a premise for each label, so that the hypothesis alone tells
    nothing about the label.
    """
    while True:
        clause = _middling(scene, style)
        denied = scene.chance(style.denials) and clause.subject.quantifier != "every"
        premises = {name: _premise(clause, denied, name, scene, style) for name in LABELS}
        premise = premises[label]
        if premise is not None and all(premises.values()):
            preface = (scene.deed(),) if scene.chance(style.prefaces) else ()
            return Inference((*preface, premise), clause.denied() if denied else clause, label)


def _middling(scene: Scene, style: Style) -> Clause:
    """A clause of middling strength, which can be made weaker and stronger."""
    if scene.chance(style.states):
        clause = scene.condition() if scene.chance(0.4) else scene.identity()
    else:
        clause = scene.action("every" if scene.chance(style.every) else "a")
    for name in KNOWING:
        if scene.chance(0.5) and not (name == "subject's kind" and clause.subject.quantifier == "every"):
            clause = WEAKER[name](clause, scene) or clause
    return STRONGER["object's conjunct"](clause, scene) or clause if scene.chance(0.1) else clause


def _premise(clause: Clause, denied: bool, label: str, scene: Scene, style: Style) -> Clause | None:
    """A premise by which the clause, or its denial, is what the label says; None where this draw finds none."""
    number = scene.one(style.edits)
    if label == "neutral":
        return _undecided(clause, number, scene, style)
    affirms = (label == "entailment") != denied
    if affirms:
        return edited(clause, STRONGER, number, scene)
    excluding = contrary(clause, scene) if scene.chance(style.contraries) else None
    return excluding or _deny(edited(clause, WEAKER, number - (label == "contradiction"), scene))


def _undecided(clause: Clause, number: int, scene: Scene, style: Style) -> Clause | None:
    if clause.verb != "be" and scene.chance(style.asides):
        aside = edited(clause, ASIDE, 1, scene)
        return aside and (_deny(aside) if scene.chance(0.5) else edited(aside, PLAIN, number - 1, scene))
    if scene.chance(0.5):
        opposite = contrary(clause, scene) if clause.state and scene.chance(style.contraries) else None
        return _deny(opposite or edited(clause, STRONGER, number, scene))
    swapped = _swapped(clause, scene) if scene.chance(style.swaps) else None
    if swapped is not None:
        return swapped
    # Weaker in one part and stronger in others: what follows from either does not follow from both.
    name = scene.one((*KNOWING, *KNOWING, *WEAKER))
    weaker = WEAKER[name](clause, scene)
    others = {other: edit for other, edit in STRONGER.items() if part_of(other) != part_of(name)}
    return weaker and edited(weaker, others, number - 1, scene)


def _deny(clause: Clause | None) -> Clause | None:
    """The denial; "every" has none here, since "not every" and "every ... not" are easily confused."""
    return None if clause is None or clause.subject.quantifier == "every" else clause.denied()


def _swapped(clause: Clause, scene: Scene) -> Clause | None:
    """To whom it is done does it, if they can."""
    one, other = clause.subject, clause.object
    if other is None or other.also or other.head not in scene.world.actors or one.quantifier != "a":
        return None
    return replace(clause, subject=other, object=one)
