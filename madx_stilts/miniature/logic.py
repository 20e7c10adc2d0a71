"""Edits that make a clause say less, or more. What says less follows from what says more (see `inference`)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from madx_stilts.miniature.meaning import Clause, MeaningPhrase, Name
from madx_stilts.miniature.scene import Scene

Edit = Callable[[Clause, Scene], Clause | None]
"""Changes a clause, or gives None where there is nothing to change."""


Change = Callable[[MeaningPhrase, Scene], MeaningPhrase | None]


def _of(part: Literal["subject", "object"], change: Change, under_every: Change | None = None) -> Edit:
    """An edit of one noun phrase.

    Args:
        under_every: The change instead for "every ...": "every beast" says more than "every goat".
    """

    def edit(clause: Clause, scene: Scene) -> Clause | None:
        phrase = clause.subject if part == "subject" else clause.object
        if phrase is None:
            return None
        changed = (under_every if under_every and phrase.quantifier == "every" else change)(phrase, scene)
        if changed is None:
            return None
        return replace(clause, subject=changed) if part == "subject" else replace(clause, object=changed)

    return edit


def _bare(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    return replace(phrase, adjective="") if phrase.adjective else None


def _described(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    known = phrase.adjective or isinstance(phrase.head, Name)  # there is but one Mira: "wet Mira" picks out no other
    return None if known else replace(phrase, adjective=scene.adjective())


def _wide_kind(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    wider = scene.world.wider.get(phrase.head) if isinstance(phrase.head, str) else None
    return replace(phrase, head=wider) if wider else None


def _narrow_kind(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    fitting = [kind.gloss for kind in scene.kinds if kind.category == phrase.head]
    return replace(phrase, head=scene.one(fitting)) if fitting else None


def _alone(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    return replace(phrase, also=None) if phrase.also else None


def _joined(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    return None if phrase.also else replace(phrase, also=MeaningPhrase(scene.kind().gloss, "a"))


def _existing(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    return replace(phrase, quantifier="a") if phrase.quantifier == "every" else None


def _all(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    return replace(phrase, quantifier="every") if phrase.quantifier == "a" else None


def _wide_verb(clause: Clause, scene: Scene) -> Clause | None:
    wider = scene.world.wider.get(clause.verb)
    return replace(clause, verb=wider) if wider else None


def _narrow_verb(clause: Clause, scene: Scene) -> Clause | None:
    fitting = [verb.gloss for verb in scene.verbs if verb.wider == clause.verb]
    return replace(clause, verb=scene.one(fitting)) if fitting else None


def _anywhere(clause: Clause, scene: Scene) -> Clause | None:
    return replace(clause, place=None) if clause.place else None


def _somewhere(clause: Clause, scene: Scene) -> Clause | None:
    return None if clause.place or _tells_identity(clause) else replace(clause, place=scene.place())


def _any_time(clause: Clause, scene: Scene) -> Clause | None:
    return replace(clause, time=None) if clause.time else None


def _some_time(clause: Clause, scene: Scene) -> Clause | None:
    return None if clause.time or _tells_identity(clause) else replace(clause, time=scene.time())


def _tells_identity(clause: Clause) -> bool:
    """Whether it says what somebody is, which is so everywhere and always."""
    return clause.verb == "be" and clause.object is not None


def contrary(clause: Clause, scene: Scene) -> Clause | None:
    """A clause without a "not" that excludes this one: the opposite state, or being of another category."""
    if clause.state:
        return replace(clause, state=scene.world.opposite[clause.state])
    if clause.object is None or not _tells_identity(clause):
        return None
    category = scene.world.wider.get(str(clause.object.head), str(clause.object.head))
    other = scene.actor(other_than=category)
    return replace(clause, object=replace(clause.object, head=scene.one((other.gloss, other.category))))


def _conjunct(change: Change) -> Edit:
    """A change of the object, unless it tells what somebody is: nobody is a goat and an ox."""
    edit = _of("object", change)
    return lambda clause, scene: None if clause.verb == "be" else edit(clause, scene)


WEAKER: Mapping[str, Edit] = MappingProxyType(
    {
        "subject's kind": _of("subject", _wide_kind, under_every=_narrow_kind),
        "object's kind": _of("object", _wide_kind),
        "verb": _wide_verb,
        "subject's adjective": _of("subject", _bare, under_every=_described),
        "object's adjective": _of("object", _bare),
        "object's conjunct": _conjunct(_alone),
        "subject's quantifier": _of("subject", _existing),
        "place": _anywhere,
        "time": _any_time,
    }
)
"""Edits that leave something out or widen it: what is left follows from what was there."""

STRONGER: Mapping[str, Edit] = MappingProxyType(
    {
        "subject's kind": _of("subject", _narrow_kind, under_every=_wide_kind),
        "object's kind": _of("object", _narrow_kind),
        "verb": _narrow_verb,
        "subject's adjective": _of("subject", _described, under_every=_bare),
        "object's adjective": _of("object", _described),
        "object's conjunct": _conjunct(_joined),
        "subject's quantifier": _of("subject", _all),
        "place": _somewhere,
        "time": _some_time,
    }
)
"""Edits that add something or narrow it: the reverse of those that weaken."""


def _another_kind(phrase: MeaningPhrase, scene: Scene) -> MeaningPhrase | None:
    """Of another category: for a kind a category or a kind, for a category a kind."""
    head, wider = str(phrase.head), scene.world.wider
    category = wider.get(head, head)
    acts = head in scene.world.actors
    other = scene.kind(lambda kind: kind.category != category and kind.acts == acts)
    return replace(phrase, head=scene.one((other.gloss, other.category)) if head in wider else other.gloss)


def _another_verb(clause: Clause, scene: Scene) -> Clause | None:
    wider = scene.world.wider
    group = wider.get(clause.verb, clause.verb)
    other = scene.one([verb for verb in scene.verbs if verb.wider != group])
    return replace(clause, verb=scene.one((other.gloss, other.wider)) if clause.verb in wider else other.gloss)


ASIDE: Mapping[str, Edit] = MappingProxyType(
    {
        "subject's kind": _of("subject", _another_kind),
        "object's kind": _of("object", _another_kind),
        "verb": _another_verb,
    }
)
"""Edits of an action after which neither follows from the other, though it looks as with a kind and its category."""

KNOWING = ("subject's kind", "object's kind", "verb")
"""Edits that only those understand who know what is what; the others show in the number of words."""


def part_of(edit: str) -> str:
    """The part of the clause that an edit changes."""
    return edit.split("'")[0]


def edited(clause: Clause, edits: Mapping[str, Edit], number: int, scene: Scene) -> Clause | None:
    """The clause after `number` different edits, mostly knowing ones; None if so many do not apply.

    Once "a" has become "every", the subject stays as it is: that all goats do it does not tell that there are wet ones.
    """
    quantifier = clause.subject.quantifier
    for name in sorted(edits, key=lambda name: scene.rng.random() / (4 if name in KNOWING else 1)):
        settled = part_of(name) == "subject" and clause.subject.quantifier != quantifier
        changed = edits[name](clause, scene) if number and not settled else None
        if changed is not None:
            clause, number = changed, number - 1
    return None if number else clause
