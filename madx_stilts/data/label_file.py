"""Labels that no task can list, because the file that tells them comes with the data."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from madx_stilts import strict_json
from madx_stilts.data.sources import SplitFiles
from madx_stilts.errors import DataError
from madx_stilts.files import read_bounded
from madx_stilts.strict_json import JsonError
from madx_stilts.tasks.task import Task

LARGEST: Final = 2**24
"""Bytes of such a file; that of CCG has some thirty thousand."""
_HOLDS = "It holds the number of each label, by name."


def with_labels(task: Task, found: Sequence[SplitFiles]) -> Task:
    """The task with the labels that the file beside its data tells; a task without such a file as it is.

    Raises:
        DataError: The file is missing, or does not number its labels from 0.
    """
    if not task.label_file:
        return task
    path = found[0].paths[0].parent / task.label_file
    return replace(task, labels=_labels(path, _numbers(path)))


def _numbers(path: Path) -> object:
    try:
        return strict_json.parse(read_bounded(path, limit=LARGEST).decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError(
            f"There is no file {path}.", hint="It names the labels: put it beside the data it came with."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", hint=_HOLDS) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason}).", hint="Convert the file to UTF-8.") from error
    except JsonError as error:
        raise DataError(f"{path}: {error}.", hint=_HOLDS) from error


def _labels(path: Path, numbers: object) -> tuple[str, ...]:
    """Names in the order of their numbers."""
    if not isinstance(numbers, dict) or not all(type(number) is int for number in numbers.values()):
        raise DataError(f"{path} does not give a number for each label.", hint='It holds {"label": 0, ...}.')
    if sorted(numbers.values()) != list(range(len(numbers))) or not numbers:
        raise DataError(f"{path} does not number its {len(numbers)} labels from 0, each once.", hint="Fetch it again.")
    return tuple(sorted(numbers, key=numbers.__getitem__))
