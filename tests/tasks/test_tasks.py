"""Every task is a value that agrees with itself, with the other tasks, and with the literature."""

import pytest

from madx_stilts.errors import DataError, UnknownName, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.languages import LANGUAGES, PANX_R, PAWS_X, UDPOS, UDPOS_R, XCOPA, XNLI, XQUAD_R
from madx_stilts.stack import Role
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Source, Task

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
SOURCES = {
    f"{task.name}-{split}-{at}": (task, source)
    for task in TASKS.values()
    for split, sources in task.sources.items()
    for at, source in enumerate(sources)
}
each_source = pytest.mark.parametrize(("task", "source"), SOURCES.values(), ids=SOURCES)


@each_task
def test_a_task_goes_by_its_own_name(task: Task) -> None:
    assert TASKS[task.name] is task


def test_a_misspelt_name_is_answered_with_near_ones() -> None:
    with pytest.raises(UnknownName, match="xlni") as caught:
        TASKS["xlni"]
    assert "xnli" in caught.value.hint


@each_source
def test_data_sets_are_named_with_their_owner(task: Task, source: Source) -> None:
    owner, _, name = source.path.partition("/")
    assert owner
    assert name
    assert "/" not in name


@each_source
def test_a_source_gives_the_fields_its_format_wants(task: Task, source: Source) -> None:
    wanted = FORMATS[task.format]
    assert set(wanted.fields) <= set(source.fields) <= {*wanted.fields, *wanted.optional_fields}


@each_source
def test_a_source_speaks_of_languages_of_the_task_only(task: Task, source: Source) -> None:
    assert set(source.languages) <= set(task.languages)
    assert set(source.codes) <= set(task.languages)


@each_source
def test_every_language_has_a_config_of_its_own(task: Task, source: Source) -> None:
    configs = [source.config_for(language) for language in task.languages]
    assert len(set(configs)) == len(configs)
    assert "{" not in "".join(configs)


@each_source
def test_a_column_of_labels_means_labels_of_the_task(task: Task, source: Source) -> None:
    if source.labels is not None:
        assert set(source.labels.names) <= set(task.labels)
        assert set(source.labels.aliases.values()) <= set(task.labels)
        assert not set(source.labels.aliases) & set(task.labels)


@each_task
def test_a_task_is_scored_by_what_its_format_can_measure(task: Task) -> None:
    assert task.metrics
    assert set(task.metrics) <= set(FORMATS[task.format].metrics)


@each_task
def test_labels_are_distinct_and_known_languages_are_meant(task: Task) -> None:
    assert len(set(task.labels)) == len(task.labels)
    assert set(task.languages) <= set(LANGUAGES)
    assert task.licence
    assert task.citation


@each_task
def test_f1_of_pairs_says_which_label_it_counts(task: Task) -> None:
    counts_one = task.format == "pair" and "f1" in task.metrics
    assert (task.positive in task.labels) == counts_one


@each_task
def test_a_task_is_trained_on_tasks_that_have_training_data_in_its_source_language(task: Task) -> None:
    for name in task.training_tasks:
        stage = TASKS[name]
        assert stage.format == task.format
        assert stage.places("train", task.source_language)
        assert stage.places("dev", task.source_language)


@each_task
def test_a_target_with_borrowed_training_has_none_of_its_own(task: Task) -> None:
    assert ("train" in task.splits) == (not task.trains_on)
    assert task.trains_on == () or task.roles == (Role.TARGET,)


def test_the_borrowed_heads_fit() -> None:
    assert TASKS["xnli"].labels == TASKS["mnli"].labels == TASKS["snli"].labels == TASKS["anli"].labels
    assert TASKS["xcopa"].labels == TASKS["copa"].labels


def test_what_targets_are_trained_on() -> None:
    borrowed = {task.name: task.trains_on for task in TASKS.values() if task.trains_on}
    assert borrowed == {"xnli": ("mnli",), "xcopa": ("siqa", "copa"), "xquad": ("squad_v1",)}


def test_targets_have_the_languages_of_xtreme_r() -> None:
    targets = {task.name: task.languages for task in TASKS.values() if Role.TARGET in task.roles}
    assert targets == {
        "xnli": XNLI,
        "paws_x": PAWS_X,
        "xcopa": XCOPA,
        "xquad": XQUAD_R,
        "panx": PANX_R,
        "udpos": UDPOS_R,
    }


def test_primary_metrics_are_those_of_xtreme() -> None:
    assert {name: TASKS[name].primary_metric for name in ("xnli", "paws_x", "xcopa", "xquad", "panx", "udpos")} == {
        "xnli": "accuracy",
        "paws_x": "accuracy",
        "xcopa": "accuracy",
        "xquad": "f1",
        "panx": "f1",
        "udpos": "f1_xtreme",
    }


def test_xnli_reads_one_config_per_language_not_the_one_that_mixes_them() -> None:
    assert {TASKS["xnli"].places("test", language)[0].config_for(language) for language in XNLI} == set(XNLI)


def test_the_hub_names_treebanks_by_language_in_english() -> None:
    (source,) = TASKS["udpos"].places("test", "el")
    assert [source.config_for(code) for code in ("el", "tl", "zh")] == ["udpos.Greek", "udpos.Tagalog", "udpos.Chinese"]


@pytest.mark.parametrize(
    ("split", "without"), [("train", {"th", "tl", "yo"}), ("dev", {"kk", "th", "tl", "yo"}), ("test", set())]
)
def test_small_treebanks_have_no_training_or_dev_part(split: str, without: set[str]) -> None:
    (source,) = TASKS["udpos"].sources[split]  # type: ignore[index]
    assert set(UDPOS) - set(source.languages or UDPOS_R) == without


def test_a_split_that_a_language_lacks_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="udpos has no train data in 'yo'"):
        TASKS["udpos"].places("train", "yo")
    with pytest.raises(DataError, match="xquad has no train split"):
        TASKS["xquad"].places("train", "en")
    with pytest.raises(UsageError, match="xcopa has no test data in 'en'"):
        TASKS["xcopa"].places("test", "en")


def test_xquad_is_scored_on_what_the_hub_calls_validation() -> None:
    assert {split: source.split for split, (source,) in TASKS["xquad"].sources.items()} == {"test": "validation"}
    assert TASKS["xquad"].places("test", "ro")[0].config_for("ro") == "xquad.ro"


def test_mnli_is_developed_on_the_matched_genres() -> None:
    assert TASKS["mnli"].sources["dev"][0].split == "validation_matched"


def test_anli_is_its_three_rounds_together() -> None:
    assert TASKS["anli"].sources["train"][0].split == "train_r1+train_r2+train_r3"
