"""Notes and errors on stderr, and exit codes."""

import io
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

import click

from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import (
    Interrupted,
    MadxStiltsError,
    MemoryLimitError,
    NotAvailable,
    StorageError,
    UsageError,
    brief,
)
from madx_stilts.files import FULL

PREFIX = "MADX_STILTS"
"""Of our environment variables."""

_REPORT = (
    "Unexpected error: madx-stilts has no better message for what is above. "
    "Please report it with all of the above and what `madx-stilts doctor` says."
)
_LONGEST = 20_000
"""Characters of a message; what quotes more than that is cut."""


def say(settings: Settings, text: str) -> None:
    """Tell what begins now, unless no progress is wanted."""
    if not settings.quiet:
        _print(text)


def note(text: str) -> None:
    """Tell what a user should know, also one who wants no progress."""
    _print(f"Note: {text}")


@contextmanager
def told(*, as_json: bool, verbose: bool) -> Iterator[None]:
    """Turn what goes wrong inside the block, the unexpected aside, into a message and an exit code.

    Args:
        as_json: Print the message as one JSON object.
        verbose: Print before it where in the code it arose.

    Raises:
        click.exceptions.Exit: With the exit code.
    """
    try:
        yield
    except BrokenPipeError as error:
        silence()
        raise click.exceptions.Exit(Interrupted.exit_code) from error
    except CAUGHT as error:
        ours = as_ours(error)
        if ours is None:
            raise
        if verbose:
            traceback.print_exc()
        raise click.exceptions.Exit(tell(ours, as_json=as_json)) from error


def silence() -> None:
    """Write nothing more, as where `| head` reads no more: not even what Python writes when it ends."""
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (open until the interpreter ends)


def tell(error: MadxStiltsError, *, as_json: bool) -> int:
    """Print an error on stderr.

    Returns:
        Its exit code.
    """
    if as_json:
        _print_json(type(error).__name__, error.message, error.hint)
    else:
        with suppress(OSError):  # stderr may be full or closed; the exit code remains
            _print(f"Error: {error.message}" + (f"\n{error.hint}" if error.hint else ""))
    return error.exit_code


def tell_usage(error: click.ClickException) -> int:
    """Print on stderr what click says of a command that cannot be understood.

    Returns:
        The exit code.
    """
    if json_is_wanted():
        return tell(UsageError(error.format_message(), hint=_help_of(error)), as_json=True)
    shown = io.StringIO()
    error.show(file=shown)
    with suppress(OSError):
        echo(shown.getvalue().rstrip(), err=True)
    return UsageError.exit_code


def tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an unexpected error, as `sys.excepthook`; Python then exits with 1."""
    lines = "".join(traceback.format_exception(kind, error, trace))
    if json_is_wanted():
        _print_json(kind.__name__, lines, _REPORT)
    else:
        with suppress(OSError):
            echo(f"{lines}\n{_REPORT}", err=True)


def json_is_wanted() -> bool:
    """Whether `--json` was given, where the command was not understood so far as to know."""
    return "--json" in sys.argv[1:] or bool(os.environ.get(f"{PREFIX}_JSON"))


CAUGHT = (MadxStiltsError, KeyboardInterrupt, MemoryError, RuntimeError, OSError)
"""What `as_ours` may know."""


def as_ours(error: BaseException) -> MadxStiltsError | None:
    """The error as one of ours; None: it is unexpected.

    What the system refuses is never ours to repair: a file that is no longer there, a name that is too long, a disk
    that is full. So each `OSError` is one of ours, also where it was not foreseen.
    """
    if isinstance(error, MadxStiltsError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("Stopped.", hint="What was finished is kept. Run the same command again to go on.")
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError) or _is_out_of_memory(error):
        return MemoryLimitError("There is not enough memory.", hint=_LESS_MEMORY)
    return None


def failed_output(error: OSError) -> MadxStiltsError:
    """The error of a standard output that takes nothing."""
    reason = error.strerror or str(error)
    return StorageError(f"Cannot write the output: {reason}.", hint="Check where standard output goes.")


def _of_system(error: OSError) -> MadxStiltsError:
    if error.errno is None:
        # Libraries derive errors of their own from it: no connection, an answer that was refused.
        return NotAvailable(f"{type(error).__name__}: {error}", hint="Try again, or see with --verbose where it arose.")
    if error.filename is None:
        return NotAvailable(
            f"The system refuses: {error.strerror}.", hint="Check disks, permissions and where output goes."
        )
    hint = "Free some space or name another folder." if error.errno in FULL else "Check the path and its permissions."
    return StorageError(f"{error.filename}: {error.strerror}.", hint=hint)


def _print(text: str) -> None:
    """One message on stderr, cut where it is too long to read."""
    echo(brief(text, _LONGEST), err=True)


_LESS_MEMORY = "Try more --accumulate, --recompute layers, or a smaller --max-tokens; for scoring, another --device."


def _is_out_of_memory(error: BaseException) -> bool:
    """Torch has an error of its own for GPUs, and none for the CPU; it need not be loaded to tell them."""
    return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in str(error)


def _help_of(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"Try `{context.command_path} --help`." if context else "Try `madx-stilts --help`."


def _print_json(kind: str, message: str, hint: str) -> None:
    with suppress(OSError):
        echo(json.dumps({"error": kind, "message": brief(message, _LONGEST), "hint": hint}), err=True)
