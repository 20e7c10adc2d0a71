"""What goes wrong becomes one message on stderr and an exit code, also for programs, and never hides a bug."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from madx_stilts.cli.main import cli
from madx_stilts.cli.telling import tell_bug
from madx_stilts.errors import (
    AdapterError,
    BackboneError,
    Busy,
    ConfigError,
    DataError,
    Interrupted,
    JobFailed,
    MadxStiltsError,
    MemoryLimitError,
    PreflightError,
    StorageError,
    UnknownName,
    UsageError,
)

Madx = Callable[..., Any]
Failing = Callable[[BaseException], None]

OURS = [
    (UsageError("Wrong.", hint="Do it right."), 2),
    (UnknownName("task", "mnl", ["mnli"]), 2),
    (ConfigError("a.yaml", ["seed: is missing", "epochs: is no known key"]), 2),
    (DataError("Wrong.", hint="Do it right."), 3),
    (AdapterError("Wrong.", hint="Do it right."), 3),
    (BackboneError("Wrong.", hint="Do it right."), 3),
    (StorageError("Wrong.", hint="Do it right."), 3),
    (Busy("Wrong.", hint="Do it right."), 3),
    (MemoryLimitError("Wrong.", hint="Do it right."), 4),
    (JobFailed("Wrong.", hint="Do it right."), 5),
    (PreflightError("Wrong."), 5),
    (Interrupted("Stopped.", hint="Run it again."), 130),
]


class OutOfMemoryError(RuntimeError):
    """What torch raises on a GPU has this name."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Lets `madx-stilts doctor` raise an error."""

    def fail(error: BaseException) -> None:
        def raise_it(as_json: bool) -> None:
            raise error

        monkeypatch.setattr(cli.commands["doctor"], "callback", raise_it)

    return fail


@pytest.mark.parametrize(("error", "code"), OURS, ids=lambda value: type(value).__name__)
def test_each_error_has_its_exit_code_and_is_told_in_full(
    error: MadxStiltsError, code: int, madx: Madx, failing: Failing
) -> None:
    failing(error)
    said = madx("doctor")
    hint = f"{error.hint}\n" if error.hint else ""
    assert (said.code, said.out, said.err) == (code, "", f"Error: {error.message}\n{hint}")


@pytest.mark.parametrize(("error", "code"), OURS, ids=lambda value: type(value).__name__)
def test_each_error_is_told_to_programs_as_one_json_object(
    error: MadxStiltsError, code: int, madx: Madx, failing: Failing
) -> None:
    failing(error)
    said = madx("doctor", "--json")
    expected = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    assert (said.code, said.out, json.loads(said.err)) == (code, "", expected)


