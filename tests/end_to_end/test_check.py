"""`tasks check`: what lies in the mirror is read through; faults are told with file and row, and end with 3."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Place = Any
Row = dict[str, Any]


@pytest.fixture
def changed(madx: Place, tmp_path: Path) -> Callable[[str, Callable[[list[Row]], object]], Place]:
    """Changes the rows of one file, in a mirror of its own."""
    place = madx.copy(tmp_path / "copy")

    def change(name: str, how: Callable[[list[Row]], object]) -> Place:
        file = place.mirror / name
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        how(rows)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return place

    return change


def test_data_that_are_here_are_counted_and_the_others_are_listed(madx: Place) -> None:
    said = madx.does("tasks", "check", "xquad")
    table, _, rest = said.out.partition("Not here:\n")
    lines = [line.split() for line in table.splitlines() if line.startswith("test ")]
    assert [line[1] for line in lines] == ["de", "en"]
    assert all(line[3] == "1,190" for line in lines)
    assert "2 of 12 sets found" in table
    assert "ar, el, es" in rest
    assert "google/xquad" in rest
    assert "Checking xquad test de" in said.err


def test_how_to_get_what_is_not_here_is_said_once(madx: Place) -> None:
    """Of JGLUE's tests there is no copy on the hub: their way is a part of that of the other splits."""
    said = madx("tasks", "check", "jnli", "--offline")
    assert (said.code, said.out.count("Clone github.com/yahoojapan/JGLUE")) == (3, 1)


def test_another_version_or_a_part_of_a_known_data_set_is_no_fault_but_told(madx: Place) -> None:
    said = madx.does("tasks", "check", "snli", "--split", "train")
    rows = len((madx.mirror / "stanfordnlp/snli/plain_text/train.jsonl").read_text().splitlines())
    assert "1 set unlike what was published, 0 faults" in said.out
    section = said.out.partition("Another version or a part:\n")[2].partition("\n\n")[0]
    assert section.split() == ["train", "en", f"{rows:,}", "rows", "of", "549,367"]
    (one,) = madx.does("tasks", "check", "snli", "--split", "train", "--languages", "en", "--json").json["sets"]
    assert one["unlike_published"] is True


def test_quiet_means_no_progress(madx: Place) -> None:
    assert madx.does("tasks", "check", "snli", "--quiet").err == ""


def test_every_fault_is_told_with_its_file_and_row(changed: Any) -> None:
    def damage(rows: list[Row]) -> None:
        rows[3]["label"] = "maybe"
        rows[5]["premise"] = None
        rows[6]["premise"] = " "

    place = changed("stanfordnlp/snli/plain_text/train.jsonl", damage)
    said = place("tasks", "check", "snli")
    file = place.mirror / "stanfordnlp/snli/plain_text/train.jsonl"
    assert said.code == 3
    assert f"{file}, row 3 (counted from 0): its label is 'maybe'" in said.out
    assert f"{file}, row 5 (counted from 0): field 'first' holds None, not a text" in said.out
    assert "1  blank texts, train en" in said.out
    assert "snli have 2 faults in 1 set." in said.err
    few = place("tasks", "check", "snli", "--faults", "1")
    assert "and 1 more" in few.out


def test_the_check_finds_what_training_stops_at(changed: Any) -> None:
    place = changed("rajpurkar/squad/plain_text/train.jsonl", lambda rows: rows[4].update(question=None))
    assert place("train", "intermediate", "squad_v1").code == 3
    assert "row 4 " in place("tasks", "check", "squad_v1", "--split", "train").out


def test_the_check_finds_no_fault_where_training_finds_none(changed: Any) -> None:
    place = changed("rajpurkar/squad/plain_text/train.jsonl", lambda rows: rows[4].update(question=" "))
    assert place("train", "intermediate", "squad_v1").code == 0
    said = place("tasks", "check", "squad_v1", "--split", "train")
    assert (said.code, "1  blank texts, train en" in said.out) == (0, True)


def test_programs_get_one_document_also_with_faults(changed: Any) -> None:
    place = changed("facebook/xnli/de/test.jsonl", lambda rows: rows[2].update(label=9))
    said = place("tasks", "check", "xnli", "--languages", "de,sw", "--split", "test", "--json", "--quiet")
    (one,) = said.json["sets"]
    assert (said.code, said.json["task"]) == (3, "xnli")
    assert {"split", "language", "part", "origin", "rows", "whole", "published", "labels", "notes"} <= set(one)
    (fault,) = one["faults"]
    assert (Path(fault["file"]).name, fault["row"], one["fault_count"]) == ("test.jsonl", 2, 1)
    assert [(gone["split"], gone["language"]) for gone in said.json["missing"]] == [("test", "sw")]
    assert json.loads(said.err)["error"] == "DataError"


def test_the_first_rows_can_be_checked_alone(madx: Place) -> None:
    (one,) = madx.does("tasks", "check", "snli", "--split", "train", "--limit", "4", "--language", "en", "--json").json[
        "sets"
    ]
    assert (one["rows"], one["whole"]) == (4, False)


def test_a_task_of_which_nothing_is_here_ends_with_3_and_how_to_get_it(madx: Place) -> None:
    said = madx("tasks", "check", "paws_x")
    assert said.code == 3
    assert "No data of paws_x are here" in said.err
    assert "google-research-datasets/paws-x" in said.err


@pytest.mark.parametrize(
    "words", [("--languages", "xx"), ("--languages", "de,xx"), ("--languages", "xx", "--split", "test")]
)
def test_a_language_that_the_task_lacks_is_wrong_usage(madx: Place, words: tuple[str, ...]) -> None:
    said = madx("tasks", "check", "xnli", *words)
    assert (said.code, "'xx'" in said.err) == (2, True)
