"""Units of work: train one adapter, or score one stack on one task. An id is a hash of what is done.

What an adapter will be called is known only when its data are read, so jobs name the adapters below them by the ids of
the jobs that train those: the recipe of a `Train` holds job ids where that of a card holds adapter ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from madx_stilts.bounds import Count
from madx_stilts.files import digest
from madx_stilts.recipe import Frozen, Recipe
from madx_stilts.stack import Role
from madx_stilts.tasks.task import Split

JobId = str
Missing = Literal["source", "none", "error"]


class Train(Frozen):
    """Train one adapter."""

    kind: Literal["train"] = "train"
    backbone: str
    """As the grid names it."""
    recipe: Recipe
    """With job ids in `below`, `fusion` and `start`."""
    text: str = ""
    """Where the plain text of its masked language modelling lies: `owner/name` of a data set, or a file."""

    @property
    def needs(self) -> tuple[JobId, ...]:
        """The jobs whose adapters it stands on or starts from."""
        return self.recipe.parents


class StackSlot(Frozen):
    """A job's adapter at a place in a stack."""

    role: Role
    job: JobId
    fused: Literal[True] | None = None
    """Whether it stands side by side with others under a fusion layer of the target; None: it does not."""


class Score(Frozen):
    """Score one stack on one task in some languages."""

    kind: Literal["score"] = "score"
    backbone: str
    task: str
    version: int = 1
    split: Split = "test"
    languages: tuple[str, ...]
    limit: Count | None = None
    """Score so many examples per language at most."""
    stack: tuple[StackSlot, ...] = ()
    """Bottom to top; empty: the bare backbone (retrieval only)."""
    swap: Mapping[str, JobId] = {}
    """The language adapter of each language that has one, the source language included; empty: none is exchanged."""
    missing: Missing = "error"
    """What another language gets, where they are exchanged."""

    @property
    def needs(self) -> tuple[JobId, ...]:
        """The jobs whose adapters it scores."""
        return tuple(dict.fromkeys((*(place.job for place in self.stack), *self.swap.values())))


Job = Train | Score
_JOBS: TypeAdapter[Job] = TypeAdapter(Annotated[Job, Field(discriminator="kind")])


def job_from_json(text: str | bytes) -> Job:
    """Read a job back from `job.model_dump_json()`."""
    return _JOBS.validate_json(text)


def job_id(job: Job, stamps: Mapping[str, str]) -> JobId:
    """The id of a job: 64 hexadecimal digits.

    Args:
        stamps: What stands for the bytes of its backbone and data, by any names: other bytes, another id.
    """
    # What is None is left out, so that a later version may add settings without renaming what was done before.
    return digest({"job": job.model_dump(mode="json", exclude_none=True), "stamps": dict(stamps)})


@dataclass(frozen=True)
class PlannedJob:
    """A job of a plan.

    Args:
        names: What its adapter will be called: role and name, one or more; none for a `Score`.
        why: Why it exists, a sentence.
    """

    id: JobId
    job: Job
    names: tuple[tuple[Role, str], ...] = ()
    why: str = ""
    cells: int = field(default=0)
