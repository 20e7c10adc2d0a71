"""The trunk runs once for several stacks, and each computes what it would compute alone, bit for bit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate, adapter_parameters, seeded, trunk_below
from madx_stilts.nets.trunk import answers_of, run_once
from madx_stilts.nets.trunk_outputs import TrunkOutputs
from madx_stilts.recipe import Method
from madx_stilts.train.assemble import recompute_activations
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.loop import LoopContext

Stand = Callable[..., str]
Tensors = dict[str, Tensor]

KINDS = [("seq_bn", ()), ("seq_bn", (0, 1)), ("seq_bn", (0, 1, 2)), ("double_seq_bn", (0, 1)), ("compacter", (0,))]
KINDS += [("seq_bn_inv", ()), ("ia3", (0, 1))]
each_kind = pytest.mark.parametrize(("kind", "leave_out"), KINDS)


def trunk_of(backbone: Backbone, kind: str, leave_out: tuple[int, ...]) -> Trunk:
    return trunk_below(backbone, [Method.model_validate({"kind": kind, "leave_out": leave_out})])


def passes(backbone: Backbone, stacks: list[list[str]], batches: list[Tensors]) -> list[Tensor]:
    """Hidden states and gradients of each stack on each batch, dropout drawn from a seed."""
    results = []
    for at, stack in enumerate(stacks):
        parameters = adapter_parameters(backbone, stack[-1]).values()
        for parameter in parameters:
            parameter.requires_grad_(True)
        for inputs in batches:
            activate(backbone, stack)
            with seeded(at):
                hidden = backbone.hidden(inputs)
                hidden.square().mean().backward()
            results.append(hidden.detach())
            results += [parameter.grad for parameter in parameters if parameter.grad is not None]
            for parameter in parameters:
                parameter.grad = None
    return results


@contextmanager
def counted(module: torch.nn.Module) -> Iterator[list[int]]:
    runs = [0]

    def count(*given: object) -> None:
        runs[0] += 1

    handle = module.register_forward_hook(count)
    yield runs
    handle.remove()


def three_stacks(stand: Stand, kind: str, leave_out: tuple[int, ...], below: list[str]) -> list[list[str]]:
    one, two, three = (stand(f"{name}-1", kind, leave_out=leave_out) for name in ("one", "two", "three"))
    return [[*below, one], [*below, two, three], [*below, three]]


@each_kind
def test_stacks_over_one_trunk_compute_what_each_computes_alone(
    kind: str, leave_out: tuple[int, ...], backbone: Backbone, stand: Stand, batch_of: Callable[..., Any]
) -> None:
    below = [] if kind == "seq_bn_inv" else [stand("lang-1", "seq_bn_inv")]
    stacks = three_stacks(stand, kind, leave_out, below)
    trunk = trunk_of(backbone, kind, leave_out)
    LoopContext(backbone, trunk, Path("unused"), NullCallback()).train_mode()
    batches = [batch_of("classification", range(4)).inputs, batch_of("classification", range(4, 9)).inputs]
    alone = passes(backbone, stacks, batches)
    with run_once(backbone, trunk):
        together = passes(backbone, stacks, batches)
    assert len(together) > 2 * len(stacks)
    assert [
        at for at, (one, other) in enumerate(zip(together, alone, strict=True)) if not torch.equal(one, other)
    ] == []


def test_the_trunk_runs_once_for_each_batch_and_what_is_above_it_for_each_stack(
    backbone: Backbone, stand: Stand, batch_of: Callable[..., Any]
) -> None:
    stacks = three_stacks(stand, "seq_bn", (0, 1), [])
    trunk = trunk_of(backbone, "seq_bn", (0, 1))
    layers = backbone.anatomy.layer_list(backbone.base)
    inside = [layers[0].get_submodule("attention.self"), layers[2].get_submodule("intermediate.dense")]
    above = [layers[2].get_submodule("output.LayerNorm"), layers[3].get_submodule("attention.self")]
    batches = [batch_of("classification", range(4)).inputs, batch_of("classification", range(4, 9)).inputs]
    with counted(inside[0]) as a, counted(inside[1]) as b, counted(above[0]) as c, counted(above[1]) as d:
        with run_once(backbone, trunk):
            passes(backbone, stacks, batches)
        assert (a[0], b[0], d[0]) == (2, 2, 6)
        assert c[0] >= 6
        passes(backbone, stacks, batches)
        assert (a[0], b[0], d[0]) == (8, 8, 12)


def test_where_the_inside_of_a_layer_is_not_known_whole_layers_are_shared(
    backbone: Backbone, stand: Stand, inputs: Tensors
) -> None:
    stacks = three_stacks(stand, "seq_bn", (0, 1), [])
    trunk = trunk_of(backbone, "seq_bn", (0, 1))
    alone = passes(backbone, stacks, [inputs])
    unknown = replace(backbone, anatomy=replace(backbone.anatomy, handed_on=()))
    layers = backbone.anatomy.layer_list(backbone.base)
    with (
        counted(layers[1].get_submodule("output.dense")) as below,
        counted(layers[2].get_submodule("output.dense")) as at,
    ):
        with run_once(unknown, trunk):
            together = passes(backbone, stacks, [inputs])
        assert (below[0], at[0]) == (1, 3)
    assert all(torch.equal(one, other) for one, other in zip(together, alone, strict=True))


def test_activations_can_be_recomputed_over_a_shared_trunk(backbone: Backbone, stand: Stand, inputs: Tensors) -> None:
    stacks = three_stacks(stand, "seq_bn", (0, 1), [])
    trunk = trunk_of(backbone, "seq_bn", (0, 1))
    recompute_activations(backbone)
    LoopContext(backbone, trunk, Path("unused"), NullCallback()).train_mode()
    alone = passes(backbone, stacks, [inputs])
    with run_once(backbone, trunk):
        together = passes(backbone, stacks, [inputs])
    assert all(torch.equal(one, other) for one, other in zip(together, alone, strict=True))


@pytest.mark.parametrize(("kind", "leave_out"), [("seq_bn", (0,)), ("seq_bn", (0, 1)), ("double_seq_bn", (0, 1))])
def test_what_left_the_trunk_before_can_be_given_back_and_it_need_not_run(
    kind: str, leave_out: tuple[int, ...], backbone: Backbone, stand: Stand, inputs: Tensors
) -> None:
    language = stand("lang-1", "seq_bn_inv")
    stacks = three_stacks(stand, kind, leave_out, [language])
    trunk = trunk_of(backbone, kind, leave_out)
    LoopContext(backbone, trunk, Path("unused"), NullCallback()).train_mode()
    alone = passes(backbone, stacks, [inputs])
    activate(backbone, [language])
    layers = backbone.anatomy.layer_list(backbone.base)
    with counted(layers[-1].get_submodule("attention.self")) as above:
        outlet = TrunkOutputs.of(backbone, trunk, {name: value[:1] for name, value in inputs.items()})
        states = outlet.taken(answers_of(backbone, trunk, inputs))
    assert above == [0]
    assert [(state.dtype, state.shape[-1]) for state in states] == outlet.widths
    assert len(states) == (2 if kind == "seq_bn" else 1)
    with counted(layers[0].get_submodule("attention.self")) as inside:
        with run_once(backbone, trunk, [(inputs["input_ids"], outlet.put(states))]):
            given = passes(backbone, stacks, [inputs])
        assert inside == [0]
    assert all(torch.equal(one, other) for one, other in zip(given, alone, strict=True))


def test_a_pass_that_ends_above_the_trunk_leaves_the_model_as_it_was(backbone: Backbone, inputs: Tensors) -> None:
    before = [vars(module).get("forward") for module in backbone.base.modules()]
    expected = backbone.hidden(inputs)
    answers_of(backbone, Trunk(2, into_next=True), inputs)
    assert [vars(module).get("forward") for module in backbone.base.modules()] == before
    assert torch.equal(backbone.hidden(inputs), expected)


@pytest.mark.parametrize("fails", [False, True])
def test_when_the_block_ends_the_model_is_as_it_was(
    fails: bool, backbone: Backbone, stand: Stand, inputs: Tensors
) -> None:
    activate(backbone, [stand("one-1", "seq_bn", leave_out=(0, 1))])

    def forwards() -> list[object]:
        return [vars(module).get("forward") for module in backbone.base.modules()]

    def hooks() -> list[int]:
        return [len(module._forward_pre_hooks) for module in backbone.base.modules()]

    before, hooked = forwards(), hooks()
    with pytest.raises(KeyError) if fails else nullcontext(), run_once(backbone, Trunk(2, into_next=True)):
        backbone.hidden(inputs)
        assert forwards() != before
        if fails:
            raise KeyError
    assert forwards() == before
    assert hooks() == hooked


def test_the_trunk_keeps_no_graph(backbone: Backbone, stand: Stand, inputs: Tensors) -> None:
    name = stand("one-1", "seq_bn", leave_out=(0, 1))
    for parameter in adapter_parameters(backbone, name).values():
        parameter.requires_grad_(True)
    arrived: list[bool] = []
    layer = backbone.anatomy.layer_list(backbone.base)[2]
    hook = layer.get_submodule("output.dense").register_forward_hook(
        lambda module, given, result: arrived.append(result.requires_grad)
    )
    activate(backbone, [name])
    with run_once(backbone, Trunk(2, into_next=True)):
        assert backbone.hidden(inputs).requires_grad
        backbone.hidden(inputs).mean().backward()
    hook.remove()
    assert arrived == [False, False]
