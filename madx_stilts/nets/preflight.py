"""Prove on one batch that a stack does what it says, before hours are spent on it.

`adapters` 1.3.0 loses adapters, or parts of them, without a word in several compositions; here each loss is an error.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from madx_stilts.errors import PreflightError
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.fusion import fusion_parameters
from madx_stilts.nets.stacking import activate, adapter_parameters

Inputs = dict[str, Tensor]
_FEW = 2
"""Sequences that are enough to see which weights take part."""


def check_effects(backbone: Backbone, names: Sequence[str], inputs: Inputs, *, trained: str | None = None) -> None:
    """Every adapter of the active stack changes the hidden states, each of its parts does, and so does a fusion layer.

    A frozen adapter is taken out of the stack; one that is still to be trained is shaken instead, since a fresh one
    may rightly do nothing yet. Of a fusion, all members are taken out at once too, and its attention is made even.

    Args:
        names: The stack, bottom to top.
        inputs: One batch for `Backbone.hidden`.
        trained: The adapter of the stack that is about to be trained.

    Raises:
        PreflightError: The stack is empty, or one adapter has no effect, or a part of it has none, in whatever layer,
            or the hidden states are not finite.
    """
    if not names:
        raise PreflightError("The stack is empty.", hint="Name at least one adapter.")
    backbone.model.eval()
    with torch.inference_mode(), backbone.autocast():
        activate(backbone, names)
        whole = backbone.hidden(inputs)
        if not bool(torch.isfinite(whole).all()):
            raise PreflightError(
                f"The hidden states of the stack {_written(names)} are not finite.",
                hint="Try --precision fp32; if they still are not, an adapter is damaged: take them out one by one.",
            )
        _check_fusion(backbone, names, inputs, whole)
        for name in names:
            if name == trained:
                changed = _shaken(backbone, name, inputs)
            else:
                activate(backbone, names, without=name)
                changed = backbone.hidden(inputs)
                activate(backbone, names)
            if torch.equal(whole, changed):
                raise PreflightError(
                    f"The adapter {name} has no effect in the stack {_written(names)}.",
                    hint="Its method may not compose, or its weights are all zero: check with `madx-stilts zoo show`.",
                )
    _check_parts(backbone, names, {key: value[:_FEW] for key, value in inputs.items()})


def _written(names: Sequence[str]) -> str:
    return " ▸ ".join(names)


def _check_parts(backbone: Backbone, names: Sequence[str], inputs: Inputs) -> None:
    """Some weight of every part of every adapter takes part in the hidden states: it has a gradient that is not zero.

    A part is what an adapter has in one place: the bottleneck of one layer, the invertible part, a fusion layer.
    """
    parts: dict[tuple[str, str], dict[str, nn.Parameter]] = defaultdict(dict)
    for name in names:
        for key, parameter in adapter_parameters(backbone, name).items():
            parts[name, f".{key}".partition(f".{name}.")[0].lstrip(".")][key] = parameter
    every = [parameter for part in parts.values() for parameter in part.values()]
    frozen = [parameter for parameter in every if not parameter.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_(True)
    try:
        with torch.enable_grad(), backbone.autocast():
            hidden = backbone.hidden(inputs)
            weights = torch.randn(hidden.shape, generator=torch.Generator().manual_seed(0)).to(hidden.device)
            found = torch.autograd.grad((hidden.float() * weights).sum(), every, allow_unused=True)
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
    slopes = cast(tuple[Tensor | None, ...], found)
    moved = {id(parameter) for parameter, slope in zip(every, slopes, strict=True) if slope is not None and slope.any()}
    for (name, place), part in parts.items():
        if not any(id(parameter) in moved for parameter in part.values()):
            raise PreflightError(
                f"A part of the adapter {name} has no effect in the stack {_written(names)}: {place}.",
                hint="Its method may not compose with what lies below: in adapters 1.3.0, invertible parts run only at "
                "the bottom of a stack.",
            )


def check_gradients(backbone: Backbone, trainable: Mapping[str, nn.Parameter], *losses: Callable[[], Tensor]) -> None:
    """One backward pass for each loss gives every trainable tensor a gradient, and nothing else asks for one.

    Args:
        trainable: What is to be trained, by full name in the model.
        losses: Each computes the loss of one batch; several, where different batches are for different heads.

    Raises:
        PreflightError: A tensor would not be trained, or one that should be frozen would be.
    """
    if not trainable:
        raise PreflightError("Nothing would be trained.", hint="The adapter has no parameter in any layer.")
    known = {id(parameter) for parameter in trainable.values()}
    loose = [
        name for name, value in backbone.model.named_parameters() if value.requires_grad and id(value) not in known
    ]
    if loose:
        raise PreflightError(f"Tensors that must stay frozen would be trained: {len(loose)}, {loose[0]} first.")
    for loss in losses:
        loss().backward()
    idle = [name for name, parameter in trainable.items() if parameter.grad is None]
    for parameter in trainable.values():
        parameter.grad = None
    if idle:
        raise PreflightError(
            f"{len(idle)} of {len(trainable)} tensors would never be trained, {idle[0]} first.",
            hint="The method does not compose with what lies below; see design of stacks in the README.",
        )


def _check_fusion(backbone: Backbone, names: Sequence[str], inputs: Inputs, whole: Tensor) -> None:
    """What the members of a fusion answer reaches the hidden states, and attention has a say in how much of each."""
    fused = backbone.fusions.get(names[-1], ())
    if not fused:
        return
    activate(backbone, [name for name in names if name not in fused])
    bare = backbone.hidden(inputs)
    activate(backbone, names)
    hint = "Its weights may be all zero: check with `madx-stilts zoo show`."
    if torch.equal(whole, bare):
        raise PreflightError(f"The fusion of {', '.join(fused)} under {names[-1]} has no effect.", hint=hint)
    with _disturbed(fusion_parameters(backbone, names[-1], "query"), torch.zeros_like):
        even = backbone.hidden(inputs)
    if torch.equal(whole, even):
        raise PreflightError(
            f"The fusion of {', '.join(fused)} under {names[-1]} takes as much of each, whatever the text.", hint=hint
        )
    for member in fused:
        # One that answers nothing still takes a share from the others, so that taking it out would show an effect.
        with _disturbed(adapter_parameters(backbone, member), torch.zeros_like):
            silent = backbone.hidden(inputs)
        if torch.equal(whole, silent):
            raise PreflightError(f"The adapter {member} has no effect in the fusion under {names[-1]}.", hint=hint)


def _shaken(backbone: Backbone, name: str, inputs: Inputs) -> Tensor:
    """The hidden states with the adapter's weights disturbed."""
    fusion = fusion_parameters(backbone, name)
    own = {key: value for key, value in adapter_parameters(backbone, name).items() if key not in fusion}
    random = torch.Generator().manual_seed(0)

    def noisy(weights: Tensor) -> Tensor:
        return weights + torch.randn(weights.shape, generator=random).to(weights.device, weights.dtype)

    with _disturbed(own, noisy):
        return backbone.hidden(inputs)


@contextmanager
def _disturbed(parameters: Mapping[str, nn.Parameter], change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Let parameters have other values inside the block; afterwards they are put back bit for bit."""
    kept = {key: parameter.detach().clone() for key, parameter in parameters.items()}
    try:
        for key, parameter in parameters.items():
            parameter.data.copy_(change(kept[key]))
        yield
    finally:
        for key, parameter in parameters.items():
            parameter.data.copy_(kept[key])
