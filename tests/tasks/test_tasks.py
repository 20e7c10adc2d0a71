"""Every task is a value that agrees with itself, with the other tasks, and with the literature."""

import pytest

from madx_stilts.errors import DataError, UnknownName, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.languages import LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
each_union = pytest.mark.parametrize(
    "task", [task for task in TASKS.values() if task.union_of], ids=lambda one: one.name
)


@each_task
def test_a_task_goes_by_its_own_name(task: Task) -> None:
    assert TASKS[task.name] is task


def test_a_misspelt_name_is_answered_with_near_ones() -> None:
    with pytest.raises(UnknownName, match="xlni") as caught:
        TASKS["xlni"]
    assert "xnli" in caught.value.hint


@each_task
def test_a_task_is_scored_by_what_its_format_can_measure(task: Task) -> None:
    assert task.metrics
    assert set(task.metrics) <= set(FORMATS[task.format].metrics)


@each_task
def test_languages_are_known_and_named_once(task: Task) -> None:
    assert len(set(task.languages)) == len(task.languages)
    assert set(task.languages) <= set(LANGUAGES)
    assert {language for split in task.splits for language in task.languages_of(split)} == set(task.languages)


@each_task
def test_licence_citation_and_use_are_told(task: Task) -> None:
    assert task.licence
    assert task.citation
    assert task.roles


@each_task
def test_labels_are_distinct_and_there_where_the_format_answers_with_them(task: Task) -> None:
    assert len(set(task.labels)) == len(task.labels)
    answers_with_labels = task.format in ("pair", "choice", "tagging")
    assert (bool(task.labels) != bool(task.label_file)) == answers_with_labels


@each_task
def test_f1_of_pairs_says_which_label_it_counts(task: Task) -> None:
    counts_one = task.format == "pair" and "f1" in task.metrics
    assert (task.positive in task.labels) == counts_one


@each_task
def test_a_task_is_trained_on_tasks_that_have_training_and_dev_data_in_its_source_language(task: Task) -> None:
    if task.format == "retrieval":
        assert "train" not in task.splits
        return
    for name in task.training_tasks:
        stage = TASKS[name]
        assert (stage.format, stage.labels) == (task.format, task.labels) or len(task.training_tasks) > 1
        assert task.source_language in stage.languages_of("train")
    last = TASKS[task.training_tasks[-1]]
    assert last.labels == task.labels


@each_task
def test_what_can_be_trained_in_a_language_can_be_developed_in_it(task: Task) -> None:
    """But for small treebanks, which nobody trains on, and for Balanced COPA, whose dev rows would be COPA's."""
    if "train" in task.splits and task.name not in ("udpos", "balanced_copa"):
        assert task.languages_of("train") == task.languages_of("dev")


@each_task
def test_only_tasks_with_training_data_are_intermediates(task: Task) -> None:
    if Role.INTERMEDIATE in task.roles:
        assert "train" in task.splits
        assert not task.trains_on


@each_task
def test_a_target_with_borrowed_training_has_none_of_its_own(task: Task) -> None:
    assert task.format == "retrieval" or ("train" in task.splits) == (not task.trains_on)
    assert task.trains_on == () or task.roles == (Role.TARGET,)


@each_task
def test_every_target_has_something_to_be_scored_on(task: Task) -> None:
    assert Role.TARGET not in task.roles or {"test", "dev"} & set(task.splits)


@each_task
def test_searched_is_what_retrieval_has_and_nothing_else(task: Task) -> None:
    assert (task.search is not None) == bool(task.candidates) == (task.format == "retrieval")
    assert set(task.candidates) == (set(task.splits) if task.candidates else set())
    for split in task.candidates:
        assert task.searched.languages_of(split) == task.languages_of(split)


@each_union
def test_the_members_of_a_union_are_trained_under_one_head(task: Task) -> None:
    for member in task.union_of:
        assert (member.format, member.labels, member.metrics) == (task.format, task.labels, task.metrics)
        assert member is TASKS[member.name]
    assert task.languages_of("train") == task.languages


def test_anli_plus_is_snli_mnli_and_anli() -> None:
    assert [member.name for member in TASKS["anli_plus"].union_of] == ["snli", "mnli", "anli"]


def test_what_targets_are_trained_on() -> None:
    borrowed = {task.name: task.trains_on for task in TASKS.values() if task.trains_on}
    assert borrowed == {
        "xnli": ("mnli",),
        "americas_nli": ("mnli",),
        "xcopa": ("siqa", "copa"),
        "xquad": ("squad_v1",),
        "mlqa": ("squad_v1",),
    }


def test_the_nine_intermediate_tasks_of_phang_et_al_are_there() -> None:
    names = "anli_plus mnli qqp squad_v1 squad_v2 hellaswag ccg cosmos_qa commonsense_qa"
    assert all(Role.INTERMEDIATE in TASKS[name].roles for name in names.split())


def test_primary_metrics_are_those_of_the_benchmarks() -> None:
    assert {task.name: task.primary_metric for task in TASKS.values() if task.primary_metric != "accuracy"} == {
        **dict.fromkeys(("squad_v1", "squad_v2", "xquad", "mlqa", "tydiqa_goldp", "squad_es"), "f1"),
        **dict.fromkeys(("jsquad", "korquad", "cmrc2018", "drcd", "sberquad", "germanquad"), "f1"),
        **{"panx": "f1", "masakhaner": "f1", "udpos": "f1_xtreme"},
        **{"bucc2018": "f1", "lareqa": "map_at_20", "mewsli_x": "mrr_at_20"},
    }
    own = {task.name: task.script for task in TASKS.values() if task.script != "squad"}
    assert own == {"mlqa": "mlqa", "korquad": "korquad", "jsquad": "jsquad"}
    assert {name: TASKS[name].version for name in own} == {"mlqa": 1, "korquad": 2, "jsquad": 2}


def test_sets_that_were_written_in_another_language_train_in_it() -> None:
    native = {task.name: task.source_language for task in TASKS.values() if task.source_language != "en"}
    assert native == {
        **{"ocnli": "zh", "cmnli": "zh", "klue_nli": "ko", "farstail": "fa", "jnli": "ja", "indonli": "id"},
        **{"jcommonsenseqa": "ja", "jsquad": "ja", "korquad": "ko", "cmrc2018": "zh", "drcd": "zh"},
        **{"sberquad": "ru", "germanquad": "de", "squad_es": "es", "masakhaner": "sw"},
    }


@pytest.mark.parametrize(
    ("task", "languages"),
    [
        ("mnli", "en ar bg de el es fr hi ru sw th tr ur vi zh ko as bn gu kn ml mr or pa ta te"),
        ("snli", "en ko"),
        ("squad_v1", "en ar de es hi vi zh"),
        ("paws_x", "en de es fr ja ko zh"),
    ],
)
def test_english_sets_can_be_trained_on_in_translation(task: str, languages: str) -> None:
    assert set(TASKS[task].languages_of("train")) == set(languages.split())


def test_a_split_that_a_language_lacks_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="udpos has no train data in 'yo'"):
        TASKS["udpos"].places("train", "yo")
    with pytest.raises(UsageError, match="mnli has no test data in 'de'"):
        TASKS["mnli"].places("test", "de")
    with pytest.raises(DataError, match="xquad has no train split"):
        TASKS["xquad"].places("train", "en")
    with pytest.raises(UsageError, match="xcopa has no test data in 'en'") as caught:
        TASKS["xcopa"].places("test", "en")
    assert "et, ht, id" in caught.value.hint
