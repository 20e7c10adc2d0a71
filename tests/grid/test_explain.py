"""What sharing saves is counted, and told in sentences."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from madx_stilts.grid.explain import Saving, cell_by_cell, savings, summary
from madx_stilts.grid.plan import Plan
from madx_stilts.stack import Role

Planning = Callable[..., Plan]


def test_a_script_that_goes_cell_by_cell_trains_xtreme_79_times(xtreme: Plan) -> None:
    assert cell_by_cell(xtreme) == 79
    assert summary(xtreme) == "67 trainings, where a script that goes cell by cell does 79."


def test_it_is_told_what_is_the_same(xtreme: Plan) -> None:
    assert savings(xtreme) == (
        Saving(9, "The targets mlqa and xquad learn from the same data: one training is enough for all."),
        Saving(
            2,
            "The column squad_v1 and the targets mlqa and xquad without an intermediate are one training: "
            "data and settings agree.",
        ),
        Saving(
            1,
            "The column mnli and the target xnli without an intermediate are one training: data and settings agree.",
        ),
    )


@given(
    columns=st.lists(
        st.sampled_from(["none", "mnli", "siqa", {"chain": ["mnli", "siqa"]}, {"chain": ["mnli", "ccg"]}]),
        min_size=1,
        unique_by=repr,
    ),
    targets=st.lists(st.sampled_from(["xnli", "xquad", "mlqa", "xcopa", "tatoeba"]), min_size=1, unique=True),
    transfers=st.sampled_from([["stack"], ["continue", "stack"]]),
    adapters=st.sampled_from([["none"], ["swap", "source"]]),
)
@settings(max_examples=60, deadline=None)
def test_what_is_saved_is_the_difference_and_never_less_than_nothing(
    planned: Planning, columns: list[object], targets: list[str], transfers: list[str], adapters: list[str]
) -> None:
    train = {"language": {"text": "local/text"}}
    made = planned(intermediates=columns, targets=targets, transfers=transfers, language_adapters=adapters, train=train)
    assert sum(one.trainings for one in savings(made)) == cell_by_cell(made) - len(made.trainings)


def test_nothing_is_said_to_be_saved_where_nothing_is(planned: Planning) -> None:
    made = planned(intermediates=["none", "qqp"], targets=["panx"])
    assert savings(made) == ()
    assert summary(made) == "3 trainings, as many as cell by cell: no two are the same."


def test_every_job_says_what_it_is_for(xtreme: Plan) -> None:
    assert all(one.why.startswith("For ") for one in xtreme.jobs.values())
    shared = next(one for one in xtreme.jobs.values() if (Role.INTERMEDIATE, "squad_v1") in one.names)
    assert shared.why == "For the target xquad alone; and for the target mlqa alone; and for the column squad_v1."
    assert shared.names == ((Role.TARGET, "xquad"), (Role.TARGET, "mlqa"), (Role.INTERMEDIATE, "squad_v1"))
