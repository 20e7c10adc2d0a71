"""What Slurm jobs tell while they work: lines of JSON in files of the store, one file for each job. No torch."""

from collections.abc import Sequence
from pathlib import Path

from madx_stilts import errors
from madx_stilts.errors import Interrupted, JobFailed, MadxStiltsError
from madx_stilts.run.events import Event, Watcher

_SUFFIX = ".jsonl"


def told_by(folder: Path, job: str) -> Path:
    """The file in which a Slurm job tells what happens."""
    return folder / f"{job}{_SUFFIX}"


def is_wanted_after(folder: Path, array: str) -> bool:
    """Whether a job of an array died without a word, and none was asked to stop. Ask it when all have ended."""
    last = [_last_event(path) for path in _files(folder) if path.stem.partition("_")[0] == array]
    died = [event is None or event.kind != "stopped" for event in last]
    asked = [event is not None and event.error == Interrupted.__name__ for event in last]
    return any(died) and not any(asked)


class EventReader:
    """What the jobs of a folder tell from now on, passed on line by line."""

    def __init__(self, folder: Path, watch: Watcher) -> None:
        self._folder, self._watch = folder, watch
        self._read = {path: path.stat().st_size for path in _files(folder)}
        self.reason: MadxStiltsError | None = None
        """Why that job stopped which was the last to say so."""

    def pass_on(self) -> None:
        """Everything new; of a line that is not complete yet, nothing."""
        for path in _files(self._folder):
            read = self._read.get(path, 0)
            with path.open("rb") as file:
                file.seek(read)
                whole, end, _ = file.read().rpartition(b"\n")
            self._read[path] = read + len(whole) + len(end)
            for line in whole.splitlines():
                self._note(Event.model_validate_json(line))

    def _note(self, event: Event) -> None:
        if event.kind != "stopped":
            self._watch(event)
        elif event.error:
            self.reason = getattr(errors, event.error, JobFailed)(event.text, hint=event.hint)


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _last_event(path: Path) -> Event | None:
    """The last whole line."""
    lines = path.read_bytes().rpartition(b"\n")[0].splitlines()
    return Event.model_validate_json(lines[-1]) if lines else None
