"""Who wants to know how a training goes: a log file, trackers, a progress bar."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from madx_stilts.errors import UsageError
from madx_stilts.files import told_as_storage


class TrainerCallback(Protocol):
    """Told about each step and each look at the dev data; it never changes the training."""

    def started(self, name: str, done: int, steps: int) -> None:
        """Training of `name` begins or goes on after `done` of `steps`."""

    def stepped(self, done: int, values: Mapping[str, float]) -> None:
        """A step is done; `values` has `loss` and `learning_rate`, and in a mixture `loss.` and the step's task."""

    def scoring(self, done: int, batches: int) -> None:
        """The dev data are being scored: so many of their batches are done."""

    def scored(self, done: int, values: Mapping[str, float]) -> None:
        """The dev data were scored."""

    def ended(self) -> None:
        """Training is over, in whatever way."""


class NullCallback:
    """Says nothing."""

    def started(self, name: str, done: int, steps: int) -> None: ...
    def stepped(self, done: int, values: Mapping[str, float]) -> None: ...
    def scoring(self, done: int, batches: int) -> None: ...
    def scored(self, done: int, values: Mapping[str, float]) -> None: ...
    def ended(self) -> None: ...


class CallbackList:
    """Passes everything on to several listeners."""

    def __init__(self, listeners: Sequence[TrainerCallback]) -> None:
        self.listeners = listeners

    def started(self, name: str, done: int, steps: int) -> None:
        for listener in self.listeners:
            listener.started(name, done, steps)

    def stepped(self, done: int, values: Mapping[str, float]) -> None:
        for listener in self.listeners:
            listener.stepped(done, values)

    def scoring(self, done: int, batches: int) -> None:
        for listener in self.listeners:
            listener.scoring(done, batches)

    def scored(self, done: int, values: Mapping[str, float]) -> None:
        for listener in self.listeners:
            listener.scored(done, values)

    def ended(self) -> None:
        for listener in self.listeners:
            listener.ended()


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

    def started(self, name: str, done: int, steps: int) -> None:
        self.every = max(1, steps // self.lines)
        lines = self.path.read_text().splitlines(keepends=True) if self.path.exists() else []
        whole = [line for line in lines if line.endswith("}\n") and json.loads(line)["step"] <= done]
        with told_as_storage(self.path):
            self.path.write_text("".join(whole))

    def stepped(self, done: int, values: Mapping[str, float]) -> None:
        if done % self.every == 0:
            self._write({"step": done, **values})

    def scoring(self, done: int, batches: int) -> None: ...

    def scored(self, done: int, values: Mapping[str, float]) -> None:
        self._write({"step": done, "dev": dict(values)})

    def ended(self) -> None: ...

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

    def started(self, name: str, done: int, steps: int) -> None:
        self.accelerator.init_trackers("madx_stilts", init_kwargs={})

    def stepped(self, done: int, values: Mapping[str, float]) -> None:
        self.accelerator.log(dict(values), step=done)

    def scoring(self, done: int, batches: int) -> None: ...

    def scored(self, done: int, values: Mapping[str, float]) -> None:
        self.accelerator.log({f"dev/{name}": value for name, value in values.items()}, step=done)

    def ended(self) -> None:
        self.accelerator.end_training()
