"""Short passages about a few people or kinds, and questions about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from madx_stilts.miniature.meaning import Asked, Clause, MeaningPhrase, Name
from madx_stilts.miniature.scene import Scene


@dataclass(frozen=True)
class Question:
    """A question about a passage.

    Args:
        clause: The question.
        sentence: Index of the sentence that answers it; None: the passage does not tell.
    """

    clause: Clause
    sentence: int | None


@dataclass(frozen=True)
class Passage:
    """Sentences and questions about them."""

    sentences: tuple[Clause, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class PassageQuestions:
    """What the passages and questions of a data set are like.

    Args:
        sentences: How many sentences a passage has, at least and at most.
        people: Share of passages about people with names; the others are about what kinds do to each other.
        reworded: Share of questions, where they can, that use another verb of the same meaning.
        unanswerable: Share of questions that the passage does not answer.
        fronted: Share of sentences that may begin with a place or a time, as texts do that tell of somebody's life.
        questions: Questions for each passage.
    """

    sentences: tuple[int, int] = (3, 6)
    people: float = 1.0
    reworded: float = 0.0
    unanswerable: float = 0.0
    fronted: float = 0.5
    questions: int = 2


def examine(scene: Scene, exam: PassageQuestions) -> Passage:
    """A passage first, then questions about it: as SQuAD was made."""
    while True:
        sentences, untold = _sentences(scene, exam)
        found: dict[Question, None] = {}
        for _ in range(4 * exam.questions):  # some passages are too muddled to ask so much about
            if scene.chance(exam.unanswerable):
                question = _unanswerable(sentences, untold, scene)
            else:
                question = _answerable(sentences, scene.rng.randrange(len(sentences)), scene)
            if question is not None:
                found.setdefault(question)
            if len(found) == exam.questions:
                return Passage(sentences, tuple(_reworded(question, exam, scene) for question in found))


def inquire(scene: Scene, exam: PassageQuestions) -> Passage:
    """A question first, then a passage in which its answer stands among other things: as TyDiQA was made."""
    while True:
        sentences, _ = _sentences(scene, exam)
        question = _answerable(sentences, 0, scene)
        if question is not None:
            order = scene.rng.sample(range(len(sentences)), len(sentences))
            moved = replace(question, sentence=order.index(0))
            return Passage(tuple(sentences[index] for index in order), (_reworded(moved, exam, scene),))


def _sentences(scene: Scene, exam: PassageQuestions) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
    """Sentences about two or three people or kinds, and sentences that are left untold.

    Half of what is untold is about somebody else, half is something else about the same ones.
    """
    number = scene.rng.randint(*exam.sentences)
    if scene.chance(exam.people):
        people = scene.rng.sample(scene.people, 4)
        cast, strangers = people[: scene.one((2, 3))], people[3:]
        told = [scene.deed(scene.one(cast)) for _ in range(number)]
        untold = [scene.deed(scene.one(strangers if index % 2 else cast)) for index in range(8)]
    else:
        told = [_act(scene) for _ in range(number)]
        untold = [_act(scene) for _ in range(8)]
    return tuple(_turned(clause, exam, scene) for clause in told), tuple(untold)


def _turned(clause: Clause, exam: PassageQuestions, scene: Scene) -> Clause:
    return replace(clause, fronted=scene.one(clause.fronts)) if scene.chance(exam.fronted) else clause


def _act(scene: Scene) -> Clause:
    action = scene.action("the")
    return replace(action, place=action.place or scene.place())


def _answerable(sentences: Sequence[Clause], index: int, scene: Scene) -> Question | None:
    """A question about one sentence that no other answers; None if there is none."""
    clause = sentences[index]
    asked = scene.one(clause.askable)
    others = [other for number, other in enumerate(sentences) if number != index]
    if any(_answers(other, clause, asked) for other in others):
        return None
    return Question(_shortened(clause.ask(asked), scene), index)


def _unanswerable(sentences: Sequence[Clause], untold: Sequence[Clause], scene: Scene) -> Question | None:
    """A question about something untold. It names somebody who is not mentioned, or tells something else of one who is.

    Who is unheard of cannot be asked for, only about; and what one does cannot be asked if anybody did it.
    """
    clause = scene.one(untold)
    mentioned = {sentence.subject.head for sentence in sentences}
    stranger = clause.subject.head not in mentioned
    parts = [part for part in clause.askable if not (stranger and part == "subject")]
    if not parts or (not stranger and any(sentence.verb == clause.verb for sentence in sentences)):
        return None
    return Question(_shortened(clause.ask(scene.one(parts)), scene), None)


def _answers(sentence: Clause, clause: Clause, asked: Asked) -> bool:
    """Whether a sentence could be taken to answer a question about a clause: it agrees in all that is not asked for."""
    same_subject = asked == "subject" or _head(sentence.subject) == _head(clause.subject)
    same_object = asked == "object" or _head(sentence.object) == _head(clause.object)
    return sentence.verb == clause.verb and same_subject and same_object


def _head(phrase: MeaningPhrase | None) -> str | Name | None:
    return phrase.head if phrase else None


def _shortened(question: Clause, scene: Scene) -> Clause:
    """The question without some of what it need not say."""
    if question.object is not None and question.place is not None and question.asked != "place" and scene.chance(0.5):
        question = replace(question, place=None)
    if question.time is not None and question.asked != "time" and scene.chance(0.5):
        question = replace(question, time=None)
    return question


def _reworded(question: Question, exam: PassageQuestions, scene: Scene) -> Question:
    synonym = scene.world.synonym.get(question.clause.verb)
    if synonym is None or not scene.chance(exam.reworded):
        return question
    return replace(question, clause=replace(question.clause, verb=synonym))
