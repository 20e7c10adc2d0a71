"""Adapters in a backbone: add, load, activate, save, remove. Nothing stays registered after a failure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from adapters import AdapterConfig
from safetensors import SafetensorError
from torch import nn

from madx_stilts.errors import AdapterError, StorageError, UsageError
from madx_stilts.files import told_as_storage
from madx_stilts.nets.adapter_model import told
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.fusion import add_fusion, composition, load_fusion, remove_fusion
from madx_stilts.nets.soundness import require_finite_adapter
from madx_stilts.recipe import Method
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.zoo.folder import FUSION

# Methods whose only module in a layer is its output adapter, so that all before it can be shared between learners.
_OUTPUT_ONLY = frozenset({"seq_bn", "seq_bn_inv"})
_OF = "__"
"""Between a task and the adapter in the name of a head, when an adapter has several."""
_SIZED = frozenset({"seq_bn", "seq_bn_inv", "double_seq_bn", "compacter", "par_bn"})


def name_in_model(name: str, identity: str) -> str:
    """What an adapter is called inside a model and its files: readable, and never a prefix of another's name.

    `adapters` 1.3.0 saves the head `t10` together with the head `t1`. Names that end in eight digits of the id, after
    the only hyphen, cannot begin one another.
    """
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', name)}-{identity[:8]}"


def head_names(adapter: str, tasks: Iterable[str]) -> dict[str, str]:
    """What the heads of an adapter are called inside a model, by task.

    The head of the only task bears the adapter's name, as in plain `adapters`, also beside masked language modelling.

    Args:
        adapter: As `name_in_model` gives it.
        tasks: What the adapter was trained on.
    """
    distinct = dict.fromkeys(tasks)
    answering = [task for task in distinct if task != MASKED_LM.name] or list(distinct)
    return {task: adapter if [task] == answering else f"{task}{_OF}{adapter}" for task in distinct}


def config_of(method: Method, layers: int) -> AdapterConfig:
    """The library's config of a method.

    Raises:
        UsageError: A layer to leave out does not exist, or no layer is left.
    """
    beyond = [layer for layer in method.leave_out if layer >= layers]
    if beyond or len(set(method.leave_out)) >= layers:
        raise UsageError(
            f"leave_out names {list(method.leave_out)}, the backbone has layers 0 to {layers - 1}.",
            hint="Leave at least one layer with an adapter.",
        )
    options: dict[str, object] = {"leave_out": sorted(set(method.leave_out))} if method.leave_out else {}
    if method.kind in _SIZED:
        options["reduction_factor"] = method.reduction_factor
    return AdapterConfig.load(method.kind, **options)


def add_fresh(backbone: Backbone, name: str, method: Method, *, seed: int, fuses: Sequence[str] = ()) -> None:
    """Add an untrained adapter, on the backbone's device, in fp32, drawn from `seed` alone.

    Args:
        fuses: Names of the adapters below it that a fusion layer of its own fuses.

    Raises:
        UsageError: The method does not fit the backbone.
    """
    config = config_of(method, backbone.layers)
    _check_divisible(config, method, backbone.note().hidden_size)
    with seeded(seed):
        backbone.model.add_adapter(name, config=config)
        if fuses:
            add_fusion(backbone, name, fuses)
    backbone.model.adapter_to(name, device=backbone.device, dtype=torch.float32)


def _check_divisible(config: AdapterConfig, method: Method, hidden: int) -> None:
    """Compacter's matrices are sums of Kronecker products (arXiv 2106.04647), of one size each."""
    parts, width = getattr(config, "phm_dim", 1), max(1, int(hidden // method.reduction_factor))
    if method.kind == "compacter" and (hidden % parts or width % parts):
        raise UsageError(
            f"With reduction_factor {method.reduction_factor:g}, compacter adapters of this backbone are {width} wide "
            f"inside, which is no multiple of {parts}.",
            hint=f"Choose a reduction_factor that leaves a multiple of {parts} of its hidden width, {hidden}.",
        )


def load(backbone: Backbone, folder: Path, *, identity: str, name: str, fuses: Sequence[str] = ()) -> str:
    """Load a frozen adapter, without its head, from a folder that the zoo has verified.

    Args:
        identity: Its id.
        name: What it is called inside its files, and then inside the model.
        fuses: Names of the adapters below it that its fusion layer fuses, if it has one.

    Returns:
        Its name in the model. An adapter that is loaded already is not loaded again.

    Raises:
        AdapterError: The weights do not fit the backbone; nothing stays registered.
    """
    if identity in backbone.attached:
        return backbone.attached[identity]
    report: dict[str, list[str]] = {}
    try:
        backbone.model.load_adapter(
            str(folder), load_as=name, with_head=False, use_safetensors=True, set_active=False, loading_info=report
        )
    except _LOAD_ERRORS as error:
        remove(backbone, name)
        raise AdapterError(f"The adapter {name} cannot be loaded: {told(error)}.", hint=_VERIFY) from error
    wrong = [*report.get("missing_keys", []), *report.get("unexpected_keys", [])]
    if wrong:
        remove(backbone, name)
        raise AdapterError(
            f"The adapter {name} does not fit the backbone: {len(wrong)} tensors differ, {wrong[0]} first.",
            hint=_VERIFY,
        )
    try:
        if fuses:
            load_fusion(backbone, folder / FUSION, name=name, members=fuses)
        require_finite_adapter(f"The adapter {name}", adapter_parameters(backbone, name))
    except AdapterError:
        remove(backbone, name)
        raise
    backbone.model.adapter_to(name, device=backbone.device, dtype=torch.float32)
    for parameter in adapter_parameters(backbone, name).values():
        parameter.requires_grad_(False)
    backbone.attached[identity] = name
    return name


# All that the library raises for files that are cut short, of another shape, or not its own.
_LOAD_ERRORS = (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError)
_VERIFY = "Check it with `madx-stilts zoo verify`, and that it was trained on this backbone."


def load_head(backbone: Backbone, folder: Path, *, name: str) -> None:
    """Load the prediction head that lies in a folder.

    Args:
        name: What it is called in the model.

    Raises:
        AdapterError: There is no head, or it does not fit.
    """
    if name in backbone.heads:
        return
    report: dict[str, list[str]] = {}
    try:
        backbone.model.load_head(str(folder), load_as=name, use_safetensors=True, loading_info=report)
    except _LOAD_ERRORS as error:
        _remove_head(backbone, name)
        raise AdapterError(f"The head in {folder} cannot be loaded: {told(error)}.", hint=_VERIFY) from error
    if report.get("missing_keys") or report.get("unexpected_keys"):
        _remove_head(backbone, name)
        raise AdapterError(f"The head in {folder} does not fit the backbone.", hint=_VERIFY)
    try:
        require_finite_adapter(f"The head in {folder}", dict(backbone.heads[name].named_parameters()))
    except AdapterError:
        _remove_head(backbone, name)
        raise
    backbone.heads[name].to(device=backbone.device, dtype=torch.float32).requires_grad_(False)


def activate(backbone: Backbone, names: Sequence[str], *, without: str = "") -> None:
    """Let the forward pass go through these adapters, bottom to top; none means the bare backbone.

    Args:
        without: The adapter among them that is left out.
    """
    backbone.model.set_active_adapters(composition(backbone, names, without=without))


def remove(backbone: Backbone, name: str) -> None:
    """Take an adapter, its fusion layer and its heads out of the model, if they are there."""
    remove_fusion(backbone, name)
    if name in backbone.model.adapters_config:
        backbone.model.delete_adapter(name)
    for head in [head for head in backbone.heads if head == name or head.endswith(_OF + name)]:
        _remove_head(backbone, head)
    backbone.attached = {identity: attached for identity, attached in backbone.attached.items() if attached != name}


def _remove_head(backbone: Backbone, name: str) -> None:
    if name in backbone.heads:
        backbone.model.delete_head(name)


def save(backbone: Backbone, folder: Path, name: str, *, head: bool) -> None:
    """Write adapter (and head) as safetensors in the library's own layout, so that plain `adapters` loads them.

    Raises:
        StorageError: No space.
    """
    with _refusal_told(folder):
        backbone.model.save_adapter(str(folder), name, with_head=head, use_safetensors=True)


def save_head(backbone: Backbone, folder: Path, name: str) -> None:
    """Write one head in the library's own layout, so that plain `adapters` loads it with `load_head`.

    Raises:
        StorageError: No space.
    """
    with told_as_storage(folder):
        folder.mkdir(parents=True)
    with _refusal_told(folder):
        backbone.model.save_head(str(folder), name, use_safetensors=True)


@contextmanager
def _refusal_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except SafetensorError as error:  # how safetensors tells that the system refused to write
        raise StorageError(
            f"Cannot write {folder}: {told(error)}.", hint="Free some space or name another folder."
        ) from error


def adapter_parameters(backbone: Backbone, name: str) -> dict[str, nn.Parameter]:
    """An adapter's parameters by their full name in the model, invertible part and fusion layer included, head not."""
    mark = f".{name}."
    named = backbone.base.named_parameters()
    return {key: value for key, value in named if mark in f".{key}" and not key.startswith("heads.")}


def head_parameters(backbone: Backbone, name: str) -> dict[str, nn.Parameter]:
    """A head's own parameters: an output embedding that it shares with the frozen backbone is not among them."""
    if name not in backbone.heads:
        return {}
    shared = {id(parameter) for parameter in backbone.base.parameters()}
    named = backbone.heads[name].named_parameters()
    return {f"heads.{name}.{key}": value for key, value in named if id(value) not in shared}


def trunk_below(backbone: Backbone, methods: Sequence[Method]) -> Trunk:
    """The trunk under adapters of these methods (those that are trained or differ between learners)."""
    if any(method.kind == "seq_bn_inv" for method in methods):
        return Trunk(layers=0, into_next=False)
    lowest = min(min(set(range(backbone.layers)) - set(method.leave_out)) for method in methods)
    return Trunk(layers=lowest, into_next=all(method.kind in _OUTPUT_ONLY for method in methods))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from `seed` inside the block; the generators outside go on as if nothing had happened."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
