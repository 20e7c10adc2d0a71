"""The traps of the sets of questions on texts."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from madx_stilts.data.read import read_to_train
from madx_stilts.errors import DataError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.remarks import ABSENT_ANSWER, EMPTY_ANSWER
from madx_stilts.formats.span import SpanPrediction
from madx_stilts.tasks import TASKS

Row = Mapping[str, object]


def squad(text: str, start: int, context: str = "Sugar is sweet. Salt is not.") -> Row:
    return {"id": "q", "context": context, "question": "What?", "answers": {"text": [text], "answer_start": [start]}}


def test_xquads_answers_are_found_again_where_contexts_were_stripped(reading: Any) -> None:
    """The context lost two characters in front, its offsets did not."""
    example = reading("xquad", [squad("Salt", 18)], split="test", language="zh").items[0]
    assert [(answer.text, answer.start) for answer in example.answers] == [("Salt", 16)]


def test_parallel_data_share_their_ids_and_are_kept_apart(reading: Any) -> None:
    english = reading("xquad", [squad("Salt", 16)], split="test", language="en")
    german = reading("xquad", [squad("Salz", 0, "Salz ist nicht süß.")], split="test", language="de")
    assert english.items[0].id == german.items[0].id
    assert (english.items[0].context, german.items[0].context) == (
        "Sugar is sweet. Salt is not.",
        "Salz ist nicht süß.",
    )
    assert english.fingerprint != german.fingerprint


def test_squad_2_has_questions_without_an_answer_and_squad_1_has_none(reading: Any) -> None:
    row = {**squad("Salt", 16), "answers": {"text": [], "answer_start": []}}
    assert reading("squad_v2", [squad("Salt", 16), row]).items[1].answers == ()
    with pytest.raises(DataError, match=r"row 1 .*no answer"):
        reading("squad_v1", [squad("Salt", 16), row])


@pytest.mark.parametrize("hidden", [{}, {"answers": None}])
def test_answers_that_are_hidden_are_unknown_not_absent(reading: Any, hidden: Row) -> None:
    row = {name: value for name, value in squad("Salt", 16).items() if name != "answers"}
    assert reading("squad_v2", [{**row, **hidden}], split="dev", kind="jsonl").items[0].answers is None


def squad_json(*rows: Row, title: str = "t") -> str:
    """Questions in the JSON of SQuAD, each with a paragraph of its own."""
    paragraphs = []
    for row in rows:
        answers: Any = row["answers"]
        pairs = zip(answers["text"], answers["answer_start"], strict=True)
        found = [{"text": text, "answer_start": start} for text, start in pairs]
        question = {"id": row["id"], "question": row["question"], "answers": found}
        paragraphs.append({"context": row["context"], "qas": [question]})
    return json.dumps({"version": "1.1", "data": [{"title": title, "paragraphs": paragraphs}]})


@pytest.mark.parametrize(
    ("task", "split", "language", "name"),
    [
        ("squad_v1", "train", "en", "squad/train-v1.1.json"),
        ("squad_v2", "dev", "en", "squad/dev-v2.0.json"),
        ("squad_v1", "dev", "de", "mlqa/mlqa-translate-train/de_squad-translate-train-dev-v1.1.json"),
        ("xquad", "test", "ro", "xquad/xquad.ro.json"),
        ("mlqa", "test", "hi", "mlqa/MLQA_V1/test/test-context-hi-question-hi.json"),
        ("korquad", "dev", "ko", "korquad/KorQuAD_v1.0_dev.json"),
        ("cmrc2018", "test", "zh", "cmrc2018/squad-style-data/cmrc2018_trial.json"),
        ("drcd", "train", "zh", "DRCD/DRCD_training.json"),
        ("germanquad", "dev", "de", "GermanQuAD/GermanQuAD_test.json"),
    ],
)
def test_original_files_are_found_by_the_names_they_were_handed_out_with(
    reading: Any, task: str, split: str, language: str, name: str
) -> None:
    examples = reading.files(task, {name: squad_json(squad("Salt", 16))}, split=split, language=language)
    assert [answer.text for answer in examples.items[0].answers] == ["Salt"]
    assert examples.origin.startswith("files ")


def test_squads_that_share_a_folder_are_kept_apart(reading: Any) -> None:
    reading.files("squad_v1", {"squad/train-v1.1.json": squad_json(squad("Salt", 16))})
    with pytest.raises(DataError, match="no files of rajpurkar/squad_v2"):
        reading.again("squad_v2")


def test_tydiqa_tells_the_language_by_the_id_even_where_a_negative_number_follows(reading: Any) -> None:
    ids = ["finnish--2676-29", "english-55-1", "finnish-17-0"]
    rows = [{**squad("Salt", 16), "id": name} for name in ids]
    assert [example.id for example in reading("tydiqa_goldp", rows, language="fi").items] == [ids[0], ids[2]]
    assert [example.id for example in reading.again("tydiqa_goldp").items] == [ids[1]]


def test_tydiqa_of_other_languages_only_names_the_language_it_lacks(reading: Any) -> None:
    with pytest.raises(DataError, match=r"no rows with id = 'telugu-\*'"):
        reading("tydiqa_goldp", [{**squad("Salt", 16), "id": "korean-1-0"}], language="te")


def test_tydiqas_own_training_file_holds_all_languages(reading: Any) -> None:
    rows = [{**squad("Salt", 16), "id": name} for name in ("swahili-1-0", "english-2-0")]
    examples = reading.files("tydiqa_goldp", {"tydiqa/tydiqa-goldp-v1.1-train.json": squad_json(*rows)})
    assert [example.id for example in examples.items] == ["english-2-0"]


def test_jsquads_marker_between_title_and_text_is_not_read_as_a_separator(reading: Any) -> None:
    row = squad("塩", 9, "砂糖 [SEP] 塩は甘くない。")
    files = {"JGLUE/datasets/jsquad-v1.3/valid-v1.3.json": squad_json(row, title="砂糖")}
    (example,) = reading.files("jsquad", files, split="dev", language="ja").items
    assert "[SEP]" not in example.context
    assert example.context[example.answers[0].start :].startswith("塩は")


def test_sberquads_test_answers_are_empty_so_there_is_no_test() -> None:
    assert TASKS["sberquad"].splits == ("train", "dev")


@pytest.mark.parametrize(("task", "language"), [("sberquad", "ru"), ("germanquad", "de")])
def test_ids_may_be_integers(reading: Any, task: str, language: str) -> None:
    assert reading(task, [{**squad("Salt", 16), "id": 62310}], language=language).items[0].id == "62310"


def test_drcd_repeats_its_answers(reading: Any) -> None:
    answers = {"text": ["Salt", "Salt"], "answer_start": [16, 16]}
    (example,) = reading("drcd", [{**squad("Salt", 16), "answers": answers}], language="zh").items
    assert {(answer.text, answer.start) for answer in example.answers} == {("Salt", 16)}


def test_xtremes_copy_of_mlqa_is_read_where_metas_is_not_there(reading: Any) -> None:
    examples = reading("mlqa", [squad("Salt", 16)], split="test", language="vi", path="google/xtreme")
    assert examples.origin == "mirror google/xtreme"
    assert (reading.mirror.root / "google/xtreme/MLQA.vi.vi").is_dir()


def chinese(*answers: tuple[str, int], **others: object) -> Row:
    texts, starts = [text for text, _ in answers], [start for _, start in answers]
    row = {"id": "q", "context": "阿达住在罗马。", "question": "阿达住在哪里？"}
    return {**row, "answers": {"text": texts, "answer_start": starts}, **others}


CMRC = [chinese(("罗马", 4), ("在罗马市", -1)), chinese(("羅馬", -1)), chinese(("", 0)), chinese(("阿达", 0))]
"""CMRC 2018 has normalised references, which do not occur in the context."""


def test_scoring_uses_references_that_do_not_occur_in_the_context(reading: Any) -> None:
    examples = reading("cmrc2018", CMRC, split="dev", language="zh")
    given = [[answer.text for answer in example.answers] for example in examples.items]
    assert given == [["罗马", "在罗马市"], ["羅馬"], [""], ["阿达"]]
    assert examples.remarks == {ABSENT_ANSWER: 2, EMPTY_ANSWER: 1}
    span, task = FORMATS["span"], examples.task
    said = [SpanPrediction(text, 1.0, 0.0) for text in ("在罗马市", "羅馬", "罗马", "罗马")]
    assert span.score(said, examples.items, task, "zh")["exact_match"] == 50.0


def test_training_uses_the_references_that_occur_and_leaves_out_rows_without_one(reading: Any) -> None:
    whole = reading("cmrc2018", CMRC, split="train", language="zh")
    examples = read_to_train(TASKS["cmrc2018"], "zh", "train", place=reading.place)
    assert [example.row for example in examples.items] == [0, 3]
    assert (examples.unlearnable, examples.remarks) == (2, {ABSENT_ANSWER: 1})
    few = reading("cmrc2018", [CMRC[0], CMRC[3]], split="dev", language="zh")
    assert examples.fingerprint == few.fingerprint
    assert examples.fingerprint != whole.fingerprint


def test_training_data_without_any_reference_that_occurs_are_refused(reading: Any) -> None:
    reading("cmrc2018", CMRC[1:3], split="train", language="zh")
    with pytest.raises(DataError, match=r"all 2 rows of cmrc2018 are .* none occurs in the context: nothing can"):
        read_to_train(TASKS["cmrc2018"], "zh", "train", place=reading.place)


def test_in_squad_2_an_empty_reference_says_that_there_is_no_answer(reading: Any) -> None:
    rows = [{**squad("", -1)}, {**squad("Salt", 16), "answers": {"text": ["", "Salt"], "answer_start": [0, 16]}}]
    examples = reading("squad_v2", rows)
    assert [[answer.text for answer in example.answers] for example in examples.items] == [[], ["Salt"]]
    assert examples.remarks == {}
