"""A plan is done once: what is done stays done, what failed is tried again, what is damaged is made again."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from madx_stilts.errors import Busy, UsageError
from madx_stilts.grid.job import Train
from madx_stilts.grid.plan import Plan
from madx_stilts.locks import held
from madx_stilts.run import training
from madx_stilts.run.config import RunConfig
from madx_stilts.run.events import Event
from madx_stilts.run.grid import RunOutcome, run_grid
from madx_stilts.run.ledger import Ledger, name_of
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.run import train

MakePlan = Callable[..., Plan]
Done = Callable[..., Plan]
Swap = Callable[[Path, bytes, bytes], None]
NAMES = {
    "target/xnli",
    "intermediate/snli",
    "target/xnli+snli",
    "xnli by target/xnli",
    "xnli by intermediate/snli ▸ target/xnli+snli",
}


def names(plan: Plan, ids: object) -> set[str]:
    return {name_of(plan, id) for id in ids}  # type: ignore[attr-defined]


def states(plan: Plan, site: RunConfig) -> dict[str, str]:
    ledger = Ledger(plan, site.records, site.adapters)
    ledger.look()
    return {name_of(plan, id): standing.state for id, standing in ledger.standings()}


def sums(site: RunConfig) -> dict[str, dict[str, str]]:
    """The sum of every file of every adapter."""
    return {entry.ref.id: dict(entry.card.files) for entry in site.adapters.entries()}


def results(outcome: RunOutcome) -> dict[str, object]:
    return {id: (record.adapter, record.evaluation) for id, record in outcome.done.items()}


def test_a_plan_is_done_and_stays_done(site: RunConfig, make_plan: MakePlan) -> None:
    plan = make_plan(site)
    assert set(states(plan, site).values()) == {"ready", "waiting"}
    events: list[Event] = []
    outcome = run_grid(plan, site, watch=events.append)
    assert names(plan, outcome.executed) == NAMES
    assert outcome.ended_well
    assert {name_of(plan, event.job) for event in events if event.kind == "began"} == NAMES
    assert {str(ref).partition("@")[0] for ref in site.adapters.references()} == {
        name for name in NAMES if " " not in name
    }
    assert set(states(plan, site).values()) == {"done"}
    before = {path: path.stat().st_mtime_ns for path in site.zoo[0].rglob("*.json")}
    again = run_grid(plan, site)
    assert (again.executed, results(again)) == ((), results(outcome))
    assert {path: path.stat().st_mtime_ns for path in site.zoo[0].rglob("*.json")} == before


def test_a_record_tells_what_was_done_and_what_it_cost(site: RunConfig, done: Done) -> None:
    plan = done()
    for record in run_grid(plan, site).done.values():
        assert record.job == plan.jobs[record.id].job
        assert record.wall_seconds > 0 < record.cpu_seconds
        assert record.peak_bytes > 10**7
        assert record.versions["torch"] == torch.__version__
        assert record.uses.keys() == set(record.job.needs)
        if isinstance(record.job, Train):
            card = site.adapters.card(str(record.adapter))
            assert (card.data, card.recipe.below) == (record.data, tuple(record.uses.values()))
        else:
            assert record.evaluation is not None
            assert record.evaluation["scores"].keys() == {"en", "de"}
            assert record.evaluation["scores"]["de"]["n"] == 16


def test_another_axis_leaves_what_was_done(site: RunConfig, make_plan: MakePlan) -> None:
    run_grid(make_plan(site, "intermediates=[none]"), site)
    plan = make_plan(site)
    assert names(plan, run_grid(plan, site).executed) == NAMES - {"target/xnli", "xnli by target/xnli"}


def test_what_the_zoo_holds_is_only_read(site: RunConfig, done: Done) -> None:
    plan = done()
    first = run_grid(plan, site)
    for path in (site.zoo[0] / "records").rglob("*.json"):
        path.unlink()
    before = sums(site)
    again = run_grid(plan, site)
    trained = [again.done[id].reused for id in plan.trainings]
    assert trained == [True] * 3
    assert results(again) == results(first)
    assert sums(site) == before


def test_adapters_of_a_lower_layer_of_the_zoo_are_used(site: RunConfig, done: Done, tmp_path: Path) -> None:
    plan = done()
    first = run_grid(plan, site)
    upper = site.model_copy(update={"zoo": (tmp_path / "upper", *site.zoo)})
    again = run_grid(plan, upper)
    assert all(again.done[id].reused for id in plan.trainings)
    assert results(again) == results(first)
    assert not (tmp_path / "upper" / "objects").exists()


def test_a_failure_stops_only_what_needs_it_and_is_tried_again(
    site: RunConfig, make_plan: MakePlan, swap_bytes: Swap
) -> None:
    plan = make_plan(site)
    data = site.data[0] / "stanfordnlp/snli/plain_text/train.jsonl"
    swap_bytes(data, b'"label": 1', b'"label": 7')
    outcome = run_grid(plan, site)
    assert not outcome.ended_well
    assert names(plan, outcome.failed) == {"intermediate/snli"}
    (failed,) = outcome.failed.values()
    assert failed.error is not None
    assert failed.error.error == "DataError"
    assert "train.jsonl" in failed.error.message
    assert names(plan, outcome.blocked) == NAMES - {"target/xnli", "xnli by target/xnli", "intermediate/snli"}
    assert states(plan, site)["intermediate/snli"] == "failed"
    assert names(plan, run_grid(plan, site).executed) == {"intermediate/snli"}, "it is tried once in each run"
    swap_bytes(data, b'"label": 7', b'"label": 1')
    assert run_grid(plan, site).ended_well


def test_a_damaged_record_is_told_and_done_anew(site: RunConfig, done: Done) -> None:
    plan = done()
    first = run_grid(plan, site)
    for id in plan.jobs:
        path = site.records.path(id)
        path.write_bytes(path.read_bytes()[:-1])
        ledger = Ledger(plan, site.records, site.adapters)
        ledger.look()
        assert str(path) in dict(ledger.standings())[id].note
        said: list[str] = []
        again = run_grid(plan, site, watch=lambda event, said=said: said.append(event.text))  # type: ignore[misc]
        assert any(str(path) in text and "done again" in text for text in said)
        assert again.executed == (id,)
        assert results(again) == results(first)


def test_a_damaged_adapter_is_found_and_trained_anew_if_that_is_wanted(site: RunConfig, done: Done) -> None:
    plan = done()
    before = sums(site)
    (id,) = (id for id in plan.trainings if name_of(plan, id) == "intermediate/snli")
    record = site.records.get(id)
    assert record is not None
    weights = site.adapters.folder(str(record.adapter)) / "adapter.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\7")
    assert [fault.path for fault in site.adapters.verify()] == [weights]
    said: list[str] = []
    outcome = run_grid(plan, site, verify=True, watch=lambda event: said.append(event.text))
    assert outcome.executed == (id,)
    assert any(str(record.adapter) in text for text in said)
    assert site.adapters.verify() == []
    assert sums(site) == before


def test_an_adapter_that_is_gone_is_made_again_and_nothing_is_scored_again(site: RunConfig, done: Done) -> None:
    plan = done()
    (id,) = (id for id in plan.trainings if name_of(plan, id) == "intermediate/snli")
    record = site.records.get(id)
    assert record is not None
    folder = site.adapters.folder(str(record.adapter))
    folder.rename(folder.with_name("gone"))
    (folder.with_name("gone")).rename(site.zoo[0].parent / "gone")
    assert states(plan, site)["intermediate/snli"] == "ready"
    assert run_grid(plan, site).executed == (id,)
    assert set(states(plan, site).values()) == {"done"}


def full_gpu() -> None:
    raise torch.OutOfMemoryError


def full_machine() -> None:
    torch.empty(2**50)  # what the allocator itself says


@pytest.mark.parametrize("full", [full_gpu, full_machine])
def test_what_does_not_fit_into_memory_is_trained_in_smaller_parts(
    full: Callable[[], None], site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(site, "intermediates=[none]")
    real, seen = train, []

    def scarce(context: object, recipe: object, *arguments: object, **options: object) -> object:
        accumulate = recipe.train.accumulate  # type: ignore[attr-defined]
        seen.append(accumulate)

        class Full(NullCallback):
            def on_step_end(self, done: int, values: object) -> None:
                if accumulate < 4:
                    full()

        context = context.__class__(**{**vars(context), "listeners": [Full]})
        return real(context, recipe, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "train", scarce)
    outcome = run_grid(plan, site)
    assert seen == [1, 2, 4]
    assert outcome.ended_well
    (id,) = plan.trainings
    assert site.adapters.card(str(outcome.done[id].adapter)).recipe.train.accumulate == 4
    assert any("accumulate 4 instead of 1" in note for note in outcome.done[id].notes)
    assert list((site.zoo[0] / "work").iterdir()) == []


def test_an_adapter_that_another_program_trains_is_waited_for(
    site: RunConfig, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(site, "intermediates=[none]")
    real, tries = train, []

    def occupied(*arguments: object, **options: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise Busy("Another process is training it.")
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "train", occupied)
    said: list[str] = []
    assert run_grid(plan, site, watch=lambda event: said.append(event.text)).ended_well
    assert len(tries) == 2
    assert any("waited for" in text for text in said)


def test_a_job_that_another_run_does_is_left_to_it(site: RunConfig, make_plan: MakePlan) -> None:
    plan = make_plan(site, "intermediates=[none]")
    (id,) = plan.trainings
    ledger = Ledger(plan, site.records, site.adapters)
    with held(site.zoo[0] / "locks" / f"job-{id}.lock", busy=""):
        code = (
            "import sys; from madx_stilts.run.process import *; from madx_stilts.run.worker_brief import WorkerBrief;"
            "b = WorkerBrief.model_validate_json(sys.stdin.read()); p, l = b.opened(); l.look();"
            "print(*[s.state for _, s in l.standings()])"
        )
        brief = json.dumps({"plan": plan.to_json(), "site": site.model_dump(mode="json")})
        done = subprocess.run([sys.executable, "-c", code], input=brief, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["running", "waiting"]
    ledger.look()
    assert [standing.state for _, standing in ledger.standings()] == ["ready", "waiting"]


def test_several_workers_do_not_fit_into_one_process(site: RunConfig, make_plan: MakePlan) -> None:
    with pytest.raises(UsageError, match="2 workers"):
        run_grid(make_plan(site), site, workers=2)


FINISHED = """
import sys
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.run.grid import run_grid

brief = WorkerBrief.model_validate_json(sys.stdin.read())
plan, _ = brief.opened()
assert not run_grid(plan, brief.site, engine="processes").executed
assert "torch" not in sys.modules
"""


def test_a_finished_plan_is_found_so_without_torch_and_in_a_store_that_is_only_read(
    site: RunConfig, done: Done
) -> None:
    plan = done()
    folders = [path for path in site.zoo[0].rglob("*") if path.is_dir()]
    brief = json.dumps({"plan": plan.to_json(), "site": site.model_dump(mode="json")})
    for folder in folders:
        folder.chmod(0o500)
    try:
        found = subprocess.run(
            [sys.executable, "-c", FINISHED], input=brief, capture_output=True, text=True, check=False
        )
    finally:
        for folder in folders:
            folder.chmod(0o700)
    assert found.returncode == 0, found.stderr
