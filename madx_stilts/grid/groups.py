"""Groups of trainings that may run in lockstep: those that see the same batches."""

from collections.abc import Mapping

from madx_stilts.grid.job import Job, JobId, Train


def grouped(jobs: Mapping[JobId, Job]) -> tuple[tuple[JobId, ...], ...]:
    """Trainings that differ only in what they stand on or start from.

    A group is trained as a whole: it needs only what groups before it train. So trainings of a group are equally deep
    in the grid, where a training that nothing else waits for may be put off until the others of its kind are due.

    Args:
        jobs: What is needed before what needs it.

    Returns:
        Groups in an order in which they can be trained; each training is in one of them.
    """
    trainings = {identity: job for identity, job in jobs.items() if isinstance(job, Train)}
    kinds = _kinds(trainings)
    depths = _depths(trainings, kinds)
    groups: dict[tuple[int, int], list[JobId]] = {}
    for identity in trainings:
        groups.setdefault((depths[identity], kinds[identity]), []).append(identity)
    return tuple(tuple(groups[key]) for key in sorted(groups, key=lambda key: key[0]))


def _kinds(trainings: Mapping[JobId, Train]) -> dict[JobId, int]:
    """The same number for trainings that see the same batches. A start changes nothing of what is seen."""
    numbers: dict[object, int] = {}
    kinds = {}
    for identity, job in trainings.items():
        one = job.recipe
        kind = (job.backbone, job.text, one.parts, one.sampling, one.method, one.train, one.seed)
        kinds[identity] = numbers.setdefault(kind, len(numbers))
    return kinds


def _depths(trainings: Mapping[JobId, Train], kinds: Mapping[JobId, int]) -> dict[JobId, int]:
    """How many trainings stand before each at least, raised to that of its kind where nothing is kept waiting."""
    depths: dict[JobId, int] = {}
    for identity, job in trainings.items():
        depths[identity] = 1 + max((depths[need] for need in job.needs), default=-1)
    deepest: dict[int, int] = {}
    for identity, kind in kinds.items():
        deepest[kind] = max(deepest.get(kind, 0), depths[identity])
    first_user: dict[JobId, int] = {}
    for identity, job in reversed([*trainings.items()]):
        latest = first_user.get(identity, deepest[kinds[identity]] + 1) - 1
        depths[identity] = max(depths[identity], min(latest, deepest[kinds[identity]]))
        for need in job.needs:
            first_user[need] = min(first_user.get(need, depths[identity]), depths[identity])
    return depths
