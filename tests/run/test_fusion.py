"""A grid with a fusion is planned and done as any other: members once, a fusion layer for each target, scores."""

from collections.abc import Callable
from pathlib import Path

from madx_stilts.grid.plan import Plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.grid import run_grid
from madx_stilts.run.ledger import name_of

MakePlan = Callable[..., Plan]
FUSE = "intermediates=[none,snli,{fuse: [snli,mnli]}]"


def scores(plan: Plan, site: RunConfig) -> dict[str, dict[str, object]]:
    done = run_grid(plan, site).done
    found = {name_of(plan, id): done[id].evaluation for id in set(plan.cells.values())}
    return {name: dict(one) for name, one in found.items() if one is not None}


def test_a_grid_with_a_fusion_is_done_and_stays_done(site: RunConfig, make_plan: MakePlan) -> None:
    plan = make_plan(site, FUSE, "seeds=[0,1]", "train.intermediate.seed=0")
    # snli, mnli = xnli alone of seed 0, xnli alone of seed 1, and for two seeds a target on snli and over the fusion
    assert len(plan.trainings) == 3 + 2 + 2
    outcome = run_grid(plan, site)
    assert outcome.ended_well
    found = scores(plan, site)
    over = found["xnli by (intermediate/snli ∥ intermediate/mnli) ▸ target/xnli+fuse.snli.mnli"]
    assert over["fused"] == over["stack"][:2]  # type: ignore[index]
    assert set(over["scores"]) == {"en", "de"}  # type: ignore[call-overload]
    assert run_grid(plan, site).executed == ()
    assert site.adapters.verify() == []
    alone = site.model_copy(update={"together": 1, "zoo": (site.zoo[0].parent / "alone",)})
    assert scores(plan, alone) == found, "scored together with others over the same members, and alone"


def test_a_fusion_over_a_trunk_cache_scores_as_without_it(site: RunConfig, make_plan: MakePlan, tmp_path: Path) -> None:
    left_out = (f"train.{role}.method.leave_out=[0,1]" for role in ("intermediate", "target"))
    plan = make_plan(site, "intermediates=[{fuse: [snli,mnli]}]", *left_out)
    cached = site.model_copy(update={"trunk_cache": tmp_path / "trunks", "zoo": (tmp_path / "cached",)})
    (over_cache,), (without,) = (scores(plan, place).values() for place in (cached, site))
    assert over_cache["scores"] == without["scores"]
    assert {entry.card.recipe.trunk for entry in cached.adapters.entries()} == {"cached"}


def test_language_adapters_are_exchanged_below_a_fusion(site: RunConfig, make_plan: MakePlan) -> None:
    """The fusion leaves out layers that the language adapter is in, and the target leaves out none."""
    text = site.data[0] / "local" / "text"
    for code, words in (("en", "the dog sleeps"), ("de", "der hund schläft")):
        (text / code).mkdir(parents=True)
        (text / code / "train.txt").write_text("".join(f"{words} {at}\n" for at in range(40)), encoding="utf-8")
    readme = "---\nconfigs:\n" + "".join(
        f"- config_name: {code}\n  data_files:\n  - split: train\n    path: {code}/train.txt\n" for code in ("en", "de")
    )
    (text / "README.md").write_text(f"{readme}---\n", encoding="utf-8")
    plan = make_plan(
        site,
        "intermediates=[{fuse: [snli,mnli]}]",
        "language_adapters=[swap]",
        "train.intermediate.method={leave_out: [0, 1]}",
        "train.language={text: local/text, train: {max_steps: 2, batch_size: 8, max_tokens: 32, keep: last}}",
    )
    outcome = run_grid(plan, site)
    assert outcome.ended_well, [record.error for record in outcome.failed.values()]
    (found,) = scores(plan, site).values()
    kept = found["language_adapters"]
    assert isinstance(kept, dict)
    assert {code: str(ref).partition("@")[0] for code, ref in kept.items()} == {
        "en": "language/en",
        "de": "language/de",
    }
    assert site.adapters.verify() == []
