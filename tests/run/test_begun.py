"""A scoring that does not end keeps the languages that it has done, and comes to the record of an undisturbed one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.grid.job import Score
from madx_stilts.grid.plan import Plan
from madx_stilts.grid.records import Record
from madx_stilts.run.config import RunConfig
from madx_stilts.run.events import Event
from madx_stilts.run.grid import run_grid
from madx_stilts.run.partial_scores import sweep_begun
from madx_stilts.score import evaluate

MakePlan = Callable[..., Plan]
Done = Callable[..., Plan]
Finished = Callable[..., RunConfig]
FIRST, LAST = "en", "de"
"""The languages of the grid, as they are scored."""


def begun_files(site: RunConfig) -> list[Path]:
    return sorted(site.zoo[0].glob("records/*/*.begun.json"))


def scorings(plan: Plan) -> list[str]:
    return [id for id, planned in plan.jobs.items() if isinstance(planned.job, Score)]


def unscored(site: RunConfig, plan: Plan) -> None:
    """Let nothing be scored yet."""
    for id in scorings(plan):
        site.records.path(id).unlink()


def found(record: Record | None) -> dict[str, Any]:
    """What a record says, but for when, where and how long."""
    assert record is not None
    varies = {"started", "ended", "wall_seconds", "cpu_seconds", "peak_bytes", "pid", "together"}
    return record.model_dump(mode="json", exclude=varies)


def stopped_in(language: int) -> Callable[[Event], None]:
    """A watcher that interrupts the run when a scoring begins that language, counted from 0."""

    def watch(event: Event) -> None:
        if event.kind == "stepped" and event.done == language:
            raise KeyboardInterrupt

    return watch


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The languages in which something is computed."""
    seen: list[str] = []
    real = evaluate._outputs

    def outputs(context: Any, group: Sequence[Any], examples: Any, encoded: Any) -> Any:
        seen.append(examples.language)
        return real(context, group, examples, encoded)

    monkeypatch.setattr(evaluate, "_outputs", outputs)
    return seen


@pytest.mark.parametrize("together", [1, 16])
def test_interrupted_in_the_last_language_a_scoring_goes_on_there_to_the_same_record(
    together: int, site: RunConfig, done: Done, finished: Finished, scored: list[str]
) -> None:
    plan, site = done(), site.model_copy(update={"together": together})
    unscored(site, plan)
    scored.clear()
    with pytest.raises(KeyboardInterrupt):
        run_grid(plan, site, watch=stopped_in(1))
    kept = len(begun_files(site))
    assert kept == min(together, len(scorings(plan)))
    assert set(scored) == {FIRST}
    scored.clear()
    assert run_grid(plan, site).ended_well
    assert scored.count(FIRST) == len(scorings(plan)) - kept
    assert LAST in scored
    calm = finished()
    for id in scorings(plan):
        assert found(site.records.get(id)) == found(calm.records.get(id))
        assert '"n":16.0' not in site.records.path(id).read_text()
    assert begun_files(site) == []


def test_a_scoring_that_fails_in_the_last_language_keeps_the_others_for_the_next_run(
    site: RunConfig, done: Done, finished: Finished, scored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = done("intermediates=[none]")
    unscored(site, plan)
    real = evaluate._outputs

    def failing(context: Any, group: Any, examples: Any, encoded: Any) -> Any:
        if examples.language == LAST:
            raise RuntimeError("The device has fallen off the bus.")
        return real(context, group, examples, encoded)

    with monkeypatch.context() as broken:
        broken.setattr(evaluate, "_outputs", failing)
        assert not run_grid(plan, site).ended_well
    assert len(begun_files(site)) == 1
    scored.clear()
    assert run_grid(plan, site).ended_well
    assert scored == [LAST]
    (id,) = scorings(plan)
    record = site.records.get(id)
    assert found(record) == found(finished("intermediates=[none]").records.get(id))
    assert begun_files(site) == []


@pytest.mark.parametrize("fault", ["cut", "other way", "other job"])
def test_what_cannot_be_trusted_is_scored_again(
    fault: str, site: RunConfig, done: Done, finished: Finished, scored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = done("intermediates=[none]")
    unscored(site, plan)
    with pytest.raises(KeyboardInterrupt):
        run_grid(plan, site, watch=stopped_in(1))
    (path,) = begun_files(site)
    if fault == "cut":
        path.write_text(path.read_text().replace('"accuracy":', '"accuracy":1'))
    elif fault == "other job":
        other = "0" * 64
        path.write_text(path.read_text().replace(path.name.partition(".")[0], other))
    else:
        monkeypatch.setattr("madx_stilts.run.scoring.versions", lambda: {"torch": "0.1"})
    scored.clear()
    assert run_grid(plan, site).ended_well
    assert scored == [FIRST, LAST]
    (id,) = scorings(plan)
    assert found(site.records.get(id)) == found(finished("intermediates=[none]").records.get(id))


def test_what_a_crash_leaves_of_a_job_that_is_done_is_swept(site: RunConfig, done: Done) -> None:
    plan = done("intermediates=[none]")
    (id,) = scorings(plan)
    final = site.records.path(id).read_text()
    site.records.path(id).unlink()
    with pytest.raises(KeyboardInterrupt):
        run_grid(plan, site, watch=stopped_in(1))
    sweep_begun(site.records)
    assert len(begun_files(site)) == 1, "the job is not done"
    site.records.path(id).write_text(final)
    assert run_grid(plan, site).executed == ()
    assert begun_files(site) == []
    assert [record.id for record in site.records.all()] == sorted(plan.jobs)
