"""Checking data: every fault is told with file and row, what is remarkable is counted, what is absent is no fault."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.data.check import NO_GOLD, check
from madx_stilts.data.check_report import Checked, CheckRequest, Report, Rows, sets_of
from madx_stilts.data.counts import OTHER_ANSWER, REPEATED, SAME_ID
from madx_stilts.data.example_checks import LOST_CHARACTER, MOVED, NO_BEGINNING, SAME_CHOICES
from madx_stilts.data.sources import DataSources
from madx_stilts.data.unusable import NO_ANSWER
from madx_stilts.formats.remarks import ABSENT_ANSWER, BLANK_TEXT, BLANK_WORD, EMPTY_ANSWER, NO_WORDS
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split, Task

NLI = {"label": TASKS["xnli"].labels}
Row = Mapping[str, object]
Checking = Callable[..., Report]


@pytest.fixture
def checking(mirror: Any) -> Checking:
    """Puts rows where the first source of a task looks for them, and checks some splits of the task in English."""

    def run(task: Task, rows: Mapping[Split, Sequence[Row]], *, limit: int | None = None, **how: Any) -> Report:
        task = replace(task, languages=("en",), sources={split: _english(task, split) for split in rows})
        for split, some in rows.items():
            source = task.sources[split][0]
            mirror.add(source.path, some, config=source.config_for("en"), split=source.split, **how)
        return check(task, place(mirror), CheckRequest(sets_of(task, task.splits), limit))

    return run


def _english(task: Task, split: Split) -> Any:
    first = task.sources[split][0]
    return (replace(first, languages=("en",), files=(), obtain="", reader=""),)


def place(mirror: Any) -> DataSources:
    return DataSources((mirror.root,), offline=True, cache=mirror.root)


def pair(label: object, word: str = "", **others: object) -> Row:
    return {"premise": f"It rains {word or label}.", "hypothesis": "It is wet.", "label": label, **others}


def faults(one: Checked) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.problem) for fault in one.faults]


def counts(one: Checked) -> dict[str, int]:
    return {note.what: note.count for note in one.notes}


def test_sound_data_have_counts_and_no_faults(checking: Checking) -> None:
    (one,) = checking(TASKS["xnli"], {"test": [pair(0), pair(1), pair(2)]}, names=NLI).checked
    assert (one.rows, one.published, one.fault_count, one.notes) == (3, 5010, 0, ())
    assert one.labels == {"entailment": 1, "neutral": 1, "contradiction": 1}
    assert one.origin == "mirror facebook/xnli"


@pytest.mark.parametrize(
    ("count", "limit", "unlike"), [(5010, None, False), (3, None, True), (3, 2, False), (5011, 5011, True)]
)
def test_other_rows_than_were_published_are_told_where_all_were_read(
    checking: Checking, count: int, limit: int | None, unlike: bool
) -> None:
    rows = [pair(at % 3, word=f"for {at} days") for at in range(count)]
    report = checking(TASKS["xnli"], {"test": rows}, names=NLI, limit=limit)
    assert [one.unlike_published for one in report.checked] == [unlike]
    assert report.unlike_published == (report.checked if unlike else ())


def test_all_rows_with_faults_are_told_and_reading_goes_on(checking: Checking) -> None:
    rows = [pair(0), pair("maybe"), pair(7), pair(1, hypothesis=None), pair(2), pair(0, premise=" ")]
    (one,) = checking(TASKS["xnli"], {"test": rows}, kind="jsonl").checked
    assert (one.rows, one.fault_count) == (6, 3)
    assert [row for row, _ in faults(one)] == [1, 2, 3]
    assert "'maybe'" in one.faults[0].problem
    assert "not a text" in one.faults[2].problem
    assert counts(one)[BLANK_TEXT] == 1
    assert one.faults[0].error().message.startswith(f"{one.faults[0].file}, row 1 ")


def test_of_many_faults_the_first_are_kept_and_all_counted(checking: Checking) -> None:
    (one,) = checking(TASKS["xnli"], {"test": [pair(9)] * 25}, kind="jsonl").checked
    assert (len(one.faults), one.fault_count) == (10, 25)


def test_a_row_that_is_no_row_ends_its_file_and_the_next_file_is_read(mirror: Any) -> None:
    source = replace(TASKS["xnli"].sources["test"][0], files=(), obtain="", reader="")
    task = replace(TASKS["xnli"], languages=("en",), sources={"test": (source,)})
    first = mirror.add("facebook/xnli", [pair(0), pair(1), pair(2)], config="en", split="test", kind="jsonl")
    mirror.add("facebook/xnli", [pair(1, "again")], config="en", split="test", kind="jsonl")
    lines = first.read_text().splitlines()
    first.write_text("\n".join([lines[0], "{", lines[2]]))
    (one,) = check(task, place(mirror), CheckRequest(sets_of(task, ("test",)))).checked
    (fault,) = one.faults
    assert (one.rows, fault.file, fault.row, fault.ends_file) == (2, first, 1, True)


def test_a_column_that_is_lacking_is_told_with_the_file(checking: Checking) -> None:
    (one,) = checking(TASKS["xnli"], {"test": [{"premise": "It rains.", "label": 0}]}, names=NLI).checked
    (fault,) = one.faults
    assert (one.rows, fault.row) == (0, None)
    assert "also needs hypothesis" in fault.error().message
    assert str(fault.file) in fault.error().message


def test_what_is_nowhere_is_missing_and_no_fault(checking: Checking, mirror: Any) -> None:
    report = checking(TASKS["xnli"], {"test": [pair(0)]}, names=NLI)
    two = replace(report.task, languages=("en", "sw"))
    two = replace(two, sources={"test": (replace(two.sources["test"][0], languages=("en", "sw")),)})
    report = check(two, place(mirror), CheckRequest(sets_of(two, ("test",))))
    assert ([one.set.language for one in report.checked], report.fault_count) == (["en"], 0)
    (missing,) = report.missing
    assert (missing.set.language, "no config 'sw'" in missing.reason) == ("sw", True)


def test_a_language_that_a_file_of_several_lacks_is_missing(mirror: Any) -> None:
    task = TASKS["tydiqa_goldp"]
    row = {**squad("Salt", 16), "id": "english-1"}
    mirror.add("google-research-datasets/tydiqa", [row], config="secondary_task", split="validation")
    report = check(task, place(mirror), CheckRequest(sets_of(task, ("test",))))
    assert [one.set.language for one in report.checked] == ["en"]
    assert {one.set.language for one in report.missing} == set(task.languages_of("test")) - {"en"}


def test_labels_that_are_hidden_or_not_agreed_are_counted(checking: Checking) -> None:
    (one,) = checking(TASKS["xnli"], {"test": [pair(-1), pair(-1, "again")]}, names=NLI).checked
    assert (counts(one)[NO_GOLD], one.fault_count) == (2, 0)
    (one,) = checking(TASKS["snli"], {"train": [pair(0), pair(-1), pair(2)]}, names=NLI).checked
    assert (one.rows, counts(one)["rows without an agreed label, left out"]) == (2, 1)


def test_training_rows_without_a_label_or_none_to_learn_from_are_faults(checking: Checking) -> None:
    (one,) = checking(TASKS["copa"], {"train": [copa(-1), copa(-1, idx=2)]}, names=COPA).checked
    assert faults(one) == [(0, NO_ANSWER), (1, NO_ANSWER)]
    (one,) = checking(TASKS["squad_v1"], {"train": [squad("Pepper", 3)]}).checked
    told = "are questions of whose answers none occurs in the context: nothing can be learned from them"
    assert faults(one) == [(None, f"all 1 rows of squad_v1 {told}")]


def test_a_file_that_is_there_twice_is_a_fault_and_not_missing(mirror: Any) -> None:
    for folder in ("one", "two"):
        (mirror.root / "ud" / f"UD_{folder}").mkdir(parents=True)
        (mirror.root / "ud" / f"UD_{folder}" / "yo_ytb-ud-test.conllu").write_text("")
    report = check(TASKS["udpos"], place(mirror), CheckRequest([Rows("test", "yo")]))
    assert ([one.fault_count for one in report.checked], report.missing) == ([1], ())
    assert "yo_ytb-ud-test.conllu is there twice: in" in report.checked[0].faults[0].error().message


def test_labels_that_never_occur_are_named(checking: Checking) -> None:
    (one,) = checking(TASKS["xnli"], {"test": [pair(0), pair(2)]}, names=NLI).checked
    (note,) = one.notes
    assert (note.count, note.what, note.detail) == (1, "labels that never occur", "neutral")
    report = checking(TASKS["snli"], {"train": [pair(0)] * 3}, names=NLI, limit=2)
    assert (report.checked[0].rows, report.checked[0].whole) == (2, False)
    assert "labels that never occur" not in counts(report.checked[0])


def test_rows_that_repeat_are_counted_with_the_place_of_the_first(checking: Checking) -> None:
    rows = [pair(0, "a"), pair(1, "b"), pair(0, "a"), pair(2, "b"), pair(2, "c\ufffd")]
    (one,) = checking(TASKS["xnli"], {"test": rows}, names=NLI).checked
    assert counts(one) == {REPEATED: 1, OTHER_ANSWER: 1, LOST_CHARACTER: 1}
    assert [note.row for note in one.notes] == [2, 3, 4]
    assert all(note.file is not None for note in one.notes)


def test_rows_that_training_and_test_share_are_a_leak(checking: Checking) -> None:
    rows = {"train": [pair(0, "a"), pair(1, "b")], "dev": [pair(2, "c")], "test": [pair(1, "a"), pair(0, "c")]}
    test = checking(TASKS["snli"], rows, names=NLI).checked[-1]
    assert counts(test)["rows with the input of one in train"] == 1
    assert counts(test)["rows with the input of one in dev"] == 1


def squad(text: str, start: int, **others: object) -> dict[str, object]:
    context = "Sugar is sweet. Salt is not."
    return {"id": "q", "context": context, "question": f"What {text}{start}?", **answers((text, start)), **others}


def answers(*pairs: tuple[str, int]) -> Row:
    return {"answers": {"text": [text for text, _ in pairs], "answer_start": [start for _, start in pairs]}}


def test_answers_stand_at_their_place_or_elsewhere_or_nowhere(checking: Checking) -> None:
    rows = [squad("Salt", 16), squad("Salt", 14, id="r"), squad("Pepper", 3, id="s")]
    (one,) = checking(TASKS["xquad"], {"test": rows}).checked
    assert counts(one) == {MOVED: 1, ABSENT_ANSWER: 1}
    assert (faults(one), one.labels) == ([], {"with an answer": 3})


def test_questions_that_training_leaves_out_are_counted_in_training_data(checking: Checking) -> None:
    both = {**squad("Salt", 16, id="s"), **answers(("the Salt", -1), ("Salt", 16))}
    rows = [squad("Salt", 16), squad("Pepper", -1, id="r"), both, squad("", 0, id="t")]
    train, dev = checking(TASKS["squad_v1"], {"train": rows, "dev": rows}, kind="jsonl").checked
    left_out = "questions of whose answers none occurs in the context, left out of training"
    remarks = {ABSENT_ANSWER: 2, EMPTY_ANSWER: 1, OTHER_ANSWER: 1}
    assert counts(train) == {**remarks, left_out: 2}
    assert counts(dev) == {**remarks, "rows with the input of one in train": 4}
    assert (train.fault_count, dev.fault_count) == (0, 0)


@pytest.mark.parametrize("blank", ["", " ", "\u3000\n"])
def test_a_blank_text_is_no_fault_and_counted(checking: Checking, blank: str) -> None:
    """CMRC 2018 has two such questions."""
    (one,) = checking(TASKS["xquad"], {"test": [squad("Salt", 16, question=blank)]}).checked
    assert (faults(one), counts(one)) == ([], {BLANK_TEXT: 1})


def test_questions_without_an_answer_are_counted_where_they_may_be(checking: Checking) -> None:
    rows = [squad("Salt", 16), {**squad("Salt", 16, id="r"), **answers()}]
    (one,) = checking(TASKS["squad_v2"], {"train": rows}, kind="jsonl").checked
    assert one.labels == {"with an answer": 1, "without an answer": 1}
    (one,) = checking(TASKS["squad_v1"], {"train": rows}, kind="jsonl").checked
    assert [row for row, _ in faults(one)] == [1]


def test_ids_that_occur_twice_in_a_split_are_counted(checking: Checking) -> None:
    (one,) = checking(TASKS["xquad"], {"test": [squad("Salt", 16), squad("Sugar", 0)]}).checked
    assert counts(one) == {SAME_ID: 1}


TAGS = {"ner_tags": TASKS["panx"].labels}


def sentence(words: Sequence[str], tags: Sequence[int]) -> Row:
    return {"tokens": words, "ner_tags": tags}


def test_sentences_are_counted_by_tag_and_looked_at_for_what_is_odd(checking: Checking) -> None:
    rows = [sentence(["Rio", "Tinto"], [3, 4]), sentence(["Tinto", " "], [4, 0]), sentence(["in", "Rio"], [0, 6])]
    (one,) = checking(TASKS["panx"], {"test": rows}, names=TAGS).checked
    assert one.labels == {"O": 2, "B-ORG": 1, "I-ORG": 2, "I-LOC": 1}
    assert {name: count for name, count in counts(one).items() if "labels" not in name} == {
        NO_BEGINNING: 2,
        BLANK_WORD: 1,
    }


def test_a_sentence_with_a_tag_too_few_is_a_fault_and_one_of_no_words_is_counted(checking: Checking) -> None:
    rows = [sentence(["Rio"], [5]), sentence([], []), sentence(["Rio", "Tinto"], [3])]
    (one,) = checking(TASKS["panx"], {"test": rows}, names=TAGS, kind="jsonl").checked
    assert [row for row, _ in faults(one)] == [2]
    assert counts(one)[NO_WORDS] == 1


COPA = {"label": ["choice1", "choice2"]}


def copa(label: int, **others: object) -> Row:
    row = {"premise": "It broke.", "question": "cause", "idx": 1, "choice1": "It fell.", "choice2": "It fell."}
    return {**row, "label": label, **others}


def test_two_choices_alike_are_remarkable(checking: Checking) -> None:
    (one,) = checking(TASKS["copa"], {"train": [copa(0)]}, names=COPA).checked
    assert counts(one)[SAME_CHOICES] == 1
    assert one.labels == {"choice1": 1}


def test_a_union_is_checked_as_one(mirror: Any) -> None:
    names = ("a/first", "a/second")
    parts = [
        replace(
            TASKS["snli"],
            name=name,
            languages=("en",),
            sources={"train": (replace(_english(TASKS["snli"], "train")[0], path=name, fields=PLAIN),)},
        )
        for name in names
    ]
    for name in names:
        source = parts[0].sources["train"][0]
        mirror.add(name, [pair(0), pair(9)], config=source.config, split="train", kind="jsonl")
    both = replace(parts[0], name="both", sources={}, union_of=tuple(parts))
    (one,) = check(both, place(mirror), CheckRequest(sets_of(both, ("train",)))).checked
    assert (one.rows, counts(one)[REPEATED]) == (4, 1)
    assert [(fault.file.parent.parent.parent.name, fault.row) for fault in one.faults] == [("a", 1), ("a", 1)]


PLAIN = {name: field for name, field in TASKS["snli"].sources["train"][0].fields.items() if name != "id"}


def bucc(folder: Path, *gold: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "de-en.dev.de").write_text("de-1\tHallo\nde-2\tWelt\nde-3\t\n", encoding="utf-8")
    (folder / "de-en.dev.en").write_text("en-1\tHello\nen-2\tWorld\nen-3\tHello\n", encoding="utf-8")
    (folder / "de-en.dev.gold").write_text("".join(f"{line}\n" for line in gold), encoding="utf-8")


def retrieved(mirror: Any, task: Task) -> Report:
    task = replace(task, languages=("de",))
    return check(task, place(mirror), CheckRequest(sets_of(task, task.splits)))


def test_queries_are_checked_with_what_they_are_looked_for_among(mirror: Any) -> None:
    bucc(mirror.root / "bucc", "de-1\ten-1", "de-2\ten-9")
    report = retrieved(mirror, TASKS["bucc2018"])
    queries, candidates = report.checked
    assert [(one.set.part, one.rows) for one in report.checked] == [("rows", 3), ("candidates", 3)]
    assert faults(queries) == [(1, "its right answer 'en-9' is not among the candidates")]
    assert counts(queries) == {BLANK_TEXT: 1}
    assert counts(candidates) == {REPEATED: 1}
    assert {(one.set.split, one.set.part) for one in report.missing} == {("test", "rows"), ("test", "candidates")}


def test_candidates_that_name_their_queries_answer_all_of_them(mirror: Any) -> None:
    """LAReQA: no query names its answers, so none is without."""
    context = "Sugar is sweet. Salt is not."
    question = {"id": "q", "question": "What is not?", "answers": [{"text": "Salt", "answer_start": 16}]}
    paragraph = {"context": context, "sentence_breaks": [[0, 15], [16, 28]], "qas": [question]}
    file = mirror.root / "lareqa/de.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    queries, candidates = retrieved(mirror, TASKS["lareqa"]).checked
    assert (queries.rows, candidates.rows, queries.notes, queries.faults) == (1, 2, (), ())
    question["answers"][0]["answer_start"] = 15  # type: ignore[index]
    file.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    queries, candidates = retrieved(mirror, TASKS["lareqa"]).checked
    assert faults(queries) == [(0, "no candidate answers 'q'")]
    assert "in none of the sentences" in candidates.faults[0].problem


def test_files_that_belong_together_and_differ_in_length_are_told(mirror: Any) -> None:
    folder = mirror.root / "tatoeba"
    folder.mkdir(parents=True)
    (folder / "tatoeba.deu-eng.deu").write_text("Hallo\nWelt\n")
    (folder / "tatoeba.deu-eng.eng").write_text("Hello\n")
    report = retrieved(mirror, TASKS["tatoeba"])
    assert "tatoeba.deu-eng.deu has 2 lines, tatoeba.deu-eng.eng has 1" in report.checked[0].faults[0].error().message


@pytest.mark.parametrize("tags", [None, "[]", "{"])
def test_labels_that_come_with_the_data_must_be_there(mirror: Any, tags: str | None) -> None:
    folder = mirror.root / "ccg"
    folder.mkdir(parents=True)
    (folder / "ccg.train").write_text("We run\tNP S\n")
    if tags is not None:
        (folder / "tags_to_id.json").write_text(tags)
    (one,) = check(TASKS["ccg"], place(mirror), CheckRequest(sets_of(TASKS["ccg"], ("train",)))).checked
    assert (one.rows, one.fault_count) == (0, 1)
    assert str(folder / "tags_to_id.json") in one.faults[0].error().message
    (folder / "tags_to_id.json").write_text('{"NP": 0, "S": 1}')
    (one,) = check(TASKS["ccg"], place(mirror), CheckRequest(sets_of(TASKS["ccg"], ("train",)))).checked
    assert (one.labels, one.faults) == ({"NP": 1, "S": 1}, ())
