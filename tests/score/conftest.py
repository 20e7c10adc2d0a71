"""A zoo of adapters trained for a few steps on toy data: too short to be good, long enough to be real.

The package is imported inside the fixtures: this file may be read before the environment of the tests is set.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute in one thread: on tensors so small, threads only wait for one another."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def zoo(tiny_backbone: Path, tiny_mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> object:
    """Language adapters for `en` and `de`; an intermediate; targets of every format, some on `language/en`."""
    from madx_stilts.config import AdapterConfig
    from madx_stilts.data.sources import DataSources
    from madx_stilts.demo.sentences import all_text
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.recipe import Method, TrainSettings
    from madx_stilts.train.requests import TrainRequest, train_intermediate, train_language, train_target
    from madx_stilts.train.run import TrainContext
    from madx_stilts.zoo.store import Zoo

    folder = tmp_path_factory.mktemp("trained")
    text = folder / "text.txt"
    text.write_text("\n".join(all_text()[:80]))
    made = Zoo([folder / "zoo"])
    context = TrainContext(
        backbone=load_backbone("tiny", tiny_backbone, offline=True),
        zoo=made,
        place=DataSources((tiny_mirror,), offline=True),
        listeners=[],
    )
    settings = TrainSettings(max_steps=3, batch_size=8, learning_rate=0.02, max_tokens=48, dev_limit=8)
    task = AdapterConfig(method=Method(reduction_factor=4), train=settings)
    language = AdapterConfig(method=Method(kind="seq_bn_inv", reduction_factor=2), train=settings)
    for seed, code in enumerate(("en", "de")):
        train_language(context, code, str(text), TrainRequest(config=language, seed=seed))
    english = made.find("language/en")
    for name in ("xquad", "panx", "xcopa"):
        train_target(context, name, TrainRequest(config=task, limit=24, language_adapter=english, name=name))
    train_intermediate(context, "snli", TrainRequest(config=task, limit=24))
    train_target(context, "xnli", TrainRequest(config=task, limit=24), on=[made.find("intermediate/snli")])
    return made


@pytest.fixture
def context(tiny_backbone: Path, tiny_mirror: Path, zoo: Any) -> object:
    """A bench with a backbone of its own, that keeps neither encodings nor predictions."""
    from madx_stilts.data.sources import DataSources
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.score.context import EvalContext

    backbone = load_backbone("tiny", tiny_backbone, offline=True)
    return EvalContext(backbone=backbone, zoo=zoo, place=DataSources((tiny_mirror,), offline=True))


@pytest.fixture
def stack_of(zoo: Any) -> Callable[..., object]:
    """The stack of some references."""
    from madx_stilts.stack import Stack

    return lambda *references: Stack.of(tuple(zoo.find(reference) for reference in references))
