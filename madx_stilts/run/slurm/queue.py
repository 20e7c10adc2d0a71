"""What Slurm knows of the jobs of a grid. They are found by their names, which stand for folders in the store.

<zoo>/slurm/<plan>-<brief>/   the brief, what submitit writes, the logs, and what each job told (`<job>.jsonl`)

No torch, no submitit.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.errors import NotAvailable
from madx_stilts.files import digest
from madx_stilts.run.worker_brief import WorkerBrief

BRIEF = "brief.json"
"""In such a folder."""
_SECONDS = 60.0
"""For Slurm to answer."""
_FIELDS = "%i|%T|%r|%N"


@dataclass(frozen=True)
class Queued:
    """A job that waits, runs or is just ending.

    Args:
        id: As Slurm names it; of one of an array, `array_number`.
        state: In Slurm's words, as in PENDING.
        reason: Why it waits, in Slurm's words.
        node: Where it runs.
    """

    id: str
    state: str
    reason: str
    node: str

    def __str__(self) -> str:
        where = f" on {self.node}" if self.node else ""
        return f"{self.id} {self.state}{where}" + (f" ({self.reason})" if self.reason != "None" else "")


def folder_of(brief: WorkerBrief) -> Path:
    """The folder of what does one brief; the same brief has the same folder."""
    told = {"site": brief.site.model_dump(mode="json"), "stale": sorted(brief.stale)}
    return _home(brief.site.zoo[0]) / f"{_short(brief.plan)}-{_short(told)}"


def names_of(zoo: Path, plan: str) -> list[str]:
    """What jobs of a plan are called that were ever submitted.

    Args:
        plan: As `Plan.to_json` writes it.
    """
    return [name for folder in sorted(_home(zoo).glob(f"{_short(plan)}-*")) for name in names_in(folder)]


def names_in(folder: Path) -> list[str]:
    """What jobs of a folder are called: the workers, and the one in reserve."""
    return [f"madx-stilts-{folder.name}", f"madx-stilts-{folder.name}-reserve"]


def queued(names: Sequence[str]) -> list[Queued]:
    """The jobs of these names that have not ended.

    Raises:
        NotAvailable: There is no Slurm here, or it does not answer.
    """
    if not names:
        return []
    told = _ask("squeue", "--noheader", "--array", f"--format={_FIELDS}", f"--name={','.join(names)}")
    return [Queued(*line.strip().split("|")) for line in told.splitlines() if line.count("|") == _FIELDS.count("|")]


def cancel(names: Sequence[str], *, only_waiting: bool = False) -> None:
    """Let Slurm end the jobs of these names.

    Raises:
        NotAvailable: There is no Slurm here, or it does not answer.
    """
    for name in names:
        _ask("scancel", "--quiet", f"--name={name}", *(["--state=PENDING"] if only_waiting else []))


def _ask(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except FileNotFoundError as error:
        hint = "Run it on a login node of a Slurm cluster."
        raise NotAvailable(f"There is no {command[0]} on this machine.", hint=hint) from error
    except subprocess.TimeoutExpired as error:
        raise NotAvailable(f"{command[0]} does not answer.", hint="Try it again later.") from error
    if done.returncode != 0:
        raise NotAvailable(f"{command[0]} failed: {done.stderr.strip()}", hint="Try it again later.")
    return done.stdout


def _home(zoo: Path) -> Path:
    return zoo / "slurm"


def _short(value: object) -> str:
    return digest(value)[:12]
