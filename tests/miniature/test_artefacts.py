"""What must not give a label away does not: shallow classifiers that see only a part of an item stay near chance.

Each is trained on one half of a task's training split and scored on the other half, so that nothing but a pattern of
the generator could help it; on held-out words it would do worse still.
"""

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from madx_stilts.miniature.inference import Style, infer
from madx_stilts.miniature.paraphrases import questions, scrambled
from madx_stilts.miniature.passages import examine
from madx_stilts.miniature.rows.nli import MNLI, ROUNDS, SNLI, XNLI
from madx_stilts.miniature.rows.qa import EXAMS
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.stories import completion, consequence, everyday, reading, trait
from madx_stilts.miniature.text import Voice, voices
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.tasks.nli import LABELS

ITEMS = 1500
MARGIN = 0.06
"""Four standard errors of an accuracy near a half over so many items, and some more."""


@pytest.fixture(scope="module")
def voice(world: MiniatureWorld) -> Voice:
    return voices(world, ("qaa",))[0]


@pytest.fixture
def scene(world: MiniatureWorld) -> Scene:
    return Scene(world, world.rng("a test of artefacts"), "train")


def accuracy(texts: Sequence[str], labels: Sequence[object]) -> float:
    """Of words and pairs of words, on halves that were not trained on."""
    features = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+").fit_transform(texts)
    return float(np.mean(cross_val_score(LogisticRegression(C=0.1, max_iter=500), features, labels, cv=2)))


@pytest.mark.parametrize("style", [MNLI, SNLI, XNLI, ROUNDS["r3"]], ids=["mnli", "snli", "xnli", "anli"])
def test_a_hypothesis_alone_tells_nothing_about_its_label(scene: Scene, voice: Voice, style: Style) -> None:
    items = [infer(scene, style, LABELS[number % 3]) for number in range(ITEMS)]
    found = accuracy([voice.say(item.hypothesis) for item in items], [item.label for item in items])
    assert found < 1 / 3 + MARGIN


def test_a_bag_of_words_does_not_tell_whether_scrambled_sentences_mean_the_same(scene: Scene, voice: Voice) -> None:
    pairs = [scrambled(scene, number % 2 == 0) for number in range(ITEMS)]
    for pair in pairs:
        first, second = (voice.say(clause).lower().strip(".").split() for clause in (pair.first, pair.second))
        assert sorted(first) == sorted(second)
        assert first != second
    texts = [f"{voice.say(pair.first)} | {voice.say(pair.second)}" for pair in pairs]
    assert accuracy(texts, [pair.same for pair in pairs]) < 0.5 + MARGIN


def test_one_question_of_a_pair_tells_nothing(scene: Scene, voice: Voice) -> None:
    pairs = [questions(scene, number % 2 == 0) for number in range(ITEMS)]
    assert accuracy([voice.say(pair.first) for pair in pairs], [pair.same for pair in pairs]) < 0.5 + MARGIN


@pytest.mark.parametrize("draw", [completion, consequence, reading, everyday, trait])
def test_answers_alone_do_not_tell_which_is_right(scene: Scene, voice: Voice, draw: object) -> None:
    assert callable(draw)
    choices = [draw(scene) for _ in range(ITEMS)]
    width = len(choices[0].answers)
    texts = [voice.answer(answer) for choice in choices for answer in choice.answers]
    right = [place == choice.right for choice in choices for place in range(width)]
    features = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+").fit_transform(texts)
    half = len(texts) // 2 // width * width
    model = LogisticRegression(C=0.1, max_iter=500).fit(features[:half], right[:half])
    chosen = model.decision_function(features[half:]).reshape(-1, width).argmax(axis=1)
    gold = np.array([choice.right for choice in choices[half // width :]])
    assert (chosen == gold).mean() < 1 / width + MARGIN


def test_a_question_alone_does_not_tell_whether_it_can_be_answered(scene: Scene, voice: Voice) -> None:
    passages = [examine(scene, EXAMS["squad_v2"]) for _ in range(ITEMS // 2)]
    asked = [question for passage in passages for question in passage.questions]
    answered = [question.sentence is not None for question in asked]
    found = accuracy([voice.say(question.clause) for question in asked], answered)
    assert found < max(np.mean(answered), 1 - np.mean(answered)) + MARGIN


@pytest.mark.parametrize("task", ["mnli", "xnli"])
def test_labels_take_turns(scene: Scene, task: str) -> None:
    style = {"mnli": MNLI, "xnli": XNLI}[task]
    denials = [infer(scene, style, LABELS[number % 3]).hypothesis.is_denial for number in range(900)]
    shares = [np.mean(denials[start::3]) for start in range(3)]
    assert max(shares) - min(shares) < 0.15
