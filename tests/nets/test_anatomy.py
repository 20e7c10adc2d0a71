"""The trunk is all that runs before the first adapter in training, and it alone runs without dropout."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from madx_stilts.errors import BackboneError
from madx_stilts.nets.architecture import ANATOMIES, Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate, trunk_below
from madx_stilts.recipe import Method
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.loop import LoopContext

Stand = Callable[..., str]

ALL = Trunk(layers=3, into_next=True)
TRUNKS = {
    ("seq_bn", ()): Trunk(layers=0, into_next=True),
    ("seq_bn", (0, 1)): Trunk(layers=2, into_next=True),
    ("seq_bn", (3,)): Trunk(layers=0, into_next=True),
    ("seq_bn", (0, 1, 2)): ALL,
    ("seq_bn_inv", (0, 1)): Trunk(layers=0, into_next=False),
    ("double_seq_bn", ()): Trunk(layers=0, into_next=False),
    ("double_seq_bn", (0, 1)): Trunk(layers=2, into_next=False),
    ("compacter", (0,)): Trunk(layers=1, into_next=False),
    ("ia3", (0,)): Trunk(layers=1, into_next=False),
    ("lora", (0, 1)): Trunk(layers=2, into_next=False),
    ("par_bn", (0,)): Trunk(layers=1, into_next=False),
    ("loreft", (0,)): Trunk(layers=1, into_next=False),
}
each_trunk = pytest.mark.parametrize(("kind", "leave_out"), TRUNKS)


def session(backbone: Backbone, trunk: Trunk) -> LoopContext:
    return LoopContext(backbone, trunk, Path("unused"), NullCallback())


def method(kind: str, leave_out: tuple[int, ...] = ()) -> Method:
    return Method.model_validate({"kind": kind, "leave_out": leave_out})


@each_trunk
def test_the_trunk_reaches_up_to_the_lowest_adapter(kind: str, leave_out: tuple[int, ...], backbone: Backbone) -> None:
    assert trunk_below(backbone, [method(kind, leave_out)]) == TRUNKS[kind, leave_out]


def test_the_lowest_of_several_adapters_ends_the_trunk(backbone: Backbone) -> None:
    high, low = method("seq_bn", (0, 1, 2)), method("seq_bn", (0,))
    assert trunk_below(backbone, [high, low]) == Trunk(layers=1, into_next=True)
    assert trunk_below(backbone, [high, method("double_seq_bn", (0, 1))]) == Trunk(layers=2, into_next=False)


@each_trunk
def test_in_training_dropout_is_off_in_the_trunk_and_on_above_it(
    kind: str, leave_out: tuple[int, ...], backbone: Backbone
) -> None:
    trunk = trunk_below(backbone, [method(kind, leave_out)])
    session(backbone, trunk).train_mode()
    still = {id(part) for top in trunk.modules(backbone.base, backbone.anatomy) for part in top.modules()}
    assert all(module.training == (id(module) not in still) for module in backbone.base.modules())
    above = [part for part in backbone.base.modules() if isinstance(part, nn.Dropout) and id(part) not in still]
    assert bool(above) == (trunk != ALL)


@each_trunk
def test_what_reaches_the_first_adapter_in_training_is_what_reaches_it_in_scoring(
    kind: str, leave_out: tuple[int, ...], backbone: Backbone, stand: Stand, inputs: dict[str, Tensor]
) -> None:
    activate(backbone, [stand("task-1", kind, leave_out=leave_out)])
    trunk = trunk_below(backbone, [method(kind, leave_out)])
    layer = backbone.anatomy.layer_list(backbone.base)[trunk.layers]
    watched = layer.get_submodule("output.dropout") if trunk.into_next else layer
    arrived: list[Tensor] = []
    hook = (
        watched.register_forward_hook(lambda module, given, result: arrived.append(result))
        if trunk.into_next
        else watched.register_forward_pre_hook(lambda module, given: arrived.append(given[0]))
    )
    with torch.no_grad():
        scoring = backbone.hidden(inputs)
        session(backbone, trunk).train_mode()
        training = [backbone.hidden(inputs) for _ in range(2)]
    hook.remove()
    assert torch.equal(arrived[0], arrived[1])
    assert torch.equal(arrived[0], arrived[2])
    # Above the trunk there is dropout, unless only the head is above it.
    assert torch.equal(training[0], training[1]) == torch.equal(training[0], scoring) == (trunk == ALL)


def test_every_known_architecture_has_its_parts_where_its_anatomy_says(backbone: Backbone) -> None:
    anatomy = ANATOMIES["xlm-roberta"]
    assert len(anatomy.layer_list(backbone.base)) == backbone.layers == 4
    whole = list(Trunk(layers=4, into_next=True).modules(backbone.base, anatomy))
    assert whole == [backbone.base.get_submodule("embeddings"), *anatomy.layer_list(backbone.base)]


def test_layers_that_are_no_list_are_told(backbone: Backbone) -> None:
    with pytest.raises(BackboneError, match="not a list of layers"):
        ANATOMIES["bert"].layer_list(nn.ModuleDict({"encoder": nn.ModuleDict({"layer": nn.Linear(1, 1)})}))
