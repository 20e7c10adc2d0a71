"""Listeners are told what happens and change nothing."""

import json
from pathlib import Path

import pytest

from madx_stilts.errors import UsageError
from madx_stilts.train.callbacks import CallbackList, LogFileCallback, TrackerCallback


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_log_has_some_steps_and_every_look_at_the_dev_data(tmp_path: Path) -> None:
    log = LogFileCallback(tmp_path / "log.jsonl", lines=5)
    log.on_train_begin("a", 0, 20)
    for done in range(1, 21):
        log.on_step_end(done, {"loss": 1.0})
    log.on_evaluate(20, {"accuracy": 50.0})
    assert [line["step"] for line in lines_of(log.path)] == [4, 8, 12, 16, 20, 20]
    assert lines_of(log.path)[-1]["dev"] == {"accuracy": 50.0}


def test_a_resumed_training_forgets_what_lies_beyond_its_checkpoint(tmp_path: Path) -> None:
    log = LogFileCallback(tmp_path / "log.jsonl")
    log.on_train_begin("a", 0, 10)
    for done in range(1, 8):
        log.on_step_end(done, {"loss": 1.0})
    with log.path.open("a") as file:
        file.write('{"step": 8, "lo')  # the process was killed here
    LogFileCallback(log.path).on_train_begin("a", 5, 10)
    assert [line["step"] for line in lines_of(log.path)] == [1, 2, 3, 4, 5]


def test_several_listeners_are_all_told(tmp_path: Path) -> None:
    logs = [LogFileCallback(tmp_path / name) for name in ("one", "two")]
    several = CallbackList(logs)
    several.on_train_begin("a", 0, 1)
    several.on_step_end(1, {"loss": 2.0})
    several.on_evaluate(1, {"f1": 3.0})
    several.on_train_end()
    assert [len(lines_of(log.path)) for log in logs] == [2, 2]


def test_a_tracker_that_is_not_installed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no_such_tracker"):
        TrackerCallback("no_such_tracker", tmp_path)
