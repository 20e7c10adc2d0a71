"""What a check of data accepts, evaluation reads, row by row the same; what one refuses, the other refuses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from madx_stilts.data.check import NO_GOLD, check
from madx_stilts.data.check_report import Checked, CheckRequest, sets_of
from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import Examples, read
from madx_stilts.data.sources import DataSources
from madx_stilts.data.unusable import NO_ANSWER
from madx_stilts.errors import DataError
from madx_stilts.formats.base import Limits
from madx_stilts.formats.remarks import NO_WORDS
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split, Task

LIMITS = Limits(max_tokens=40, stride=8)
ODD = ["", " ", "\u3000\n", "\u200b", "\ufeff", "</s>", "\ud800", 3, None, [], ["a"], {"en": "a"}, True]
"""What may stand where a text is expected; some of it is refused."""
SOUND: Mapping[str, Mapping[str, object]] = {
    "xnli": {"premise": "It rains.", "hypothesis": "It is wet.", "label": 0},
    "snli": {"premise": "It rains.", "hypothesis": "It is wet.", "label": 0},
    "xcopa": {"premise": "It broke.", "question": "cause", "choice1": "It fell.", "choice2": "It rained.", "label": 0},
    "xquad": {
        "id": "q",
        "context": "Sugar is sweet. Salt is not.",
        "question": "What is not?",
        "answers": {"text": ["Salt"], "answer_start": [16]},
    },
    "squad_v2": {
        "id": "q",
        "context": "Sugar is sweet. Salt is not.",
        "question": "What is not?",
        "answers": {"text": ["Salt"], "answer_start": [16]},
    },
    "panx": {"tokens": ["in", "Rio"], "ner_tags": [0, 5]},
}
"""A row of each format; of some, in a task that leaves rows out, and one whose questions need no answer."""
LABELS = [0, 1, -1, 7, "maybe", "-1", "entailment", None, True, 0.5, [], [0]]
ANSWERS = [
    {"text": [], "answer_start": []},
    {"text": [""], "answer_start": [0]},
    {"text": ["Pepper", "Salt"], "answer_start": [-1, 3]},
    {"text": ["Pepper"], "answer_start": [None]},
    {"text": ["Salt"], "answer_start": []},
    {"text": ["Salt"], "answer_start": ["16"]},
    {"text": [None], "answer_start": [0]},
    {"text": "Salt", "answer_start": 16},
    [{"text": "Salt", "answer_start": 16}],
    {"texts": ["Salt"]},
    [],
    None,
    "Salt",
]
WORDS = [[], [""], [" ", "Rio"], ["in", None], "Rio", None, ["\ud800", "a"], [["in"], "Rio"]]
TAGS = [[], [0], [6, 0], [-1, -1], [-1, 0], [0, 99], ["B-LOC", "O"], [None, None], [0, True], 0, None]
CHANGES: Mapping[str, Mapping[str, list[Any]]] = {
    "xnli": {"premise": ODD, "hypothesis": ODD, "label": LABELS},
    "snli": {"premise": ODD, "label": LABELS},
    "xcopa": {"premise": ODD, "choice2": ODD, "question": ["effect", "why", None], "label": LABELS},
    "xquad": {"question": ODD, "context": ODD, "answers": ANSWERS, "id": [None, 7, "q"]},
    "squad_v2": {"question": ODD, "answers": ANSWERS},
    "panx": {"tokens": WORDS, "ner_tags": TAGS},
}


def rows_of(name: str) -> st.SearchStrategy[list[dict[str, object]]]:
    """Rows of a task, of which some are changed in one or two columns."""
    sound = dict(SOUND[name])
    changed = st.fixed_dictionaries(
        {}, optional={column: st.sampled_from(values) for column, values in CHANGES[name].items()}
    )
    return st.lists(changed.map(lambda some: sound | some), min_size=1, max_size=4)


@pytest.fixture(scope="session")
def encoder(tiny_backbone: Path) -> Encoder:
    return Encoder(AutoTokenizer.from_pretrained(tiny_backbone, local_files_only=True), "f" * 64)


def english(name: str) -> Task:
    """The task in English, with one split, read from the first of its sources."""
    task = TASKS[name]
    split: Split = "test" if "test" in task.splits and name != "snli" else "dev"
    source = replace(task.sources[split][0], languages=("en",), files=(), obtain="", reader="", codes={})
    return replace(task, languages=("en",), sources={"test": (source,)})


def write(mirror: Any, task: Task, rows: Sequence[Mapping[str, object]]) -> None:
    source = task.sources["test"][0]
    if not mirror.configs:
        mirror.add(source.path, [{}], config=source.config_for("en"), split=source.split, kind="jsonl")
    (file,) = mirror.root.rglob("*.jsonl")
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def evaluated(task: Task, place: DataSources, encoder: Encoder) -> Examples[Any]:
    """What an evaluation does before its first forward pass."""
    examples = read(task, "en", "test", place=place)
    examples.require_labels()
    encoder.encode(examples, LIMITS)
    return examples


def assert_agree(task: Task, mirror: Any, encoder: Encoder) -> Checked | None:
    place = DataSources((mirror.root,), offline=True, cache=mirror.root)
    report = check(task, place, CheckRequest(sets_of(task, ("test",))))
    one = report.checked[0] if report.checked else None
    hidden = 0 if one is None else sum(note.count for note in one.notes if note.what == NO_GOLD)
    if one is not None and not one.fault_count and not hidden:
        examples = evaluated(task, place, encoder)
        assert (len(examples), examples.whole) == (one.rows, one.rows)
        left_out = "rows without an agreed label, left out"
        assert examples.left_out == sum(note.count for note in one.notes if note.what == left_out)
        told = {note.what: note.count for note in one.notes}
        assert examples.remarks.items() <= told.items()
        return one
    with pytest.raises(DataError) as caught:
        evaluated(task, place, encoder)
    if one is None:
        assert caught.value.message == report.missing[0].reason
    elif hidden and not one.fault_count:
        assert hidden + sum(note.count for note in one.notes if note.what == NO_WORDS) == one.rows
        assert NO_ANSWER in caught.value.message
        assert len(read(task, "en", "test", place=place)) == one.rows
    else:
        assert caught.value.message == one.faults[0].error().message
    return one


@pytest.mark.parametrize("name", SOUND)
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(data=st.data())
def test_check_and_evaluation_give_the_same_answer_on_odd_rows(
    name: str, data: st.DataObject, mirror: Any, encoder: Encoder
) -> None:
    task = english(name)
    write(mirror, task, data.draw(rows_of(name)))
    assert_agree(task, mirror, encoder)


def test_a_sentence_of_no_words_is_scored_among_others_and_nothing_alone(mirror: Any, encoder: Encoder) -> None:
    task = english("panx")
    empty: Mapping[str, object] = {"tokens": [], "ner_tags": []}
    write(mirror, task, [empty, dict(SOUND["panx"])])
    one = assert_agree(task, mirror, encoder)
    assert one is not None
    assert (one.rows, one.fault_count) == (2, 0)
    write(mirror, task, [empty, empty])
    one = assert_agree(task, mirror, encoder)
    assert one is not None
    assert one.faults[0].problem == "all 2 rows of panx are sentences of no words: there is nothing to score"


def test_some_labels_that_are_not_known_are_faults_and_all_are_a_note(mirror: Any, encoder: Encoder) -> None:
    task, hidden = english("xnli"), dict(SOUND["xnli"]) | {"label": -1}
    write(mirror, task, [dict(SOUND["xnli"]), hidden, hidden])
    one = assert_agree(task, mirror, encoder)
    assert one is not None
    assert [(fault.row, fault.problem) for fault in one.faults] == [(1, NO_ANSWER), (2, NO_ANSWER)]
    write(mirror, task, [hidden, hidden])
    one = assert_agree(task, mirror, encoder)
    assert one is not None
    assert (one.fault_count, [note.count for note in one.notes if note.what == NO_GOLD]) == (0, [2])
