"""Killed at any moment, a training that is run again ends with the weights of one that was never disturbed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from madx_stilts.errors import Interrupted
from madx_stilts.score import predict
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.requests import TrainRequest, train_intermediate


class Killed(BaseException):
    """Stands for a SIGKILL: nothing in the package may catch it."""


class KilledAt(NullCallback):
    """Ends the process, as far as the training can see, after so many steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done == self.step:
            raise Killed


class StoppedAt(NullCallback):
    """Sends a polite stop after so many steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


class StoppedInDev(NullCallback):
    """Sends a polite stop at a batch of the dev data, at one of the times that these are scored."""

    def __init__(self, look: int, batch: int) -> None:
        self.look, self.batch = look, batch
        self.heard: list[tuple[int, int]] = []

    def on_evaluate_step(self, done: int, batches: int) -> None:
        self.look -= done == 1
        if self.look == 0:
            self.heard.append((done, batches))
            if done == self.batch:
                os.kill(os.getpid(), signal.SIGINT)


def weights(context: Any, request: TrainRequest) -> dict[str, Any]:
    """Train (or go on) and give every tensor of the artefact."""
    card = train_intermediate(context, "mnli", request)
    folder = context.zoo.folder(card.id)
    return {**load_file(folder / "adapter.safetensors"), **load_file(folder / "model_head.safetensors")}


def log_of(context: Any) -> str:
    (log,) = {context.zoo.folder(entry.ref.id) / "training_log.jsonl" for entry in context.zoo.entries()}
    return str(log.read_text())


def assert_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    assert [name for name in one if not one[name].equal(other[name])] == []


@pytest.mark.parametrize("changes", [{}, {"keep": "average", "snapshots": 4}, {"unfreeze_every": 3, "accumulate": 2}])
def test_killed_again_and_again_a_training_ends_with_the_same_weights(
    changes: dict[str, Any], tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    request = TrainRequest(config=settings(dev_limit=20, **changes))
    calm = make_context(tiny_backbone, "undisturbed")
    undisturbed = weights(calm, request)
    for step in (2, 5, 9):
        with pytest.raises(Killed):
            weights(make_context(tiny_backbone, listener=partial(KilledAt, step)), request)
    context = make_context(tiny_backbone)
    assert_equal(weights(context, request), undisturbed)
    assert log_of(context) == log_of(calm)
    assert context.zoo.verify() == []


def test_a_polite_stop_loses_nothing(tiny_backbone: Path, make_context: Any, settings: Any) -> None:
    request = TrainRequest(config=settings(dev_limit=20))
    undisturbed = weights(make_context(tiny_backbone, "undisturbed"), request)
    started: list[int] = []

    class Watch(NullCallback):
        def on_train_begin(self, name: str, done: int, steps: int) -> None:
            started.append(done)

    with pytest.raises(Interrupted, match="after step 5 of 10"):
        weights(make_context(tiny_backbone, listener=lambda: StoppedAt(5), every=100), request)
    assert_equal(weights(make_context(tiny_backbone, listener=Watch), request), undisturbed)
    assert started == [5]


@pytest.mark.parametrize("changes", [{}, {"keep": "last", "patience": 2}])
def test_a_stop_while_dev_data_are_scored_ends_that_at_once_and_loses_nothing(
    changes: dict[str, Any], tiny_backbone: Path, make_context: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dev data are scored after 4, 8 and 10 steps, and once more for the weights that are kept."""
    monkeypatch.setitem(predict.BATCH_TOKENS, "cpu", 64)
    request = TrainRequest(config=settings(dev_limit=20, **changes))
    calm = make_context(tiny_backbone, "undisturbed")
    undisturbed = weights(calm, request)
    # What was stopped is scored first in the next run, so the second time there is the next look.
    for look, step in ((1, 4), (2, 8), (2, 10), (2, 10)):
        stopping = StoppedInDev(look, batch=2)
        with pytest.raises(Interrupted, match=f"after step {step} of 10; nothing is lost"):
            weights(make_context(tiny_backbone, listener=lambda stopping=stopping: stopping, every=100), request)
        assert stopping.heard[-1][0] == 2, "no batch after the one at which the stop was asked for"
        assert stopping.heard[-1][1] > 5
    context = make_context(tiny_backbone)
    assert_equal(weights(context, request), undisturbed)
    assert log_of(context) == log_of(calm)


