"""Where the rows of each task are, and how they read: places that can be understood without their data."""

import re

import pytest

from madx_stilts.data.raw import RAW_READERS
from madx_stilts.formats import FORMATS
from madx_stilts.languages import MLQA, TATOEBA, TATOEBA_R, TYDIQA, UDPOS, UDPOS_R, XNLI
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.dialect import PLAIN_TABS, QUOTED_COMMAS, QUOTED_TABS
from madx_stilts.tasks.revisions import REVISIONS
from madx_stilts.tasks.task import Source, Split, Task

SOURCES = {
    f"{task.name}-{kind}-{split}-{at}": (task, source)
    for task in TASKS.values()
    for kind, table in (("rows", task.sources), ("candidates", task.candidates))
    for split, sources in table.items()
    for at, source in enumerate(sources)
}
each_source = pytest.mark.parametrize(("task", "source"), SOURCES.values(), ids=SOURCES)


@each_source
def test_data_sets_of_the_hub_are_named_with_their_owner(task: Task, source: Source) -> None:
    if not source.files:
        assert re.fullmatch(r"[\w-]+/[\w.-]+", source.path)
        assert source.split


@each_source
def test_original_files_are_not_looked_for_on_the_hub(task: Task, source: Source) -> None:
    if source.files:
        assert not source.on_hub
        assert source.path not in REVISIONS


@each_source
def test_original_files_have_a_reader(task: Task, source: Source) -> None:
    assert source.reader in {"", *RAW_READERS}
    if not source.reader:
        assert all(file.endswith((".json", ".jsonl", ".csv", ".tsv")) for file in source.files)


@each_source
def test_original_tables_say_how_they_are_written(task: Task, source: Source) -> None:
    table = not source.reader and any(file.endswith((".csv", ".tsv")) for file in source.files)
    assert (source.dialect is not None) == table


def test_only_farstail_and_cosmos_qa_quote_values() -> None:
    assert {source.path: source.dialect for _, source in SOURCES.values() if source.dialect} == {
        "FarsTail": QUOTED_TABS,
        "cosmosqa": QUOTED_COMMAS,
        "xnli": PLAIN_TABS,
        "pawsx": PLAIN_TABS,
    }


@each_source
def test_a_source_gives_the_fields_its_format_wants(task: Task, source: Source) -> None:
    wanted = FORMATS[task.format]
    assert set(wanted.fields) <= set(source.fields) <= {*wanted.fields, *wanted.optional_fields}


@each_source
def test_a_source_speaks_of_languages_of_the_task_only(task: Task, source: Source) -> None:
    assert set(source.languages) <= set(task.languages)
    assert set(source.codes) <= set(task.languages)


@each_source
def test_languages_are_told_apart_by_config_file_or_column(task: Task, source: Source) -> None:
    """But for the entities of Mewsli-X, one pool for all."""
    languages = source.languages or task.languages
    where = [
        (
            source.config_for(one),
            *(text.format(language=source.code(one)) for text in (*source.files, *source.where.values())),
        )
        for one in languages
    ]
    assert len(set(where)) == len(languages) or task.name == "mewsli_x"
    assert "{" not in str(where)


@each_source
def test_a_column_of_labels_means_labels_of_the_task(task: Task, source: Source) -> None:
    assert (source.labels is not None) == bool(task.labels or task.label_file)
    if source.labels is not None:
        assert set(source.labels.names) <= set(task.labels)
        assert set(source.labels.aliases.values()) <= set(task.labels)
        assert not set(source.labels.aliases) & set(task.labels)


@each_source
def test_what_the_hub_lacks_comes_with_a_word_how_to_get_it(task: Task, source: Source) -> None:
    """Original files whose data set the hub has too need none."""
    tables = (task.sources, task.candidates)
    others = [one for table in tables for sources in table.values() if source in sources for one in sources]
    assert source.obtain or any(one.on_hub for one in others) or source.languages


@each_source
def test_a_known_commit_is_used(task: Task, source: Source) -> None:
    if not source.files:
        assert source.revision == REVISIONS.get(source.path, "main")


def test_every_commit_is_used_and_whole() -> None:
    assert set(REVISIONS) <= {source.path for _, source in SOURCES.values()}
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for commit in REVISIONS.values())


def first(task: str, split: Split, language: str) -> Source:
    """The preferred place."""
    return TASKS[task].places(split, language)[0]


def test_xnli_reads_one_config_per_language_not_the_one_that_mixes_them() -> None:
    assert {first("xnli", "test", language).config_for(language) for language in XNLI} == set(XNLI)


def test_paws_x_is_never_read_from_google_xtreme_which_lost_rows_of_it() -> None:
    assert {source.path for sources in TASKS["paws_x"].sources.values() for source in sources} == {
        "google-research-datasets/paws-x",
        "pawsx",
    }


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_parts_of_speech_are_never_downloaded_since_the_hubs_are_other_data(split: Split) -> None:
    assert [source.on_hub for source in TASKS["udpos"].sources[split]] == [False] * 3


