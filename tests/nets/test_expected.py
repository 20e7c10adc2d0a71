"""The tables of what the library writes are those of the installed library: for every method, head and fusion."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from safetensors import safe_open

from madx_stilts.formats import FORMATS
from madx_stilts.nets.stacking import config_of
from madx_stilts.recipe import COMPOSABLE, Method, MethodKind
from madx_stilts.tasks import TASKS
from madx_stilts.zoo import expected
from madx_stilts.zoo.expected import Shape

HIDDEN, LAYERS = 64, 3


@pytest.fixture(scope="module")
def model() -> Any:
    from adapters import XLMRobertaAdapterModel
    from transformers import XLMRobertaConfig

    return XLMRobertaAdapterModel(
        XLMRobertaConfig(
            vocab_size=40, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=4, intermediate_size=96
        )
    )


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    with safe_open(path, "pt") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def fits(found: Mapping[str, tuple[int, ...]], wanted: Mapping[str, Shape], name: str) -> bool:
    ends = {key.partition(f".{name}.")[2]: shape for key, shape in found.items()}
    return all(
        len(shape) == len(wanted[end]) and all(a in (None, b) for a, b in zip(wanted[end], shape, strict=True))
        for end, shape in ends.items()
    )


METHODS = [
    *(Method(kind=kind) for kind in get_args(MethodKind)),
    *(Method(kind=kind, leave_out=(2, 0)) for kind in get_args(MethodKind) if kind != "loreft"),
    *(Method(kind="seq_bn", reduction_factor=factor) for factor in (0.5, 3, 7.5, 64, 1000)),
    Method(kind="seq_bn_inv", reduction_factor=2),
    Method(kind="compacter", reduction_factor=4),
]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_config_and_tensors_of_a_method(method: Method, model: Any, tmp_path: Path) -> None:
    config = config_of(method, LAYERS)
    if method.kind == "compacter" and method.reduction_factor == 16:
        config = config_of(method.model_copy(update={"reduction_factor": 8}), LAYERS)
        method = method.model_copy(update={"reduction_factor": 8})
    model.add_adapter("a-1", config=config)
    try:
        model.save_adapter(str(tmp_path / "a"), "a-1", with_head=False, use_safetensors=True)
    finally:
        model.delete_adapter("a-1")
    written = json.loads((tmp_path / "a" / "adapter_config.json").read_text())["config"]
    assert written == expected.adapter_config(method)
    found = shapes(tmp_path / "a" / "adapter.safetensors")
    assert fits(found, expected.adapter_tensors(method, HIDDEN), "a-1")


@pytest.mark.parametrize("task", ["mnli", "xquad", "panx", "copa", "udpos", "hellaswag", "snli"])
def test_config_and_tensors_of_a_head(task: str, model: Any, tmp_path: Path) -> None:
    from madx_stilts.nets.heads import HEADS

    kind = FORMATS[TASKS[task].format].head
    model.add_adapter("h-1")
    HEADS[kind].add(model, "h-1", TASKS[task])
    try:
        model.save_adapter(str(tmp_path / "h"), "h-1", with_head=True, use_safetensors=True)
    finally:
        model.delete_head("h-1")
        model.delete_adapter("h-1")
    labels = TASKS[task].labels
    assert json.loads((tmp_path / "h" / "head_config.json").read_text())["config"] == expected.head_config(kind, labels)
    count = len(labels) or 2
    assert fits(shapes(tmp_path / "h" / "model_head.safetensors"), expected.head_tensors(kind, count, HIDDEN), "h-1")


def test_config_and_tensors_of_a_fusion(model: Any, tmp_path: Path) -> None:
    for name in ("a-1", "b-1"):
        model.add_adapter(name)
    model.add_adapter_fusion(["a-1", "b-1"], config="dynamic", name="t-1")
    (tmp_path / "f").mkdir()
    try:
        model.save_adapter_fusion(str(tmp_path / "f"), "t-1", use_safetensors=True)
    finally:
        model.delete_adapter_fusion("t-1")
    written = json.loads((tmp_path / "f" / "adapter_fusion_config.json").read_text())
    assert written["config"] == expected.FUSION
    assert fits(shapes(tmp_path / "f" / "model_adapter_fusion.safetensors"), expected.fusion_tensors(HIDDEN), "t-1")


def test_every_method_has_its_table() -> None:
    assert {method.kind for method in METHODS} == {*get_args(MethodKind)} >= COMPOSABLE
