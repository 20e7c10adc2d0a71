"""What the files of an adapter say if they were made by the recipe on its card, without torch.

The `adapters` library (1.3.0) writes a config beside each file of weights. Tests compare these tables with what it
writes for every method, head and fusion layer.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from madx_stilts.formats.base import HeadKind
from madx_stilts.recipe import Method, MethodKind

Config = Mapping[str, object]
Shape = tuple[int | None, ...]
"""Lengths of a tensor's axes; None: not known from the card."""

_BOTTLENECK: Final[Config] = {
    "adapter_residual_before_ln": False,
    "cross_adapter": False,
    "dropout": 0.0,
    "factorized_phm_W": True,
    "factorized_phm_rule": False,
    "hypercomplex_nonlinearity": "glorot-uniform",
    "init_weights": "bert",
    "init_weights_seed": None,
    "inv_adapter": None,
    "inv_adapter_reduction_factor": None,
    "is_parallel": False,
    "learn_phm": True,
    "leave_out": [],
    "ln_after": False,
    "ln_before": False,
    "mh_adapter": False,
    "non_linearity": "relu",
    "original_ln_after": True,
    "original_ln_before": True,
    "output_adapter": True,
    "phm_bias": True,
    "phm_c_init": "normal",
    "phm_dim": 4,
    "phm_init_range": 0.0001,
    "phm_layer": False,
    "phm_rank": 1,
    "reduction_factor": 16,
    "residual_before_ln": True,
    "scaling": 1.0,
    "shared_W_phm": False,
    "shared_phm_rule": True,
    "stochastic_depth": 0.0,
    "use_gating": False,
}
_LOW_RANK: Final[Config] = {
    "alpha": 8,
    "architecture": "lora",
    "attn_matrices": ["q", "v"],
    "composition_mode": "add",
    "dropout": 0.0,
    "dtype": None,
    "init_weights": "lora",
    "init_weights_seed": None,
    "intermediate_lora": False,
    "leave_out": [],
    "output_lora": False,
    "r": 8,
    "selfattn_lora": True,
    "use_dora": False,
    "use_gating": False,
    "vera_b": None,
    "vera_d": None,
}
_REFT: Final[Config] = {
    "architecture": "reft",
    "dropout": 0.05,
    "dtype": None,
    "init_weights_seed": None,
    "layers": "all",
    "non_linearity": None,
    "orthogonality": True,
    "output_reft": True,
    "prefix_positions": 3,
    "r": 1,
    "suffix_positions": 0,
    "tied_weights": False,
}
_TWO_PLACES: Final[Config] = {"mh_adapter": True, "original_ln_before": False}
_METHODS: Final[Mapping[MethodKind, Config]] = {
    "seq_bn": _BOTTLENECK,
    "seq_bn_inv": {**_BOTTLENECK, "inv_adapter": "nice", "inv_adapter_reduction_factor": 2},
    "double_seq_bn": {**_BOTTLENECK, **_TWO_PLACES, "non_linearity": "swish"},
    "compacter": {**_BOTTLENECK, **_TWO_PLACES, "non_linearity": "gelu", "phm_layer": True},
    "par_bn": {
        **_BOTTLENECK,
        "init_weights": "mam_adapter",
        "is_parallel": True,
        "original_ln_before": False,
        "scaling": 4.0,
    },
    "ia3": {
        **_LOW_RANK,
        "alpha": 1,
        "attn_matrices": ["k", "v"],
        "composition_mode": "scale",
        "init_weights": "ia3",
        "intermediate_lora": True,
        "r": 1,
    },
    "lora": _LOW_RANK,
    "loreft": _REFT,
}
BOTTLENECK_KEYS: Final = frozenset(_BOTTLENECK)
FUSION: Final[Config] = {
    "dropout_prob": None,
    "key": True,
    "query": True,
    "query_before_ln": False,
    "regularization": True,
    "residual_before": False,
    "temperature": False,
    "value": True,
    "value_before_softmax": True,
    "value_initialized": True,
}
_HEAD: Final[Config] = {"activation_function": "tanh", "dropout_prob": None}
_HEADS: Final[Mapping[HeadKind, Config]] = {
    "classification": {**_HEAD, "bias": True, "layers": 2, "use_pooler": False},
    "multiple_choice": {**_HEAD, "layers": 2, "use_pooler": False},
    "question_answering": {**_HEAD, "layers": 1},
    "tagging": {**_HEAD, "layers": 1},
}
HEAD_KINDS: Final = tuple(_HEADS)
_SPAN_LABELS: Final = ("LABEL_0", "LABEL_1")


