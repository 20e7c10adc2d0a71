"""Labels of inferences, worked out a second time from the meanings alone."""

import pytest

from madx_stilts.miniature.inference import Style, infer
from madx_stilts.miniature.meaning import Clause, MeaningPhrase, Name
from madx_stilts.miniature.rows.nli import MNLI, ROUNDS, SNLI, XNLI
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.tasks.nli import LABELS

Head = str | Name | None


class Checker:
    """Decides by comparing part with part; knows nothing of edits."""

    def __init__(self, world: MiniatureWorld) -> None:
        self._world = world

    def label(self, premise: Clause, hypothesis: Clause) -> str:
        said, asked = self._affirmed(premise), self._affirmed(hypothesis)
        if not premise.is_denial and not hypothesis.is_denial:
            if self._entails(said, asked):
                return "entailment"
            return "contradiction" if self._excludes(said, asked) else "neutral"
        if premise.is_denial and hypothesis.is_denial:
            return "entailment" if self._entails(asked, said) else "neutral"
        if premise.is_denial:
            return "contradiction" if self._entails(asked, said) else "neutral"
        if self._entails(said, asked):
            return "contradiction"
        return "entailment" if self._excludes(said, asked) else "neutral"

    def _affirmed(self, clause: Clause) -> Clause:
        return clause.denied() if clause.is_denial else clause

    def _entails(self, said: Clause, asked: Clause) -> bool:
        subject = self._subject(said.subject, asked.subject)
        verb = self._is(said.verb, asked.verb)
        thing = asked.object is None or (said.object is not None and self._phrase(said.object, asked.object))
        rest = all(getattr(asked, part) in (None, getattr(said, part)) for part in ("place", "time"))
        return subject and verb and thing and rest and said.state == asked.state

    def _subject(self, said: MeaningPhrase, asked: MeaningPhrase) -> bool:
        if asked.quantifier == "every":
            return said.quantifier == "every" and self._phrase(asked, said)
        if said.quantifier == "every":  # all goats: so a goat, and whatever a goat is
            return self._phrase(said, asked) or self._phrase(asked, said)
        return self._phrase(said, asked)

    def _phrase(self, said: MeaningPhrase, asked: MeaningPhrase) -> bool:
        like = asked.adjective in ("", said.adjective)
        return like and asked.also in (None, said.also) and self._is(said.head, asked.head)

    def _is(self, said: Head, asked: Head) -> bool:
        return said == asked or (isinstance(said, str) and self._world.wider.get(said) == asked)

    def _excludes(self, said: Clause, asked: Clause) -> bool:
        if said.subject != asked.subject or said.verb != "be" or (said.place, said.time) != (asked.place, asked.time):
            return False
        if said.state or said.object is None or asked.object is None:
            return self._world.opposite.get(said.state) == asked.state != ""
        one, other = str(said.object.head), str(asked.object.head)
        return self._world.wider.get(one, one) != self._world.wider.get(other, other)


@pytest.mark.parametrize("style", [MNLI, SNLI, XNLI, *ROUNDS.values()], ids=["mnli", "snli", "xnli", *ROUNDS])
def test_every_label_is_what_an_independent_check_finds(world: MiniatureWorld, style: Style) -> None:
    scene, checker = Scene(world, world.rng("a test of labels"), "train"), Checker(world)
    for number in range(900):
        inference = infer(scene, style, LABELS[number % 3])
        assert checker.label(inference.premise[-1], inference.hypothesis) == inference.label, inference


def test_a_premise_never_is_its_hypothesis(world: MiniatureWorld) -> None:
    scene = Scene(world, world.rng("a test of premises"), "test")
    for number in range(300):
        inference = infer(scene, XNLI, LABELS[number % 3])
        assert inference.premise[-1] != inference.hypothesis
