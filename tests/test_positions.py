"""What a backbone has room for is read from its config, and is what its model can do, to the token."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    BertConfig,
    BertModel,
    PretrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from madx_stilts.errors import UsageError
from madx_stilts.nets.architecture import ANATOMIES
from madx_stilts.positions import COUNTINGS, ModelLimits
from madx_stilts.recipe import Method, TrainSettings

MODELS: dict[str, tuple[type[PretrainedConfig], type[PreTrainedModel]]] = {
    "bert": (BertConfig, BertModel),
    "roberta": (RobertaConfig, RobertaModel),
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel),
}
SIZES = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8, "num_hidden_layers": 1, "vocab_size": 20}


def test_every_architecture_has_its_way_of_counting() -> None:
    assert COUNTINGS.keys() == ANATOMIES.keys() == MODELS.keys()


@pytest.mark.parametrize("model_type", MODELS)
@pytest.mark.parametrize("options", [{}, {"pad_token_id": 0}, {"pad_token_id": 3}, {"max_position_embeddings": 17}])
def test_the_longest_sequence_is_the_longest_that_the_model_reads(
    model_type: str, options: dict[str, Any], tmp_path: Path
) -> None:
    of_config, of_model = MODELS[model_type]
    model = of_model(of_config(**(SIZES | {"max_position_embeddings": 24} | options))).eval()
    model.config.save_pretrained(tmp_path)
    longest = ModelLimits.of("small", json.loads((tmp_path / "config.json").read_text())).tokens
    assert longest is not None
    with torch.inference_mode():
        model(input_ids=torch.full((1, longest), 7))
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, longest + 1), 7))


@pytest.mark.parametrize("model_type", MODELS)
def test_a_config_that_says_nothing_means_what_transformers_takes(model_type: str) -> None:
    usual = MODELS[model_type][0]().to_dict()
    assert ModelLimits.of("x", {"model_type": model_type}).tokens == ModelLimits.of("x", usual).tokens


@pytest.mark.parametrize(
    "config", [{}, {"model_type": "gpt2"}, {"model_type": []}, {"model_type": "bert", "max_position_embeddings": "a"}]
)
def test_what_is_not_known_forbids_nothing(config: dict[str, object]) -> None:
    ModelLimits.of("x", config).require(Method(leave_out=(99,)), TrainSettings(max_tokens=100_000))


@given(tokens=st.integers(8, 600), max_tokens=st.integers(8, 600))
def test_a_length_is_refused_exactly_when_there_are_too_few_positions(tokens: int, max_tokens: int) -> None:
    faults = [*ModelLimits("x", tokens=tokens).faults(Method(), TrainSettings(max_tokens=max_tokens))]
    assert bool(faults) == (max_tokens > tokens)
    assert all(str(number) in fault for fault in faults for number in (tokens, max_tokens))


def test_a_refusal_says_what_to_set() -> None:
    with pytest.raises(UsageError, match="max_tokens is 384, and tiny has positions for 128 tokens") as caught:
        ModelLimits("tiny", tokens=128).require(Method(), TrainSettings(max_tokens=384))
    assert "--max-tokens 128 or less" in caught.value.hint


@pytest.mark.parametrize(
    ("layers", "fault"), [((4,), "names layer 4, and x has the layers 0 to 3"), ((0, 1, 2, 3), "all 4")]
)
def test_layers_that_are_not_there_are_refused(layers: tuple[int, ...], fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        ModelLimits("x", layers=4).require(Method(leave_out=layers), TrainSettings())


def test_weight_decay_would_silence_loreft() -> None:
    ModelLimits("x").require(Method(kind="loreft"), TrainSettings())
    with pytest.raises(UsageError, match="a loreft adapter comes to do nothing"):
        ModelLimits("x").require(Method(kind="loreft"), TrainSettings(weight_decay=0.01))