def test_a_damaged_checkpoint_is_not_trusted(
    tmp_path: Path, tiny_backbone: Path, make_context: Any, settings: Any
) -> None:
    request = TrainRequest(config=settings(dev_limit=20))
    undisturbed = weights(make_context(tiny_backbone, "undisturbed"), request)
    context = make_context(tiny_backbone, listener=lambda: KilledAt(8))
    with pytest.raises(Killed):
        weights(context, request)
    (checkpoint,) = tmp_path.rglob("checkpoint.safetensors")
    content = bytearray(checkpoint.read_bytes())
    content[-3] ^= 1
    checkpoint.write_bytes(content)
    assert_equal(weights(make_context(tiny_backbone), request), undisturbed)


SIGNALLED = """
import gc, json, os, signal, sys
from pathlib import Path
import madx_stilts.run.worker
from madx_stilts.cli.main import main
from madx_stilts.train import loop

command, *plan = json.loads(sys.argv[1])
save = loop.save_checkpoint
gc.freeze()  # what was imported is not looked through in each fork

def run(zoo, number):
    (saved, say), (go_on, allow) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(allow)

        def save_and_wait(path, learner):
            save(path, learner)
            os.write(say, b"!")
            os.read(go_on, 1)

        if number is not None:
            loop.save_checkpoint = save_and_wait
        sys.argv = ["madx-stilts", "--zoo", zoo, *command]
        os._exit(main())
    os.close(say)
    if number is not None and os.read(saved, 1):
        os.kill(child, number)
    os.close(allow)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, len(list(Path(zoo).glob("objects/*/*")))

print(json.dumps([run(*one) for one in plan]))
"""
"""Runs a command in forks of a process that has imported everything; a signal is sent after the first checkpoint."""


def signalled(plan: list[tuple[Path, signal.Signals | None]], mirror: Path, backbone: Path) -> list[list[int]]:
    """How a training ends in these zoos, one after the other, each with the signal it gets: its code, its adapters."""
    options = ["--data", str(mirror), "--cache", str(plan[0][0].parent / "c"), "--offline", "-q"]
    recipe = ["--steps", "60", "--batch-size", "8", "--max-tokens", "48", "--checkpoint-every", "5", "--device", "cpu"]
    words = [[*options, "train", "intermediate", "mnli", "--backbone", str(backbone), *recipe]]
    asked = json.dumps([*words, *[(str(zoo), number) for zoo, number in plan]])
    done = subprocess.run([sys.executable, "-c", SIGNALLED, asked], stdout=subprocess.PIPE, check=True)
    ends: list[list[int]] = json.loads(done.stdout.splitlines()[-1])
    return ends


def artefact(zoo: Path) -> dict[str, Any]:
    (adapter,) = zoo.glob("objects/*/*/adapter.safetensors")
    return {**load_file(adapter), **load_file(adapter.with_name("model_head.safetensors"))}


@pytest.mark.slow
def test_the_command_survives_real_signals(tiny_backbone: Path, tiny_mirror: Path, tmp_path: Path) -> None:
    """SIGKILL, then SIGTERM, then to the end: the weights of a run that was left alone."""
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    plan = [(calm, None), (rough, signal.SIGKILL), (rough, signal.SIGTERM), (rough, None)]
    ends = signalled(plan, tiny_mirror, tiny_backbone)
    assert ends == [[0, 1], [-signal.SIGKILL, 0], [Interrupted.exit_code, 0], [0, 1]]
    assert_equal(artefact(rough), artefact(calm))
    assert list(rough.rglob("*.partial")) == []
