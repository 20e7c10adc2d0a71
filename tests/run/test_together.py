"""What can be done at once is, and comes out as if each job had been done alone; a fault is that of one job."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from torch import Tensor

from madx_stilts.errors import Busy, MemoryLimitError, StorageError
from madx_stilts.grid.job import Train
from madx_stilts.grid.plan import Plan
from madx_stilts.grid.records import Record
from madx_stilts.run import scoring, together
from madx_stilts.run.claims import JobClaims
from madx_stilts.run.config import RunConfig
from madx_stilts.run.engines import processes
from madx_stilts.run.events import Event, unwatched
from madx_stilts.run.grid import RunOutcome, run_grid
from madx_stilts.run.ledger import name_of
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.score.evaluate import evaluate_each
from madx_stilts.train.learner import Learner
from madx_stilts.train.lockstep import train_together

MakePlan = Callable[..., Plan]
Done = Callable[..., Plan]
Finished = Callable[..., RunConfig]
THREE = "intermediates=[none,snli,commonsense_qa]"
TARGETS = {"target/xnli", "target/xnli+snli", "target/xnli+commonsense_qa"}
DROPPED = tuple(f"train.{role}.method.leave_out=[0,1]" for role in ("intermediate", "target"))


def results(plan: Plan, site: RunConfig, outcome: RunOutcome) -> dict[str, object]:
    """The sums of all files of each adapter, and the scores, by name."""
    cards = {entry.ref.id: dict(entry.card.files) for entry in site.adapters.entries()}
    done = outcome.done.values()
    return {name_of(plan, one.id): cards[one.adapter] if one.adapter else one.evaluation for one in done}


def alone(site: RunConfig, tmp_path: Path) -> RunConfig:
    """The same place with an empty zoo, where each job is done alone."""
    return site.model_copy(update={"zoo": (tmp_path / "alone",), "together": 1})


def by_name(plan: Plan, outcome: RunOutcome) -> dict[str, Record]:
    return {name_of(plan, id): record for id, record in {**outcome.done, **outcome.failed}.items()}


def in_rounds(plan: Plan, events: Sequence[Event]) -> list[set[str]]:
    """Which jobs were begun at once."""
    rounds: list[set[str]] = []
    before = ""
    for event in events:
        if event.kind == "began":
            if before != "began":
                rounds.append(set())
            rounds[-1].add(name_of(plan, event.job))
        if event.kind in ("began", "ended"):
            before = event.kind
    return rounds


@pytest.mark.parametrize("overrides", [(THREE,), (THREE, *DROPPED)], ids=["every layer", "half the layers"])
def test_done_at_once_all_comes_out_as_done_one_by_one(
    overrides: tuple[str, ...], site: RunConfig, make_plan: MakePlan, finished: Finished
) -> None:
    plan, other = make_plan(site, *overrides), finished(*overrides)
    events: list[Event] = []
    outcome = run_grid(plan, site, watch=events.append)
    assert outcome.ended_well
    assert results(plan, site, outcome) == results(plan, other, run_grid(plan, other))
    rounds = in_rounds(plan, events)
    assert TARGETS in rounds, "none waits for the others of its group"
    assert len(rounds) == 4  # two intermediates, the targets, the scorings
    records = by_name(plan, outcome)
    assert {records[name].together for name in TARGETS} == {3}
    assert all(record.wall_seconds > 0 < record.cpu_seconds for record in records.values())
    stepped = {name_of(plan, event.job) for event in events if event.kind == "stepped"}
    assert stepped == records.keys()


def test_over_a_trunk_cache_all_comes_out_as_done_one_by_one_and_nothing_is_done_again(
    site: RunConfig, make_plan: MakePlan, tmp_path: Path
) -> None:
    cached = site.model_copy(update={"trunk_cache": tmp_path / "trunks"})
    plan, other = make_plan(cached, THREE, *DROPPED), alone(cached, tmp_path)
    events: list[Event] = []
    outcome = run_grid(plan, cached, watch=events.append)
    assert outcome.ended_well
    assert results(plan, cached, outcome) == results(plan, other, run_grid(plan, other))
    trained = [record for record in outcome.done.values() if record.adapter]
    assert {cached.adapters.card(str(record.adapter)).recipe.trunk for record in trained} == {"cached"}
    assert all("differs by rounding" in " ".join(record.notes) for record in trained)
    said = [event.text for event in events if event.kind == "said" and event.text.startswith("Trunk cache")]
    assert len(said) == 3, "of each data set once: two of intermediates, and the targets'"
    assert all("is computed once and kept in" in text for text in said)
    for one in (cached, site):  # with the option and without it
        again = run_grid(plan, one)
        assert again.ended_well
        assert again.done == outcome.done


def test_the_time_of_a_round_is_divided_among_those_that_took_it(site: RunConfig, done: Done) -> None:
    plan = done(THREE)
    first = by_name(plan, run_grid(plan, site))
    for name in TARGETS:
        site.records.path(first[name].id).unlink()
    site.adapters.folder(str(first["target/xnli"].adapter)).rename(site.zoo[0].parent / "gone")
    again = by_name(plan, run_grid(plan, site))
    assert {name: again[name].reused for name in TARGETS} == {name: name != "target/xnli" for name in TARGETS}
    assert {again[name].together for name in TARGETS} == {1}
    assert [again[name].cpu_seconds for name in TARGETS if again[name].reused] == [0.0, 0.0]
    assert again["target/xnli"].cpu_seconds > 0


def test_a_training_that_fails_is_its_own_failure(
    site: RunConfig, make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Learner.loss

    def loss(learner: Learner, *given: Any, **options: Any) -> Tensor:
        value = real(learner, *given, **options)
        fails = learner.name.startswith("xnli_snli") and learner.done == 1
        return value * float("nan") if fails else value

    monkeypatch.setattr(Learner, "loss", loss)
    plan, other = make_plan(site, THREE), alone(site, tmp_path)
    outcome, expected = run_grid(plan, site), run_grid(plan, other)
    (failed,) = outcome.failed.values()
    assert name_of(plan, failed.id) == "target/xnli+snli"
    assert failed.error is not None
    assert "The loss of xnli_snli" in failed.error.message
    assert results(plan, site, outcome) == results(plan, other, expected)
    assert {name_of(plan, id) for id in outcome.blocked} == {"xnli by intermediate/snli ▸ target/xnli+snli"}


def test_a_scoring_that_fails_is_its_own_failure(site: RunConfig, done: Done) -> None:
    plan = done(THREE)
    first = run_grid(plan, site)
    bad = by_name(plan, first)["target/xnli+snli"]
    for id, planned in plan.jobs.items():
        if not isinstance(planned.job, Train):
            site.records.path(id).unlink()
    head = next(site.adapters.folder(str(bad.adapter)).glob("*head*.safetensors"))
    head.write_bytes(head.read_bytes()[:-8])
    again = run_grid(plan, site)
    assert {name_of(plan, id) for id in again.failed} == {"xnli by intermediate/snli ▸ target/xnli+snli"}
    assert len(again.done) == len(plan.jobs) - 1
    kept = {id: record.evaluation for id, record in again.done.items()}
    assert kept == {id: record.evaluation for id, record in first.done.items() if id in kept}


def given(outcomes: dict[str, Exception], monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let trainings of these names have these outcomes, once each; returns what is ordered at a time."""
    real, seen = train_together, []

    def train(context: object, orders: Sequence[Any]) -> list[Any]:
        seen.append([order.name for order in orders])
        spared = [order for order in orders if order.name not in outcomes]
        made = iter(real(context, spared))  # type: ignore[arg-type]
        return [outcomes.pop(order.name) if order.name in outcomes else next(made) for order in orders]

    monkeypatch.setattr(together, "train_together", train)
    return seen


