"""Tasks and languages, resolved from names or values. No torch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from madx_stilts.errors import UsageError
from madx_stilts.languages import LANGUAGES
from madx_stilts.spellings import same
from madx_stilts.stack import Role
from madx_stilts.tasks.task import Split, Task
from madx_stilts.tasks.world import ConstructedWorld

Note = Callable[[str], None]
"""Takes what a user should know."""


def task_of(given: str | Task, known: Mapping[str, Task]) -> Task:
    """The task that is meant.

    Args:
        known: Tasks by name.

    Raises:
        UnknownName: There is none of that name.
        UsageError: It is another one than the one that is known under its name.
    """
    if isinstance(given, str):
        return known[given]
    if known[given.name] != given:
        raise UsageError(f"{given.name} is another task here.", hint="Give it a name of its own.")
    return given


def members_of(
    given: Sequence[str | Task], language: str | None, known: Mapping[str, Task], note: Note
) -> list[tuple[Task, str | None]]:
    """Tasks, also as `task@language`, with the language of their training data.

    Args:
        language: For those that name none; None: each task's source language.
        known: Tasks by name.

    Raises:
        UsageError: There is no such task, a language is missing after the @, or a task is named twice.
    """
    members = [_member(one, language, known, note) for one in given]
    named = [(task.name, code or task.source_language) for task, code in members]
    twice = next((f"{task}@{code}" for task, code in named if named.count((task, code)) > 1), None)
    if twice:
        raise UsageError(f"{twice} is named twice.", hint="Name each task once, or in different languages.")
    return members


def _member(given: str | Task, language: str | None, known: Mapping[str, Task], note: Note) -> tuple[Task, str | None]:
    name, sign, code = given.partition("@") if isinstance(given, str) else (given, "", "")
    if sign and not code:
        raise UsageError(f"{given!r} names no language after the @.", hint="Write a code, as in mnli@de.")
    task, wanted = task_of(name, known), code or language
    return task, wanted if wanted is None else training_code(task, wanted, note)


def training_code(task: Task, code: str, note: Note) -> str:
    """The code that a task's training data have for a language; where they lack it, as it was given."""
    return code_in(task.languages_of("train"), code, note) if "train" in task.splits else code


def languages_of(task: Task, split: Split, given: str | Sequence[str] | None, note: Note) -> tuple[str, ...]:
    """The languages that are meant.

    Args:
        given: Codes, also in one text separated by commas, or `all`, those that the split has; None: all of a target,
            of an intermediate task the first, since others are translations to train on.

    Raises:
        DataError: The task has no such split.
        UsageError: None is named, or the split has no data in one of them; the hint lists those it has.
    """
    if given is None and Role.TARGET not in task.roles:
        return (first_language(task, split),)
    if given is None or given == "all":
        return task.languages_of(split)
    named = [code.strip() for code in (given.split(",") if isinstance(given, str) else given) if code.strip()]
    wanted = tuple(dict.fromkeys(code_in(task.languages_of(split), code, note) for code in named))
    if not wanted:
        raise UsageError("No language is named.", hint="Give codes separated by commas, or all.")
    for language in wanted:
        task.places(split, language)
    return wanted


def first_language(task: Task, split: Split) -> str:
    """The task's source language, or the first that the split has."""
    known = task.languages_of(split)
    return task.source_language if task.source_language in known else known[0]


def code_in(known: Iterable[str], code: str, note: Note) -> str:
    """The code that some languages have for the one that is meant, which may be written differently (`swa` for `sw`).

    A code that none of them is a spelling of stays as it is, to be refused.

    Args:
        note: Takes which one is meant.
    """
    found = same(code, known)
    if found is not None and found != code:
        note(f"{code} is called {found} here")
    return found or code


def note_unknown_language(code: str, world: ConstructedWorld | None, note: Note) -> None:
    """Report that a code means nothing here; a typing error would cost a training.

    Args:
        world: The constructed world that data are from; None: they are real.
    """
    names = {known: language.name for known, language in LANGUAGES.items()} if world is None else world.names
    spelled = same(code, names)
    if spelled not in (None, code):
        note(f"tasks here call {code} {spelled} ({names[spelled or code]}); its adapter is found under both codes")
    elif code not in names:
        near = get_close_matches(code, names, n=3, cutoff=0.6)
        known = f" Near codes: {', '.join(f'{one} ({names[one]})' for one in near)}." if near else ""
        note(f"no task here has a language with the code {code!r}.{known}")
