"""Grids from a few keys, planned over all real tasks; nothing is read, so no data are needed."""

import json
from collections.abc import Callable, Mapping

import pytest

from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import Job
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.tasks import TASKS

NINE = ("anli_plus", "mnli", "qqp", "squad_v1", "squad_v2", "hellaswag", "ccg", "cosmos_qa", "commonsense_qa")
XTREME = ("xnli", "paws_x", "udpos", "panx", "xquad", "mlqa", "tydiqa_goldp", "bucc2018", "tatoeba")

GridOf = Callable[..., Grid]
Planning = Callable[..., Plan]


def stamps(job: Job) -> Mapping[str, str]:
    """Stands for the bytes of a job's backbone; those of data are the same in all tests."""
    return {"backbone": f"bytes of {job.backbone}"}


@pytest.fixture(scope="session")
def grid_of() -> GridOf:
    """A grid with these keys over those of a small one, read as its file would be."""

    def make(**keys: object) -> Grid:
        small = {"name": "small", "backbones": ["xlmr-base"], "intermediates": ["none"], "targets": ["xnli"]}
        return Grid.model_validate_json(json.dumps({**small, "seeds": [0], **keys}), strict=True)

    return make


@pytest.fixture(scope="session")
def planned(grid_of: GridOf) -> Planning:
    """The plan of a grid with these keys."""
    return lambda **keys: plan(grid_of(**keys), TASKS, stamps)


@pytest.fixture(scope="session")
def xtreme(planned: Planning) -> Plan:
    """Nine intermediates and none, on the nine targets of XTREME, with one seed."""
    return planned(intermediates=["none", *NINE], targets=list(XTREME))
