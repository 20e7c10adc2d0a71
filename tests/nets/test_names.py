"""Names inside a model never begin one another, so that the library saves each head alone."""

import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from safetensors import safe_open

from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.heads import add_head
from madx_stilts.nets.stacking import head_names, name_in_model, remove, save
from madx_stilts.tasks import TASKS

names = st.text("ab01_.+-é", min_size=1, max_size=14)
ids = st.text("0123456789abcdef", min_size=8, max_size=8).map(lambda digits: digits * 8)


@given(names, ids, names, ids)
@example("t", "12345678" * 8, "t-123456780", "abcdef00" * 8)
@example("t1", "12345678" * 8, "t10", "12345678" * 8)
@example("a", "12345678" * 8, "a-12345678-12345678", "12345678" * 8)
def test_no_name_begins_another(name: str, identity: str, other_name: str, other_id: str) -> None:
    first, second = name_in_model(name, identity), name_in_model(other_name, other_id)
    assert first == second or not second.startswith(first)


@given(names, ids)
def test_a_name_is_made_of_what_modules_and_files_may_be_called(name: str, identity: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_]+-[0-9a-f]{8}", name_in_model(name, identity))


@given(names, ids, ids)
def test_adapters_of_one_name_differ_by_their_ids(name: str, one: str, other: str) -> None:
    assert (name_in_model(name, one) == name_in_model(name, other)) == (one == other)


tasks = st.lists(st.sampled_from(["mnli", "mnli_x", "squad_v1", "masked_lm"]), min_size=1, max_size=6)


@given(names, ids, tasks, names, ids, tasks)
@example("a", "12345678" * 8, ["mnli", "squad_v1"], "a", "12345678" * 8, ["mnli_x", "mnli"])
def test_no_head_of_an_adapter_begins_another_head(
    name: str, identity: str, tasks: list[str], other_name: str, other_id: str, other_tasks: list[str]
) -> None:
    first = {name_in_model(name, identity), *head_names(name_in_model(name, identity), tasks).values()}
    second = head_names(name_in_model(other_name, other_id), other_tasks).values()
    assert [(one, two) for one in first for two in second if one != two and two.startswith(one)] == []


def test_the_only_head_bears_the_name_of_its_adapter_also_beside_masked_language_modelling() -> None:
    assert head_names("a-12345678", ["mnli", "mnli"]) == {"mnli": "a-12345678"}
    assert head_names("a-12345678", ["masked_lm"]) == {"masked_lm": "a-12345678"}
    assert head_names("a-12345678", ["mnli", "masked_lm"]) == {
        "mnli": "a-12345678",
        "masked_lm": "masked_lm__a-12345678",
    }
    assert head_names("a-12345678", ["mnli", "siqa"]) == {"mnli": "mnli__a-12345678", "siqa": "siqa__a-12345678"}


def test_heads_of_one_adapter_leave_with_it_and_those_of_others_stay(
    backbone: Backbone, stand: Callable[..., str]
) -> None:
    mine, other = name_in_model("t", "12345678" * 8), name_in_model("t", "abcdef00" * 8)
    for adapter in (mine, other):
        stand(adapter)
        for head in head_names(adapter, ["xnli", "siqa"]).values():
            add_head(backbone, head, "classification", TASKS["xnli"], seed=0)
    remove(backbone, mine)
    assert {head for head in backbone.heads if "__" in head} == set(head_names(other, ["xnli", "siqa"]).values())


def test_a_saved_head_comes_without_those_of_similar_names(
    backbone: Backbone, stand: Callable[..., str], tmp_path: Path
) -> None:
    one, ten = name_in_model("t1", "12345678" * 8), name_in_model("t1-123456780", "abcdef00" * 8)
    for name in (one, ten, name_in_model("t10", "12345678" * 8)):
        add_head(backbone, stand(name), "classification", TASKS["xnli"], seed=0)
    save(backbone, tmp_path / "one", one, head=True)
    for file in ("adapter.safetensors", "model_head.safetensors"):
        with safe_open(tmp_path / "one" / file, framework="pt") as saved:
            assert [key for key in saved.keys() if f".{one}." not in key] == []  # noqa: SIM118 (no mapping)
