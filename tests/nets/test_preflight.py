"""Before hours are spent, one batch proves that a stack does what it says; each silent loss is an error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from madx_stilts.data.batch import Batch
from madx_stilts.errors import PreflightError
from madx_stilts.formats.base import HeadKind
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.heads import HEADS, add_head, answer
from madx_stilts.nets.preflight import check_effects, check_gradients
from madx_stilts.nets.stacking import activate, adapter_parameters, add_fresh, head_parameters
from madx_stilts.recipe import COMPOSABLE, Method, MethodKind
from madx_stilts.tasks import TASKS

Stand = Callable[..., str]
Inputs = dict[str, Tensor]
Trained = dict[str, nn.Parameter]
each_composable = pytest.mark.parametrize("kind", sorted(COMPOSABLE))
stackable = pytest.mark.parametrize("kind", sorted(COMPOSABLE - {"seq_bn_inv"}))
each_method = pytest.mark.parametrize("kind", get_args(MethodKind))


@pytest.fixture
def fresh(backbone: Backbone) -> Callable[..., Trained]:
    """Add a fresh adapter with a head, to be trained, and tell what is."""

    def add(name: str, kind: str) -> Trained:
        add_fresh(backbone, name, Method.model_validate({"kind": kind, "reduction_factor": 4}), seed=0)
        add_head(backbone, name, "classification", TASKS["xnli"], seed=0)
        backbone.model.requires_grad_(False)
        trained = {**adapter_parameters(backbone, name), **head_parameters(backbone, name)}
        for parameter in trained.values():
            parameter.requires_grad_(True)
        return trained

    return add


@pytest.fixture
def check(backbone: Backbone, batch_of: Callable[[str], Batch]) -> Callable[[list[str], Trained], None]:
    """Both checks of a stack whose uppermost adapter is to be trained."""
    batch = batch_of("classification")

    def both(stack: list[str], trained: Trained) -> None:
        def loss() -> Tensor:
            logits = answer(backbone, stack[-1], "classification", batch.inputs, batch.labels)
            return HEADS["classification"].loss(logits, batch.labels)

        check_effects(backbone, stack, batch.inputs, trained=stack[-1])
        activate(backbone, stack)
        check_gradients(backbone, trained, loss)

    return both


Check = Callable[[list[str], Trained], None]
Fresh = Callable[..., Trained]


@stackable
def test_a_fresh_adapter_on_others_is_ready_to_be_trained(kind: str, stand: Stand, fresh: Fresh, check: Check) -> None:
    stack = [stand("lang-1", "seq_bn_inv"), stand("low-1", kind)]
    check([*stack, "new-1"], fresh("new-1", kind))


@each_method
def test_a_fresh_adapter_alone_is_ready_to_be_trained(kind: str, fresh: Fresh, check: Check) -> None:
    check(["new-1"], fresh("new-1", kind))


@each_composable
def test_a_stack_of_trained_adapters_is_ready_to_be_scored(
    kind: str, backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    check_effects(backbone, [stand("low-1", kind), stand("middle-1"), stand("top-1", "compacter")], inputs)


@each_method
def test_the_checks_change_no_weight_and_draw_nothing(
    kind: str, backbone: Backbone, stand: Stand, fresh: Fresh, check: Check
) -> None:
    stack = [*([stand("low-1")] if kind in COMPOSABLE - {"seq_bn_inv"} else []), "new-1"]
    trained = fresh("new-1", kind)
    before = {name: value.clone() for name, value in backbone.base.state_dict().items()}
    before |= {name: value.detach().clone() for name, value in trained.items() if name.startswith("heads.")}
    state = torch.get_rng_state()
    check(stack, trained)
    after = dict(backbone.base.state_dict()) | {n: v for n, v in trained.items() if n.startswith("heads.")}
    assert [name for name, value in before.items() if not torch.equal(value, after[name])] == []
    assert [name for name, value in trained.items() if value.grad is not None] == []
    assert torch.equal(torch.get_rng_state(), state)


lossy = [("par_bn", "par_bn"), ("loreft", "loreft"), ("seq_bn", "par_bn"), ("seq_bn", "loreft")]


@pytest.mark.parametrize(("low", "high"), lossy)
def test_trained_adapters_that_do_not_compose_are_caught(
    low: str, high: str, backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    with pytest.raises(PreflightError, match="has no effect in the stack low-1 ▸ high-1"):
        check_effects(backbone, [stand("low-1", low), stand("high-1", high)], inputs)


@pytest.mark.parametrize(("low", "high"), [*lossy, ("lora", "lora")])
def test_a_fresh_adapter_under_which_another_loses_its_effect_is_caught(
    low: str, high: str, stand: Stand, fresh: Fresh, check: Check
) -> None:
    names = [stand("low-1", low)]
    with pytest.raises(PreflightError, match="has no effect in the stack low-1 ▸ new-1"):
        check([*names, "new-1"], fresh("new-1", high))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_frozen_adapter_without_weights_is_caught_by_name(
    place: int, backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    names = [stand("one-1"), stand("two-1", "double_seq_bn"), stand("three-1")]
    for parameter in adapter_parameters(backbone, names[place]).values():
        parameter.data.zero_()
    with pytest.raises(PreflightError, match=f"The adapter {names[place]} has no effect"):
        check_effects(backbone, names, inputs)


def test_a_fresh_adapter_that_does_nothing_yet_is_fine(
    backbone: Backbone, stand: Stand, fresh: Fresh, check: Check
) -> None:
    trained = fresh("new-1", "seq_bn")
    for parameter in adapter_parameters(backbone, "new-1").values():
        parameter.data.zero_()
    with pytest.raises(PreflightError):
        check_effects(backbone, ["new-1"], {"input_ids": torch.tensor([[0, 9, 2]])})
    check([stand("low-1"), "new-1"], trained)


def test_on_a_backbone_in_bf16_a_disturbed_weight_is_not_hidden_by_a_copy_in_bf16(
    tiny_backbone: Path, inputs: Inputs
) -> None:
    """Autocast keeps copies of weights that are trained; a stale one would make every fresh adapter look dead."""
    small = load_backbone("tiny", tiny_backbone, precision="bf16", offline=True)
    for name in ("low-1", "new-1"):
        add_fresh(small, name, Method(reduction_factor=4), seed=0)
    for parameter in adapter_parameters(small, "new-1").values():
        parameter.requires_grad_(True)
    check_effects(small, ["low-1", "new-1"], inputs, trained="new-1")


def test_an_empty_stack_is_refused(backbone: Backbone, inputs: Inputs) -> None:
    with pytest.raises(PreflightError, match="empty"):
        check_effects(backbone, [], inputs)


def test_a_frozen_tensor_that_would_be_trained_is_caught_by_name(
    backbone: Backbone, stand: Stand, fresh: Fresh, check: Check
) -> None:
    names = [stand("low-1")]
    trained = fresh("new-1", "seq_bn")
    backbone.base.get_parameter("encoder.layer.1.output.dense.bias").requires_grad_(True)
    with pytest.raises(PreflightError, match=r"would be trained: 1, .*\.encoder\.layer\.1\.output\.dense\.bias"):
        check([*names, "new-1"], trained)


def test_a_tensor_that_would_never_be_trained_is_caught_by_name(
    backbone: Backbone, stand: Stand, fresh: Fresh, check: Check
) -> None:
    """The invertible part of an adapter counts only at the bottom of a stack."""
    names = [stand("low-1")]
    trained = fresh("new-1", "seq_bn_inv")
    with pytest.raises(PreflightError, match=r"A part of the adapter new-1 has no effect .*: invertible_adapters\."):
        check([*names, "new-1"], trained)
    assert [name for name, value in trained.items() if value.grad is not None] == []


def test_each_head_needs_a_batch_that_trains_it(
    backbone: Backbone, fresh: Fresh, batch_of: Callable[[str], Batch]
) -> None:
    trained = fresh("new-1", "seq_bn")
    add_head(backbone, "tags-1", "tagging", TASKS["panx"], seed=0)
    trained |= head_parameters(backbone, "tags-1")
    heads: list[tuple[str, HeadKind]] = [("new-1", "classification"), ("tags-1", "tagging")]

    def loss_of(name: str, kind: HeadKind) -> Callable[[], Tensor]:
        batch = batch_of(kind)
        return lambda: HEADS[kind].loss(answer(backbone, name, kind, batch.inputs, batch.labels), batch.labels)

    losses = [loss_of(name, kind) for name, kind in heads]
    activate(backbone, ["new-1"])
    check_gradients(backbone, trained, *losses)
    with pytest.raises(PreflightError, match=r"would never be trained, heads\.tags-1"):
        check_gradients(backbone, trained, losses[0])


def test_nothing_to_train_is_refused(backbone: Backbone, stand: Stand, check: Check) -> None:
    with pytest.raises(PreflightError, match="Nothing would be trained"):
        check([stand("low-1")], {})


def test_an_invertible_part_above_another_adapter_is_caught_in_scoring_too(
    backbone: Backbone, stand: Stand, inputs: Inputs
) -> None:
    for kind in ("seq_bn", "seq_bn_inv"):
        names = [stand(f"low_{kind}-1", kind), stand(f"high_{kind}-1", "seq_bn_inv")]
        with pytest.raises(PreflightError, match=rf"A part of the adapter {names[1]} has .*: invertible_adapters\."):
            check_effects(backbone, names, inputs)


@contextmanager
def deaf(module: nn.Module) -> Iterator[None]:
    """Let a module compute with copies of its weights, so that its own have no part in the answer."""
    usual = module.forward

    def forward(*given: Tensor, **options: Any) -> Any:
        module.forward = usual
        try:
            return functional_call(module, copies, given, options)
        finally:
            module.forward = forward

    copies = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    module.forward = forward
    try:
        yield
    finally:
        del module.forward


def test_every_part_of_every_adapter_counts(backbone: Backbone, stand: Stand, inputs: Inputs) -> None:
    """Whatever part is taken out of the computation by itself, it is caught by its name."""
    names = [stand("low-1", "seq_bn_inv"), stand("middle-1", "double_seq_bn"), stand("top-1")]
    modules = {key: module for key, module in backbone.base.named_modules() if key.rpartition(".")[2] in names}
    assert len(modules) == 1 + 4 + 2 * 4 + 4
    for key, module in modules.items():
        place, _, name = key.rpartition(".")
        with deaf(module), pytest.raises(PreflightError, match=rf"A part of the adapter {name} .*: {place}\."):
            check_effects(backbone, names, inputs)
    check_effects(backbone, names, inputs)


def test_parts_are_looked_at_without_a_trace(backbone: Backbone, stand: Stand, inputs: Inputs) -> None:
    names = [stand("low-1", "seq_bn_inv"), stand("top-1")]
    check_effects(backbone, names, inputs)
    parameters = [value for name in names for value in adapter_parameters(backbone, name).values()]
    assert not any(value.requires_grad or value.grad is not None for value in parameters)


def test_hidden_states_that_are_no_numbers_are_caught(backbone: Backbone, stand: Stand, inputs: Inputs) -> None:
    name = stand("huge-1")
    for parameter in adapter_parameters(backbone, name).values():
        parameter.data.fill_(1e38)
    with pytest.raises(PreflightError, match="hidden states of the stack huge-1 are not finite"):
        check_effects(backbone, [name], inputs)
