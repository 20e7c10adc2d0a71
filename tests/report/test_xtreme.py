"""A submission scores as with the official evaluator of XTREME and XTREME-R."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.errors import DataError
from madx_stilts.report.layout import GROUPS, LAYOUTS, Benchmark, tasks_of
from madx_stilts.report.xtreme import SubmissionScores, score_submission

X, R = Benchmark.XTREME, Benchmark.XTREME_R
BUCC = LAYOUTS["bucc2018"].languages[X]


def score(submission: Any, benchmark: Benchmark = X) -> SubmissionScores:
    return score_submission(submission.folder, submission.labels, benchmark)


def faults_of(submission: Any, benchmark: Benchmark = X) -> list[str]:
    """What is wrong with a submission, a line each, without paths."""
    with pytest.raises(DataError) as caught:
        score(submission, benchmark)
    head, *lines = caught.value.message.splitlines()
    assert head.endswith(f"has {len(lines)} fault{'s' if len(lines) > 1 else ''}:")
    shown = [line.removeprefix("  - ").replace(f"{submission.folder}/", "") for line in lines]
    return [line.replace(f"{submission.labels}/", "labels/") for line in shown]


def names(benchmark: Benchmark) -> list[str]:
    return [name for name, layout in LAYOUTS.items() if benchmark in layout.languages]


def test_xtreme_has_nine_tasks_and_xtreme_r_has_ten() -> None:
    assert [len(list(tasks_of(benchmark))) for benchmark in (X, R)] == [9, 10]
    grouped = {folder for groups in GROUPS.values() for members in groups.values() for folder in members}
    assert grouped == {layout.folder for layout in LAYOUTS.values() if layout.official}


def test_a_complete_submission_to_xtreme_has_all_official_means(submission: Any, known: Mapping[str, Any]) -> None:
    submission.put_tasks(X, *names(X))
    result = score(submission)
    assert {name: known[name][2] for name in names(X)} == pytest.approx(
        {name: result.tasks[LAYOUTS[name].folder].headline for name in names(X)}
    )
    assert result.groups() == pytest.approx(
        {
            "all_task": (50 + 75 + 50 + 100 + 50 + 100 / 3 + 100 + 50 + 50) / 9,
            "classification": (75 + 50) / 2,
            "tagging": (50 + 100) / 2,
            "qa": (50 + 100 / 3 + 100) / 3,
            "retrieval": (50 + 50) / 2,
        }
    )
    assert result.mean_of_all_tasks == pytest.approx(result.groups()["all_task"])
    assert result.notes == ()


def test_xtreme_r_has_no_official_mean_of_all_tasks_but_ours(submission: Any) -> None:
    submission.put_tasks(R, *names(R))
    result = score(submission, R)
    assert result.groups() == pytest.approx(
        {
            "classification": (50 + 25) / 2,
            "tagging": (50 + 100) / 2,
            "qa": (50 + 100 / 3 + 100) / 3,
            "retrieval": (50 + 50) / 2,
            "multi_choice": 25,
        }
    )
    total = 50 + 25 + 50 + 100 + 50 + 100 / 3 + 100 + 50 + 50 + 250 / 3
    assert result.mean_of_all_tasks == pytest.approx(total / 10)
    assert "lareqa" not in result.official()
    own = result.as_json()["own"]
    assert isinstance(own, dict)
    assert own["lareqa"]["avg_metric"] == pytest.approx(250 / 3)


def test_without_lareqa_nothing_official_is_missing_but_our_mean_is(submission: Any) -> None:
    submission.put_tasks(R, *(name for name in names(R) if name != "lareqa"))
    result = score(submission, R)
    assert result.groups().keys() == GROUPS[R].keys()
    assert result.mean_of_all_tasks is None


def test_the_tree_of_a_task_is_that_of_the_official_evaluator(submission: Any) -> None:
    submission.put_tasks(X, "bucc2018", "tatoeba")
    submission.put("bucc2018", "ru", {("b", "c")})
    tree = score(submission).official()
    assert tree.keys() == {"retrieval", "bucc2018", "tatoeba"}
    assert tree["bucc2018"] == {
        "f1": pytest.approx({"de": 50, "fr": 50, "ru": 100, "zh": 50}),
        "precision": pytest.approx({"de": 100 / 3, "fr": 100 / 3, "ru": 100, "zh": 100 / 3}),
        "recall": pytest.approx({"de": 100, "fr": 100, "ru": 100, "zh": 100}),
        "avg_f1": pytest.approx(62.5),
        "avg_precision": pytest.approx(50),
        "avg_recall": pytest.approx(100),
        "avg_metric": pytest.approx(62.5),
    }
    assert tree["retrieval"] == pytest.approx((62.5 + 50) / 2)


def test_a_task_that_is_missing_takes_its_group_and_the_mean_of_all_with_it(submission: Any) -> None:
    submission.put_tasks(X, "xnli", "udpos", "panx")
    result = score(submission)
    assert list(result.tasks) == ["xnli", "udpos", "panx"]
    assert result.groups() == {"tagging": pytest.approx(75)}


def test_xcopa_alone_is_a_group_of_its_own(submission: Any) -> None:
    submission.put_tasks(R, "xcopa")
    assert score(submission, R).groups() == {"multi_choice": pytest.approx(25)}


def test_romanian_xquad_counts_for_xtreme_r_only(submission: Any) -> None:
    submission.put_tasks(R, "xquad")
    assert "ro" in score(submission, R).tasks["xquad"].scores["f1"]
    assert "ro" not in score(submission, X).tasks["xquad"].scores["f1"]


def test_a_question_without_an_answer_counts_0_even_where_an_empty_one_would_match(
    submission: Any, squad_text: Callable[..., str]
) -> None:
    submission.put_tasks(X, "xquad", "mlqa")
    gold = squad_text({"1": ["the"], "2": ["cat"]})
    submission.put("xquad", "de", {"2": "cat", "3": "nobody asked"}, gold)
    submission.put("xquad", "en", {"1": "", "2": "cat"}, gold)
    submission.put("mlqa", "en", {"3": "nobody asked"}, gold)
    result = score(submission)
    exact = result.tasks["xquad"].scores["exact_match"]
    assert (exact["de"], exact["en"]) == (50, 100)
    assert result.tasks["mlqa"].scores["f1"]["en"] == 0
    assert list(result.notes) == [
        "xquad has questions without a prediction, each of which counts 0: de 1.",
        "xquad has predictions for questions that do not exist: de 1.",
        "mlqa has questions without a prediction, each of which counts 0: en 2.",
        "mlqa has predictions for questions that do not exist: en 1.",
    ]


def test_chinese_counts_by_character_in_mlqa_and_as_english_in_xquad(
    submission: Any, squad_text: Callable[..., str]
) -> None:
    submission.put_tasks(X, "xquad", "mlqa")
    for task in ("xquad", "mlqa"):
        submission.put(task, "zh", {"1": "北京", "2": "the 北京。"}, squad_text({"1": ["北京市"], "2": ["北京"]}))
    tasks = score(submission).tasks
    assert tasks["mlqa"].scores["f1"]["zh"] == pytest.approx(100 * (0.8 + 0.8) / 2)
    assert tasks["mlqa"].scores["exact_match"]["zh"] == 0
    assert tasks["xquad"].scores["f1"]["zh"] == 0  # `。` is no ASCII punctuation


def test_labels_of_questions_may_lie_under_data_or_not(submission: Any, squad_text: Callable[..., str]) -> None:
    submission.put_tasks(X, "mlqa")
    bare = json.dumps(json.loads(squad_text({"1": ["1 2 3 4"]}))["data"])
    submission.put("mlqa", "en", gold=bare)
    assert len(set(score(submission).tasks["mlqa"].scores["f1"].values())) == 1


def test_part_of_speech_tags_count_as_spans(submission: Any) -> None:
    submission.put_tasks(X, "udpos")
    submission.put("udpos", "de", [["NOUN", "NOUN", "VERB"]], "NOUN\nNOUN\nNOUN\n")
    submission.put("udpos", "el", [["CCONJ", "NOUN"]], "SCONJ\nNOUN\n")
    f1 = score(submission).tasks["udpos"].scores["f1"]
    assert (f1["de"], f1["el"]) == (0, 100)


def test_the_first_entity_counts_at_its_rank_and_20_ranks_do(submission: Any) -> None:
    submission.put_tasks(R, "mewsli_x")
    ranking = [f"Q{rank}" for rank in range(1, 30)]
    gold = json.dumps({"a": [" Q4 ", "Q1"], "b": ["Q20"], "c": ["Q21"], "d": ["Q1"]})
    submission.put("mewsli_x", "tr", {"a": ranking, "b": ranking, "c": ranking}, gold)
    result = score(submission, R)
    assert result.tasks["mewslix"].scores["map@20"]["tr"] == pytest.approx(100 * (1 / 4 + 1 / 20) / 4)
    assert "counts 0: tr 1." in result.notes[0]


def test_lines_may_end_as_on_windows_and_the_last_without_an_end(submission: Any) -> None:
    submission.put_tasks(X, "xnli", "udpos")
    submission.put_raw("xnli", "de", "neutral\r\nneutral \r\n", "neutral\nneutral")
    submission.put_raw("udpos", "de", b"DET\r\nNOUN\r\n\r\nX", "DET\nNOUN\n\nX\n\n")
    tasks = score(submission).tasks
    assert tasks["xnli"].scores["accuracy"]["de"] == tasks["udpos"].scores["f1"]["de"] == 100


def test_all_faults_are_told_at_once(submission: Any) -> None:
    submission.put_tasks(X, "xnli", "udpos", "bucc2018")
    submission.put("xnli", "de", ["neutral"])
    submission.put("udpos", "fi", [["NOUN", "VERB"], ["DET", "NOUN"]])
    LAYOUTS["bucc2018"].file(submission.folder, "ru").unlink()
    LAYOUTS["bucc2018"].file(submission.labels, "zh").unlink()
    (submission.folder / "paws_x").mkdir()
    assert faults_of(submission) == [
        "paws_x is the folder of no task.",
        "xnli/test-de.tsv: There are 1 predicted and 2 gold labels; there must be as many.",
        "udpos/test-fi.tsv: Sentence 0 (from 0) has 3 tokens but 2 predicted tags.",
        "bucc2018/test-ru.tsv is missing.",
        "labels/bucc2018/test-zh.tsv is missing.",
    ]


@pytest.mark.parametrize(
    ("task", "benchmark", "text", "said"),
    [
        ("xnli", X, "", "There are 0 predicted and 2 gold labels"),
        ("xnli", X, "\ufeffneutral\nneutral\n", "begins with a byte order mark"),
        ("xnli", X, "neutral\n\xff\n".encode("latin-1"), "can't decode byte 0xff"),
        ("udpos", X, "DET\nNOUN\n\n\nX\n", "There are 3 predicted and 2 gold sentences"),
        ("bucc2018", X, "a\tb\nc d\n", "line 2 is no pair"),
        ("bucc2018", X, "a\tb\tc\n", "line 1 is no pair"),
        ("xquad", X, '{"1": "a", "2": "b', "Unterminated string"),
        ("xquad", X, '{"1": "a", "1": "b"}', "'1' stands there twice"),
        ("xquad", X, "[" * 100_000, "lists or objects inside each other"),
        ("xquad", X, '{"1": ' + "9" * 5000 + "}", "4300"),
        ("xcopa", R, '{"label": 0}\n' + "[" * 100_000 + "\n", "inside each other"),
        ("xquad", X, '["a"]', "not one object that maps question ids to texts"),
        ("xquad", X, '{"1": ["a"]}', "not one object that maps question ids to texts"),
        ("xcopa", R, '{"label": 0}\n{"label": "1"}\n', "line 2 is no JSON object with a `label` of 0 or 1"),
        ("xcopa", R, '{"label": 0}\n\n', "line 2 is no JSON object"),
        ("xcopa", R, "[0]\n", "line 1 is no JSON object"),
        ("xcopa", R, '{"label": 0}\n', "There are 1 predicted and 4 gold labels"),
        ("mewsli_x", R, '{"1": "Q1"}', "not one object that maps query ids to lists of ids"),
    ],
)
def test_a_damaged_file_is_named(
    submission: Any, task: str, benchmark: Benchmark, text: str | bytes, said: str
) -> None:
    submission.put_tasks(benchmark, task)
    language = LAYOUTS[task].languages[benchmark][1]
    submission.put_raw(task, language, text)
    (fault,) = faults_of(submission, benchmark)
    assert fault.startswith(f"{LAYOUTS[task].folder}/test-{language}.")
    assert said in fault


@pytest.mark.parametrize(("make", "said"), [(os.mkfifo, "a named pipe"), (Path.mkdir, "a folder")])
def test_what_is_no_regular_file_is_named_and_not_waited_for(
    submission: Any, make: Callable[[Path], None], said: str
) -> None:
    submission.put_tasks(X, "xnli")
    file = LAYOUTS["xnli"].file(submission.folder, "de")
    file.unlink()
    make(file)
    (fault,) = faults_of(submission)
    assert fault == f"xnli/test-de.tsv: it is {said}, not a regular file."


@pytest.mark.parametrize(
    ("task", "benchmark", "gold", "said"),
    [
        ("xquad", X, '{"1": "answer"}', "not in the format of SQuAD"),
        ("xquad", X, '{"data": []}', "hold no questions"),
        ("bucc2018", X, "", "no gold pairs"),
        ("mewsli_x", R, '{"1": []}', "query 1 has no gold entity"),
        ("lareqa", R, '{"1": []}', "nothing relevant to find"),
    ],
)
def test_damaged_labels_are_told(submission: Any, task: str, benchmark: Benchmark, gold: str, said: str) -> None:
    submission.put_tasks(benchmark, task)
    submission.put(task, LAYOUTS[task].languages[benchmark][0], gold=gold)
    (fault,) = faults_of(submission, benchmark)
    assert said in fault


def test_an_answered_question_without_gold_answers_is_refused(submission: Any, squad_text: Callable[..., str]) -> None:
    submission.put_tasks(X, "tydiqa_goldp")
    submission.put("tydiqa_goldp", "ko", {"1": "a"}, squad_text({"1": []}))
    assert faults_of(submission) == ["tydiqa/test-ko.json: question 1 has no gold answer."]


def test_folders_that_are_missing_are_told(submission: Any) -> None:
    submission.folder.rmdir()
    submission.labels.rmdir()
    assert faults_of(submission) == [
        f"There is no folder {submission.folder}.",
        f"There is no folder {submission.labels}.",
    ]


def test_a_submission_with_nothing_to_score_is_refused(submission: Any) -> None:
    (submission.folder / ".git").mkdir()
    (fault,) = faults_of(submission)
    assert "no folder of a task in common" in fault


def test_what_is_left_out_is_told(submission: Any) -> None:
    submission.put_tasks(X, "bucc2018", "xnli")
    submission.put_tasks(R, "xcopa")
    for language in LAYOUTS["xnli"].languages[X]:
        LAYOUTS["xnli"].file(submission.labels, language).unlink()
    (submission.labels / "xnli").rmdir()
    assert list(score(submission).notes) == [
        "xcopa is not scored: xtreme does not have it.",
        f"xnli is not scored: {submission.labels} has no labels for it.",
    ]
