"""All data of an evaluation are read before the first forward pass, so that a fault in the last language costs nothing.

A few sets stay in memory until they are scored. The others are read again then: that costs little beside scoring them,
and dozens of languages together might not fit into memory.
"""

from collections.abc import Callable, Sequence
from typing import Any

from madx_stilts.data.read import Examples
from madx_stilts.errors import DataError
from madx_stilts.tasks.task import Split, Task

HELD = 50_000
"""Examples that stay in memory; of long contexts these are some 100 MB."""

Get = Callable[[str], Examples[Any]]


def read_first(
    task: Task, languages: Sequence[str], split: Split, *, get: Get, check: Callable[[Examples[Any]], None]
) -> Get:
    """Read and check the examples of all languages.

    Args:
        get: Reads those of a language.
        check: Raises what is wrong with them.

    Returns:
        What gives the examples of a language when they are needed, once.

    Raises:
        DataError: Some languages have faults; the first fault of each is in the message.
    """
    held: dict[str, Examples[Any]] = {}

    def look(language: str) -> None:
        examples = get(language)
        check(examples)
        if len(examples) + sum(map(len, held.values())) <= HELD:
            held[language] = examples

    check_first(task, languages, split, check=look)
    return lambda language: held.pop(language, None) or get(language)


def check_first(task: Task, languages: Sequence[str], split: Split, *, check: Callable[[str], None]) -> None:
    """Check the data of all languages.

    Args:
        check: Raises what is wrong with those of a language.

    Raises:
        DataError: Some languages have faults; the first fault of each is in the message.
    """
    faults: dict[str, DataError] = {}
    for language in dict.fromkeys(languages):
        try:
            check(language)
        except DataError as error:
            faults[language] = error
    if faults:
        raise _together(task, languages, split, faults)


def _together(task: Task, languages: Sequence[str], split: Split, faults: dict[str, DataError]) -> DataError:
    """One error for the faults of all languages."""
    first = next(iter(faults.values()))
    sound = [language for language in dict.fromkeys(languages) if language not in faults]
    way_out = f" Or leave them out: --languages {','.join(sound)}" if sound else ""
    hint = f"{first.hint}{way_out}".strip()
    if len(faults) == 1:
        return DataError(first.message, hint=hint)
    lines = "\n".join(f"  - {language}: {error.message}" for language, error in faults.items())
    return DataError(
        f"The {split} data of {task.name} have faults in {len(faults)} of {len(set(languages))} languages:\n{lines}",
        hint=hint,
    )