def test_what_does_not_fit_into_memory_together_is_done_alone(
    site: RunConfig, make_plan: MakePlan, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, other = make_plan(site, THREE), finished(THREE)
    seen = given({"xnli+snli": MemoryLimitError("It does not fit.")}, monkeypatch)
    outcome = run_grid(plan, site)
    assert [len(names) for names in seen] == [3]
    assert results(plan, site, outcome) == results(plan, other, run_grid(plan, other))
    assert {name: record.together for name, record in by_name(plan, outcome).items() if name in TARGETS} == {
        "target/xnli": 2,
        "target/xnli+snli": 1,
        "target/xnli+commonsense_qa": 2,
    }


def test_what_another_program_trains_is_waited_for_and_the_others_are_kept(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(site, THREE)
    seen = given({"xnli+snli": Busy("Another process is training it.")}, monkeypatch)
    events: list[Event] = []
    assert run_grid(plan, site, watch=events.append).ended_well
    assert len(seen) == 1
    assert any("waited for" in event.text for event in events)
    assert TARGETS & {name_of(plan, event.job) for event in events if event.reused} == set()


def test_a_store_that_cannot_be_written_is_no_failure_of_a_job(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(site, THREE)
    given({"xnli+snli": StorageError("The disk is full.")}, monkeypatch)
    with pytest.raises(StorageError, match="The disk is full"):
        run_grid(plan, site)
    left = {name_of(plan, record.id) for record in site.records.all()}
    assert TARGETS - left == {"target/xnli+snli"}
    assert run_grid(plan, site).ended_well


def test_an_unforeseen_error_in_a_round_leaves_each_to_be_done_alone(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> object:
        raise RuntimeError("broken")

    plan = make_plan(site, THREE)
    monkeypatch.setattr(together, "train_together", broken)
    monkeypatch.setattr(together, "scored_each", broken)
    outcome = run_grid(plan, site)
    assert outcome.ended_well
    assert {record.together for record in outcome.done.values()} == {1}


def test_data_are_read_and_scored_in_one_pass_for_all_stacks(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, counts = evaluate_each, []

    def counted(context: object, task: object, stacks: Sequence[object], *others: object, **options: object) -> object:
        counts.append(len(stacks))
        return real(context, task, stacks, *others, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "evaluate_each", counted)
    assert run_grid(make_plan(site, THREE), site).ended_well
    assert counts == [3]


def turns(plan: Plan, site: RunConfig, **changes: Any) -> JobClaims:
    brief = WorkerBrief(plan=plan.to_json(), site=site).model_copy(update=changes)
    ledger = brief.opened()[1]
    ledger.look()
    return JobClaims(brief, ledger)


def taken_by(workers: Sequence[JobClaims]) -> list[list[str]]:
    """What each of them takes while those before it hold theirs; in threads, for a lock keeps out other threads."""
    found: list[list[str]] = []
    enough = threading.Event()

    def take(one: JobClaims, ready: threading.Event) -> None:
        with one.taken("") as some:
            found.append(some)
            ready.set()
            enough.wait()

    threads = []
    for one in workers:
        ready = threading.Event()
        threads.append(threading.Thread(target=take, args=(one, ready)))
        threads[-1].start()
        ready.wait()
    enough.set()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize(("workers", "shares"), [(1, [3]), (2, [2, 1]), (3, [1, 1, 1])])
def test_workers_share_what_could_be_done_at_once(
    workers: int, shares: list[int], site: RunConfig, make_plan: MakePlan
) -> None:
    more = make_plan(site, "intermediates=[none]", "seeds=[0,1,2]")
    alike = replace(more, groups=(more.trainings,))
    taken = taken_by([turns(alike, site, workers=workers) for _ in range(workers)])
    assert list(map(len, taken)) == shares
    assert sorted(id for some in taken for id in some) == sorted(more.trainings)


def test_a_job_that_a_worker_died_of_is_done_alone(site: RunConfig, make_plan: MakePlan) -> None:
    plan = make_plan(site, "intermediates=[none]", "seeds=[0,1,2]")
    alike = replace(plan, groups=(plan.trainings,))
    suspect, *others = plan.trainings
    taken = taken_by([turns(alike, site, alone=frozenset([suspect])) for _ in range(2)])
    assert sorted(taken, key=len) == [[suspect], others]


def test_a_death_counts_against_a_job_only_if_that_was_alone(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(site, "intermediates=[none]", "seeds=[0,1,2]")
    one, other, _ = plan.trainings
    briefs: list[WorkerBrief] = []
    monkeypatch.setattr(
        processes, "start", lambda number, brief, *rest, **more: briefs.append(WorkerBrief.model_validate_json(brief))
    )
    brief = WorkerBrief(plan=plan.to_json(), site=site)
    ledger = brief.opened()[1]
    crowd = processes._Crowd(brief, ledger, unwatched, processes.Launch([{}], lambda number: ()))
    for jobs in ({one, other}, {one, other}, {one}):
        ledger.look()
        assert not ledger.failed
        facts = {"ended_well": False, "was_stopped": False, "told_why": False, "last_words": "killed"}
        crowd._judge(SimpleNamespace(number=0, jobs=frozenset(jobs), **facts))  # type: ignore[arg-type]
    ledger.look()
    assert set(ledger.failed) == {one}
    assert [brief.alone for brief in briefs] == [{one, other}] * 3
