"""Passages in which no answer can be found by where it stands in its sentence alone."""

import random
from dataclasses import replace

import pytest

from madx_stilts.miniature.passages import Passage, PassageQuestions, examine, inquire
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.world import MiniatureWorld


def passages(world: MiniatureWorld, exam: PassageQuestions) -> list[Passage]:
    scene = Scene(world, random.Random(3), "train")
    return [draw(scene, exam) for draw in (examine, inquire) for _ in range(150)]


@pytest.mark.parametrize("people", [0.0, 1.0])
def test_sentences_begin_with_a_place_or_a_time_as_often_as_an_exam_says(world: MiniatureWorld, people: float) -> None:
    exam = PassageQuestions(people=people)
    assert not _begun(passages(world, replace(exam, fronted=0.0)))
    begun = _begun(passages(world, exam))
    assert {"place", "time"} <= {*begun}
    every = _begun(passages(world, replace(exam, fronted=1.0)))
    assert len(begun) / len(every) == pytest.approx(0.5, abs=0.1)


def _begun(passages: list[Passage]) -> list[str]:
    return [clause.fronted for passage in passages for clause in passage.sentences if clause.fronted]


def test_a_question_begins_with_its_question_word_wherever_the_answer_stands(world: MiniatureWorld) -> None:
    asked = [
        (passage, question)
        for passage in passages(world, PassageQuestions(fronted=1.0))
        for question in passage.questions
    ]
    assert all(not question.clause.fronted for _, question in asked)
    answers = {
        passage.sentences[question.sentence].fronted == question.clause.asked
        for passage, question in asked
        if question.sentence is not None and question.clause.asked in ("place", "time")
    }
    assert answers == {True, False}
