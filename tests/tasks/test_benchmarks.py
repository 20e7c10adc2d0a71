"""Each benchmark lists its tasks and languages as its paper does, and every size belongs to a split there is."""

from collections.abc import Mapping

import pytest

from madx_stilts.languages import XTREME_LANGUAGES, XTREME_R_LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.benchmarks import BENCHMARKS
from madx_stilts.tasks.sizes import SIZES, published_rows


def test_xtreme_has_nine_tasks_and_xtreme_r_ten() -> None:
    assert {name: len(tasks) for name, tasks in BENCHMARKS.items()} == {"xtreme": 9, "xtreme_r": 10}
    assert set(BENCHMARKS["xtreme"]) - set(BENCHMARKS["xtreme_r"]) == {"paws_x", "bucc2018"}
    assert set(BENCHMARKS["xtreme_r"]) - set(BENCHMARKS["xtreme"]) == {"xcopa", "mewsli_x", "lareqa"}


@pytest.mark.parametrize(("name", "languages"), [("xtreme", XTREME_LANGUAGES), ("xtreme_r", XTREME_R_LANGUAGES)])
def test_together_the_tasks_of_a_benchmark_have_its_languages(name: str, languages: tuple[str, ...]) -> None:
    """BUCC and Tatoeba pair their languages with English."""
    assert {code for codes in BENCHMARKS[name].values() for code in codes} == set(languages)


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_the_tasks_of_a_benchmark_are_targets_with_a_test_split_in_its_languages(benchmark: str) -> None:
    for name, languages in BENCHMARKS[benchmark].items():
        assert Role.TARGET in TASKS[name].roles
        assert set(languages) <= set(TASKS[name].languages_of("test"))


def test_a_task_has_the_languages_of_its_longest_list() -> None:
    for name, languages in BENCHMARKS["xtreme_r"].items():
        assert set(TASKS[name].languages) == set(languages)


@pytest.mark.parametrize(("task", "split"), SIZES)
def test_sizes_are_of_splits_and_languages_that_there_are(task: str, split: str) -> None:
    sizes = SIZES[task, split]  # type: ignore[index]
    languages = TASKS[task].languages_of(split)  # type: ignore[arg-type]
    if isinstance(sizes, Mapping):
        assert set(sizes) <= set(languages)
    assert all(published_rows(task, split, language) != 0 for language in languages)  # type: ignore[arg-type]


def test_anli_plus_has_the_rows_of_its_members_and_the_number_of_its_paper() -> None:
    members = [published_rows(task.name, "train", "en") for task in TASKS["anli_plus"].union_of]
    assert members == [549_367, 392_702, 162_865]
    assert published_rows("anli_plus", "train", "en") == sum(filter(None, members)) == 1_104_934
    for split in ("dev", "test"):
        parts = [published_rows(task.name, split, "en") for task in TASKS["anli_plus"].union_of]
        assert published_rows("anli_plus", split, "en") == sum(filter(None, parts))


def test_sizes_are_told_by_language_where_they_differ() -> None:
    assert published_rows("panx", "test", "sw") == 1_000
    assert published_rows("panx", "train", "ta") == 15_000
    assert published_rows("tatoeba", "test", "jv") == 205
    assert published_rows("mlqa", "test", "es") == 5_253
    assert published_rows("xnli", "test", "sw") == published_rows("xnli", "test", "en") == 5_010


def test_a_size_that_nobody_counted_is_not_made_up() -> None:
    assert published_rows("mnli", "train", "ta") is None
    assert published_rows("udpos", "train", "fr") is None
    assert published_rows("ccg", "test", "en") is None


def test_every_language_of_pan_x_has_a_size() -> None:
    for split in ("train", "dev", "test"):
        assert all(published_rows("panx", split, language) for language in TASKS["panx"].languages)