@pytest.mark.parametrize("language", UDPOS_R)
def test_treebanks_are_chosen_by_the_code_in_their_files_names(language: str) -> None:
    release = "ud-treebanks-v2.5" if language in UDPOS else "ud-treebanks-v2.7"
    patterns = [file.format(language=language) for file in first("udpos", "test", language).files]
    assert patterns == [f"{release}/UD_*/{language}_*-ud-test*.conllu", f"UD_*/{language}_*-ud-test*.conllu"]


def test_a_mirror_in_the_hubs_layout_names_treebanks_by_language_in_english() -> None:
    source = TASKS["udpos"].places("test", "el")[-1]
    assert [source.config_for(code) for code in ("el", "tl", "zh")] == ["udpos.Greek", "udpos.Tagalog", "udpos.Chinese"]


@pytest.mark.parametrize(
    ("split", "without"), [("train", {"th", "tl", "yo"}), ("dev", {"kk", "th", "tl", "yo"}), ("test", set())]
)
def test_small_treebanks_have_no_training_or_dev_part(split: Split, without: set[str]) -> None:
    assert set(UDPOS_R) - set(TASKS["udpos"].languages_of(split)) == without


def test_xquad_is_scored_on_what_the_hub_calls_validation() -> None:
    assert set(TASKS["xquad"].sources) == {"test"}
    assert (first("xquad", "test", "ro").split, first("xquad", "test", "ro").config_for("ro")) == (
        "validation",
        "xquad.ro",
    )


def test_mlqa_asks_in_the_language_of_the_context() -> None:
    for language in MLQA:
        configs = [one.config_for(language) for one in TASKS["mlqa"].places("test", language) if one.on_hub]
        assert configs == [f"mlqa.{language}.{language}", f"MLQA.{language}.{language}"]


def test_tydiqa_tells_languages_by_the_beginning_of_the_id() -> None:
    source = first("tydiqa_goldp", "train", "en")
    beginnings = {source.where["id"].format(language=source.code(code)) for code in TYDIQA}
    assert {"english-*", "swahili-*", "bengali-*"} < beginnings
    assert len(beginnings) == len(TYDIQA)


def test_tydiqas_only_held_out_rows_are_dev_and_test() -> None:
    assert first("tydiqa_goldp", "dev", "en") == first("tydiqa_goldp", "test", "en")


def test_mnli_is_developed_on_the_matched_genres_and_translations_on_xnli() -> None:
    assert first("mnli", "dev", "en").split == "validation_matched"
    assert (first("mnli", "dev", "de").path, first("mnli", "dev", "de").split) == ("facebook/xnli", "validation")
    assert (first("mnli", "dev", "ko").path, first("mnli", "dev", "ko").config) == ("kakaobrain/kor_nli", "xnli")


def test_anli_is_its_three_rounds_together() -> None:
    assert first("anli", "train", "en").split == "train_r1+train_r2+train_r3"


def test_licences_of_translations_are_their_own() -> None:
    assert [first("mnli", "train", code).licence for code in ("de", "ko", "ta")] == [
        "CC-BY-NC-4.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
    ]


def test_bucc_calls_its_sample_dev_and_its_training_corpora_test_as_xtreme_does() -> None:
    task = TASKS["bucc2018"]
    assert "{language}-en.dev.{language}" in task.sources["dev"][0].files
    assert "{language}-en/{language}-en.sample.{language}" in task.sources["dev"][0].files
    assert "{language}-en/{language}-en.training.en" in task.candidates["test"][0].files


def test_tatoeba_names_languages_by_three_letters_some_of_them_of_a_dialect() -> None:
    source = first("tatoeba", "test", "zh")
    assert set(source.codes) == set(TATOEBA_R)
    assert len(set(source.codes.values())) == len(TATOEBA_R)
    assert [source.code(code) for code in ("zh", "fa", "sw", "et")] == ["cmn", "pes", "swh", "est"]


def test_the_hub_has_tatoeba_in_the_languages_of_xtreme_only() -> None:
    downloads = {code for code in TATOEBA_R if any(one.on_hub for one in TASKS["tatoeba"].places("test", code))}
    assert downloads == set(TATOEBA)


def test_all_queries_of_mewsli_x_search_the_same_entities() -> None:
    searched = TASKS["mewsli_x"].searched
    assert searched.places("test", "ar") == searched.places("test", "uk")
    assert searched.places("test", "ar")[0].where == {}


def test_how_to_get_ccgbank_is_told() -> None:
    (source,) = TASKS["ccg"].places("train", "en")
    assert "LDC2005T13" in source.obtain
    assert "tags_to_id.json" in source.obtain


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_original_files_say_where_they_are_from_and_into_which_folder_they_go(task: Task) -> None:
    """One sentence or two, with an address; ccg is sold and has none."""
    places = [place for sources in (*task.sources.values(), *task.candidates.values()) for place in sources]
    for place in (one for one in places if one.files):
        assert f"`{place.path}" in place.obtain, place.path
        assert "--data DIR" in place.obtain
        assert task.name == "ccg" or re.search(r"\w+\.\w+/\w+", place.obtain), place.obtain
        assert place.obtain.endswith(".")
