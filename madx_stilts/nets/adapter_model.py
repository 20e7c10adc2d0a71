"""All that this package uses of a model of the `adapters` library, which carries no types. Nothing else is touched."""

from collections.abc import Container, Iterator, Mapping
from textwrap import shorten
from typing import Any, Protocol, cast

import torch
from torch import nn


class AdapterModel(Protocol):
    """An `AutoAdapterModel`: a base model with adapters, and prediction heads by name."""

    config: Any
    heads: nn.ModuleDict
    adapters_config: Container[str]

    @property
    def base_model(self) -> nn.Module: ...

    def add_adapter(self, adapter_name: str, config: object) -> None: ...
    def delete_adapter(self, adapter_name: str) -> None: ...
    def set_active_adapters(self, adapter_setup: object) -> None: ...
    def adapter_to(self, name: str, device: torch.device, dtype: torch.dtype) -> None: ...
    def save_adapter(
        self, save_directory: str, adapter_name: str, *, with_head: bool, use_safetensors: bool
    ) -> None: ...
    def load_adapter(
        self,
        adapter_name_or_path: str,
        *,
        load_as: str,
        with_head: bool,
        use_safetensors: bool,
        set_active: bool,
        loading_info: dict[str, list[str]],
    ) -> str: ...

    def add_classification_head(self, head_name: str, *, num_labels: int, id2label: Mapping[int, str]) -> None: ...
    def add_multiple_choice_head(self, head_name: str, *, num_choices: int, id2label: Mapping[int, str]) -> None: ...
    def add_qa_head(self, head_name: str, *, num_labels: int) -> None: ...
    def add_tagging_head(self, head_name: str, *, num_labels: int, id2label: Mapping[int, str]) -> None: ...
    def add_masked_lm_head(self, head_name: str) -> None: ...
    def delete_head(self, head_name: str) -> None: ...
    def save_head(self, save_directory: str, head_name: str, *, use_safetensors: bool) -> None: ...
    def load_head(
        self, save_directory: str, *, load_as: str, use_safetensors: bool, loading_info: dict[str, list[str]]
    ) -> str: ...

    def gradient_checkpointing_enable(self, gradient_checkpointing_kwargs: Mapping[str, bool]) -> None: ...
    def gradient_checkpointing_disable(self) -> None: ...
    def disable_input_require_grads(self) -> None: ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...
    def requires_grad_(self, requires_grad: bool) -> object: ...
    def train(self) -> object: ...
    def eval(self) -> object: ...
    def to(self, *, device: torch.device, dtype: torch.dtype) -> "AdapterModel": ...


def head_config(head: nn.Module) -> dict[str, Any]:
    """The library's settings of a prediction head: its `head_type`, its labels, ..."""
    return cast(dict[str, Any], head.config)


def told(error: BaseException) -> str:
    """What a library's error tells, on one line and without a full stop, to be quoted in a message of ours."""
    text = " ".join(str(error).split()) or type(error).__name__
    return shorten(text, width=300, placeholder=" ...").rstrip(".")


def invertible_adapter(base: nn.Module) -> nn.Module | None:
    """The invertible part of the adapter at the bottom of the active stack, if it has one."""
    return cast(HasInvertible, base).get_invertible_adapter()


class HasInvertible(Protocol):
    """A base model that may hold invertible adapters."""

    def get_invertible_adapter(self) -> nn.Module | None: ...
