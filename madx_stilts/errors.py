"""Every error this package raises on purpose, and the exit code it ends a command with.

MadxStiltsError               1   (never raised itself)
├── UsageError                2   the command, a name or a config is wrong
│   ├── UnknownName               a name that no registry holds; near names are suggested
│   └── ConfigError               a config with faults: all of them, at once
├── NotAvailable              3   something needed is missing or unusable
│   ├── DataError                 a data set: missing, malformed, or one bad row
│   ├── AdapterError              an adapter: missing, ambiguous, damaged, of another backbone
│   │   └── NewerAdapter              written by a newer version; it is not read, and never replaced
│   ├── BackboneError             a backbone: missing, damaged, of an unknown architecture
│   └── StorageError              a file or folder that cannot be read or written
│       └── Busy                      another process works on the same thing right now
├── MemoryLimitError          4   the work would not fit
├── JobFailed                 5   a training or scoring that started and could not finish
│   └── PreflightError            the stack does not do what it says (see `nets.preflight`)
└── Interrupted             130   stopped by a signal; the work so far is kept

A message says what was found and what was expected; `hint` says what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches

_FAULTS = 50
"""Faults of a config that a message lists."""
_FAULT = 1000
"""Characters of one of them."""
_NAME = 200
"""Characters of an unknown name that a message repeats."""


def brief(text: str, limit: int) -> str:
    """The text, cut if it is longer, so that a message stays readable whatever it quotes."""
    return text if len(text) <= limit else f"{text[:limit]}…"


class MadxStiltsError(Exception):
    """The base of all errors that are meant for the user, shown without a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MadxStiltsError):
    """The command, a name or a config is wrong."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that is not known; the message lists near names, or all if they are few."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        shown = brief(name, _NAME)
        near = get_close_matches(shown, names, n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(names) or 'none'}."
        super().__init__(f"There is no {kind} named {shown!r}.", hint=hint)
        self.name = name
        self.near = tuple(near)


class ConfigError(UsageError):
    """A config with faults; all of them are reported at once, each with its place, unless they are very many.

    Args:
        source: The file or command line option that holds the config.
        faults: One sentence each, beginning with the key.
    """

    def __init__(self, source: str, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {brief(fault, _FAULT)}" for fault in self.faults[:_FAULTS])
        if len(self.faults) > _FAULTS:
            lines += f"\n  and {len(self.faults) - _FAULTS} more"
        count = f"{len(self.faults)} fault" + ("s" if len(self.faults) > 1 else "")
        super().__init__(f"{source} has {count}:\n{lines}", hint="Fix the lines above and run again.")


class NotAvailable(MadxStiltsError):
    """Something needed is missing or unusable."""

    exit_code = 3


class DataError(NotAvailable):
    """A data set is missing or malformed; where one row is to blame, the message names file and row."""


class AdapterError(NotAvailable):
    """An adapter is missing, ambiguous, damaged, or made for another backbone."""


class NewerAdapter(AdapterError):
    """An adapter was written by a newer version of the package: it is sound, and cannot be read here."""


class BackboneError(NotAvailable):
    """A backbone is missing, damaged, or of an architecture this package does not know."""


class StorageError(NotAvailable):
    """A file or folder cannot be read or written: permission, space, or a read-only store."""


class Busy(StorageError):
    """Another process holds the lock; wait for it, or do something else meanwhile."""


class MemoryLimitError(MadxStiltsError):
    """The work would not fit into the memory at hand."""

    exit_code = 4


class JobFailed(MadxStiltsError):
    """A training or scoring started and could not finish."""

    exit_code = 5


class PreflightError(JobFailed):
    """The stack, tried on one batch, does not do what it says."""


class Interrupted(MadxStiltsError):
    """A signal asked to stop; the work so far was saved."""

    exit_code = 130
