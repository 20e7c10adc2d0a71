"""What a person asks for, checked before anything large is loaded, and as the types that the work takes. No torch."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import get_args

from madx_stilts.cli.telling import note
from madx_stilts.errors import UsageError
from madx_stilts.languages import LANGUAGES
from madx_stilts.spellings import same
from madx_stilts.stack import Role
from madx_stilts.tasks.task import Split, Task
from madx_stilts.tasks.world import World
from madx_stilts.zoo.composition import Transfer


def training_code(task: Task, code: str) -> str:
    """The code that a task's training data have for a language; where they lack it, as it was given."""
    return code_in(task.languages_of("train"), code) if "train" in task.splits else code


def languages_of(task: Task, split: Split, text: str | None) -> tuple[str, ...]:
    """The languages that are meant.

    Args:
        text: Codes separated by commas, or `all`, those that the split has; none: all of a target, of an intermediate
            task the first, since others are translations to train on.

    Raises:
        DataError: The task has no such split.
        UsageError: None is named, or the split has no data in one of them; the hint lists those it has.
    """
    if text is None and Role.TARGET not in task.roles:
        return (first_language(task, split),)
    if text is None or text == "all":
        return task.languages_of(split)
    named = [code.strip() for code in text.split(",") if code.strip()]
    wanted = tuple(dict.fromkeys(code_in(task.languages_of(split), code) for code in named))
    if not wanted:
        raise UsageError("No language is named.", hint="Give codes separated by commas, or all.")
    for language in wanted:
        task.places(split, language)
    return wanted


def code_in(known: Iterable[str], code: str) -> str:
    """The code that some languages have for the one that is meant, which may be written differently (`swa` for `sw`).

    What is meant is reported on stderr. A code that none of them is a spelling of stays as it is, to be refused.
    """
    found = same(code, known)
    if found is not None and found != code:
        note(f"{code} is called {found} here")
    return found or code


def first_split(task: Task, text: str | None) -> Split:
    """The split that was asked for; none was: test, or the first that there is.

    Raises:
        DataError: The task has no such split.
    """
    if text is None:
        return "test" if "test" in task.splits else task.splits[0]
    split = split_of(text)
    task.languages_of(split)
    return split


def first_language(task: Task, split: Split) -> str:
    """The task's source language, or the first that the split has."""
    known = task.languages_of(split)
    return task.source_language if task.source_language in known else known[0]


def tell_unknown_language(code: str, world: World | None) -> None:
    """Tell on stderr that a code means nothing here; a typing error would cost a training.

    Args:
        world: The constructed world that data are from; none: they are real.
    """
    names = {known: language.name for known, language in LANGUAGES.items()} if world is None else world.names
    spelled = same(code, names)
    if spelled not in (None, code):
        note(f"tasks here call {code} {spelled} ({names[spelled or code]}); its adapter is found under both codes")
    elif code not in names:
        near = get_close_matches(code, names, n=3, cutoff=0.6)
        known = f" Near codes: {', '.join(f'{one} ({names[one]})' for one in near)}." if near else ""
        note(f"no task here has a language with the code {code!r}.{known}")


def split_of(text: str) -> Split:
    """The split of that name."""
    return next(split for split in get_args(Split) if split == text)


def transfer_of(text: str) -> Transfer:
    """The transfer of that name."""
    return next(transfer for transfer in get_args(Transfer) if transfer == text)
