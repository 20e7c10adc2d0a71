"""Multiple choice: HellaSwag, Cosmos QA, CommonsenseQA, Social IQa, COPA and XCOPA."""

from collections.abc import Callable
from dataclasses import replace

from madx_stilts.miniature.mirror import Row
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.stories import Choice, completion, consequence, everyday, reading, trait
from madx_stilts.miniature.studio import SPLITS, Studio
from madx_stilts.miniature.text import Voice
from madx_stilts.tasks.commonsense import COPA_LABELS
from madx_stilts.tasks.task import Split

Render = Callable[[Voice, Choice, int], Row]


def write(studio: Studio) -> None:
    """Write all six."""
    for task, path, draw, render in (
        ("hellaswag", "Rowan/hellaswag", completion, _hellaswag),
        ("cosmos_qa", "allenai/cosmos_qa", reading, _cosmos_qa),
        ("commonsense_qa", "tau/commonsense_qa", trait, _commonsense_qa),
        ("siqa", "lighteval/siqa", everyday, _siqa),
    ):
        _source_only(studio, task, path, draw, render)
    for split, name in SPLITS.items():
        rows = [_copa(studio.source, choice, n) for n, choice in enumerate(_draw(studio, "copa", split, consequence))]
        studio.mirror.table("aps/super_glue", "copa", name, rows, {"label": COPA_LABELS})
        if split != "train":
            choices = _draw(studio, "xcopa", split, consequence)
            for voice in studio.voices:
                rows = [{**_copa(voice, choice, number), "changed": False} for number, choice in enumerate(choices)]
                studio.mirror.table("cambridgeltl/xcopa", voice.language.code, name, rows)


def _source_only(studio: Studio, task: str, path: str, draw: Callable[[Scene], Choice], render: Render) -> None:
    for split, name in SPLITS.items():
        choices = _draw(studio, task, split, draw)
        rows = [render(studio.source, choice, number) for number, choice in enumerate(choices)]
        studio.mirror.table(path, "default", name, rows)


def _draw(studio: Studio, task: str, split: Split, draw: Callable[[Scene], Choice]) -> list[Choice]:
    return studio.draw(task, split, lambda scene, _: draw(scene))


def _hellaswag(voice: Voice, choice: Choice, number: int) -> Row:
    context = voice.say(*choice.context)
    # Every ending begins with the same word, which is told with the context.
    starts, endings = zip(*(voice.answer(answer).split(" ", 1) for answer in choice.answers), strict=True)
    return {
        "ind": number,
        "activity_label": "",
        "ctx_a": context,
        "ctx_b": starts[0],
        "ctx": f"{context} {starts[0]}",
        "endings": list(endings),
        "source_id": str(number),
        "split": "",
        "split_type": "indomain",
        "label": str(choice.right),
    }


def _cosmos_qa(voice: Voice, choice: Choice, number: int) -> Row:
    answers = {f"answer{position}": voice.answer(answer) for position, answer in enumerate(choice.answers)}
    return {"id": str(number), **_asked(voice, choice), **answers, "label": choice.right}


def _commonsense_qa(voice: Voice, choice: Choice, number: int) -> Row:
    letters = "ABCDE"
    question = choice.question
    concept = voice.answer(replace(question.subject, quantifier="")) if question else ""
    return {
        "id": str(number),
        "question": _asked(voice, choice)["question"],
        "question_concept": concept,
        "choices": {"label": list(letters), "text": [voice.answer(answer) for answer in choice.answers]},
        "answerKey": letters[choice.right],
    }


def _siqa(voice: Voice, choice: Choice, number: int) -> Row:
    answers = {f"answer{letter}": voice.answer(answer) for letter, answer in zip("ABC", choice.answers, strict=True)}
    return {**_asked(voice, choice), **answers, "label": str(choice.right + 1)}


def _copa(voice: Voice, choice: Choice, number: int) -> Row:
    first, second = (voice.answer(answer) for answer in choice.answers)
    return {
        "premise": voice.say(*choice.context),
        "choice1": first,
        "choice2": second,
        "question": choice.direction,
        "idx": number,
        "label": choice.right,
    }


def _asked(voice: Voice, choice: Choice) -> dict[str, object]:
    question = voice.say(choice.question) if choice.question else ""
    return {"context": voice.say(*choice.context), "question": question}
