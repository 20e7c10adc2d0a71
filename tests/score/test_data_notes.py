"""What must be known of scored data: other rows than were published, another order than the benchmark's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.data.read import Examples, read
from madx_stilts.data.rows import Files
from madx_stilts.data.sources import DataSources
from madx_stilts.score.data_notes import DataNotes
from madx_stilts.tasks import TASKS


def sentence(word: str) -> str:
    return f"1\t{word}\t_\tX\t_\t_\t0\t_\t_\t_\n\n"


@pytest.fixture
def treebanks(tmp_path: Path) -> DataSources:
    file = tmp_path / "ud/UD_Yoruba-YTB/yo_ytb-ud-test.conllu"
    file.parent.mkdir(parents=True)
    file.write_text("".join(sentence(f"w{at}") for at in range(100)))
    return DataSources((tmp_path,), offline=True)


def remarks_on(*examples: Examples[Any], submitted: bool) -> tuple[str, ...]:
    notes = DataNotes(submitted=submitted)
    for one in examples:
        notes.look_at(one)
    return notes.sentences


@pytest.mark.parametrize("submitted", [False, True])
def test_nothing_is_said_of_a_whole_copy_in_its_own_order(treebanks: DataSources, submitted: bool) -> None:
    examples = read(TASKS["udpos"], "yo", "test", place=treebanks, limit=3)
    assert remarks_on(examples, submitted=submitted) == ()


def test_a_submission_from_the_hubs_layout_may_have_another_order(treebanks: DataSources) -> None:
    examples = replace(read(TASKS["udpos"], "yo", "test", place=treebanks), other_order=True)
    assert remarks_on(examples, submitted=False) == ()
    (said,) = remarks_on(examples, replace(examples, language="tl", whole=55), submitted=True)
    assert said.startswith("udpos in yo, tl was read from a copy that may have another order than XTREME's own files")


def test_only_the_hubs_layout_of_parts_of_speech_has_another_order() -> None:
    other = {
        (name, source.path)
        for name, task in TASKS.items()
        for sources in task.sources.values()
        for source in sources
        if source.other_order
    }
    assert other == {("udpos", "google/xtreme")}


def test_each_split_of_a_task_has_its_own_sentence() -> None:
    some: Examples[Any] = Examples(TASKS["bucc2018"], "zh", "dev", [], "files bucc", "", Files(), whole=8_624)
    said = remarks_on(some, replace(some, split="test", whole=7), replace(some, language="de"), submitted=False)
    assert said == (
        "bucc2018 dev is another version or a part of what was published; rows: de 8,624 (published 32,593).",
        "bucc2018 test is another version or a part of what was published; rows: zh 7 (published 94,637).",
    )
