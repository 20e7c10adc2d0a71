"""Fresh networks of three architectures, and how each is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import torch
from torch import Tensor
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MT5Config,
    MT5ForConditionalGeneration,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from madx_stilts.nets.stacking import seeded
from madx_stilts.pretrain.objective import Objective, hide_spans, hide_words, show_all
from madx_stilts.pretrain.plan import ArchitectureName, ModelSize, PretrainConfig

Inputs = dict[str, Tensor]
_POSITIONS = 512
_EMBEDDING_STD = 0.05


@dataclass(frozen=True)
class NetworkKind:
    """One kind of network.

    Args:
        fresh: Makes one with random weights.
        objective: What it is trained to do.
        read: Hidden states of a text, from `input_ids` and `attention_mask`. *Shape:* ``(batch, tokens, hidden)``.
        states: Hidden states that pieces are predicted from, from what the objective gives. *Shape:* the same.
    """

    fresh: Callable[[ModelSize, PreTrainedTokenizerFast], PreTrainedModel]
    objective: Objective
    read: Callable[[PreTrainedModel, Inputs], Tensor]
    states: Callable[[PreTrainedModel, Inputs], Tensor]


def build(config: PretrainConfig, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """A network with random weights, drawn from the config's seed."""
    with seeded(config.seed):
        model = ARCHITECTURES[config.architecture].fresh(config.size, tokenizer)
        with torch.no_grad():
            table(model).normal_(std=_EMBEDDING_STD)
    return model


def table(model: PreTrainedModel) -> Tensor:
    """The embeddings of its pieces. *Shape:* ``(vocabulary, hidden)``."""
    return cast(Tensor, cast(Any, model.get_input_embeddings()).weight)


def guess(model: PreTrainedModel, states: Tensor) -> Tensor:
    """Scores of all pieces, from hidden states. *Shape:* ``(positions, hidden)`` to ``(positions, vocabulary)``."""
    return cast(Tensor, cast(Any, model).lm_head(states))


def layers(model: PreTrainedModel, inputs: Inputs) -> Sequence[Tensor]:
    """Hidden states of an encoder after each of its layers. *Shape of each:* ``(batch, tokens, hidden)``."""
    states = cast(Any, model).base_model(**inputs, output_hidden_states=True).hidden_states
    return cast(Sequence[Tensor], states[1:])


def _xlmr(size: ModelSize, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    config = XLMRobertaConfig(
        **_shared(size, tokenizer),
        max_position_embeddings=_POSITIONS + 2,  # positions are counted from the padding id on
        type_vocab_size=1,
        intermediate_size=size.feed_forward,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=_EMBEDDING_STD,
    )
    return XLMRobertaForMaskedLM(config)


def _llama(size: ModelSize, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    config = LlamaConfig(
        **_shared(size, tokenizer),
        max_position_embeddings=_POSITIONS,
        intermediate_size=size.feed_forward,
        tie_word_embeddings=True,
        initializer_range=_EMBEDDING_STD,
    )
    return LlamaForCausalLM(config)


def _mt5(size: ModelSize, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    config = MT5Config(
        vocab_size=len(tokenizer),
        d_model=size.hidden,
        d_kv=size.hidden // size.heads,
        d_ff=size.feed_forward,
        num_layers=size.layers,
        num_heads=size.heads,
        dropout_rate=0.0,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    return MT5ForConditionalGeneration(config)


def _shared(size: ModelSize, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }


def _read(model: PreTrainedModel, inputs: Inputs) -> Tensor:
    return cast(Tensor, cast(Any, model).base_model(**inputs).last_hidden_state)


def _read_first_half(model: PreTrainedModel, inputs: Inputs) -> Tensor:
    return cast(Tensor, cast(Any, model).encoder(**inputs).last_hidden_state)


def _answer(model: PreTrainedModel, inputs: Inputs) -> Tensor:
    text = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    decoder = cast(Any, model).decoder
    outputs = decoder(
        input_ids=inputs["decoder_input_ids"],
        encoder_hidden_states=_read_first_half(model, text),
        encoder_attention_mask=inputs["attention_mask"],
        use_cache=False,
    )
    return cast(Tensor, outputs.last_hidden_state)


ARCHITECTURES: Mapping[ArchitectureName, NetworkKind] = MappingProxyType(
    {
        "encoder": NetworkKind(_xlmr, hide_words, _read, _read),
        "encoder_decoder": NetworkKind(_mt5, hide_spans, _read_first_half, _answer),
        "decoder": NetworkKind(_llama, show_all, _read, _read),
    }
)
"""XLM-R (arXiv 1911.02116), mT5 (arXiv 2010.11934) and Llama (arXiv 2302.13971), by what they are."""
