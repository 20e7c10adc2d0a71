"""The task values and readers that read the real data sets read the miniature's, in every language."""

from pathlib import Path

import pytest

from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.data.text import read_text
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split
from madx_stilts.tasks.text import CONSTRUCTED_PAIRS
from madx_stilts.tasks.world import read_world

MADE: dict[str, tuple[Split, ...]] = {
    **{"mnli": ("train", "dev", "test"), "snli": ("train", "dev", "test"), "anli": ("train", "dev", "test")},
    **{"qqp": ("train", "dev", "test"), "squad_v1": ("train", "dev"), "squad_v2": ("train", "dev")},
    **{"hellaswag": ("train", "dev", "test"), "cosmos_qa": ("train", "dev", "test"), "siqa": ("train", "dev")},
    **{"commonsense_qa": ("train", "dev", "test"), "copa": ("train", "dev", "test"), "ccg": ("train", "dev", "test")},
    **{"xnli": ("dev", "test"), "paws_x": ("train", "dev", "test"), "xcopa": ("dev", "test"), "xquad": ("test",)},
    **{"mlqa": ("dev", "test"), "tydiqa_goldp": ("train", "dev"), "panx": ("train", "dev", "test")},
    **{"udpos": ("train", "dev", "test"), "tatoeba": ("test",), "bucc2018": ("dev", "test"), "lareqa": ("test",)},
    "mewsli_x": ("dev", "test"),
}


@pytest.mark.parametrize("name", MADE)
def test_a_task_reads_its_miniature(miniature: Path, name: str) -> None:
    task, place = read_world(miniature).task(TASKS[name]), DataSources(mirrors=(miniature,), offline=True)
    for split in MADE[name]:
        for language in task.languages_of(split):
            examples = read(task, language, split, place=place)
            if name != "lareqa":  # there the candidates know what they answer
                examples.require_labels()
            assert examples.left_out == 0


def test_the_miniature_has_these_tasks_and_the_union_of_some(miniature: Path) -> None:
    tasks = read_world(miniature).tasks()
    assert {*tasks} == {*MADE, "anli_plus"}
    everywhere = {name for name, task in tasks.items() if task.languages == (*CONSTRUCTED,)}
    assert everywhere >= {"mnli", "xnli", "paws_x", "xcopa", "xquad", "mlqa", "tydiqa_goldp", "panx", "udpos", "lareqa"}
    assert all(SOURCE not in tasks[name].languages for name in ("tatoeba", "bucc2018"))


@pytest.mark.parametrize("name", ["tatoeba", "bucc2018", "lareqa", "mewsli_x"])
def test_what_is_looked_for_is_among_the_candidates(miniature: Path, name: str) -> None:
    task, place = read_world(miniature).task(TASKS[name]), DataSources(mirrors=(miniature,), offline=True)
    candidates = read(task.searched, "qab", "test", place=place)
    queries = read(task, "qab", "test", place=place)
    known = {candidate.id for candidate in candidates.items}
    if name == "lareqa":
        assert {query.id for query in queries.items} == {id for one in candidates.items for id in one.answers}
    else:
        assert all(gold in known for query in queries.items for gold in query.gold)


def test_parallel_text_is_read_with_its_translation(miniature: Path) -> None:
    place = DataSources(mirrors=(miniature,), offline=True)
    parts = {code: read_text(code, CONSTRUCTED_PAIRS, place=place) for code in CONSTRUCTED}
    pairs = {code: {(t.text, t.other) for part in both for t in part.items} for code, both in parts.items()}
    assert all(other and other != text for both in pairs.values() for text, other in both)
    turned = {code: {(other, text) for text, other in both} for code, both in pairs.items()}
    found = {code: len(pairs[SOURCE] & turned[code]) for code, language in CONSTRUCTED.items() if language.seen}
    assert sum(found.values()) == len(pairs[SOURCE])
    assert min(found[code] for code in found if code != SOURCE) > 0.3 * len(pairs[SOURCE])
