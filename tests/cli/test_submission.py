"""`madx-stilts submission score`: a table, JSON, and faults all at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.report.layout import LAYOUTS, Benchmark

Madx = Callable[..., Any]
BUCC, XCOPA = LAYOUTS["bucc2018"], LAYOUTS["xcopa"]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A submission with BUCC and XCOPA, and its labels."""
    submission, labels = tmp_path / "submission", tmp_path / "labels"
    contents = [
        (BUCC, Benchmark.XTREME, "a\tb\nc\td\n", "a\tb\n"),
        (XCOPA, Benchmark.XTREME_R, '{"label": 0}\n', '{"label": 0}\n'),
    ]
    for layout, benchmark, predicted, gold in contents:
        for language in layout.languages[benchmark]:
            for folder, text in ((submission, predicted), (labels, gold)):
                path = layout.file(folder, language)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    return submission, labels


def test_every_task_has_a_row_also_one_that_is_missing(madx: Madx, folders: tuple[Path, Path]) -> None:
    submission, labels = folders
    said = madx("submission", "score", submission, "--labels", labels)
    rows = [line.split() for line in said.out.splitlines()]
    assert said.code == 0
    assert ["bucc2018", "f1", "66.67", "4", "0"] in rows
    assert ["tatoeba", "accuracy", "-", "0", "36"] in rows
    assert ["xquad", "exact", "match,", "f1", "-", "0", "11"] in rows
    assert said.out.endswith("official means: none, since tasks are missing\n")
    assert said.err == "Note: xcopa is not scored: xtreme does not have it.\n"


def test_the_benchmark_decides_what_is_scored(madx: Madx, folders: tuple[Path, Path]) -> None:
    submission, labels = folders
    said = madx("submission", "score", submission, "--labels", labels, "--benchmark", "xtreme_r")
    assert ["xcopa", "accuracy", "100.00", "11", "0"] in [line.split() for line in said.out.splitlines()]
    assert said.out.endswith("official means: multi choice 100.00\n")


def test_json_holds_the_official_tree(madx: Madx, folders: tuple[Path, Path]) -> None:
    submission, labels = folders
    said = madx("submission", "score", submission, "--labels", labels, "--json")
    assert said.json["benchmark"] == "xtreme"
    assert said.json["official"]["bucc2018"]["avg_metric"] == pytest.approx(200 / 3)
    assert said.json["own"] == {"mean_of_all_tasks": None}
    assert said.json["notes"] == ["xcopa is not scored: xtreme does not have it."]


def test_all_faults_are_told_with_one_exit_code(madx: Madx, folders: tuple[Path, Path]) -> None:
    submission, labels = folders
    BUCC.file(submission, "de").unlink()
    (submission / "pawx").mkdir()
    said = madx("submission", "score", submission, "--labels", labels)
    assert (said.code, said.out) == (3, "")
    assert [line for line in said.err.splitlines() if line.startswith("  - ")] == [
        f"  - {submission / 'pawx'} is the folder of no task.",
        f"  - {BUCC.file(submission, 'de')} is missing.",
    ]
    assert "pawsx" in said.err


def test_folders_that_do_not_exist_are_told(madx: Madx, tmp_path: Path) -> None:
    said = madx("submission", "score", tmp_path / "a", "--labels", tmp_path / "b")
    assert said.code == 3
    assert f"There is no folder {tmp_path / 'a'}." in said.err
    assert f"There is no folder {tmp_path / 'b'}." in said.err


def test_a_submission_is_scored_against_labels(madx: Madx, tmp_path: Path) -> None:
    assert madx("submission", "score", tmp_path).code == 2