@pytest.mark.parametrize(
    "words", [("zoo", "lst"), ("zoo", "list", "--lmit"), ("tasks", "show"), ("train", "target", "a", "--seed", "x"), ()]
)
def test_a_command_that_is_not_understood_is_told_to_programs_in_the_same_form(
    words: tuple[str, ...], madx: Madx
) -> None:
    plain, said = madx(*words), madx(*words, "--json")
    assert (plain.code, plain.out, said.code, said.out) == (2, "", 2, "")
    told = json.loads(said.err)
    assert set(told) == {"error", "message", "hint"}
    assert told["error"] == "UsageError"
    assert told["message"]


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (KeyboardInterrupt(), 130, "Stopped."),
        (MemoryError(), 4, "memory"),
        (OutOfMemoryError("CUDA out of memory."), 4, "memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 4, "memory"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/file"), 3, "/full/file"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/locked"), 3, "/locked"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), 3, "Read-only"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/gone"), 3, "/gone: No such file"),
        (OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), "a" * 300), 3, "File name too long"),
        (NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), "/file/x"), 3, "/file/x: Not a directory"),
        (OSError(errno.ELOOP, os.strerror(errno.ELOOP), "/circle"), 3, "/circle: Too many levels"),
        (ConnectionError("no route"), 3, "ConnectionError: no route"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_the_machine_refuses_is_told_as_an_error_of_ours(
    error: BaseException, code: int, part: str, madx: Madx, failing: Failing
) -> None:
    failing(error)
    said = madx("doctor")
    assert said.code == code
    assert part in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("error", [KeyError("x"), RuntimeError("x"), OverflowError("x")])
def test_an_error_that_nobody_foresaw_is_raised_on(error: Exception, madx: Madx, failing: Failing) -> None:
    failing(error)
    with pytest.raises(type(error)):
        madx("doctor")


def test_a_bug_is_told_with_its_traceback_and_ends_with_1() -> None:
    code = "from madx_stilts.cli import main as door; door.cli.commands['doctor'].callback = print; door.main()"
    command = [sys.executable, "-c", f"import sys; sys.argv = ['madx-stilts', 'doctor']; {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" in done.stderr
    assert "TypeError" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Unexpected error")


def test_a_bug_is_told_to_programs_as_one_json_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["madx-stilts", "doctor", "--json"])
    error = KeyError("x")
    tell_bug(type(error), error, error.__traceback__)
    told = json.loads(capsys.readouterr().err)
    assert set(told) == {"error", "message", "hint"}
    assert (told["error"], "KeyError: 'x'" in told["message"], "report" in told["hint"]) == ("KeyError", True, True)


def test_verbose_also_tells_where_in_the_code_an_error_arose(madx: Madx, failing: Failing) -> None:
    failing(DataError("Wrong."))
    for words in (("-v", "doctor"), ("doctor", "--verbose")):
        said = madx(*words)
        assert said.err.startswith("Traceback")
        assert said.err.endswith("Error: Wrong.\n")


def test_a_reader_that_leaves_ends_the_command_without_a_word(madx: Madx, failing: Failing) -> None:
    failing(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    stdout, stderr = sys.stdout, sys.stderr
    try:
        assert madx("doctor").code == 130
    finally:
        for stream in {sys.stdout, sys.stderr} - {stdout, stderr}:
            stream.close()
        sys.stdout, sys.stderr = stdout, stderr


def test_head_may_cut_the_output() -> None:
    command = f"{sys.executable} -m madx_stilts tasks list | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    first, status = done.stdout.splitlines()
    assert (first, status in ("0", "130"), done.stderr) == ("Tasks", True, "")


@pytest.mark.parametrize(
    ("redirected", "code", "message"),
    [
        (">&-", 3, "Error: Cannot write the output: Bad file descriptor."),
        ("> /dev/full", 3, "No space left on device"),
        (">&- 2>&-", 3, ""),
        ("> /dev/full 2> /dev/full", 3, ""),
        ("2>&-", 0, ""),
        ("2> /dev/full", 0, ""),
        ("<&- 2>&- > /dev/null", 0, ""),
    ],
)
@pytest.mark.parametrize("words", ["tasks list", "tasks list --json", "--help", "zoo prune --help"])
def test_an_output_that_takes_nothing_is_no_bug(words: str, redirected: str, code: int, message: str) -> None:
    command = f"{sys.executable} -m madx_stilts {words} {redirected}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert message.rpartition(":")[2].strip(". ") in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("redirected", ["> /dev/full", "2> /dev/full", "2>&-"])
def test_a_usage_error_keeps_its_exit_code_whatever_is_closed(redirected: str) -> None:
    for words in ("tasks show nothing", "zoo lst", "tasks show nothing --json"):
        command = f"{sys.executable} -m madx_stilts {words} {redirected}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_help_may_be_cut_by_head() -> None:
    command = f"{sys.executable} -m madx_stilts grid run --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout.strip() in ("0", "130"), done.stderr) == (True, "")


@pytest.mark.parametrize(
    "words", ["tasks show $'\\xff'", "train target xnli --name $'\\xff'", "-q zoo list --zoo $'a\\xe9'"]
)
def test_arguments_that_are_no_text_are_refused(words: str) -> None:
    command = f"{sys.executable} -m madx_stilts {words}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is not valid UTF-8" in done.stderr


def test_messages_show_what_would_act_on_a_terminal(madx: Madx, failing: Failing) -> None:
    failing(DataError("red \x1b[31m, back \r, turned \u202e, line\nand tab\t."))
    assert madx("doctor").err == "Error: red \\x1b[31m, back \\x0d, turned \\u202e, line\nand tab\t.\n"


def test_a_message_that_quotes_very_much_is_cut(madx: Madx, failing: Failing) -> None:
    failing(DataError("a" * 10**6))
    assert len(madx("doctor").err) < 30_000
