"""Adapters come and go without a trace: nothing else in the backbone changes, and nothing half-loaded stays."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.heads import add_head
from madx_stilts.nets.stacking import (
    activate,
    adapter_parameters,
    add_fresh,
    config_of,
    head_parameters,
    load,
    load_head,
    remove,
    save,
    seeded,
)
from madx_stilts.recipe import COMPOSABLE, Method
from madx_stilts.tasks import TASKS

Stand = Callable[..., str]
Inputs = dict[str, Tensor]
composable = pytest.mark.parametrize("kind", sorted(COMPOSABLE))
ID = "1a2b" * 16


def hidden(backbone: Backbone, names: list[str], inputs: Inputs) -> Tensor:
    activate(backbone, names)
    with torch.no_grad():
        return backbone.hidden(inputs)


def everything(backbone: Backbone) -> dict[str, Tensor]:
    """All tensors of the model, heads included."""
    state = {name: value.clone() for name, value in backbone.base.state_dict().items()}
    return state | {f"heads.{name}": value.clone() for name, value in backbone.heads.state_dict().items()}


def assert_same_tensors(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


@pytest.fixture
def saved(backbone: Backbone, stand: Stand, tmp_path: Path) -> Path:
    """The folder of a saved adapter `there-1` with its head; the backbone does not have it any more."""
    name = stand("there-1")
    add_head(backbone, name, "classification", TASKS["xnli"], seed=0)
    save(backbone, tmp_path / "saved", name, head=True)
    remove(backbone, name)
    return tmp_path / "saved"


def silence(backbone: Backbone, name: str, kind: str) -> None:
    """Give an adapter the weights with which it does nothing."""
    for parameter in adapter_parameters(backbone, name).values():
        # What an IA3 adapter learns is a factor, not an addition.
        parameter.data.fill_(1.0 if kind == "ia3" else 0.0)


@composable
def test_an_adapter_that_does_nothing_leaves_the_bare_backbone(
    kind: str, backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    bare = hidden(backbone, [], inputs)
    assert not torch.equal(hidden(backbone, [stand("some-1", kind)], inputs), bare)
    silence(backbone, "some-1", kind)
    assert torch.equal(hidden(backbone, ["some-1"], inputs), bare)


@composable
def test_an_adapter_that_does_nothing_changes_no_stack(
    kind: str, backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    # The invertible part of a language adapter counts only at the bottom, so that is where it is tried.
    others = [stand("one-1"), stand("two-1", "double_seq_bn")]
    without = hidden(backbone, others, inputs)
    silence(backbone, stand("some-1", kind), kind)
    for place in range(1 if kind == "seq_bn_inv" else 3):
        stack = [*others[:place], "some-1", *others[place:]]
        assert torch.equal(hidden(backbone, stack, inputs), without), stack


def test_the_order_of_a_stack_counts(backbone: Backbone, stand: Stand, inputs: Inputs) -> None:
    names = [stand("one-1"), stand("two-1"), stand("three-1")]
    outputs = [hidden(backbone, list(order), inputs) for order in permutations(names)]
    assert not any(torch.equal(first, second) for first, second in permutations(outputs, 2))


def test_the_language_is_exchanged_and_put_back_bit_for_bit(backbone: Backbone, stand: Stand, inputs: Inputs) -> None:
    english, german, task = stand("en-1", "seq_bn_inv"), stand("de-1", "seq_bn_inv"), stand("task-1")
    before = hidden(backbone, [english, task], inputs)
    other = hidden(backbone, [german, task], inputs)
    assert (before - other).abs().max() > 0.01
    assert torch.equal(hidden(backbone, [english, task], inputs), before)
    assert torch.equal(hidden(backbone, [german, task], inputs), other)


@composable
def test_removing_an_adapter_restores_the_backbone_bit_for_bit(
    kind: str, backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    before, output = everything(backbone), hidden(backbone, [], inputs)
    hidden(backbone, [stand("some-1", kind)], inputs)
    add_head(backbone, "some-1", "classification", TASKS["xnli"], seed=0)
    remove(backbone, "some-1")
    assert_same_tensors(everything(backbone), before)
    assert torch.equal(hidden(backbone, [], inputs), output)


def test_removing_what_is_not_there_does_nothing(backbone: Backbone) -> None:
    before = everything(backbone)
    remove(backbone, "nobody-1")
    assert_same_tensors(everything(backbone), before)


def test_removing_one_adapter_leaves_the_others_as_they_were(backbone: Backbone, stand: Stand, inputs: Inputs) -> None:
    stack = [stand("en-1", "seq_bn_inv"), stand("task-1", "compacter")]
    before = hidden(backbone, stack, inputs)
    hidden(backbone, [stack[0], stand("guest-1"), stack[1]], inputs)
    remove(backbone, "guest-1")
    assert torch.equal(hidden(backbone, stack, inputs), before)


@composable
def test_fresh_weights_come_from_the_seed_alone(kind: str, backbone: Backbone) -> None:
    method = Method.model_validate({"kind": kind, "reduction_factor": 4})
    drawn = []
    for at, seed in enumerate((7, 7, 8)):
        torch.manual_seed(at)
        state = torch.get_rng_state()
        add_fresh(backbone, f"new{at}-1", method, seed=seed)
        assert torch.equal(torch.get_rng_state(), state), "drawing leaves no trace outside"
        drawn.append([parameter.clone() for parameter in adapter_parameters(backbone, f"new{at}-1").values()])
    assert drawn[0]
    assert all(torch.equal(*pair) for pair in zip(drawn[0], drawn[1], strict=True))
    assert kind == "ia3" or not all(torch.equal(*pair) for pair in zip(drawn[0], drawn[2], strict=True))


def test_a_block_that_draws_from_a_seed_leaves_the_generator_as_it_was() -> None:
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    with seeded(5):
        drawn = torch.rand(2)
    assert torch.equal(torch.rand(2), expected)
    with seeded(5):
        assert torch.equal(torch.rand(2), drawn)


def test_layers_are_left_out_as_asked(backbone: Backbone, stand: Stand) -> None:
    names = adapter_parameters(backbone, stand("some-1", leave_out=(0, 2)))
    assert {int(name.split("layer.")[1].split(".")[0]) for name in names} == {1, 3}


@pytest.mark.parametrize("leave_out", [(4,), (0, 1, 2, 3), (0, 0, 1, 2, 3)])
def test_layers_that_cannot_be_left_out_are_told(leave_out: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="layers 0 to 3"):
        config_of(Method(leave_out=leave_out), 4)


def test_the_size_is_that_of_the_method(backbone: Backbone) -> None:
    add_fresh(backbone, "some-1", Method(reduction_factor=16), seed=0)
    shapes = {tuple(value.shape) for value in adapter_parameters(backbone, "some-1").values()}
    assert shapes == {(4, 64), (4,), (64, 4), (64,)}


def test_an_adapter_is_loaded_as_it_was_saved_frozen_and_not_active(
    backbone: Backbone, stand: Stand, tmp_path: Path, inputs: Inputs
) -> None:
    bare = hidden(backbone, [], inputs)
    before = hidden(backbone, [stand("some-1", "seq_bn_inv")], inputs)
    save(backbone, tmp_path / "some", "some-1", head=False)
    activate(backbone, [])
    remove(backbone, "some-1")
    assert load(backbone, tmp_path / "some", identity=ID, name="some-1") == "some-1"
    with torch.no_grad():
        assert torch.equal(backbone.hidden(inputs), bare)
    assert torch.equal(hidden(backbone, ["some-1"], inputs), before)
    assert not any(value.requires_grad for value in adapter_parameters(backbone, "some-1").values())


def test_an_adapter_is_loaded_once(backbone: Backbone, saved: Path) -> None:
    load(backbone, saved, identity=ID, name="there-1")
    shutil.rmtree(saved)
    assert load(backbone, saved, identity=ID, name="there-1") == "there-1"
    remove(backbone, "there-1")
    with pytest.raises(AdapterError):
        load(backbone, saved, identity=ID, name="there-1")


def test_adapters_are_loaded_onto_a_backbone_in_bf16_in_fp32(tiny_backbone: Path, saved: Path) -> None:
    small = load_backbone("tiny", tiny_backbone, precision="bf16", offline=True)
    load(small, saved, identity=ID, name="there-1")
    load_head(small, saved, name="there-1")
    parameters = [*adapter_parameters(small, "there-1").values(), *head_parameters(small, "there-1").values()]
    assert {parameter.dtype for parameter in parameters} == {torch.float32}


def change_tensors(file: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)


def without_a_tensor(folder: Path) -> None:
    for part in ("adapter", "model_head"):
        change_tensors(folder / f"{part}.safetensors", lambda tensors: tensors.pop(min(tensors)))


def of_another_width(folder: Path) -> None:
    for part in ("adapter", "model_head"):
        change_tensors(
            folder / f"{part}.safetensors",
            lambda tensors: tensors.update({name: torch.zeros(5, 7) for name in tensors}),
        )


def cut_short(folder: Path) -> None:
    for part in ("adapter", "model_head"):
        file = folder / f"{part}.safetensors"
        file.write_bytes(file.read_bytes()[:-9])


def emptied(folder: Path) -> None:
    for part in ("adapter", "model_head"):
        (folder / f"{part}.safetensors").write_bytes(b"")


def with_a_config_that_is_no_json(folder: Path) -> None:
    for part in ("adapter", "head"):
        (folder / f"{part}_config.json").write_text("{no json")


def with_a_config_of_nothing(folder: Path) -> None:
    for part in ("adapter", "head"):
        (folder / f"{part}_config.json").write_text("{}")


def with_a_config_that_is_a_list(folder: Path) -> None:
    for part in ("adapter", "head"):
        (folder / f"{part}_config.json").write_text("[1]")


def of_a_method_unknown(folder: Path) -> None:
    for part in ("adapter", "head"):
        file = folder / f"{part}_config.json"
        content = json.loads(file.read_text())
        content["config"] = {"architecture": "magic", "head_type": "magic"}
        file.write_text(json.dumps(content))


def without_files(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def removed(folder: Path) -> None:
    shutil.rmtree(folder)


damages = pytest.mark.parametrize(
    "damage",
    [
        without_a_tensor,
        of_another_width,
        cut_short,
        emptied,
        with_a_config_that_is_no_json,
        with_a_config_of_nothing,
        with_a_config_that_is_a_list,
        of_a_method_unknown,
        without_files,
        removed,
    ],
    ids=lambda damage: damage.__name__,
)


@damages
def test_nothing_stays_of_an_adapter_that_cannot_be_loaded(
    damage: Callable[[Path], None], backbone: Backbone, saved: Path, tmp_path: Path, inputs: Inputs
) -> None:
    whole = Path(shutil.copytree(saved, tmp_path / "whole"))
    before, bare = everything(backbone), hidden(backbone, [], inputs)
    damage(saved)
    with pytest.raises(AdapterError, match="there-1") as caught:
        load(backbone, saved, identity=ID, name="there-1")
    assert "zoo verify" in caught.value.hint
    assert_same_tensors(everything(backbone), before)
    assert torch.equal(hidden(backbone, [], inputs), bare)
    assert "there-1" not in backbone.model.adapters_config
    assert backbone.attached == {}
    assert load(backbone, whole, identity=ID, name="there-1") == "there-1", "the name is free for a sound one"


@damages
def test_nothing_stays_of_a_head_that_cannot_be_loaded(
    damage: Callable[[Path], None], backbone: Backbone, saved: Path, tmp_path: Path
) -> None:
    whole = Path(shutil.copytree(saved, tmp_path / "whole"))
    before, heads = everything(backbone), set(backbone.heads)
    damage(saved)
    with pytest.raises(AdapterError, match="saved"):
        load_head(backbone, saved, name="there-1")
    assert set(backbone.heads) == heads
    assert_same_tensors(everything(backbone), before)
    load_head(backbone, whole, name="there-1")
    assert "there-1" in backbone.heads


def test_an_adapter_of_another_width_is_refused(tmp_path: Path, saved: Path) -> None:
    from madx_stilts.demo.backbone import write_tiny_backbone
    from madx_stilts.demo.sentences import all_text

    write_tiny_backbone(tmp_path / "narrow", all_text()[:90], hidden=32)
    narrow = load_backbone("narrow", tmp_path / "narrow", offline=True)
    before = everything(narrow)
    for use in (lambda: load(narrow, saved, identity=ID, name="there-1"), lambda: load_head(narrow, saved, name="x")):
        with pytest.raises(AdapterError):
            use()
    assert_same_tensors(everything(narrow), before)
    assert narrow.attached == {}


def test_an_adapter_of_fewer_layers_is_refused(tmp_path: Path, saved: Path) -> None:
    from madx_stilts.demo.backbone import write_tiny_backbone
    from madx_stilts.demo.sentences import all_text

    write_tiny_backbone(tmp_path / "deep", all_text()[:90], layers=5)
    deep = load_backbone("deep", tmp_path / "deep", offline=True)
    with pytest.raises(AdapterError, match="4 tensors differ"):
        load(deep, saved, identity=ID, name="there-1")
    assert "there-1" not in deep.model.adapters_config


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("part", ["adapter", "model_head"])
def test_weights_that_are_not_finite_are_refused_and_nothing_of_them_stays(
    part: str, bad: float, backbone: Backbone, saved: Path
) -> None:
    def spoil(tensors: dict[str, Tensor]) -> None:
        tensors[max(tensors)].view(-1)[-1] = bad

    before, heads = everything(backbone), set(backbone.heads)
    change_tensors(saved / f"{part}.safetensors", spoil)
    loading: Callable[..., object] = partial(load, identity=ID) if part == "adapter" else load_head
    with pytest.raises(AdapterError, match="weights that are not finite: 1 tensors"):
        loading(backbone, saved, name="there-1")
    assert_same_tensors(everything(backbone), before)
    assert (set(backbone.heads), backbone.attached) == (heads, {})
    assert "there-1" not in backbone.model.adapters_config


@pytest.mark.parametrize("factor", [3.0, 7.0, 48.0])
def test_a_compacter_that_cannot_be_divided_is_refused_by_its_number(backbone: Backbone, factor: float) -> None:
    before = everything(backbone).keys()
    with pytest.raises(UsageError, match="no multiple of 4"):
        add_fresh(backbone, "odd-1", Method(kind="compacter", reduction_factor=factor), seed=0)
    assert everything(backbone).keys() == before
