"""What a Slurm job asks for, and how what it tells is read; no Slurm is needed."""

from pathlib import Path

import pytest

from madx_stilts.errors import UsageError
from madx_stilts.run.events import Event
from madx_stilts.run.slurm.news import EventReader, is_wanted_after, told_by
from madx_stilts.run.slurm.resources import SlurmResources


def write(folder: Path, job: str, *texts: str) -> None:
    with told_by(folder, job).open("a") as file:
        file.writelines(texts)


def line(kind: str, text: str = "") -> str:
    return Event.model_validate({"kind": kind, "text": text}).model_dump_json() + "\n"


def test_what_nobody_says_comes_from_the_estimate() -> None:
    asked = SlurmResources(gpus=2).asked(wall_seconds=3600.0, peak_bytes=2 * 10**9)
    assert (asked["time"], asked["mem"]) == (130, "8000MB")


def test_what_is_said_counts_more_than_the_estimate() -> None:
    said = SlurmResources(partition="a100", time_limit=7, memory_gb=1.5, cpus=4)
    assert said.asked(3600.0, 2 * 10**9) == {
        "time": 7,
        "mem": "1500MB",
        "partition": "a100",
        "cpus_per_task": 4,
        "srun_args": ["--cpus-per-task=4"],
    }


def test_without_an_estimate_only_the_time_is_limited() -> None:
    assert SlurmResources().asked(None, None).keys() == {"time"}


def test_any_option_of_sbatch_can_be_given() -> None:
    assert SlurmResources(sbatch=("constraint=a100|h100", "exclusive")).further() == {
        "constraint": "a100|h100",
        "exclusive": True,
    }
    for fault in ("--hold", "=1"):
        with pytest.raises(UsageError, match=fault):
            SlurmResources(sbatch=(fault,)).further()


def test_only_what_is_new_and_whole_is_passed_on(tmp_path: Path) -> None:
    write(tmp_path, "1_0", line("said", "old"))
    heard: list[str] = []
    news = EventReader(tmp_path, lambda event: heard.append(event.text))
    news.pass_on()
    assert heard == []
    later = line("said", "b")
    write(tmp_path, "1_0", line("said", "a"), later[:9])
    write(tmp_path, "1_1", line("said", "c"))
    news.pass_on()
    assert heard == ["a", "c"]
    write(tmp_path, "1_0", later[9:])
    news.pass_on()
    assert heard == ["a", "c", "b"]


def test_the_job_in_reserve_is_wanted_if_one_died_and_none_was_asked_to_stop(tmp_path: Path) -> None:
    stopped = Event(kind="stopped", error="Interrupted").model_dump_json() + "\n"
    assert not is_wanted_after(tmp_path, "1")
    write(tmp_path, "1_0", line("began"), line("stopped"))
    write(tmp_path, "12", line("began"))
    assert not is_wanted_after(tmp_path, "1")
    write(tmp_path, "1_1", line("began"), stopped, line("began"))
    assert is_wanted_after(tmp_path, "1")
    assert is_wanted_after(tmp_path, "12")
    write(tmp_path, "1_2", stopped)
    assert not is_wanted_after(tmp_path, "1")
