"""Callbacks of trainings: log file, trackers, base classes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from madx_stilts.errors import UsageError
from madx_stilts.files import told_as_storage


class TrainerCallback(Protocol):
    """Called at each step and each evaluation of a training, which it never changes."""

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        """Training of `name` begins or goes on after `done` of `steps`."""

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        """A step is done; `values` has `loss` and `learning_rate`, and in a mixture `loss.` and the step's task."""

    def on_evaluate_step(self, done: int, batches: int) -> None:
        """The dev data are being scored: so many of their batches are done."""

    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None:
        """The dev data were scored."""

    def on_train_end(self) -> None:
        """Training is over, in whatever way."""


class NullCallback:
    """Does nothing; a base class."""

    def on_train_begin(self, name: str, done: int, steps: int) -> None: ...
    def on_step_end(self, done: int, values: Mapping[str, float]) -> None: ...
    def on_evaluate_step(self, done: int, batches: int) -> None: ...
    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None: ...
    def on_train_end(self) -> None: ...


class CallbackList:
    """Calls several callbacks."""

    def __init__(self, listeners: Sequence[TrainerCallback]) -> None:
        self.listeners = listeners

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        for listener in self.listeners:
            listener.on_train_begin(name, done, steps)

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        for listener in self.listeners:
            listener.on_step_end(done, values)

    def on_evaluate_step(self, done: int, batches: int) -> None:
        for listener in self.listeners:
            listener.on_evaluate_step(done, batches)

    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None:
        for listener in self.listeners:
            listener.on_evaluate(done, values)

    def on_train_end(self) -> None:
        for listener in self.listeners:
            listener.on_train_end()


class LogFileCallback:
    """One JSON object per line: `{"step", "loss", "learning_rate"}` now and then, `{"step", "dev"}` at each look.

    It holds nothing that differs between two runs of one recipe. A resumed training first drops the lines that lie
    beyond its checkpoint.

    Args:
        path: The file.
        lines: About how many steps of a whole training are written.
    """

    def __init__(self, path: Path, lines: int = 500) -> None:
        self.path = path
        self.lines = lines
        self.every = 1

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self.every = max(1, steps // self.lines)
        lines = self.path.read_text().splitlines(keepends=True) if self.path.exists() else []
        whole = [line for line in lines if line.endswith("}\n") and json.loads(line)["step"] <= done]
        with told_as_storage(self.path):
            self.path.write_text("".join(whole))

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done % self.every == 0:
            self._write({"step": done, **values})

    def on_evaluate_step(self, done: int, batches: int) -> None: ...

    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None:
        self._write({"step": done, "dev": dict(values)})

    def on_train_end(self) -> None: ...

    def _write(self, line: Mapping[str, object]) -> None:
        with told_as_storage(self.path), self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


class TrackerCallback:
    """Sends everything to a tracker that accelerate knows (TensorBoard, W&B, ...).

    Args:
        kind: Its name in accelerate.
        folder: Where file-based trackers write.

    Raises:
        UsageError: The tracker is not installed.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        try:
            from accelerate import Accelerator  # loads torch

            self.accelerator = Accelerator(log_with=kind, project_dir=str(folder))
        except (ValueError, ImportError) as error:
            raise UsageError(
                f"The tracker {kind!r} cannot be used: {error}.", hint=f"Try `pip install {kind}`."
            ) from error
        if not self.accelerator.log_with:
            raise UsageError(f"The tracker {kind!r} is not installed.", hint=f"Try `pip install {kind}`.")

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self.accelerator.init_trackers("madx_stilts", init_kwargs={})

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        self.accelerator.log(dict(values), step=done)

    def on_evaluate_step(self, done: int, batches: int) -> None: ...

    def on_evaluate(self, done: int, values: Mapping[str, float]) -> None:
        self.accelerator.log({f"dev/{name}": value for name, value in values.items()}, step=done)

    def on_train_end(self) -> None:
        self.accelerator.end_training()
