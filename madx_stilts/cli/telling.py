"""What is said on stderr: notes, and how a command ends that does not end well, with its exit code."""

import errno
import io
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import click

from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import Interrupted, MadxStiltsError, MemoryLimitError, StorageError, UsageError
from madx_stilts.files import FULL

PREFIX = "MADX_STILTS"
"""Of our environment variables."""

_SURROUNDINGS = FULL | {errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
"""System errors that are never a bug of ours: no space, a quota or limit, no permission, a broken disk."""
_REPORT = (
    "This is a bug in madx-stilts, not a mistake of yours. "
    "Please report it with all of the above and what `madx-stilts doctor` says."
)


def say(settings: Settings, text: str) -> None:
    """Tell what begins now, unless no progress is wanted."""
    if not settings.quiet:
        echo(text, err=True)


def note(text: str) -> None:
    """Tell what a user should know, also one who wants no progress."""
    echo(f"Note: {text}", err=True)


@contextmanager
def told(*, as_json: bool, verbose: bool) -> Iterator[None]:
    """Turn what goes wrong inside the block, bugs aside, into a message and an exit code.

    Args:
        as_json: Print the message as one JSON object.
        verbose: Print before it where in the code it arose.

    Raises:
        click.exceptions.Exit: With the exit code.
    """
    try:
        yield
    except BrokenPipeError as error:
        # As `| head` does: nobody reads any more, so nothing more is written, not even when Python ends.
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (open until the interpreter ends)
        raise click.exceptions.Exit(Interrupted.exit_code) from error
    except (MadxStiltsError, KeyboardInterrupt, MemoryError, RuntimeError, OSError) as error:
        ours = _ours(error)
        if ours is None:
            raise
        if verbose:
            traceback.print_exc()
        raise click.exceptions.Exit(tell(ours, as_json=as_json)) from error


def tell(error: MadxStiltsError, *, as_json: bool) -> int:
    """Print an error on stderr.

    Returns:
        Its exit code.
    """
    if as_json:
        _print_json(type(error).__name__, error.message, error.hint)
    else:
        echo(f"Error: {error.message}", err=True)
        if error.hint:
            echo(error.hint, err=True)
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
    echo(shown.getvalue().rstrip(), err=True)
    return UsageError.exit_code


def tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that nobody foresaw, as `sys.excepthook`; Python then exits with 1."""
    lines = "".join(traceback.format_exception(kind, error, trace))
    if json_is_wanted():
        _print_json(kind.__name__, lines, _REPORT)
    else:
        echo(f"{lines}\n{_REPORT}", err=True)


def json_is_wanted() -> bool:
    """Whether `--json` was given, where the command was not understood so far as to know."""
    return "--json" in sys.argv[1:] or bool(os.environ.get(f"{PREFIX}_JSON"))


def _ours(error: BaseException) -> MadxStiltsError | None:
    """The error as one of ours; none if it is a bug."""
    if isinstance(error, MadxStiltsError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("Stopped.", hint="What was finished is kept. Run the same command again to go on.")
    if isinstance(error, OSError) and error.errno in _SURROUNDINGS:
        place = f"{error.filename}: " if error.filename else ""
        hint = (
            "Free some space or name another folder."
            if error.errno in FULL
            else "Check the folder and its permissions."
        )
        return StorageError(f"{place}{error.strerror}.", hint=hint)
    if isinstance(error, MemoryError) or _is_out_of_memory(error):
        return MemoryLimitError("There is not enough memory.", hint=_LESS_MEMORY)
    return None


_LESS_MEMORY = "Try more --accumulate, --recompute layers, or a smaller --max-tokens; for scoring, another --device."


def _is_out_of_memory(error: BaseException) -> bool:
    """Torch has an error of its own for GPUs, and none for the CPU; it need not be loaded to tell them."""
    return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in str(error)


def _help_of(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"Try `{context.command_path} --help`." if context else "Try `madx-stilts --help`."


def _print_json(kind: str, message: str, hint: str) -> None:
    echo(json.dumps({"error": kind, "message": message, "hint": hint}), err=True)
