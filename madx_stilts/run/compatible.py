"""Jobs of a plan that may be done at once. No torch."""

from madx_stilts.grid.job import JobId, Score, Train
from madx_stilts.grid.plan import Plan


def kin(plan: Plan) -> dict[JobId, int]:
    """The same number for jobs that may be done at once.

    Those are the trainings of a group, and scorings that differ in nothing but their stacks.
    """
    numbers: dict[object, int] = {}
    keys: dict[JobId, object] = {id: at for at, members in enumerate(plan.groups) for id in members}
    keys |= {id: _kind(plan, one.job) for id, one in plan.jobs.items() if isinstance(one.job, Score)}
    return {id: numbers.setdefault(keys[id], len(numbers)) for id in plan.jobs}


def _kind(plan: Plan, job: Score) -> object:
    """All of a scoring but its stack, and the precision in which the uppermost adapter of this is trained."""
    top = plan.jobs[job.stack[-1].job].job if job.stack else None
    precision = top.recipe.train.precision if isinstance(top, Train) else "fp32"
    return precision, job.model_copy(update={"stack": ()}).model_dump_json()
