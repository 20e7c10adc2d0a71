"""The end of a grid's run, as text and as JSON."""

from collections.abc import Mapping

from madx_stilts.cli.output import echo
from madx_stilts.errors import JobFailed
from madx_stilts.grid.job import JobId, Train
from madx_stilts.grid.records import Record
from madx_stilts.run.grid import RunOutcome
from madx_stilts.run.ledger import name_of

_TOLD = 20
"""Failures that a message lists."""


def outcome_facts(outcome: RunOutcome) -> dict[str, object]:
    """What `grid run --json` prints."""
    plan = outcome.plan
    failed = [{"id": id, "name": name_of(plan, id), **_reason(record)} for id, record in outcome.failed.items()]
    return {
        "grid": plan.grid.name,
        "jobs": len(plan.jobs),
        "done": len(outcome.done),
        "executed": list(outcome.executed),
        "reused": [id for id in outcome.executed if id in outcome.done and outcome.done[id].reused],
        "failed": failed,
        "blocked": sorted(outcome.blocked),
        "left": _left(outcome),
        "wall_seconds": outcome.wall_seconds,
    }


def print_outcome(outcome: RunOutcome) -> None:
    """Print what was done and what it cost."""
    plan = outcome.plan
    done = [outcome.done[id] for id in outcome.executed if id in outcome.done]
    counts = f"{len(outcome.done)} of {len(plan.jobs)} jobs are done"
    left = len(_left(outcome))
    if not outcome.executed:
        others = f"{left} are left to the Slurm jobs; `grid status` tells how they stand."
        echo(f"{plan.grid.name}: {counts}; {others if left else 'nothing was left to do.'}")
        return
    trained = [record for record in done if isinstance(record.job, Train)]
    reused = sum(record.reused for record in trained)
    echo(f"{plan.grid.name}: {counts}.")
    echo(
        f"  this run: {len(trained) - reused} adapters trained, {reused} taken from the zoo, "
        f"{len(done) - len(trained)} stacks scored, in {outcome.wall_seconds:.0f} s"
    )
    cost = sum(record.cpu_seconds for record in done)
    peak = max((record.peak_bytes for record in done), default=0)
    echo(f"  {cost:.0f} s of the processor, peak memory of one worker {peak / 1e9:.2f} GB")


def failure_of(outcome: RunOutcome) -> JobFailed:
    """The error of a run in which jobs failed; it lists them."""
    plan = outcome.plan
    names = [f"  - {name_of(plan, id)}: {_reason(record)['message']}" for id, record in outcome.failed.items()]
    more = [f"  and {len(names) - _TOLD} more"] if len(names) > _TOLD else []
    jobs = "job" if len(names) == 1 else "jobs"
    waiting = f"; {len(outcome.blocked)} that need them were not done" if outcome.blocked else ""
    lines = "\n".join([*names[:_TOLD], *more])
    hints = dict.fromkeys(record.error.hint for record in outcome.failed.values() if record.error)
    hint = " ".join([*[hint for hint in hints if hint][:2], "Run it again: what failed is tried again."])
    return JobFailed(f"{len(names)} {jobs} failed{waiting}:\n{lines}", hint=hint)


def _left(outcome: RunOutcome) -> list[JobId]:
    """The jobs that others will do: workers that were not waited for."""
    return [id for id in outcome.plan.jobs if not (id in outcome.done or id in outcome.failed or id in outcome.blocked)]


def _reason(record: Record) -> Mapping[str, str]:
    return record.error.model_dump() if record.error else {"error": "", "message": "", "hint": ""}
