"""A fresh tiny backbone for each test, encoded toy data for each kind of head, and adapters that do something.

The package is imported inside the fixtures: this file may be read before the environment of the tests is set.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TASK_OF = {
    "classification": "xnli",
    "multiple_choice": "copa",
    "question_answering": "squad_v1",
    "tagging": "panx",
    "masked_lm": "masked_lm",
}


@dataclass(frozen=True)
class Toy:
    """A task with some encoded examples of it."""

    task: Any
    encoded: Any


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute in one thread: on tensors so small, threads only wait for one another."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def backbone(tiny_backbone: Path) -> object:
    """The tiny backbone without adapters, in scoring mode."""
    from madx_stilts.nets.backbone import load_backbone

    return load_backbone("tiny", tiny_backbone, offline=True)


@pytest.fixture(scope="session")
def toys(tiny_backbone: Path, tiny_mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Toy]:
    """Toy data by kind of head."""
    from transformers import AutoTokenizer

    from madx_stilts.data.encode import Encoder
    from madx_stilts.data.read import read
    from madx_stilts.data.sources import DataSources
    from madx_stilts.data.text import read_text
    from madx_stilts.demo.sentences import all_text
    from madx_stilts.formats.base import Limits
    from madx_stilts.tasks import TASKS

    encoder = Encoder(AutoTokenizer.from_pretrained(tiny_backbone, local_files_only=True), "f" * 64)
    place = DataSources((tiny_mirror,), offline=True)
    text = tmp_path_factory.mktemp("text") / "text.txt"
    text.write_text("\n".join(all_text()[:60]))
    made = {}
    for kind, name in TASK_OF.items():
        if name == "masked_lm":
            examples: Any = read_text("en", str(text), place=place)[0]
        else:
            examples = read(TASKS[name], "en", "test" if name == "xnli" else "train", place=place, limit=12)
        made[kind] = Toy(examples.task, encoder.encode(examples, Limits(40, 8)))
    return made


@pytest.fixture
def batch_of(toys: dict[str, Toy], backbone: Any) -> Callable[..., object]:
    """Make a batch of the toy data of one kind of head; for masked language modelling, with pieces hidden."""
    import numpy as np

    from madx_stilts.data.batch import collate
    from madx_stilts.data.mask import masked

    def make(kind: str, groups: range = range(6)) -> object:
        batch = collate(toys[kind].encoded, np.array(groups), pad_id=backbone.tokenizer.pad_token_id)
        return masked(batch, backbone.tokenizer, share=0.3, seed=0) if kind == "masked_lm" else batch

    return make


@pytest.fixture
def inputs(batch_of: Callable[..., Any]) -> object:
    """A batch of sentence pairs, as the backbone takes it."""
    return batch_of("classification").inputs


@pytest.fixture
def stand(backbone: Any) -> Callable[..., str]:
    """Add an adapter drawn at random, far from doing nothing, and tell its name; it is frozen and not active."""
    import torch

    from madx_stilts.nets.stacking import adapter_parameters, add_fresh, seeded
    from madx_stilts.recipe import Method

    def add(name: str, kind: str = "seq_bn", *, leave_out: tuple[int, ...] = ()) -> str:
        method = Method.model_validate({"kind": kind, "reduction_factor": 4, "leave_out": leave_out})
        add_fresh(backbone, name, method, seed=len(name))
        with seeded(sum(name.encode())):
            for parameter in adapter_parameters(backbone, name).values():
                parameter.data.add_(0.2 * torch.randn_like(parameter))
                parameter.requires_grad_(False)
        return name

    return add
