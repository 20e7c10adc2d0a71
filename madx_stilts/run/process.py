"""A worker process: `python -m madx_stilts.run.process NUMBER`. Its events go to stdout.

On stdin comes the length of its brief in bytes, on a line of its own, and then the brief. Stdin stays open as long as
the run is there: when it ends, the run has ended, in whatever way, and so does the worker.
"""

import logging
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from io import FileIO

from madx_stilts.errors import Interrupted, MadxStiltsError
from madx_stilts.run.events import Event
from madx_stilts.run.worker_brief import WorkerBrief

STOPPED = Interrupted.exit_code


def main() -> int:
    """Work, and tell what happens, a line of JSON each.

    Returns:
        The exit code: 0 if nothing is left to do, that of an error else.
    """
    number = int(sys.argv[1])
    # Libraries print; what they print must not stand among the events.
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _quieten()
    # Without a buffer: its lock would be held by the thread that waits when Python ends.
    stream = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115 (open until the process ends)
    brief = WorkerBrief.model_validate_json(_read(stream, int(stream.readline())))
    threading.Thread(target=_stop_at_the_end, args=(stream,), daemon=True).start()

    def tell(event: Event) -> None:
        with suppress(BrokenPipeError):  # the run has ended, and so will this process
            print(event.model_dump_json(), file=events)

    from madx_stilts.run.worker import work

    try:
        work(brief, tell, number=number)
    except KeyboardInterrupt:
        return STOPPED
    except MadxStiltsError as error:
        failed = {"error": type(error).__name__, "text": error.message, "hint": error.hint}
        tell(Event.model_validate({"kind": "stopped", "worker": number, **failed}))
        return error.exit_code
    return 0


def _read(stream: FileIO, length: int) -> bytes:
    """So many bytes, or what there is until the stream ends."""
    content = bytearray()
    while len(content) < length and (more := stream.read(length - len(content))):
        content += more
    return bytes(content)


def _stop_at_the_end(stream: FileIO) -> None:
    stream.read(1)
    os.kill(os.getpid(), signal.SIGTERM)
    # Where the run holds it back, so that Slurm's own SIGTERM is none to its workers, both count as one.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _quieten() -> None:
    """What preflight checks needs no warning; see the settings of the command line."""
    if os.environ.get("TRANSFORMERS_VERBOSITY") == "error":
        logging.getLogger("adapters").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", module=r"(accelerate|adapters|huggingface_hub|transformers)\b")


if __name__ == "__main__":
    sys.exit(main())
