"""What can be looked at without a backbone: tasks, the zoo, short names of backbones, the installation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.tasks import TASKS
from madx_stilts.tasks.benchmarks import BENCHMARKS

FORMATS = [["pair"], ["choice"], ["span"], ["tagging"], ["retrieval"]]
Madx = Callable[..., Any]
Terminal = Callable[[int], None]


def test_tasks_list_names_every_task_and_where_it_is_trained(madx: Madx) -> None:
    lines = [line.split() for line in madx("tasks", "list").out.splitlines()]
    assert [name for name in TASKS if not any(line[:1] == [name] for line in lines)] == []
    (xcopa,) = (line for line in lines if line[:1] == ["xcopa"])
    assert "siqa then copa" in " ".join(xcopa)


def test_tasks_list_fits_80_columns_and_folds_nothing(madx: Madx, terminal: Terminal) -> None:
    terminal(80)
    out = madx("tasks", "list").out
    assert max(map(len, out.splitlines())) <= 80
    assert sorted(line.split()[0] for line in out.splitlines() if line.split()[1:2] in FORMATS) == sorted(TASKS)


def test_tasks_list_tells_the_targets_of_each_benchmark_first(madx: Madx) -> None:
    first = madx("tasks", "list").out.partition("\n\nMore targets")[0]
    told = {line.split()[0]: line.split()[-1] for line in first.splitlines() if line.split()[1:2] in FORMATS}
    assert set(told) == {name for tasks in BENCHMARKS.values() for name in tasks}
    assert (told["xnli"], told["paws_x"], told["xcopa"]) == ("both", "xtreme", "xtreme_r")


def test_a_task_that_is_not_trained_is_not_told_how_to_be(madx: Madx) -> None:
    assert "madx-stilts train" not in madx("tasks", "show", "tatoeba").out
    assert "madx-stilts train target panx" in madx("tasks", "show", "panx").out


def test_a_task_of_retrieval_tells_what_is_searched(madx: Madx) -> None:
    searched = madx("tasks", "show", "mewsli_x").out.partition("Looked for among:\n")[2]
    assert "candidate_set_entities.jsonl" in searched


def test_tasks_list_gives_programs_flat_objects(madx: Madx) -> None:
    rows = madx("tasks", "list", "--json").json
    assert [row["name"] for row in rows] == list(TASKS)
    assert all({"name", "format", "roles", "languages", "primary_metric"} <= set(row) for row in rows)
    assert {role for row in rows for role in row["roles"]} <= {"language", "intermediate", "target"}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_can_be_shown(name: str, madx: Madx) -> None:
    said = madx("tasks", "show", name)
    task = TASKS[name]
    assert said.out.startswith(f"{name}\n")
    assert [metric for metric in task.metrics if metric not in said.out] == []
    assert [source.path for sources in task.sources.values() for source in sources if source.path not in said.out] == []
    assert madx("tasks", "show", name, "--json").json["languages"] == list(task.languages)


def test_a_target_that_borrows_its_training_tells_from_where(madx: Madx) -> None:
    out = madx("tasks", "show", "xcopa").out
    trained = out.partition("Trained first on the one, then on the other, in English:\n")[2]
    assert [line.split()[0] for line in trained.splitlines()[:2]] == ["siqa", "copa"]
    assert TASKS["siqa"].sources["train"][0].path in trained
    assert "madx-stilts train target xcopa" in out


def test_a_task_with_data_of_its_own_borrows_none(madx: Madx) -> None:
    assert "Trained in" not in madx("tasks", "show", "mnli").out


def test_an_empty_zoo_tells_how_to_begin(madx: Madx, tmp_path: Path) -> None:
    said = madx("--zoo", tmp_path / "none", "zoo", "list")
    assert (said.code, "madx-stilts train intermediate" in said.out) == (0, True)
    assert madx("--zoo", tmp_path / "none", "zoo", "list", "--json").json == []
    assert not (tmp_path / "none").exists()


def test_zoo_list_keeps_references_whole_at_any_width(madx: Madx, zoo_folder: Path, terminal: Terminal) -> None:
    refs = [row["ref"] for row in madx("--zoo", zoo_folder, "zoo", "list", "--json").json]
    assert len(refs) == 4
    for width in (40, 80, 120):
        terminal(width)
        lines = madx("--zoo", zoo_folder, "zoo", "list").out.splitlines()
        assert [ref for ref in refs if not any(line.startswith(f"{ref} ") for line in lines)] == []


def test_zoo_list_folds_scores_to_fit_80_columns(madx: Madx, zoo_folder: Path, terminal: Terminal) -> None:
    terminal(80)
    table = madx("--zoo", zoo_folder, "zoo", "list").out.splitlines()[2:]
    assert max(map(len, table)) <= 80
    terminal(120)
    wide = madx("--zoo", zoo_folder, "zoo", "list").out
    assert "accuracy 81.25, f1 12.50" in wide
    assert len(wide.splitlines()) < len(table) + 2


def test_zoo_list_gives_programs_flat_objects(madx: Madx, zoo_folder: Path) -> None:
    rows = madx("zoo", "list", "--json", "--zoo", zoo_folder).json
    assert all({"ref", "role", "id", "backbone", "scores"} <= set(row) for row in rows)
    assert {row["role"] for row in rows} == {"intermediate", "target"}


def test_zoo_show_has_a_section_for_each_thing_worth_knowing(madx: Madx, zoo_folder: Path) -> None:
    out = madx("zoo", "show", "target/xcopa+snli", "--zoo", zoo_folder).out
    headings = [line.rstrip(":") for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert [heading.split()[0] for heading in headings] == [
        *("Recipe", "Lineage", "Data", "Scores", "Cost", "Files", "Notes")
    ]
    assert "{" not in out
    for text in ("copa in en, at most 1,000 examples", "reduction factor 8", "epochs 7", "81.25", "2.50 GB", "1,234"):
        assert text in out
    assert "batch size" not in out  # as usual


def test_zoo_show_tells_the_lineage_by_references(madx: Madx, zoo_folder: Path) -> None:
    refs = {row["ref"].partition("@")[0]: row["ref"] for row in madx("zoo", "list", "--json", "--zoo", zoo_folder).json}
    out = madx("zoo", "show", "target/xcopa+snli", "--zoo", zoo_folder).out
    lines = out.partition("Lineage:\n")[2].partition("\n\n")[0].splitlines()
    snli, siqa = refs["intermediate/snli"], refs["target/siqa+snli"]
    told = [" ".join(line.split()) for line in lines]
    assert told[0].endswith(f"on {snli}, beginning with the adapter and head of {siqa}")
    assert told[1:] == [
        f"├─ {snli} (below) on the bare backbone",
        f"└─ {siqa} (start, with its head) on {snli}",
        f"└─ {snli} (below) on the bare backbone",
    ]
    assert f"also named  {refs['target/causes-and-effects']}\n" in out


def test_zoo_show_gives_programs_the_card(madx: Madx, zoo_folder: Path) -> None:
    facts = madx("zoo", "show", "intermediate/snli", "--zoo", zoo_folder, "--json").json
    assert {"ref", "refs", "folder", "id", "recipe", "parents", "scores", "files", "backbone"} <= set(facts)
    assert Path(facts["folder"], "card.json").is_file()


def test_zoo_verify_counts_adapters_and_lists_every_fault(madx: Madx, zoo_folder: Path) -> None:
    assert madx("zoo", "verify", "--zoo", zoo_folder).out == "3 adapters, every file as its card says.\n"
    assert madx("zoo", "verify", "--zoo", zoo_folder, "--json").json["faults"] == []
    damaged, lost, *_ = sorted(zoo_folder.rglob("adapter.safetensors"))
    damaged.write_bytes(b"Weights")
    lost.unlink()
    said = madx("zoo", "verify", "--zoo", zoo_folder)
    assert (said.code, said.out) == (3, "")
    assert "has 2 faults" in said.err
    assert str(damaged) in said.err
    assert str(lost) in said.err


def test_zoo_verify_lists_records_that_were_changed(madx: Madx, tmp_path: Path) -> None:
    record = tmp_path / "zoo" / "records" / "00" / f"{'0' * 64}.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    said = madx("zoo", "verify", "--zoo", tmp_path / "zoo")
    assert said.code == 3
    assert f"{record} was changed" in said.err


def test_an_adapter_that_is_not_there_is_told_with_near_names(madx: Madx, zoo_folder: Path) -> None:
    said = madx("zoo", "show", "target/xcopa+snl", "--zoo", zoo_folder)
    assert said.code == 3
    assert "Did you mean target/xcopa+snli" in said.err
    assert madx("zoo", "show", "snli", "--zoo", zoo_folder).code == 2


def test_backbones_with_short_names_are_listed_with_what_they_are(madx: Madx, terminal: Terminal) -> None:
    rows = madx("backbone", "list", "--json").json
    assert {"xlmr-base", "xlmr-large", "mbert"} <= {row["name"] for row in rows}
    terminal(80)
    out = madx("backbone", "list").out
    assert [row["model"] for row in rows if row["model"] not in out] == []
    assert "--backbone FOLDER" in out


def test_doctor_tells_versions_folders_and_devices(madx: Madx, zoo_folder: Path) -> None:
    facts = madx("doctor", "--json", "--zoo", zoo_folder).json
    assert {"python", "torch", "adapters", "gpus", "zoo", "offline", "cpu threads"} <= set(facts)
    assert str(zoo_folder) in facts["zoo"]
    out = madx("doctor", "--zoo", zoo_folder).out
    assert [key for key in facts if key not in out] == []
