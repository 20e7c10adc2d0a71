"""A plan has each job once, and all that a cell needs; equal trainings are found by their ids."""

import json
from collections import Counter
from collections.abc import Callable
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madx_stilts.errors import UsageError
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import Score, Train, job_id
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.recipe import Recipe
from madx_stilts.stack import Role
from madx_stilts.tasks import TASKS

Planning = Callable[..., Plan]
GridOf = Callable[..., Grid]

TEXT = {"language": {"text": "local/text"}}
COLUMNS = [
    "none",
    "mnli",
    "mnli@de",
    {"mix": ["mnli", "squad_v1"]},
    {"chain": ["mnli", "siqa"]},
    {"task": "qqp", "masked_lm": 0.25},
]
FUSIONS = [{"fuse": ["mnli", "squad_v1"]}, {"fuse": ["mnli", "qqp@en"], "fusion": {"rate": 0.5}, "name": "both"}]
TRAINED = ["xnli", "xquad", "mlqa", "xcopa", "panx"]
"""Targets that something is trained for."""


def some(values: list[object]) -> st.SearchStrategy[list[object]]:
    """A few of them in any order, each once."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique_by=repr)


PLAIN = st.fixed_dictionaries(
    {
        "intermediates": some([*COLUMNS]),
        "transfers": some(["stack", "continue"]),
        "language_adapters": some(["none", "source", "swap"]),
        "targets": some(["xnli", "xquad", "mlqa", "xcopa", "tatoeba", "panx", "lareqa"]),
        "seeds": some([0, 1, 2]),
        "train": st.just(TEXT),
    }
)
FUSED = st.fixed_dictionaries(
    {
        "intermediates": some([*COLUMNS, *FUSIONS]),
        "language_adapters": some(["none", "source", "swap"]),
        "targets": some([*TRAINED]),
        "seeds": some([0, 1, 2]),
        "train": st.just(TEXT),
    }
)
AXES = PLAIN | FUSED


def recipe_of(made: Plan, name: str, role: Role = Role.TARGET) -> Recipe:
    """The recipe of the only training that is called so."""
    (job,) = (one.job for one in made.jobs.values() if (role, name) in one.names)
    assert isinstance(job, Train)
    return job.recipe


def called(made: Plan, name: str, role: Role = Role.TARGET) -> str:
    """The id of the only training that is called so."""
    (found,) = (one.id for one in made.jobs.values() if (role, name) in one.names)
    return found


def score_of(made: Plan) -> Score:
    """The scoring of a plan with one cell."""
    (identity,) = set(made.cells.values())
    job = made.jobs[identity].job
    assert isinstance(job, Score)
    return job


def test_nine_intermediates_and_none_on_xtreme_take_67_trainings(xtreme: Plan) -> None:
    assert len(xtreme.cells) == 90
    assert len(xtreme.trainings) == 67
    assert len(xtreme.jobs) == 67 + 90


def test_equal_trainings_are_one_because_their_settings_agree_and_not_by_name(planned: Planning) -> None:
    agree = planned(intermediates=["none", "mnli"])
    differ = planned(intermediates=["none", "mnli"], train={"target": {"train": {"epochs": 1}}})
    assert (len(agree.trainings), len(differ.trainings)) == (2, 3)
    assert called(agree, "xnli") == called(agree, "mnli", Role.INTERMEDIATE)


def test_a_fusion_takes_its_members_and_one_training_for_each_target(planned: Planning) -> None:
    fuse = {"fuse": ["mnli", "squad_v1", "ccg"]}
    made = planned(intermediates=["none", "mnli", fuse], targets=["xnli", "panx"])
    # mnli is xnli without an intermediate; panx; two targets on mnli; squad_v1 and ccg; two targets over the fusion
    assert len(made.trainings) == 1 + 1 + 2 + 2 + 2
    assert len(made.jobs) == 8 + 6
    recipe = recipe_of(made, "xnli+fuse.mnli.squad_v1.ccg")
    members = [called(made, name, Role.INTERMEDIATE) for name in ("mnli", "squad_v1", "ccg")]
    assert (recipe.below, list(recipe.fused)) == ((), members)
    assert recipe_of(made, "panx+fuse.mnli.squad_v1.ccg").fused == recipe.fused
    alone = planned(intermediates=["mnli", "squad_v1", "ccg"])
    assert [called(alone, name, Role.INTERMEDIATE) for name in ("mnli", "squad_v1", "ccg")] == members


def test_a_fusion_alone_is_planned_with_three_members_a_target_and_a_scoring(planned: Planning) -> None:
    made = planned(intermediates=[{"fuse": ["qqp", "squad_v1", "ccg"]}])
    assert (len(made.trainings), len(made.jobs)) == (4, 5)
    score = score_of(made)
    assert [(place.role, place.fused) for place in score.stack] == [(Role.INTERMEDIATE, True)] * 3 + [
        (Role.TARGET, None)
    ]


def test_a_fusion_stands_on_the_language_adapter_that_its_members_stand_on(planned: Planning) -> None:
    made = planned(intermediates=[{"fuse": ["qqp", "ccg"]}], language_adapters=["swap"], train=TEXT)
    english = called(made, "en", Role.LANGUAGE)
    recipe = recipe_of(made, "xnli+fuse.qqp.ccg+la.en")
    assert recipe.below == (english,)
    below = [recipe_of(made, name, Role.INTERMEDIATE).below for name in ("qqp", "ccg")]
    assert below == [(english,), (english,)]
    assert score_of(made).swap["de"] == called(made, "de", Role.LANGUAGE)


def test_each_training_of_a_target_is_over_the_fusion(planned: Planning) -> None:
    made = planned(intermediates=[{"fuse": ["mnli", "ccg"]}], targets=["xcopa"])
    last, first = recipe_of(made, "xcopa+fuse.mnli.ccg"), recipe_of(made, "siqa+fuse.mnli.ccg")
    assert last.fusion == first.fusion
    assert last.start is not None
    assert last.start.adapter == called(made, "siqa+fuse.mnli.ccg")
    assert first.start is None


def test_settings_of_a_fusion_are_those_of_its_targets(planned: Planning) -> None:
    usual, other = ({"fuse": ["mnli", "ccg"]}, {"fuse": ["mnli", "ccg"], "fusion": {"rate": 0.5}})
    recipes = [recipe_of(planned(intermediates=[one]), "xnli+fuse.mnli.ccg") for one in (usual, other)]
    assert [one.fusion.rate for one in recipes if one.fusion] == [0.1, 0.5]
    assert recipes[0].fused == recipes[1].fused, "the members are trained as before"


@given(axes=AXES)
@settings(max_examples=40, deadline=None)
def test_planning_again_gives_the_same_plan(planned: Planning, axes: dict[str, object]) -> None:
    assert planned(**axes).to_json() == planned(**axes).to_json()


@given(axes=AXES)
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_axes_changes_nothing_but_order(planned: Planning, axes: dict[str, object]) -> None:
    turned = {key: value[::-1] if isinstance(value, list) else value for key, value in axes.items()}
    one, other = planned(**axes), planned(**turned)
    assert one.cells == other.cells
    assert one.jobs.keys() == other.jobs.keys()
    assert {frozenset(group) for group in one.groups} == {frozenset(group) for group in other.groups}
    for identity, first in one.jobs.items():
        second = other.jobs[identity]
        assert (first.job, set(first.names), first.cells) == (second.job, set(second.names), second.cells)


@given(axes=AXES)
@settings(max_examples=40, deadline=None)
def test_what_is_needed_stands_before_what_needs_it(planned: Planning, axes: dict[str, object]) -> None:
    made = planned(**axes)
    seen: set[str] = set()
    for identity, one in made.jobs.items():
        assert set(one.job.needs) <= seen
        seen.add(identity)


@given(axes=AXES)
@settings(max_examples=40, deadline=None)
def test_every_cell_has_one_scoring_of_its_target_and_every_job_cells(
    planned: Planning, axes: dict[str, object]
) -> None:
    made = planned(**axes)
    assert len(made.cells) == prod(len(values) for values in axes.values() if isinstance(values, list))
    for cell, identity in made.cells.items():
        job = made.jobs[identity].job
        assert isinstance(job, Score)
        assert (job.task, job.backbone) == (cell.target, cell.backbone)
    users = Counter(need for identity in made.cells.values() for need in made.all_needs(identity))
    assert {identity: one.cells for identity, one in made.jobs.items()} == dict(users)
    assert {identity: len(cells) for identity, cells in made.cells_of.items()} == dict(users)


@given(axes=AXES)
@settings(max_examples=40, deadline=None)
def test_a_plan_comes_back_from_its_text_as_it_was(planned: Planning, axes: dict[str, object]) -> None:
    made = planned(**axes)
    again = Plan.from_json(made.to_json())
    assert again == made
    assert again.to_json() == made.to_json()


def test_settings_that_were_written_are_told_from_defaults_after_a_round_trip(planned: Planning) -> None:
    made = planned(train={"target": {"train": {"max_tokens": 256}}})
    again = Plan.from_json(made.to_json())
    assert again.grid.train.target.train.model_fields_set == {"max_tokens"}
    assert plan(again.grid, TASKS, lambda job: {"backbone": f"bytes of {job.backbone}"}) == made


def test_a_plan_of_another_version_is_refused(planned: Planning) -> None:
    text = json.dumps({**json.loads(planned().to_json()), "format": 99})
    with pytest.raises(UsageError, match="format 99"):
        Plan.from_json(text)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("intermediates", ["none", "mnli", "qqp"], ["none", "mnli", "ccg"]),
        ("targets", ["xnli", "panx", "xquad"], ["xnli", "panx", "mlqa"]),
        ("seeds", [0, 1], [0, 2]),
        ("transfers", ["stack"], ["stack", "continue"]),
        ("language_adapters", ["none"], ["none", "swap"]),
        ("backbones", ["xlmr-base"], ["xlmr-base", "mbert"]),
    ],
)
def test_jobs_that_a_changed_axis_does_not_reach_keep_their_ids(
    planned: Planning, key: str, before: list[object], after: list[object]
) -> None:
    keys: dict[str, object] = {"intermediates": ["none", "mnli"], "targets": ["xnli", "panx"], "train": TEXT}
    old, new = planned(**(keys | {key: before})), planned(**(keys | {key: after}))
    kept = {cell for cell in old.cells if cell in new.cells}
    assert kept
    for cell in kept:
        assert old.cells[cell] == new.cells[cell]
        assert set(old.all_needs(old.cells[cell])) <= new.jobs.keys()


def test_other_bytes_of_the_backbone_are_another_job_and_so_is_all_that_stands_on_it(grid_of: GridOf) -> None:
    grid = grid_of(intermediates=["none", "mnli"])
    old = plan(grid, TASKS, lambda job: {"backbone": "these"})
    new = plan(grid, TASKS, lambda job: {"backbone": "those"})
    assert old.jobs.keys().isdisjoint(new.jobs)


def test_an_id_is_the_hash_of_the_job_that_it_names(xtreme: Plan) -> None:
    for identity, one in xtreme.jobs.items():
        assert identity == one.id == job_id(one.job, {"backbone": "bytes of xlmr-base"})


def test_each_job_is_stamped_once(grid_of: GridOf) -> None:
    asked: Counter[str] = Counter()

    def stamps(job: object) -> dict[str, str]:
        asked[repr(job)] += 1
        return {}

    made = plan(grid_of(intermediates=["none", "mnli"], targets=["panx", "tatoeba"], seeds=[0, 1]), TASKS, stamps)
    # And once for the backbone alone, to see that there is such a one.
    assert max(asked.values()) == 1
    assert len(asked) == len(made.jobs) + 1


def test_a_target_stands_on_the_frozen_intermediate(planned: Planning) -> None:
    made = planned(intermediates=["mnli"], targets=["panx"])
    recipe = recipe_of(made, "panx+mnli")
    assert recipe.below == (called(made, "mnli", Role.INTERMEDIATE),)
    assert recipe.start is None
    assert [place.role for place in score_of(made).stack] == [Role.INTERMEDIATE, Role.TARGET]


def test_a_target_may_continue_from_the_weights_of_the_intermediate(planned: Planning) -> None:
    made = planned(intermediates=["mnli"], targets=["panx"], transfers=["continue"])
    recipe = recipe_of(made, "panx-from-mnli")
    assert recipe.below == ()
    assert recipe.start is not None
    assert (recipe.start.adapter, recipe.start.head) == (called(made, "mnli", Role.INTERMEDIATE), False)
    assert [place.role for place in score_of(made).stack] == [Role.TARGET]


def test_a_chain_goes_on_from_its_last_training_with_a_fresh_head(planned: Planning) -> None:
    made = planned(intermediates=[{"chain": ["mnli", "siqa", "ccg"]}], targets=["tatoeba"])
    second = recipe_of(made, "chain.mnli.siqa", Role.INTERMEDIATE)
    third = recipe_of(made, "chain.mnli.siqa.ccg", Role.INTERMEDIATE)
    assert second.start is not None
    assert third.start is not None
    assert (second.start.adapter, second.start.head) == (called(made, "mnli", Role.INTERMEDIATE), False)
    assert third.start.adapter == called(made, "chain.mnli.siqa", Role.INTERMEDIATE)
    assert [place.job for place in score_of(made).stack] == [called(made, "chain.mnli.siqa.ccg", Role.INTERMEDIATE)]


def test_chains_share_what_they_begin_with(planned: Planning) -> None:
    columns = ["mnli", {"chain": ["mnli", "siqa"]}, {"chain": ["mnli", "siqa", "ccg"]}, {"chain": ["siqa", "mnli"]}]
    assert len(planned(intermediates=columns, targets=["tatoeba"]).trainings) == 3 + 2


def test_a_target_with_two_trainings_takes_the_head_along(planned: Planning) -> None:
    made = planned(intermediates=["mnli"], targets=["xcopa"])
    first, second = recipe_of(made, "siqa+mnli"), recipe_of(made, "xcopa+mnli")
    assert (first.tasks, second.tasks) == (("siqa",), ("copa",))
    assert first.below == second.below == (called(made, "mnli", Role.INTERMEDIATE),)
    assert second.start is not None
    assert (second.start.adapter, second.start.head) == (called(made, "siqa+mnli"), True)


def test_retrieval_trains_nothing_and_without_anything_below_has_the_bare_backbone(planned: Planning) -> None:
    assert planned(targets=["tatoeba"]).trainings == ()
    assert score_of(planned(targets=["tatoeba"])).stack == ()
    on = planned(intermediates=["mnli"], targets=["tatoeba"])
    assert [place.role for place in score_of(on).stack] == [Role.INTERMEDIATE]


def test_the_bare_backbone_is_scored_once_for_all_seeds(planned: Planning) -> None:
    assert len(planned(targets=["tatoeba"], seeds=[0, 1, 2]).jobs) == 1


def test_seeds_train_everything_anew_under_names_of_their_own(planned: Planning) -> None:
    made = planned(intermediates=["mnli"], targets=["panx"], seeds=[0, 1])
    assert recipe_of(made, "mnli.s1", Role.INTERMEDIATE).seed == recipe_of(made, "panx+mnli.s1").seed == 1
    assert recipe_of(made, "panx+mnli.s1").below == (called(made, "mnli.s1", Role.INTERMEDIATE),)


def test_all_seeds_may_stand_on_intermediates_of_one_seed(planned: Planning) -> None:
    train = {"intermediate": {"seed": 0}}
    made = planned(intermediates=["mnli"], targets=["panx"], seeds=[0, 1], train=train)
    assert recipe_of(made, "panx+mnli.s1").below == recipe_of(made, "panx+mnli").below
    assert len(made.trainings) == 3


def test_a_scoring_has_what_the_grid_says_of_its_target(planned: Planning) -> None:
    evaluate = {
        "split": "dev",
        "limit": 100,
        "by_task": {"xquad": {"split": "test", "limit": None, "languages": ["de"]}},
    }
    made = planned(targets=["mlqa", "xquad"], evaluate=evaluate)
    scored = {one.job.task: one.job for one in made.jobs.values() if isinstance(one.job, Score)}
    assert (scored["mlqa"].split, scored["mlqa"].limit) == ("dev", 100)
    assert scored["mlqa"].languages == TASKS["mlqa"].languages
    assert (scored["xquad"].split, scored["xquad"].limit, scored["xquad"].languages) == ("test", None, ("de",))


def test_languages_may_be_those_of_a_benchmark(planned: Planning) -> None:
    assert len(score_of(planned(targets=["panx"], languages="xtreme")).languages) == 40
    assert len(score_of(planned(targets=["panx"], languages="xtreme_r")).languages) == 48


def test_what_a_failure_stops_is_all_that_needs_it(xtreme: Plan) -> None:
    stopped = xtreme.all_users(called(xtreme, "qqp", Role.INTERMEDIATE))
    # Six targets of its own, and the scorings of nine.
    assert len(stopped) == 6 + 9
    assert all("qqp" in str(xtreme.cells_of[identity][0]) for identity in stopped)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "3", "[" * 10_000, '{"format": ' + "9" * 5000 + "}", '{"format": 2}', "{}"]
)
def test_what_is_no_plan_of_this_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="plan"):
        Plan.from_json(text)


def test_the_dev_data_of_a_limited_training_are_limited_with_it(planned: Planning) -> None:
    by_task = {"qqp": {"train": {"dev_limit": 7}}}
    train = {"target": {"limit": 64}, "intermediate": {"limit": 100, "by_task": by_task}}
    made = planned(intermediates=["none", "mnli", "qqp"], targets=["xquad"], train=train)
    limits = {
        (job.recipe.parts[0].task, job.recipe.train.dev_limit)
        for job in (each.job for each in made.jobs.values())
        if isinstance(job, Train)
    }
    assert limits == {("mnli", 100), ("qqp", 7), ("squad_v1", 64)}
