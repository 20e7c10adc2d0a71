"""Intermediates fused under a target, from the command line."""

from typing import Any

Place = Any
FUSED = "target/xnli+fuse.snli.mnli"


def test_a_fusion_is_trained_shown_scored_and_kept(madx: Place) -> None:
    for task in ("snli", "mnli"):
        madx.does("train", "intermediate", task)
    said = madx.does("train", "target", "xnli", "--on", "intermediate/snli,intermediate/mnli", "--transfer", "fuse")
    refs = madx.refs()
    members = [refs["intermediate/snli"], refs["intermediate/mnli"]]
    stack = f"{'//'.join(members)},{refs[FUSED]}"
    assert f"next: madx-stilts evaluate xnli --stack {stack}" in said.out
    scored = madx.does("evaluate", "xnli", "--stack", stack, "--languages", "de", "--json")
    assert scored.json["fused"] == members
    assert scored.json["stack"] == [*members, refs[FUSED]]
    notes = [line for line in scored.err.splitlines() if line.startswith("Note:")]
    known = ("published", "every answer is", "not above the baseline")  # of the data and of what is predicted
    assert [line for line in notes if not any(part in line for part in known)] == []
    shown = madx.does("zoo", "show", FUSED).out
    assert f"on the fusion of {' ∥ '.join(members)}" in shown
    assert "fusion/model_adapter_fusion.safetensors" in shown
    assert "(fused)" in shown
    again = madx.does("train", "target", "xnli", "--on", ",".join(members), "--transfer", "fuse")
    assert again.trained == 0
    assert madx.has_nothing_half_written()
    assert _refusals(madx, refs) == []


def _refusals(madx: Place, refs: dict[str, str]) -> list[str]:
    """Commands that should have been refused, and were not with these words."""
    low, high, top = "intermediate/snli", "intermediate/mnli", FUSED
    cases = {
        f"{low},{high},{top}": "was trained over the fusion",
        f"{high}//{low},{top}": "was trained over the fusion",
        f"{low}//{high}": "is no fusion: it takes two adapters or more, and the target",
        f"{low}//{high},target/plain": "target/plain@",
        top: "was trained over the fusion",
    }
    madx.does("train", "target", "xnli", "--name", "plain", "--seed", "1")
    wrong = []
    for stack, words in cases.items():
        said = madx("evaluate", "xnli", "--stack", stack, "--languages", "de")
        if said.code != 2 or words not in said.err:
            wrong.append(f"{stack}: {said.code} {said.err}")
    for on, words in ((low, "takes two adapters or more"), (f"{low},{low}", "stands twice")):
        said = madx("train", "target", "xnli", "--on", on, "--transfer", "fuse")
        if said.code != 2 or words not in said.err:
            wrong.append(f"{on}: {said.code} {said.err}")
    return wrong