def adapter_config(method: Method) -> Config:
    """The library's config of a method."""
    config = dict(_METHODS[method.kind])
    if "reduction_factor" in config:
        config["reduction_factor"] = method.reduction_factor
    if method.leave_out:
        config["leave_out"] = sorted(set(method.leave_out))
    return config


def head_keys(kind: HeadKind) -> frozenset[str]:
    """The keys of a head's config."""
    return frozenset(head_config(kind, ()))


def head_config(kind: HeadKind, labels: Sequence[str]) -> Config:
    """The library's config of a head.

    Args:
        labels: In the order of its outputs; unused where it answers with spans.
    """
    named = _SPAN_LABELS if kind == "question_answering" else tuple(labels)
    count = "num_choices" if kind == "multiple_choice" else "num_labels"
    return {
        **_HEADS[kind],
        "head_type": kind,
        "label2id": {label: at for at, label in enumerate(named)},
        count: len(named),
    }


def head_tensors(kind: HeadKind, labels: int, hidden: int) -> Mapping[str, Shape]:
    """Shapes of a head's tensors by the end of their names."""
    if kind in ("question_answering", "tagging"):
        return {"1.weight": (labels, hidden), "1.bias": (labels,)}
    outputs = 1 if kind == "multiple_choice" else labels
    return {
        "1.weight": (hidden, hidden),
        "1.bias": (hidden,),
        "4.weight": (outputs, hidden),
        "4.bias": (outputs,),
    }


def fusion_tensors(hidden: int) -> Mapping[str, Shape]:
    """Shapes of a fusion layer's tensors by the end of their names."""
    square, row = (hidden, hidden), (hidden,)
    return {"key.weight": square, "key.bias": row, "query.weight": square, "query.bias": row, "value.weight": square}


def adapter_tensors(method: Method, hidden: int) -> Mapping[str, Shape]:
    """Shapes of an adapter's tensors by the end of their names, which follows the adapter's own name."""
    if method.kind in ("ia3", "lora"):
        rank = 1 if method.kind == "ia3" else 8
        return {"lora_A": (rank, hidden), "lora_B": (None, rank)}
    if method.kind == "loreft":
        return _reft_tensors(hidden)
    width = max(1, int(hidden // method.reduction_factor))
    if method.kind == "compacter":
        return _compacter_tensors(hidden, width)
    bottleneck: Mapping[str, Shape] = {
        "adapter_down.0.weight": (width, hidden),
        "adapter_down.0.bias": (width,),
        "adapter_up.weight": (hidden, width),
        "adapter_up.bias": (hidden,),
    }
    return {**bottleneck, **(_coupling_tensors(hidden) if method.kind == "seq_bn_inv" else {})}


def _coupling_tensors(hidden: int) -> Mapping[str, Shape]:
    """The invertible part (NICE): each half of the hidden states is shifted by a function of the other."""
    upper, lower = hidden // 2, hidden - hidden // 2
    found: dict[str, Shape] = {}
    for name, taken, given in (("F", lower, upper), ("G", upper, lower)):
        inner = taken // 2
        found |= {f"{name}.0.weight": (inner, taken), f"{name}.0.bias": (inner,)}
        found |= {f"{name}.2.weight": (given, inner), f"{name}.2.bias": (given,)}
    return found


def _compacter_tensors(hidden: int, width: int) -> Mapping[str, Shape]:
    return {
        "adapter_down.0.W_left": (4, hidden // 4, 1),
        "adapter_down.0.W_right": (4, 1, width // 4),
        "adapter_down.0.b": (width,),
        "adapter_up.W_left": (4, width // 4, 1),
        "adapter_up.W_right": (4, 1, hidden // 4),
        "adapter_up.b": (hidden,),
        "phm_rule": (4, 4, 4),
    }


def _reft_tensors(hidden: int) -> Mapping[str, Shape]:
    found: dict[str, Shape] = {}
    for unit in ("units.0", "units.1"):
        found |= {f"{unit}.learned_source.weight": (1, hidden), f"{unit}.learned_source.bias": (1,)}
        matrix = f"{unit}.projection.parametrizations.weight"
        found |= {f"{matrix}.0.base": (hidden, hidden), f"{matrix}.original": (1, hidden)}
    return found
