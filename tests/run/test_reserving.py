"""What open jobs need is not pruned while a plan is worked on; what is gone all the same is made again."""

import shutil
from collections.abc import Callable

import pytest

from madx_stilts.grid.job import Score
from madx_stilts.grid.plan import Plan
from madx_stilts.run import reserving
from madx_stilts.run.config import RunConfig
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.grid import run_grid
from madx_stilts.run.ledger import name_of
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.prune import IN_USE, plan_pruning, prune

MakePlan = Callable[..., Plan]
Done = Callable[..., Plan]
Finished = Callable[..., RunConfig]


def prune_all(site: RunConfig) -> dict[str, str]:
    """Prune what can go, and tell why the rest stays."""
    root = site.zoo[0]
    planned = plan_pruning(root, taken(root).ids)
    reasons = {one.card.id: one.reason for one in planned.kept}
    prune(root, planned, tell=lambda one: reasons.update({one.card.id: one.reason}))
    return reasons


def names_in(plan: Plan, ids: object) -> list[str]:
    return sorted(name_of(plan, id) for id in ids)  # type: ignore[attr-defined]


def evaluations(plan: Plan, site: RunConfig) -> dict[str, object]:
    records = {id: site.records.get(id) for id in plan.jobs}
    return {id: record.evaluation for id, record in records.items() if record is not None}


def assert_as_undisturbed(plan: Plan, site: RunConfig, calm: RunConfig) -> None:
    """The files of all adapters and all scores are those of the other place, and nothing else lies here."""
    assert {one.ref.id: one.card.files for one in site.adapters.entries()} == {
        one.ref.id: one.card.files for one in calm.adapters.entries()
    }
    assert evaluations(plan, site) == evaluations(plan, calm)
    assert site.adapters.verify() == []
    assert list(site.zoo[0].rglob("*.partial")) == []
    assert list(site.zoo[0].glob("work/*")) == []


def test_what_is_pruned_between_two_jobs_is_nothing_that_an_open_job_needs(
    site: RunConfig, make_plan: MakePlan, finished: Finished
) -> None:
    plan = make_plan(site)
    reasons: list[str] = []

    def watch(event: Event) -> None:
        if event.kind in ("began", "ended"):
            reasons.extend(prune_all(site).values())

    outcome = run_grid(plan, site, watch=watch)
    assert outcome.ended_well
    assert sorted(outcome.executed) == sorted(plan.jobs), "each is done once"
    assert IN_USE in reasons
    assert evaluations(plan, site) == evaluations(plan, finished())
    assert prune_all(site) == {}, "nothing is held any more"


SNLI = "intermediate/snli"
NEXT = "xnli by intermediate/snli ▸ target/xnli+snli"


@pytest.mark.parametrize(
    "moment",
    [("ended", SNLI), ("began", "target/xnli+snli"), ("ended", "target/xnli"), ("began", NEXT)],
    ids=["just made", "under a training", "between two jobs", "under a scoring"],
)
def test_an_adapter_that_is_removed_while_the_grid_runs_is_made_again(
    moment: tuple[str, str], site: RunConfig, make_plan: MakePlan, finished: Finished
) -> None:
    plan = make_plan(site)
    said: list[str] = []
    removed: list[str] = []

    def watch(event: Event) -> None:
        said.append(event.text)
        if not removed and event.job and (event.kind, name_of(plan, event.job)) == moment:
            removed.append(site.adapters.find(SNLI).id)
            shutil.rmtree(site.adapters.folder(removed[0]))

    outcome = run_grid(plan, site, watch=watch)
    assert outcome.ended_well
    assert names_in(plan, outcome.executed) == sorted([*names_in(plan, plan.jobs), SNLI])
    again = f"{SNLI}: The zoo has no longer its adapter {removed[0][:8]}. It is made again."
    assert (again in said) == (moment != ("ended", SNLI)), "what is looked for first is not known to have been there"
    assert site.adapters.card(removed[0]).files == finished().adapters.card(removed[0]).files
    assert evaluations(plan, site) == evaluations(plan, finished())


def test_one_that_is_removed_under_several_jobs_at_once_is_made_again_for_all_of_them(
    site: RunConfig, make_plan: MakePlan, finished: Finished
) -> None:
    ways = "transfers=[stack,continue]"
    plan = make_plan(site, ways)
    removed: list[str] = []

    def watch(event: Event) -> None:
        at_work = name_of(plan, event.job) if event.kind == "stepped" else ""
        if not removed and at_work.startswith("target/") and "snli" in at_work:
            removed.append(site.adapters.find(SNLI).id)
            shutil.rmtree(site.adapters.folder(removed[0]))

    assert run_grid(plan, site, watch=watch).ended_well
    assert removed
    assert_as_undisturbed(plan, site, finished(ways))


def test_interrupted_and_then_pruned_a_grid_comes_to_its_end_with_the_results_of_an_undisturbed_run(
    site: RunConfig, make_plan: MakePlan, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("madx_stilts.run.step_events._SECONDS", 0.0)  # each step is an event
    plan = make_plan(site)

    def watch(event: Event) -> None:
        if event.kind == "stepped" and event.done == 2 and name_of(plan, event.job) == "target/xnli+snli":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_grid(plan, site, watch=watch)
    parent = site.adapters.find(SNLI).id
    assert prune_all(site) == {}, "nothing is held any more"
    assert not site.adapters.has(parent)
    outcome = run_grid(plan, site)
    assert outcome.ended_well
    assert SNLI in names_in(plan, outcome.executed)
    assert_as_undisturbed(plan, site, finished())


class Submitting:
    """An engine that does nothing but look at what can be pruned while it runs."""

    def __init__(self, site: RunConfig) -> None:
        self.site = site
        self.reasons: dict[str, str] = {}

    def workers(self, wanted: int | None, device: str) -> int:
        return 1

    def run(self, brief: WorkerBrief, *, workers: int, watch: Watcher) -> None:
        root = self.site.zoo[0]
        self.reasons = {one.card.id: one.reason for one in plan_pruning(root, taken(root).ids).kept}


def test_whatever_the_engine_the_run_holds_what_was_made_before(
    site: RunConfig, done: Done, finished: Finished
) -> None:
    plan = done()
    used: set[str] = set()
    for id, planned in plan.jobs.items():
        record = site.records.get(id)
        if isinstance(planned.job, Score):
            assert record is not None
            used |= {*record.uses.values()}
            site.records.path(id).unlink()
    engine = Submitting(site)
    run_grid(plan, site, engine=engine)
    assert engine.reasons == dict.fromkeys(used, IN_USE)
    assert run_grid(plan, site).ended_well
    assert_as_undisturbed(plan, site, finished())


def test_with_more_adapters_than_files_may_be_open_some_are_not_held_and_that_is_said(
    site: RunConfig, done: Done, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = done()
    for id, planned in plan.jobs.items():
        if isinstance(planned.job, Score):
            site.records.path(id).unlink()
    monkeypatch.setattr(reserving, "getrlimit", lambda kind: (4, 4))
    said: list[str] = []
    engine = Submitting(site)
    run_grid(plan, site, engine=engine, watch=lambda event: said.append(event.text))
    assert list(engine.reasons.values()).count(IN_USE) == 2
    assert said == ["Of 3 adapters that are needed, only 2 can be held. Prune nothing until this run has ended."]
    assert run_grid(plan, site).ended_well
    assert_as_undisturbed(plan, site, finished())
