"""Whether the data of an evaluation are here; what is missing is told before the first language is scored."""

from collections.abc import Iterable, Sequence

from madx_stilts.data.read import find_all
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import DataError
from madx_stilts.tasks.task import Split, Task


def require_data(task: Task, languages: Sequence[str], split: Split, place: DataSources) -> None:
    """All languages have their files.

    Raises:
        DataError: Some have not.
    """
    absent = missing(task, languages, split, place)
    if not absent:
        return
    first = next(iter(absent.values()))
    present = [language for language in languages if language not in absent]
    if not present:
        raise first
    raise DataError(
        f"{task.name} has no {split} data here in {', '.join(absent)}. {first.message}",
        hint=f"Fetch them, or leave them out: --languages {','.join(present)}",
    )


def missing(task: Task, languages: Iterable[str], split: Split, place: DataSources) -> dict[str, DataError]:
    """The languages without files, and what each lacks."""
    absent: dict[str, DataError] = {}
    for language in languages:
        try:
            find_all(task, language, split, place=place)
        except DataError as error:
            absent[language] = error
    return absent
