"""A workshop around the tiny backbone and the toy data."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.config import AdapterConfig
from madx_stilts.recipe import Method, TrainSettings

MakeShop = Callable[..., object]


@pytest.fixture(scope="session")
def still_backbone(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny backbone without dropout, for tests that compare numbers."""
    folder = tmp_path_factory.mktemp("still") / "tiny"
    shutil.copytree(tiny_backbone, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def make_shop(tmp_path: Path, tiny_mirror: Path) -> MakeShop:
    """Make a workshop with an empty zoo of its own."""
    from madx_stilts.data.place import DataPlace
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.train.job import Workshop
    from madx_stilts.train.listen import Listener
    from madx_stilts.zoo.store import Zoo

    def make(
        backbone: Path, name: str = "zoo", *, listener: Callable[[], Listener] | None = None, every: int = 3
    ) -> Workshop:
        return Workshop(
            backbone=load_backbone("tiny", backbone, offline=True),
            zoo=Zoo([tmp_path / name]),
            place=DataPlace((tiny_mirror,), offline=True),
            cache=tmp_path / "encoded",
            listeners=[listener] if listener else [],
            checkpoint_every=every,
        )

    return make


@pytest.fixture
def settings() -> Callable[..., AdapterConfig]:
    """A short training with some settings changed."""

    def make(kind: str = "seq_bn", **changes: object) -> AdapterConfig:
        train = {
            "max_steps": 10,
            "batch_size": 8,
            "learning_rate": 5e-3,
            "max_tokens": 48,
            "evaluate_every": 4,
        } | changes
        method = Method.model_validate({"kind": kind, "reduction_factor": 4})
        return AdapterConfig(method=method, train=TrainSettings.model_validate(train))

    return make
