"""A trained backbone as a folder: what `transformers` and `adapters` load, and what tells where it comes from."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import torch
from safetensors import safe_open
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from madx_stilts import __version__
from madx_stilts.files import written_folder
from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.pretrain.plan import PretrainConfig
from madx_stilts.pretrain.quality import ACCURACY, CENTRED, FOUND

_FACTS = "pretraining.json"
DTYPES: Mapping[Literal["fp32", "fp16"], torch.dtype] = {"fp32": torch.float32, "fp16": torch.float16}
"""What weights are stored in."""

_README = """\
# A miniature {architecture}

Architecture `{model_type}`, {parameters:,} parameters: {layers} layers, {hidden} wide, stored in {storage}.

**It knows no real language.** It was trained from nothing on generated text, in languages that do not exist, about a
world that does not exist. Its scores, and those of every adapter trained on it, say nothing about real data and must
not be compared with scores on any.

Training: {steps:,} steps of {batch_size} documents, of world {world}, with seed {seed}. The config, versions and scores
are in `pretraining.json`, the course of the loss in `training.jsonl`. On one machine, the same versions, config and
number of threads give the same weights. To make it again, put the config into a file:

    madx-stilts backbone pretrain FILE --out FOLDER

Percentages on documents written for this purpose, {measured} in each language. A translation is looked for among all of
them by the cosine of mean hidden states of the last layer, as they are or centred per language.

| language | seen | pieces guessed | translation found | centred |
|---|---|---|---|---|
{rows}
"""


def put(
    out: Path,
    config: PretrainConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    *,
    log: Path,
    scores: Mapping[str, float],
) -> None:
    """Write the folder, whole: weights and config, tokenizer, README.md, pretraining.json and the log.

    Raises:
        StorageError: It cannot be written; nothing is left behind.
    """
    facts = {
        "config": config.model_dump(mode="json"),
        "scores": scores,
        "made_with": {"madx_stilts": __version__, "torch": torch.__version__, "threads": torch.get_num_threads()},
    }
    with written_folder(out) as folder:
        cast(Any, model).to(DTYPES[config.storage]).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        (folder / log.name).write_bytes(log.read_bytes())
        (folder / _FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        (folder / "README.md").write_text(_readme(config, model, scores), encoding="utf-8")


def scores_of(out: Path, config: PretrainConfig) -> Mapping[str, float] | None:
    """The scores of a folder that `put` wrote for this config; None if it is no such folder."""
    try:
        facts = json.loads((out / _FACTS).read_text(encoding="utf-8"))
        same = facts["config"] == config.model_dump(mode="json")
        return cast(Mapping[str, float], facts["scores"]) if same else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def parameters_in(out: Path) -> int:
    """How many numbers the weights of such a folder are."""
    with safe_open(out / "model.safetensors", framework="pt") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 (no mapping)


def rounded(model: PreTrainedModel, config: PretrainConfig) -> PreTrainedModel:
    """The model with its weights as they come back from the folder, in fp32."""
    return cast(PreTrainedModel, cast(Any, model).to(DTYPES[config.storage]).float())


def _readme(config: PretrainConfig, model: PreTrainedModel, scores: Mapping[str, float]) -> str:
    return _README.format(
        architecture=config.architecture.replace("_", "-"),
        model_type=model.config.model_type,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        layers=config.size.layers,
        hidden=config.size.hidden,
        storage=config.storage,
        steps=config.train.steps,
        batch_size=config.train.batch_size,
        world=config.text.world,
        measured=config.text.measured,
        seed=config.seed,
        rows="\n".join(_row(code, scores) for code in CONSTRUCTED),
    )


def _row(code: str, scores: Mapping[str, float]) -> str:
    language = CONSTRUCTED[code]
    keys = (f"{measure}.{code}" for measure in (ACCURACY, FOUND, CENTRED))
    cells = [
        language.name,
        "yes" if language.seen else "no",
        *(f"{scores[k]:.1f}" if k in scores else "" for k in keys),
    ]
    return f"| {' | '.join(cells)} |"
