"""Status of a grid's jobs, as text and as JSON."""

from collections import Counter
from collections.abc import Sequence

from madx_stilts.cli.output import echo
from madx_stilts.grid.job import JobId
from madx_stilts.grid.plan import Plan
from madx_stilts.run.ledger import JobStatus, State, name_of

_STATES: tuple[State, ...] = ("done", "running", "failed", "ready", "waiting")
Standings = Sequence[tuple[JobId, JobStatus]]


def standing_facts(plan: Plan, standings: Standings) -> dict[str, object]:
    """What `grid status --json` prints."""
    jobs = [_facts(plan, id, standing) for id, standing in standings]
    return {"grid": plan.grid.name, "counts": _counts(standings), "jobs": jobs}


def print_standings(plan: Plan, standings: Standings, *, every: bool) -> None:
    """Print how many jobs stand how, and those that run, have failed or are otherwise worth a look.

    Args:
        every: Whether all are listed.
    """
    echo(f"{plan.grid.name}: " + ", ".join(f"{count} {state}" for state, count in _counts(standings).items()))
    for id, standing in standings:
        if not (every or standing.note or standing.state in ("running", "failed")):
            continue
        echo(f"  {standing.state:8}{name_of(plan, id)}")
        for line in _remarks(plan, standing):
            echo(f"          {line}")


def _remarks(plan: Plan, standing: JobStatus) -> list[str]:
    """What is known of a job besides its state, a line each."""
    remarks = [standing.note] if standing.note else []
    record = standing.record
    if record is not None and record.error is not None:
        remarks += [record.error.message, *([record.error.hint] if record.error.hint else [])]
    if standing.waits_for:
        names = ", ".join(name_of(plan, need) for need in standing.waits_for)
        remarks.append(f"waits for {names}" + (", and something it needs has failed" if standing.blocked else ""))
    return remarks


def _facts(plan: Plan, id: JobId, standing: JobStatus) -> dict[str, object]:
    record = standing.record
    return {
        "id": id,
        "kind": plan.jobs[id].job.kind,
        "name": name_of(plan, id),
        "state": standing.state,
        "error": record.error.model_dump() if record is not None and record.error is not None else None,
        "waits_for": list(standing.waits_for),
        "blocked": standing.blocked,
        "note": standing.note,
        "adapter": record.adapter if record is not None else None,
        "reused": record.reused if record is not None else False,
        "wall_seconds": record.wall_seconds if record is not None else None,
    }


def _counts(standings: Standings) -> dict[str, int]:
    counts = Counter(standing.state for _, standing in standings)
    return {state: counts[state] for state in _STATES}
