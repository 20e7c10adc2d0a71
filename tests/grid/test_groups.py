"""Trainings that see the same batches are grouped, and groups can be trained one after another."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from madx_stilts.grid.job import Train
from madx_stilts.grid.plan import Plan

Planning = Callable[..., Plan]
COLUMNS = ["none", "mnli", "siqa", "squad_v1", {"chain": ["mnli", "siqa"]}, {"chain": ["siqa", "copa", "mnli"]}]


def recipe_without_ground(job: object) -> object:
    """What lockstep needs to be equal."""
    assert isinstance(job, Train)
    return job.backbone, job.text, job.recipe.model_dump_json(exclude={"below", "start"})


def test_xtreme_has_a_group_for_each_target_and_one_for_each_intermediate(xtreme: Plan) -> None:
    assert sorted(map(len, xtreme.groups)) == [1] * 9 + [9, 9, 10, 10, 10, 10]


@given(
    columns=st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=6, unique_by=repr),
    targets=st.lists(st.sampled_from(["xnli", "xquad", "xcopa", "panx"]), min_size=1, max_size=4, unique=True),
    transfers=st.sampled_from([["stack"], ["continue"], ["stack", "continue"]]),
    seeds=st.sampled_from([[0], [0, 1]]),
)
@settings(max_examples=60, deadline=None)
def test_groups_divide_the_trainings_and_can_be_done_in_their_order(
    planned: Planning, columns: list[object], targets: list[str], transfers: list[str], seeds: list[int]
) -> None:
    made = planned(intermediates=columns, targets=targets, transfers=transfers, seeds=seeds)
    assert sorted(identity for group in made.groups for identity in group) == sorted(made.trainings)
    trained: set[str] = set()
    for group in made.groups:
        assert len({recipe_without_ground(made.jobs[identity].job) for identity in group}) == 1
        assert all(set(made.jobs[identity].job.needs) <= trained for identity in group)
        trained |= {*group}


def test_a_target_without_an_intermediate_waits_for_the_others_of_its_kind(planned: Planning) -> None:
    made = planned(intermediates=["none", "mnli", {"chain": ["mnli", "ccg"]}], targets=["panx"])
    assert [len(group) for group in made.groups] == [1, 1, 3]


def test_a_training_that_others_wait_for_does_not(planned: Planning) -> None:
    made = planned(intermediates=["none", "mnli"], targets=["xnli"])
    assert [len(group) for group in made.groups] == [1, 1]
