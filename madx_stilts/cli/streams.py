"""Standard input, output and errors, made usable whatever the command was started with. No torch."""

import io
import os
import sys

from madx_stilts.cli.telling import PREFIX, failed_output, silence, tell
from madx_stilts.errors import Interrupted, UsageError, brief


def prepare() -> None:
    """Open what was closed, and let no character be one that cannot be printed.

    A command started with `>&-` would write its output into the next file that it opens. So descriptor 1 becomes one
    that refuses to be written to, as `ls` fails there; what would be read is empty, and errors go nowhere.
    """
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free descriptor, which is this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115 (open until the interpreter ends)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def require_text() -> None:
    """Refuse arguments and variables that are no text: they could be neither printed nor written down.

    Raises:
        UsageError: One is not in the encoding of this terminal.
    """
    given = {f"The argument {brief(ascii(word), 200)}": word for word in sys.argv[1:]}
    given |= {f"The variable {name}": value for name, value in os.environ.items() if name.startswith(f"{PREFIX}_")}
    for what, text in given.items():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            hint = "Rename the file if it is one, and set a UTF-8 locale, as in LC_ALL=C.UTF-8."
            raise UsageError(f"{what} is not valid UTF-8.", hint=hint) from error


def finished(code: int, *, as_json: bool) -> int:
    """Write out what is left of the output.

    Args:
        code: With which the command ended.

    Returns:
        The exit code: another one if the command ended well and its output could not be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        return code or Interrupted.exit_code
    except OSError as error:
        silence()
        return code or tell(failed_output(error), as_json=as_json)
    return code
